"""Bytes as text and back, what is no UTF-8 as it was."""

from __future__ import annotations

from codecs import getincrementaldecoder

_PART = 1 << 20  # bytes that are decoded at once, and forgotten


def as_text(data: bytes) -> str:
    """Return bytes as text."""
    return data.decode("utf-8", "surrogateescape")


def as_bytes(text: str) -> bytes:
    """Return what ``as_text`` had."""
    return text.encode("utf-8", "surrogateescape")


def is_utf8(data: bytes) -> bool:
    """Return whether bytes are UTF-8."""
    decoder = getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _PART):
            decoder.decode(data[start : start + _PART])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
