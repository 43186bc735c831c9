"""Where in a file something is, for a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from servestatic_build.platform_files import open_regular


class Place(NamedTuple):
    """A line and a column of a file, both counted from 1, the column in characters."""

    line: int
    column: int


def places(path: str, offsets: Iterable[int]) -> dict[int, Place]:
    """Return where the bytes at these offsets are; nothing of a file that can't be read any more."""
    try:
        with open_regular(path, follow=False) as file:
            return places_in(file.read(), offsets)
    except OSError:
        return {}


def places_in(data: bytes, offsets: Iterable[int]) -> dict[int, Place]:
    """Return where the bytes at these offsets are. Each byte is passed once, however many offsets there are."""
    by_offset = {}
    line = column = 1
    start = 0
    for offset in sorted(offsets):
        passed = data[start:offset]
        if newlines := passed.count(b"\n"):
            line, column = line + newlines, 1
            passed = passed[passed.rfind(b"\n") + 1 :]
        column += len(passed.decode("utf-8", "replace"))
        by_offset[offset] = Place(line, column)
        start = offset
    return by_offset
