"""References in style sheets, found by tinycss2's tokens (CSS Syntax Level 3).

tinycss2 says where a token starts, as line and column, and undoes its escapes, but not where it ends. The end is
read from the text itself, by the token's own grammar.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from typing import Any

import tinycss2

from servestatic_build.model import Extraction, Reference, Unreadable
from servestatic_build.references.extractors.source_map_comment import last_source_map, source_map_reference
from servestatic_build.text import as_bytes, as_text

# A token's own text, matched where tinycss2 says it starts. One white space after a hexadecimal escape is its end.
_SPACE = r"(?:\r\n|[ \t\r\n\f])"
_ESCAPE = rf"\\(?:[0-9a-fA-F]{{1,6}}{_SPACE}?|\r\n|.)"
_STRING = re.compile(rf"""(["'])((?:{_ESCAPE}|(?!\1)[^\\])*)""", re.DOTALL)
_URL = re.compile(rf"[^(]*\({_SPACE}*((?:{_ESCAPE}|[^\\) \t\r\n\f])*)", re.DOTALL)
_HALF_PAIR = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # the others are bytes, by surrogateescape
_NEWLINE = re.compile(r"\r\n|[\r\n\f]")

# Functions whose argument may be a string that is a URL.
_URL_FUNCTIONS = frozenset({"url", "src", "image-set", "-webkit-image-set"})


def extract(data: bytes) -> Extraction:
    """Return the references of a style sheet: url(), src(), image-set(), @import and its source map."""
    if data.startswith((BOM_UTF16_BE, BOM_UTF16_LE)):
        return Extraction(unreadable=(Unreadable(0, "a style sheet in UTF-16 is not supported"),))
    bom = len(BOM_UTF8) if data.startswith(BOM_UTF8) else 0
    text = as_text(data[bom:])
    places = _Places(text, bom)
    tokens = tinycss2.parse_component_value_list(text, skip_comments=False)
    found = [reference for token in _named(tokens) if (reference := _reference(token, text, places))]
    return Extraction(tuple(last_source_map(found)))


def _named(tokens: Sequence[Any]) -> Iterator[Any]:
    """Yield, in order, the tokens that hold a reference: URLs, some strings, comments."""
    stack = [iter(_marked(tokens, in_url_function=False))]
    while stack:
        for token, is_url in stack[-1]:
            if is_url or token.type in {"url", "comment"}:
                yield token
            elif children := _children(token):
                in_url_function = token.type == "function" and token.lower_name in _URL_FUNCTIONS
                stack.append(iter(_marked(children, in_url_function=in_url_function)))
                break
        else:
            stack.pop()


def _children(token: Any) -> Sequence[Any]:
    return token.arguments if token.type == "function" else getattr(token, "content", ())


def _marked(tokens: Sequence[Any], *, in_url_function: bool) -> Iterator[tuple[Any, bool]]:
    """Yield each token with whether it is a string that is a URL; leave out what @namespace names."""
    rule = ""
    for token in tokens:
        if token.type == "at-keyword":
            rule = token.lower_value
        elif rule == "import" and token.type == "string":
            yield token, True
            rule = ""
        elif rule == "namespace" and token.type in {"string", "url", "function"}:
            rule = ""
        else:
            yield token, in_url_function and token.type == "string"
            rule = rule if token.type in {"whitespace", "comment", "ident"} else ""


def _reference(token: Any, text: str, places: _Places) -> Reference | None:
    start = places.index(token.source_line, token.source_column)
    if token.type == "comment":
        comment = text[start : text.find("*/", start) + 2]
        return source_map_reference(as_bytes(comment), places.byte(start))
    if token.type == "string":
        inner, notations = _inner(_STRING, text, start), _STRINGS[text[start]]
    else:
        inner, notations = _inner(_URL, text, start), ("css url",)
    # tinycss2 lets an escape stand for half a surrogate pair, which is no character (CSS Syntax 4.3.7).
    value = _HALF_PAIR.sub("\ufffd", token.value)
    return Reference(places.byte(inner[0]), places.byte(inner[1]), value, notations)


def _inner(pattern: re.Pattern[str], text: str, start: int) -> tuple[int, int]:
    match = pattern.match(text, start)
    assert match is not None, "tinycss2 found a token here"
    return match.span(match.lastindex or 0)


class _Places:
    """Offsets of a text's characters: from line and column, and as bytes. Asked for in ascending order."""

    def __init__(self, text: str, base: int) -> None:
        self._text = text
        self._lines = [0, *(match.end() for match in _NEWLINE.finditer(text))]
        self._character, self._byte = 0, base

    def index(self, line: int, column: int) -> int:
        """Return the index of the character at a line and column, both counted from 1."""
        return self._lines[line - 1] + column - 1

    def byte(self, character: int) -> int:
        """Return the offset in bytes of a character at or behind the last one asked for."""
        between = self._text[self._character : character]
        self._byte += len(between) if between.isascii() else len(as_bytes(between))
        self._character = character
        return self._byte


_STRINGS = {quote: (f"css string {quote}",) for quote in "\"'"}
