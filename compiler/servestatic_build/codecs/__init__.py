"""The codings: for each, how its bytes are made. One table, one module a coding, imported when it is needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

EFFORTS = ("fast", "default", "best")


class Codec(Protocol):
    """How a coding's bytes are made. docs/reference/codecs.md says how the levels of each effort were chosen."""

    def encode(self, data: bytes, effort: str) -> bytes:
        """Return the data coded: the same bytes for the same data and the same recipe, wherever it runs."""

    def recipe(self, size: int, effort: str) -> str:
        """Return all that the coded bytes of data of this size depend on, beside the data."""


class _Module:
    """The codec that a module of this package is."""

    def __init__(self, name: str) -> None:
        self._name = f"{__name__}.{name}"

    def encode(self, data: bytes, effort: str) -> bytes:
        return self._codec().encode(data, effort)

    def recipe(self, size: int, effort: str) -> str:
        return self._codec().recipe(size, effort)

    def _codec(self) -> Codec:
        codec: Any = import_module(self._name)
        return codec  # type: ignore[no-any-return] # a module is one


CODECS: dict[str, Codec] = {coding: _Module(coding) for coding in ("gzip", "br", "zstd")}
