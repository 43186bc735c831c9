"""References in scripts and modules, found in tree-sitter's syntax tree, whose nodes are byte spans."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from servestatic_build.model import Extraction, Reference, Unreadable
from servestatic_build.refs.source_map_comment import last_source_map, source_map_reference

_LANGUAGE = Language(tree_sitter_javascript.language())
_QUERY = Query(
    _LANGUAGE,
    """
    (import_statement source: (string) @specifier)
    (export_statement source: (string) @specifier)
    (call_expression function: (import) arguments: (arguments . (string) @specifier))
    (comment) @comment
    """,
)

_URL_LIKE = ("/", "./", "../")

# A file without these has nothing to find. Keywords can't be written with escapes (ECMA-262, 12.7.2).
_WORTH_PARSING = re.compile(rb"\b(?:import|export)\b|sourceMappingURL")


def extract(data: bytes) -> Extraction:
    """Return the references of a script or module: static and dynamic imports and its source map."""
    if not _WORTH_PARSING.search(data):
        return Extraction()
    root = Parser(_LANGUAGE).parse(_one_byte_a_character(data)).root_node
    captures = QueryCursor(_QUERY).captures(root)
    specifiers = [node for node in captures.get("specifier", ()) if _is_sound(node)]
    maps = (source_map_reference(data[n.start_byte : n.end_byte], n.start_byte) for n in captures.get("comment", ()))
    named = (reference for node in specifiers if (reference := _specifier(node, data)))
    found = [*named, *(reference for reference in maps if reference)]
    found.sort(key=lambda reference: reference.start)
    return Extraction(tuple(last_source_map(found)), tuple(_unreadable(root)))


def _one_byte_a_character(data: bytes) -> bytes:
    """Return the data with each byte of other encodings than UTF-8 replaced by a letter, so that all offsets hold."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.translate(_LETTERS)
    return data


_LETTERS = bytes(byte if byte < 0x80 else ord("x") for byte in range(0x100))


def _is_sound(node: Node) -> bool:
    """Return whether the statement of the module that holds a node was read without an error."""
    while node.parent is not None and node.parent.parent is not None:
        node = node.parent
    return not node.has_error


def _unreadable(root: Node) -> Iterator[Unreadable]:
    """Yield the module's statements that could not be read."""
    if root.has_error:
        broken = (node for node in root.children if node.has_error)
        yield from (Unreadable(node.start_byte, "this is not JavaScript that can be read") for node in broken)


def _specifier(node: Node, data: bytes) -> Reference | None:
    start, end = node.start_byte + 1, node.end_byte - 1
    value = _unescaped(data[start:end].decode("utf-8", "surrogateescape"))
    # Any other specifier is bare, and the import map's to resolve (HTML, 8.1.6.2).
    return Reference(start, end, value, _ESCAPE_STRING[data[start - 1]]) if value.startswith(_URL_LIKE) else None


# ECMA-262, 12.9.4: the escapes of a string literal. A line continuation stands for nothing.
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|(\r\n|[\n\r\u2028\u2029])|(.))", re.DOTALL
)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def _unescaped(raw: str) -> str:
    if "\\" not in raw:
        return raw
    # Surrogate pairs come as two escapes, and are one character only together.
    return _ESCAPE.sub(_character, raw).encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        return chr(int(code, 16))
    return "" if match[4] else _SINGLE.get(match[5], match[5])


def _escaper(quote: str) -> Callable[[str], str]:
    table = {ord(quote): "\\" + quote, ord("\\"): r"\\", ord("\n"): r"\n", ord("\r"): r"\r"}
    return lambda value: value.translate(table)


_ESCAPE_STRING = {ord(quote): _escaper(quote) for quote in "\"'"}
