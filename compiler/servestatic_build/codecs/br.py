"""Brotli (RFC 7932), with the largest window that every decoder must accept."""

from __future__ import annotations

import brotli

_VERSION = 1  # of this module: another for a change that makes other bytes

_QUALITY = {"fast": 9, "default": 11, "best": 11}
# 16 MiB is the most that RFC 7932 knows. Below 10 a window larger than the file takes five times as long for
# a small one (the encoder clears tables as large as the window asks for), and 64 KiB is the smallest that loses nothing.
_LARGEST_WINDOW_BITS, _SMALLEST_WINDOW_BITS = 24, 16


def encode(data: bytes, effort: str) -> bytes:
    """Return the data as a Brotli stream."""
    quality, window = _parameters(len(data), effort)
    coded: bytes = brotli.compress(data, quality=quality, lgwin=window)
    return coded


def recipe(size: int, effort: str) -> str:
    """Return all that the stream depends on beside the data."""
    quality, window = _parameters(size, effort)
    return f"br {_VERSION}: brotli {brotli.__version__}, quality {quality}, window {window}"


def _parameters(size: int, effort: str) -> tuple[int, int]:
    quality = _QUALITY[effort]
    fitted = max((size + 16).bit_length(), _SMALLEST_WINDOW_BITS) if quality < 10 else _LARGEST_WINDOW_BITS
    return quality, min(fitted, _LARGEST_WINDOW_BITS)
