"""References in scripts and modules: imports of every kind, URLs relative to the module, the source map.

Words that may begin one are looked for first. Where the lexer says that such a word is code, a pattern reads on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from servestatic_build.model import Extraction, Reference, ReferenceKind, Unreadable
from servestatic_build.references.extractors.javascript_lexer import (
    COMMENT,
    IN_DOUBLE_QUOTES,
    IN_SINGLE_QUOTES,
    IN_TEMPLATE,
    WIDE_SPACE,
    Lexer,
    UnreadableError,
)
from servestatic_build.references.extractors.source_map_comment import last_source_map, source_map_reference
from servestatic_build.text import as_text

_STRING = rb"(?:\"" + IN_DOUBLE_QUOTES + rb"\"|'" + IN_SINGLE_QUOTES + rb"')"
_PARTS = {
    b" ": rb"(?:\s|" + WIDE_SPACE + rb"|" + COMMENT + rb")*+",
    b"LITERAL": rb"(?:" + _STRING + rb"|`" + IN_TEMPLATE + rb"`)",
    b"STRING": _STRING,
    b"NAME": rb"(?:[\w$]|(?!" + WIDE_SPACE + rb")[\x80-\xff]|\\u(?:[0-9a-fA-F]{4}|\{[0-9a-fA-F]+\}))++",
    b"NAMES": rb"\{(?:[^}\"'/]|" + _STRING + rb"|" + COMMENT + rb")*+\}",
}


def _form(text: bytes) -> re.Pattern[bytes]:
    """Compile a pattern in which the keys of _PARTS stand for what they name, a space for white space and comments."""
    return re.compile(re.sub(rb"[A-Z]{4,}| ", lambda part: _PARTS[part[0]], text), re.DOTALL)


# By their first word. https://github.com/tc39/proposal-defer-import-eval and proposal-source-phase-imports add a word
# before what is imported.
_FORMS: Mapping[bytes, tuple[tuple[re.Pattern[bytes], ReferenceKind], ...]] = {
    b"import": (
        (_form(rb"import (?:(?:NAME |\* |, |NAMES )+?from )?(STRING)"), ReferenceKind.IMPORT),
        (_form(rb"import (?:\. (?:defer|source) )?\( (LITERAL) [,)]"), ReferenceKind.DYNAMIC_IMPORT),
        (_form(rb"import \. meta \. resolve \( (LITERAL) [,)]"), ReferenceKind.DYNAMIC_IMPORT),
    ),
    b"export": ((_form(rb"export (?:\* (?:as (?:NAME|STRING) )?|NAMES )from (STRING)"), ReferenceKind.IMPORT),),
    b"URL": ((_form(rb"URL \( (LITERAL) , import \. meta \. url ,? \)"), ReferenceKind.URL),),
}
_SOURCE_MAP = b"sourceMappingURL="
# Keywords can't be written with escapes (ECMA-262, 12.7.2). No longer word may hold one, a letter beyond ASCII in front
# of it is looked for later.
_BOUNDS = rb"%b(?<![\w$#]%b)(?![\w$\\]|(?!" + WIDE_SPACE + rb")[\x80-\xff])"
_WORD = re.compile(rb"|".join((*(_BOUNDS % (word, word) for word in _FORMS), _SOURCE_MAP)))


def extract(data: bytes) -> Extraction:
    """Return the references of a script or module: imports of every kind, URLs relative to it, its source map."""
    lexer = Lexer(data)
    found: list[Reference] = []
    unreadable: tuple[Unreadable, ...] = ()
    try:
        found.extend(_references(data, lexer))  # up to the error, if there is one
        lexer.close()
    except UnreadableError as error:
        found = [reference for reference in found if reference.start < error.start]
        unreadable = (Unreadable(error.start, "JavaScript syntax error: the script cannot be parsed from here on"),)
    return Extraction(tuple(last_source_map(found)), unreadable)


def _references(data: bytes, lexer: Lexer) -> Iterator[Reference]:
    references = (_reference(data, word, lexer) for word in _WORD.finditer(data))
    return (reference for reference in references if reference is not None)


def _reference(data: bytes, word: re.Match[bytes], lexer: Lexer) -> Reference | None:
    """Return the reference that a word begins, None where it is no code or begins something else."""
    hidden_by = lexer.token_at(word.start())
    if hidden_by is not None:
        start, end = hidden_by
        return source_map_reference(data[start:end], start) if word[0] == _SOURCE_MAP else None
    before = lexer.token_end_before(word.start())
    for pattern, kind in _FORMS.get(word[0], ()) if _begins(data, word.start(), before) else ():
        if (match := pattern.match(data, word.start())) and _may_stand(kind, data, before, lexer):
            return _literal(data, *match.span(1), kind)
    return None


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
