"""JSON as byte spans: tree-sitter's syntax tree, and strings with their escapes (RFC 8259)."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator

import tree_sitter_json
from tree_sitter import Language, Node, Parser

from servestatic_build.references.extractors.escaped_text import EscapedText, Segment

_LANGUAGE = Language(tree_sitter_json.language())
_LETTERS = bytes(byte if byte < 0x80 else ord("x") for byte in range(0x100))


def parse(data: bytes) -> Node | None:
    """Return the value that a JSON text is, or None where it is none. Bytes that are not UTF-8 may stand in strings."""
    bom = len(BOM_UTF8) if data.startswith(BOM_UTF8) else 0
    text = b" " * bom + data[bom:].translate(_LETTERS)
    root = Parser(_LANGUAGE).parse(text).root_node
    values = root.named_children
    return values[0] if len(values) == 1 and not root.has_error else None


def members(node: Node | None, data: bytes) -> Iterator[tuple[EscapedText, Node]]:
    """Yield the names and values of an object; nothing for any other value."""
    if node is not None and node.type == "object":
        for pair in node.named_children:
            key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            if key is not None and value is not None:
                yield string(key, data), value


def member(node: Node | None, name: bytes, data: bytes) -> Node | None:
    """Return the value of an object's member; the last counts where there are several."""
    last = None
    for key, value in members(node, data):
        last = value if key.text == name else last
    return last


def items(node: Node | None) -> list[Node]:
    """Return the values of an array; nothing for any other value."""
    return node.named_children if node is not None and node.type == "array" else []


def string(node: Node, data: bytes) -> EscapedText:
    """Return the text of a string; nothing for any other value."""
    is_string = node.type == "string"
    return EscapedText(data, [Segment(node.start_byte + 1, node.end_byte - 1, "json string")] if is_string else [])
