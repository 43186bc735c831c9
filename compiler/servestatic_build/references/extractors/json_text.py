"""JSON as byte spans: where each value stands, and strings with their escapes (RFC 8259)."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from json import JSONDecoder
from typing import NamedTuple

from servestatic_build.references.extractors.escaped_text import EscapedText, Segment


def _forget(value: object) -> None:
    """Take the place of a value that nobody asks for."""


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


# The standard library's decoder says where each value ends, and in Latin-1 a character is a byte. All that it makes are
# strings and arrays of nothing, so it takes little more memory than the text.
_DECODER = JSONDecoder(object_pairs_hook=_forget, parse_float=_forget, parse_int=_forget, parse_constant=_refuse)
_SPACE = re.compile(r"[ \t\n\r]*")
_BETWEEN = re.compile(r"[ \t\n\r,:]*")


class Node(NamedTuple):
    """A value, and where it stands in the ``text``, in which each character is a byte of the file."""

    text: str
    start: int
    end: int
    value: object  # of a string; nothing else is kept


def parse(data: bytes) -> Node | None:
    """Return the value that a JSON text is, or None where it is none. Bytes that are not UTF-8 may stand in strings."""
    text = data.decode("latin-1")
    try:
        root = _node(text, _end(_SPACE, text, len(BOM_UTF8) if data.startswith(BOM_UTF8) else 0))
    except (ValueError, RecursionError):
        return None
    return root if _end(_SPACE, text, root.end) == len(text) else None


def _node(text: str, start: int) -> Node:
    value, end = _DECODER.raw_decode(text, start)
    return Node(text, start, end, value)


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    assert match is not None, "the pattern matches the empty string"
    return match.end()


def _inside(node: Node | None, opening: str) -> Iterator[Node]:
    """Yield the elements of an array, or the names and values of an object: that it is sound is known."""
    if node is not None and node.text.startswith(opening, node.start):
        position = _end(_BETWEEN, node.text, node.start + 1)
        while position < node.end - 1:
            child = _node(node.text, position)
            yield child
            position = _end(_BETWEEN, node.text, child.end)


def members(node: Node | None) -> Iterator[tuple[Node, Node]]:
    """Yield the names and values of an object; nothing for any other value."""
    inside = _inside(node, "{")
    return zip(inside, inside, strict=True)


def member(node: Node | None, name: str) -> Node | None:
    """Return the value of an object's member; the last counts where there are several."""
    last = None
    for key, value in members(node):
        last = value if key.value == name else last
    return last


def items(node: Node | None) -> Iterator[Node]:
    """Yield the values of an array; nothing for any other value."""
    return _inside(node, "[")


def string(node: Node, data: bytes) -> EscapedText:
    """Return the text of a string; nothing for any other value."""
    is_string = node.text.startswith('"', node.start)
    return EscapedText(data, [Segment(node.start + 1, node.end - 1, "json string")] if is_string else [])
