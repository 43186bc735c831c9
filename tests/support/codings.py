"""What a client does with a coded body, and codecs that make what a test needs."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import brotli
import zstandard


def _zstd(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


DECODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": _zstd,
}


def decoded(body: bytes, coding: str | None) -> bytes:
    """Return the bytes behind a body with this Content-Encoding (None where there is none)."""
    return DECODERS[coding or "identity"](body)


@dataclass(frozen=True, slots=True)
class StubCodec:
    """A codec that is one function, of a version."""

    function: Callable[[bytes, str], bytes]
    version: str = ""

    def encode(self, data: bytes, effort: str) -> bytes:
        return self.function(data, effort)

    def recipe(self, _size: int, effort: str) -> str:
        return f"stub {self.version}: {effort}"
