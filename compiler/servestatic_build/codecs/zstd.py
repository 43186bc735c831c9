"""Zstandard (RFC 8878), with a window of at most 8 MiB, all that a client must accept (RFC 9659)."""

from __future__ import annotations

import zstandard

_VERSION = 1  # of this module: another for a change that makes other bytes

_LEVEL = {"fast": 12, "default": 19, "best": 19}
_LARGEST_WINDOW_BITS = 23
_LIBRARY = ".".join(map(str, zstandard.ZSTD_VERSION))


def encode(data: bytes, effort: str) -> bytes:
    """Return the data as one Zstandard frame that states its size."""
    level = _LEVEL[effort]
    fitted = zstandard.ZstdCompressionParameters.from_level(level, source_size=len(data))
    window = min(fitted.window_log, _LARGEST_WINDOW_BITS)
    parameters = zstandard.ZstdCompressionParameters.from_level(level, source_size=len(data), window_log=window)
    return zstandard.ZstdCompressor(compression_params=parameters).compress(data)


def recipe(size: int, effort: str) -> str:  # noqa: ARG001 - what the size decides, the level and the library decide
    """Return all that the frame depends on beside the data."""
    return f"zstd {_VERSION}: zstd {_LIBRARY}, level {_LEVEL[effort]}"
