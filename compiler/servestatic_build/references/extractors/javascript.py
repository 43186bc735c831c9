"""References in scripts and modules: imports of every kind, URLs relative to the module, the source map.

Words that may begin one are looked for first. Where the lexer says that such a word is code, a pattern reads on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from servestatic_build.model import Extraction, Reference, ReferenceKind, Unreadable
from servestatic_build.references.extractors.javascript_lexer import WIDE_SPACE, Lexer, UnreadableError, code_after
from servestatic_build.references.extractors.source_map_comment import (
    SOURCE_MAP_COMMENT,
    last_source_map,
    source_map_reference,
)
from servestatic_build.text import as_text

# Reads on from a place, and returns what stands there; the group is the text that names a file, with its quotes.
_Step: TypeAlias = Callable[[bytes, int], "re.Match[bytes] | None"]

# No name of a file is so long that it has more than a thousand escapes.
_IN_STRING = rb"[^%b\\\n\r]*(?:\\(?:\r\n|.)[^%b\\\n\r]*){0,1000}"
_STRING = rb"\"" + _IN_STRING % (b'"', b'"') + rb"\"|'" + _IN_STRING % (b"'", b"'") + rb"'"
_TEMPLATE = rb"`[^`\\$]*(?:(?:\\.|\$(?!\{))[^`\\$]*){0,1000}`"
_LETTER = rb"[\w$]|(?!" + WIDE_SPACE + rb")[\x80-\xff]|\\u(?:[0-9a-fA-F]{4}|\{[0-9a-fA-F]+\})"
_NAME = rb"(?:" + _LETTER + rb"){1,1000}"


def _step(pattern: bytes) -> _Step:
    return re.compile(pattern, re.DOTALL).match


_IN_CLAUSE = _step(rb"(" + _STRING + rb")|\{|[*,]|" + _NAME)
_IN_NAMES = _step(rb"\}|[^{}\"'/]+|" + _STRING)
# An import clause has no more of names, lists of names, "*", "," and "from" than this: defer * as a from, b, * as a from.
_LONGEST_CLAUSE = 6


def _clause(data: bytes, place: int) -> re.Match[bytes] | None:
    """Return the string of an import declaration whose clause, if it has one, starts at a place (ECMA-262, 16.2.2)."""
    last = b"from"
    for _ in range(_LONGEST_CLAUSE + 1):
        match = _IN_CLAUSE(data, place)
        if match is None or match[1]:
            return match if last == b"from" else None
        last = match[0]
        if last == b"{":
            match = _names(data, match.start())
        if match is None:
            return None
        place = code_after(data, match.end())
    return None


def _names(data: bytes, place: int) -> re.Match[bytes] | None:
    """Return the end of the list of names in braces that starts at a place."""
    if not data.startswith(b"{", place):
        return None
    place += 1
    while (match := _IN_NAMES(data, code_after(data, place))) and match[0] != b"}":
        place = match.end()
    return match


_STEPS: Mapping[str, _Step] = {
    "CLAUSE": _clause,
    "NAMES": _names,
    "NAME": _step(_NAME + rb"|" + _STRING),
    "STRING": _step(rb"(" + _STRING + rb")"),
    "LITERAL": _step(rb"(" + _STRING + rb"|" + _TEMPLATE + rb")"),
    "PHASE": _step(rb"defer|source"),
    "END": _step(rb"[,)]"),
    "COMMA?": _step(rb",?"),
}


def _form(steps: str, kind: ReferenceKind) -> tuple[tuple[_Step, ...], ReferenceKind]:
    return tuple(_STEPS.get(step) or _step(re.escape(step).encode()) for step in steps.split()), kind


# By their first word: what stands behind it. https://github.com/tc39/proposal-defer-import-eval and
# proposal-source-phase-imports add a word before what is imported.
_FORMS: Mapping[bytes, tuple[tuple[tuple[_Step, ...], ReferenceKind], ...]] = {
    b"import": (
        _form("CLAUSE", ReferenceKind.IMPORT),
        _form("( LITERAL END", ReferenceKind.DYNAMIC_IMPORT),
        _form(". PHASE ( LITERAL END", ReferenceKind.DYNAMIC_IMPORT),
        _form(". meta . resolve ( LITERAL END", ReferenceKind.DYNAMIC_IMPORT),
    ),
    b"export": (
        _form("NAMES from STRING", ReferenceKind.IMPORT),
        _form("* from STRING", ReferenceKind.IMPORT),
        _form("* as NAME from STRING", ReferenceKind.IMPORT),
    ),
    b"URL": (_form("( LITERAL , import . meta . url COMMA? )", ReferenceKind.URL),),
}
# Keywords can't be written with escapes (ECMA-262, 12.7.2). No longer word may hold one, a letter beyond ASCII in front
# of it is looked for later.
_BOUNDS = rb"%b(?<![\w$#]%b)(?![\w$\\]|(?!" + WIDE_SPACE + rb")[\x80-\xff])"
_WORD = re.compile(rb"|".join((*(_BOUNDS % (word, word) for word in _FORMS), SOURCE_MAP_COMMENT)))


def extract(data: bytes) -> Extraction:
    """Return the references of a script or module: imports of every kind, URLs relative to it, its source map."""
    lexer = Lexer(data)
    references: list[Reference] = []
    unreadable: tuple[Unreadable, ...] = ()
    try:
        references.extend(_references(data, lexer))  # up to the error, if there is one
        lexer.close()
    except UnreadableError as error:
        references = [reference for reference in references if reference.start < error.start]
        unreadable = (Unreadable(error.start, "JavaScript syntax error: the script cannot be parsed from here on"),)
    return Extraction(tuple(last_source_map(references)), unreadable)


def _references(data: bytes, lexer: Lexer) -> Iterator[Reference]:
    references = (_reference(data, word, lexer) for word in _WORD.finditer(data))
    return (reference for reference in references if reference is not None)


def _reference(data: bytes, word: re.Match[bytes], lexer: Lexer) -> Reference | None:
    """Return the reference that a word begins, None where it is no code or begins something else."""
    start = word.start()
    hidden_by = lexer.token_at(start)
    if hidden_by is not None:
        return source_map_reference(data[slice(*hidden_by)], start) if hidden_by[0] == start else None
    before = lexer.token_end_before(start)
    for steps, kind in _FORMS.get(word[0], ()) if _begins(data, start, before) else ():
        if (literal := _read(data, word.end(), steps)) and _may_stand(kind, data, before, lexer):
            return _literal(data, *literal.span(1), kind)
    return None


def _read(data: bytes, place: int, steps: Iterable[_Step]) -> re.Match[bytes] | None:
    """Return the text that names a file, where what stands at a place is read by all the steps."""
    text = None
    for step in steps:
        match = step(data, code_after(data, place))
        if match is None:
            return None
        place = match.end()
        text = match if match.lastindex else text
    return text


def _begins(data: bytes, start: int, before: int) -> bool:
    """Return whether a word is a whole one, and no property, by what ends at ``before``."""
    if before == start and data[start - 1 : start] >= b"\x80":
        return False
    return not data.endswith(b".", 0, before) or data.endswith(b"...", 0, before)


def _may_stand(kind: ReferenceKind, data: bytes, before: int, lexer: Lexer) -> bool:
    """Return whether this kind of reference may stand behind what ends at ``before``."""
    if kind is ReferenceKind.IMPORT:
        return lexer.depth == 0
    return kind is not ReferenceKind.URL or data.endswith(b"new", 0, before)


def _literal(data: bytes, start: int, end: int, kind: ReferenceKind) -> Reference:
    """Return the reference in a string, or in a template without substitutions, with its quotes."""
    value = _unescaped(as_text(data[start + 1 : end - 1]))
    return Reference(start + 1, end - 1, value, _NOTATIONS[data[start]], kind)


_NOTATIONS = {ord(quote): (f"javascript string {quote}",) for quote in "\"'`"}
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
