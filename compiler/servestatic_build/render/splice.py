"""The one place where bytes of a file are replaced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """New bytes for ``start`` to ``end``."""

    start: int
    end: int
    replacement: bytes


def splice(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the data with the edits made. They must not overlap; every byte outside them stays."""
    view = memoryview(data)  # whose slices are no copies
    pieces: list[bytes | memoryview] = []
    position = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        pieces += [view[position : edit.start], edit.replacement]
        position = edit.end
    return b"".join([*pieces, view[position:]])
