"""Text as it may be printed."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return text in which a terminal finds nothing to obey: control characters and the like as escapes."""
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
