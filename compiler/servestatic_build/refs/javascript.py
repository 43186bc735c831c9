"""References in scripts and modules, found in tree-sitter's syntax tree, whose nodes are byte spans."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from servestatic_build.model import Extraction, Reference, ReferenceKind, Unreadable
from servestatic_build.refs.source_map_comment import last_source_map, source_map_reference

_LANGUAGE = Language(tree_sitter_javascript.language())
_QUERY = Query(
    _LANGUAGE,
    """
    (import_statement source: (string) @specifier)
    (export_statement source: (string) @specifier)
    (call_expression function: (import) arguments: (arguments) @import)
    (call_expression
      function: (member_expression object: (meta_property) @meta property: (property_identifier) @resolve)
      arguments: (arguments) @import
      (#eq? @meta "import.meta") (#eq? @resolve "resolve"))
    (new_expression constructor: (identifier) @class arguments: (arguments) @url (#eq? @class "URL"))
    (comment) @comment
    """,
)

# A file without these has nothing to find. Keywords can't be written with escapes (ECMA-262, 12.7.2).
_WORTH_PARSING = re.compile(rb"\b(?:import|export)\b|sourceMappingURL")


def extract(data: bytes) -> Extraction:
    """Return the references of a script or module: imports of every kind, URLs relative to it, its source map."""
    if not _WORTH_PARSING.search(data):
        return Extraction()
    root = Parser(_LANGUAGE).parse(_readable(data)).root_node
    captures = QueryCursor(_QUERY).captures(root)
    found = [reference for reference in _references(captures, data) if reference]
    found.sort(key=lambda reference: reference.start)
    return Extraction(tuple(last_source_map(found)), tuple(_unreadable(root)))


def _references(captures: dict[str, list[Node]], data: bytes) -> Iterator[Reference | None]:
    for node in captures.get("specifier", ()):
        yield _literal(node, data, ReferenceKind.IMPORT)
    for node in captures.get("import", ()):
        yield _literal(_argument(node, 0), data, ReferenceKind.DYNAMIC_IMPORT)
    for node in captures.get("url", ()):
        base = _argument(node, 1)
        if base is not None and base.text == b"import.meta.url":
            yield _literal(_argument(node, 0), data, ReferenceKind.URL)
    for node in captures.get("comment", ()):
        yield source_map_reference(data[node.start_byte : node.end_byte], node.start_byte)


def _argument(arguments: Node, place: int) -> Node | None:
    """Return an argument of a call; bundlers' comments may stand before it."""
    given = [node for node in arguments.named_children if node.type != "comment"]
    return given[place] if len(given) > place else None


def _readable(data: bytes) -> bytes:
    """Return the data as the grammar can read it, each byte at its place.

    Bytes of another encoding than UTF-8 become letters, the phases of imports, which it does not know, white space, and
    ``using``, which it takes for a declaration everywhere, another name where it is a name.
    """
    try:
        data.decode()
    except UnicodeDecodeError:
        data = data.translate(_LETTERS)
    data = _USING.sub(b"usage", data)
    return _PHASE.sub(lambda match: b" " * len(match[0]), data)


# https://github.com/tc39/proposal-defer-import-eval and proposal-source-phase-imports, both at stage 3 or later.
# In a string or a comment a match does no harm: only the places of the tree's nodes are used.
_PHASE = re.compile(
    rb"(?<=\bimport)(?:[ \t]+defer(?=[ \t]*\*)|[ \t]+source(?=[ \t]+[\w$]+[ \t]+from\b)|\.(?:defer|source)(?=[ \t]*\())"
)
_USING = re.compile(rb"\busing\b(?!\s+(?!in\b|of\b|instanceof\b)[\w$])")
_LETTERS = bytes(byte if byte < 0x80 else ord("x") for byte in range(0x100))


def _literal(node: Node | None, data: bytes, kind: ReferenceKind) -> Reference | None:
    """Return the reference in a string, or in a template without substitutions, that was read soundly."""
    if node is None or not _is_literal(node) or not _is_sound(node):
        return None
    start, end = node.start_byte + 1, node.end_byte - 1
    value = _unescaped(data[start:end].decode("utf-8", "surrogateescape"))
    return Reference(start, end, value, _ESCAPE_LITERAL[data[start - 1]], kind)


def _is_literal(node: Node) -> bool:
    if node.type == "template_string":
        return all(child.type != "template_substitution" for child in node.named_children)
    return node.type == "string"


def _is_sound(node: Node) -> bool:
    """Return whether the module's statement that holds a node was read without an error."""
    while node.parent is not None and node.parent.parent is not None:
        node = node.parent
    return not node.has_error


def _unreadable(root: Node) -> Iterator[Unreadable]:
    """Yield the module's statements that could not be read."""
    if root.has_error:
        broken = (node for node in root.children if node.has_error)
        yield from (Unreadable(node.start_byte, "this is not JavaScript that can be read") for node in broken)


# ECMA-262, 12.9.4: the escapes of a string literal. A line continuation stands for nothing.
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|(\r\n|[\n\r\u2028\u2029])|(.))", re.DOTALL
)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def _unescaped(raw: str) -> str:
    if "\\" not in raw:
        return raw
    # A surrogate pair comes as two escapes and is one character; half a pair is none (URL standard: U+FFFD).
    return _ESCAPE.sub(_character, raw).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        return chr(min(int(code, 16), 0x10FFFF))
    return "" if match[4] else _SINGLE.get(match[5], match[5])


def _escaper(quote: str) -> Callable[[str], str]:
    special = {ord(quote): "\\" + quote, ord("\\"): r"\\", ord("\n"): r"\n", ord("\r"): r"\r"}
    table = special | {ord("$"): r"\$"} if quote == "`" else special
    return lambda value: value.translate(table)


_ESCAPE_LITERAL = {ord(quote): _escaper(quote) for quote in "\"'`"}
