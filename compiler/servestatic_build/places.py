"""Where in a file something is, for a person."""

from __future__ import annotations

from servestatic_build.model import SourceFile


def place_of(file: SourceFile, start: int) -> str:
    """Return ``name:line:column`` of a byte of a file, both counted from 1, the column in characters."""
    with open(file.path, "rb") as source:
        before = source.read(start)
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
    return f"{file.name}:{line}:{column}"
