"""Bytes as text and back: what is no UTF-8 comes back as it was."""

from __future__ import annotations


def as_text(data: bytes) -> str:
    """Return bytes as text."""
    return data.decode("utf-8", "surrogateescape")


def as_bytes(text: str) -> bytes:
    """Return what ``as_text`` had."""
    return text.encode("utf-8", "surrogateescape")
