"""What the core decides and the adapters send."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeAlias, TypeVar

Native = TypeVar("Native")  # headers in the form that the server's interface wants


class Span(NamedTuple):
    """Bytes of a file: from ``start`` to ``end``, past the last."""

    start: int
    end: int


BodyPart: TypeAlias = "Span | bytes"


class FileBody(NamedTuple):
    """What to send of the file of ``size`` bytes at ``path``: all of it, or ``parts``: spans, and bytes between.

    ``etag`` is the manifest's, from the hash of the file's bytes.
    """

    path: str
    size: int
    parts: tuple[BodyPart, ...] | None = None
    etag: str | None = None


class Response(Generic[Native]):
    """A whole answer. Its body is ``file_body`` where that is set, else ``body``.

    ``instead`` is sent where the file can't be read. No named tuple: every request pays for each field that it gets, and
    CPython gets attributes faster.
    """

    def __init__(
        self,
        status: int,
        headers: Native,
        file_body: FileBody | None = None,
        body: bytes = b"",
        instead: Response[Native] | None = None,
    ) -> None:
        self.status = status
        self.headers = headers
        self.file_body = file_body
        self.body = body
        self.instead = instead
