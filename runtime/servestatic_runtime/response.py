"""What the core decides and the adapters send."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

Native = TypeVar("Native")  # headers in the form that the server's interface wants


class Content(NamedTuple):
    """Which bytes of which file: ``start`` to ``end`` (past the last) of the ``size`` bytes at ``path``."""

    path: str
    size: int
    start: int
    end: int


class Response(NamedTuple, Generic[Native]):
    """A whole answer. Its body is ``content`` where that is set, else ``body``."""

    status: int
    headers: Native
    content: Content | None = None
    body: bytes = b""
