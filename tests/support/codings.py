"""What a client does with a coded body."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping

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
