"""Forms of code that name files: what stands behind a word, token by token, with white space and comments between."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from servestatic_build.model import Reference, ReferenceKind
from servestatic_build.references.extractors.javascript_lexer import WIDE_SPACE, code_after
from servestatic_build.text import as_text

# Reads on from a place, and returns what stands there; the group is a text that may name a file, with its quotes.
Step: TypeAlias = Callable[[bytes, int], "re.Match[bytes] | None"]
Form: TypeAlias = tuple[Step, ...]

# No name of a file is so long that it has more than a thousand escapes.
_IN_STRING = rb"[^%b\\\n\r]*(?:\\(?:\r\n|.)[^%b\\\n\r]*){0,1000}"
_STRING = rb"\"" + _IN_STRING % (b'"', b'"') + rb"\"|'" + _IN_STRING % (b"'", b"'") + rb"'"
_TEMPLATE = rb"`[^`\\$]*(?:(?:\\.|\$(?!\{))[^`\\$]*){0,1000}`"
LITERAL = _STRING + rb"|" + _TEMPLATE
_LETTER = rb"[\w$]|(?!" + WIDE_SPACE + rb")[\x80-\xff]|\\u(?:[0-9a-fA-F]{4}|\{[0-9a-fA-F]+\})"
_NAME = rb"(?:" + _LETTER + rb"){1,1000}"


class Reading(NamedTuple):
    """What a form has read: the last of its texts that may name a file, if it has one, and where it ends."""

    text: re.Match[bytes] | None
    end: int


def _step(pattern: bytes) -> Step:
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


_STEPS: Mapping[str, Step] = {
    "CLAUSE": _clause,
    "NAMES": _names,
    "NAME": _step(_NAME + rb"|" + _STRING),
    "STRING": _step(rb"(" + _STRING + rb")"),
    "LITERAL": _step(rb"(" + LITERAL + rb")"),
    "VARIABLE": _step(rb"([A-Za-z_$][\w$]{0,1000})"),
    "PHASE": _step(rb"defer|source"),
    "DOT": _step(rb"\??\."),
    "END": _step(rb"[,)]"),
    "COMMA?": _step(rb",?"),
}


def form(steps: str) -> Form:
    """Return the form of these steps: names of the table above, or what has to stand there."""
    return tuple(_STEPS.get(step) or _step(re.escape(step).encode()) for step in steps.split())


def read(data: bytes, place: int, steps: Form) -> Reading | None:
    """Return what all the steps of a form read from a place on, None where one of them can't."""
    text = None
    for step in steps:
        match = step(data, code_after(data, place))
        if match is None:
            return None
        place = match.end()
        text = match if match.lastindex else text
    return Reading(text, place)


def literal(data: bytes, span: tuple[int, int], kind: ReferenceKind, scope: str = "") -> Reference:
    """Return the reference in a string, or in a template without substitutions, whose quotes are in the span."""
    start, end = span
    notations = (f"javascript string {chr(data[start])}",)
    return Reference(start + 1, end - 1, value_of(data[start:end]), notations, kind, scope=scope)


def value_of(text: bytes) -> str:
    """Return what a string or template, with its quotes, stands for."""
    raw = as_text(text[1:-1])
    if "\\" not in raw:
        return raw
    # A surrogate pair comes as two escapes and is one character; half a pair is none (URL standard: U+FFFD).
    return _ESCAPE.sub(_character, raw).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# ECMA-262, 12.9.4: the escapes of a string literal. A line continuation stands for nothing.
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|(\r\n|[\n\r\u2028\u2029])|(.))", re.DOTALL
)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        return chr(min(int(code, 16), 0x10FFFF))
    return "" if match[4] else _SINGLE.get(match[5], match[5])
