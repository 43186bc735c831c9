"""References in style sheets: url(), src(), image-set(), @import and the source map, by the tokens of CSS Syntax Level 3.

Only what may hold a reference or hide one is looked for; the rest of a style sheet is passed over at the speed of
``re``. Brackets count where they must: in a function whose strings are URLs.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Mapping
from typing import ClassVar

from servestatic_build.model import Extraction, Reference, Unreadable
from servestatic_build.references.extractors.css_lexer import (
    LETTERS,
    Text,
    comment_end,
    meaning,
    name_end,
    string_at,
    token_after,
    url_at,
)
from servestatic_build.references.extractors.source_map_comment import last_source_map, source_map_reference
from servestatic_build.text import as_bytes

# Each alternative begins with a character, so that the search skips what begins with none of them at C's speed.
_OUTSIDE = re.compile(rb"/\*|\"|'|\\|@|<!--|\((?<=(?i:url|src|set)\()")
_INSIDE = re.compile(rb"/\*|\"|'|\\|@|<!--|[()\[\]{}]")
_CLOSING = {ord("("): ord(")"), ord("["): ord("]"), ord("{"): ord("}")}
_NAMES_URLS = ord("u")  # stands for the ")" of a function whose strings are URLs
_URL_FUNCTIONS = frozenset({b"url", b"src", b"image-set", b"-webkit-image-set"})
_LONGER_THAN_ANY = max(map(len, _URL_FUNCTIONS)) + 1
_STRING = {ord(quote): (f"css string {quote}",) for quote in "\"'"}
_URL = ("css url",)


def extract(data: bytes) -> Extraction:
    """Return the references of a style sheet: url(), src(), image-set(), @import and its source map."""
    if data.startswith((BOM_UTF16_BE, BOM_UTF16_LE)):
        return Extraction(unreadable=(Unreadable(0, "a style sheet in UTF-16 can't be read"),))
    reader = _Reader(data)
    reader.read()
    return Extraction(tuple(last_source_map(reader.found)))


class _Reader:
    """Reads a style sheet to its end; ``found`` are the references, in order."""

    def __init__(self, data: bytes) -> None:
        self.found: list[Reference] = []
        self._data = data
        self._end = len(BOM_UTF8) if data.startswith(BOM_UTF8) else 0  # of the last token
        self._open = bytearray()  # what closes each open bracket, from the outermost function whose strings are URLs on
        self._imported = -1  # where the string stands that an @import is for
        self._namespace = -1  # where the string or URL stands that a @namespace is for

    def read(self) -> None:
        while match := (_INSIDE if self._open else _OUTSIDE).search(self._data, self._end):
            start = match.start()
            self._READERS[self._data[start]](self, start)

    def _comment(self, start: int) -> None:
        self._end = comment_end(self._data, start)
        if self._data.startswith((b"/*#", b"/*@"), start) and self._data.endswith(b"*/", 0, self._end):
            reference = source_map_reference(self._data[start : self._end], start)
            self.found += [reference] if reference else []

    def _string(self, start: int) -> None:
        in_function = self._open.endswith(b"u") and start != self._namespace
        is_url = in_function or start == self._imported
        self._text(string_at(self._data, start), _STRING[self._data[start]], is_url=is_url)

    def _text(self, text: Text, notations: tuple[str, ...], *, is_url: bool) -> None:
        self._end = text.following
        if is_url and text.good:
            value = meaning(self._data[text.start : text.end])
            self.found.append(Reference(text.start, text.end, value, notations))

    def _escape(self, start: int) -> None:
        """Read the name that an escape is in."""
        rest = self._data[self._end : start].rstrip(LETTERS)
        first = self._end + len(rest)
        self._end = end = max(name_end(self._data, start), start + 1)  # before a newline it is no escape
        if self._data.startswith(b"(", end) and not rest.endswith(b"#"):
            self._function(first, as_bytes(meaning(self._data[first:end])), end)

    def _parenthesis(self, start: int) -> None:
        before = self._data[max(start - _LONGER_THAN_ANY, self._end) : start]
        rest = before.rstrip(LETTERS)
        name = b"" if rest.endswith(b"#") else before[len(rest) :]
        self._function(start - len(name), name, start)

    def _function(self, start: int, name: bytes, bracket: int) -> None:
        """Read a function, all of it or up to its arguments, or a "(" that has no name before it."""
        self._end = bracket + 1
        name = name.lower()
        is_url = name in _URL_FUNCTIONS and start != self._namespace
        if name == b"url" and (text := url_at(self._data, self._end)):
            self._text(text, _URL, is_url=is_url)
        elif is_url or self._open:
            self._open.append(_NAMES_URLS if is_url else ord(")"))

    def _bracket(self, start: int) -> None:
        self._end = start + 1
        bracket = self._data[start]
        if bracket in _CLOSING:
            self._open.append(_CLOSING[bracket])
        elif self._open.endswith((b"u", b")") if bracket == ord(")") else bytes((bracket,))):
            self._open.pop()

    def _keyword(self, start: int) -> None:
        """Read an at-keyword, and look ahead for what it is about."""
        self._end = end = name_end(self._data, start + 1)
        keyword, place = meaning(self._data[start + 1 : end]).lower(), token_after(self._data, end)
        if keyword == "import":
            self._imported = place
        elif keyword == "namespace":
            prefix = name_end(self._data, place)
            is_prefix = prefix > place and not self._data.startswith(b"(", prefix)
            self._namespace = token_after(self._data, prefix) if is_prefix else place

    def _html_comment(self, start: int) -> None:
        """Read "<!--", whose hyphens are no part of the name behind it."""
        self._end = start + len(b"<!--")

    # By a token's first byte.
    _READERS: ClassVar[Mapping[int, Callable[[_Reader, int], None]]] = {
        ord("/"): _comment,
        ord('"'): _string,
        ord("'"): _string,
        ord("\\"): _escape,
        ord("("): _parenthesis,
        **dict.fromkeys(b")[]{}", _bracket),
        ord("@"): _keyword,
        ord("<"): _html_comment,
    }
