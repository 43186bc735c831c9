"""Brotli (RFC 7932), with the largest window that every decoder must accept."""

from __future__ import annotations

import brotli

_QUALITY = {"fast": 5, "default": 11, "best": 11}
_WINDOW_BITS = 24  # 16 MiB, the most that RFC 7932 knows


def encode(data: bytes, effort: str) -> bytes:
    """Return the data as a Brotli stream."""
    coded: bytes = brotli.compress(data, quality=_QUALITY[effort], lgwin=_WINDOW_BITS)
    return coded
