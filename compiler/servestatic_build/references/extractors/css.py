"""References in style sheets: url(), src(), image-set(), @import and the source map, by the tokens of CSS Syntax Level 3.

Only what may hold a reference or hide one is looked for; the rest of a style sheet is passed over at the speed of
``re``. Brackets count where they must: in a function whose strings are URLs, and in the value of a custom property.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from servestatic_build.model import Extraction, PropertyUse, Reference, Unreadable, WrittenText
from servestatic_build.references.extractors.css_lexer import (
    LETTER,
    LETTERS,
    SPACES,
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
_OUTSIDE = re.compile(
    rb"/\*|\"|'|\\|@|<!--|\((?<=(?i:url|src|set|var)\()|--(?<![#@%b]--)(?=[%b]*[ \t\n\r\f]*(?:[:\\]|/\*))"
    % (LETTER, LETTER)
)
_INSIDE = re.compile(rb"/\*|\"|'|\\|@|<!--|[()\[\]{};]")

# What an open bracket is, by one byte: what closes it, or something more.
_PARENTHESIS = ord(")")
_URL = ord("u")  # a function whose strings are URLs
_IMAGE_SET = ord("s")  # another such, which has no hash
_INTEGRITY = ord("i")  # a function of url() whose string is a hash
_PROPERTY = ord("p")  # the value of a custom property, up to the end of its declaration
_OPENED = {ord("("): _PARENTHESIS, ord("["): ord("]"), ord("{"): ord("}")}
_CLOSED = {ord(")"): b")usi", ord("]"): b"]", ord("}"): b"}p", ord(";"): b"p"}

_FUNCTIONS = {
    b"url": _URL,
    b"src": _URL,
    b"image-set": _IMAGE_SET,
    b"-webkit-image-set": _IMAGE_SET,
    b"integrity": _INTEGRITY,
}
_LONGER_THAN_ANY = max(map(len, _FUNCTIONS)) + 1

_IN_QUOTES = {ord(quote): (f"css string {quote}",) for quote in "\"'"}
_UNQUOTED = ("css url",)


def extract(data: bytes) -> Extraction:
    """Return the references of a style sheet: url(), src(), image-set(), @import and its source map."""
    if data.startswith((BOM_UTF16_BE, BOM_UTF16_LE)):
        return Extraction(unreadable=(Unreadable(0, "a style sheet in UTF-16 can't be read"),))
    reader = _Reader(data)
    reader.read()
    return Extraction(last_source_map(reader.found), property_uses=tuple(sorted(reader.uses)))


class _Reader:
    """Reads a style sheet to its end; ``found`` are the references, in order, and ``uses`` those of custom properties."""

    def __init__(self, data: bytes) -> None:
        self.found: list[Reference] = []
        self.uses: set[PropertyUse] = set()
        self._data = data
        self._end = len(BOM_UTF8) if data.startswith(BOM_UTF8) else 0  # of the last token
        self._comments = (b"", self._end)  # the last run of comments: the byte before it, and where it ends
        self._open = bytearray()  # the brackets that are open, from the outermost that matters on
        self._property = ""  # the custom property whose value this is
        self._imported = -1  # where the string stands that an @import is for
        self._namespace = -1  # where the string or URL stands that a @namespace is for
        self._may_be_hashed = False  # an integrity() that comes next is for the last reference

    def read(self) -> None:
        while match := (_INSIDE if self._open else _OUTSIDE).search(self._data, self._end):
            start = match.start()
            self._READERS[self._data[start]](self, start)

    def _comment(self, start: int) -> None:
        before, self._end = self._byte_before(start), comment_end(self._data, start)
        self._comments = before, self._end
        if self._data.startswith((b"/*#", b"/*@"), start) and self._data.endswith(b"*/", 0, self._end):
            reference = source_map_reference(self._data[start : self._end], start)
            self.found += [reference] if reference else []

    def _byte_before(self, place: int) -> bytes:
        """Return the byte that white space and comments before a place follow; nothing at the start."""
        passed = self._data[self._end : place].rstrip(SPACES)
        if passed:
            return passed[-1:]
        before, end = self._comments
        return before if end == self._end else self._data[self._end - 1 : self._end]

    def _string(self, start: int) -> None:
        text, notations = string_at(self._data, start), _IN_QUOTES[self._data[start]]
        inside = self._open[-1] if self._open else 0
        if inside == _INTEGRITY:
            self._integrity(text, notations)
        in_function = inside in {_URL, _IMAGE_SET} and start != self._namespace
        self._may_be_hashed = inside == _URL and in_function and text.good
        self._text(text, notations, is_url=in_function or start == self._imported)

    def _integrity(self, text: Text, notations: tuple[str, ...]) -> None:
        if text.good and text.start < text.end:
            hashes = WrittenText(text.start, text.end, meaning(self._data[text.start : text.end]), notations)
            self.found[-1] = replace(self.found[-1], integrity=hashes)

    def _text(self, text: Text, notations: tuple[str, ...], *, is_url: bool) -> None:
        self._end = text.following
        if is_url and text.good:
            value = meaning(self._data[text.start : text.end])
            self.found.append(Reference(text.start, text.end, value, notations, custom_property=self._property))

    def _escape(self, start: int) -> None:
        """Read the name that an escape is in."""
        rest = self._data[self._end : start].rstrip(LETTERS)
        first, end = self._end + len(rest), name_end(self._data, start)
        if end == start or rest.endswith(b"#"):  # before a newline it is no escape
            self._end = max(end, start + 1)
        elif self._data.startswith(b"(", end):
            self._function(first, as_bytes(meaning(self._data[first:end])), end)
        else:
            self._name(first, end)

    def _hyphens(self, start: int) -> None:
        self._name(start, name_end(self._data, start))

    def _name(self, start: int, end: int) -> None:
        """Read a name, and behind that of a custom property, where a declaration may begin, the colon (5.4.4)."""
        colon = token_after(self._data, end)
        if (
            self._data.startswith(b":", colon)
            and not self._open
            and self._byte_before(start) in {b"", b"{", b";", b"}"}
        ):
            name = meaning(self._data[start:end])
            if name.startswith("--"):
                self._property, end = name, colon + 1
                self._open.append(_PROPERTY)
        self._end = end

    def _parenthesis(self, start: int) -> None:
        before = self._data[max(start - _LONGER_THAN_ANY, self._end) : start]
        rest = before.rstrip(LETTERS)
        name = b"" if rest.endswith(b"#") else before[len(rest) :]
        self._function(start - len(name), name, start)

    def _function(self, start: int, name: bytes, bracket: int) -> None:
        """Read a function, all of it or up to its arguments, or a "(" that has no name before it."""
        self._end = bracket + 1
        name = name.lower()
        function = _PARENTHESIS if start == self._namespace else _FUNCTIONS.get(name, _PARENTHESIS)
        if name == b"url" and (text := url_at(self._data, self._end)):
            self._text(text, _UNQUOTED, is_url=function == _URL)
            return
        if name == b"var":
            self._use(self._end)
        if function == _INTEGRITY and not (self._may_be_hashed and self._open.endswith(b"u")):
            function = _PARENTHESIS
        self._may_be_hashed &= function != _URL
        if self._open or function != _PARENTHESIS:
            self._open.append(function)

    def _use(self, start: int) -> None:
        start = token_after(self._data, start)
        name = meaning(self._data[start : name_end(self._data, start)])
        if name.startswith("--"):
            self.uses.add(PropertyUse(name, self._property))

    def _bracket(self, start: int) -> None:
        self._end = start + 1
        bracket = self._data[start]
        if bracket in _OPENED:
            self._open.append(_OPENED[bracket])
        elif self._open and self._open[-1] in _CLOSED[bracket]:
            self._open.pop()
            self._property = self._property if self._open else ""

    def _keyword(self, start: int) -> None:
        """Read an at-keyword, and look ahead for what it is about."""
        self._end = end = name_end(self._data, start + 1)
        keyword = meaning(self._data[start + 1 : end]).lower()
        if keyword == "import":
            self._imported = token_after(self._data, end)
        elif keyword == "namespace":
            place = token_after(self._data, end)
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
        ord("-"): _hyphens,
        ord("("): _parenthesis,
        **dict.fromkeys(b")[]{};", _bracket),
        ord("@"): _keyword,
        ord("<"): _html_comment,
    }
