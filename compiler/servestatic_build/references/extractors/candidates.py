"""What may be a reference of a script or style sheet, found without a lexer, at twenty times its speed.

All references are among it, and what stands in comments and strings is, too. So where each of it leads to a file, no
reference is broken; where something does not, a lexer has to say whether it is a reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from servestatic_build.model import ReferenceKind
from servestatic_build.references.extractors.css_lexer import Text, meaning, string_at, token_after, url_at
from servestatic_build.references.extractors.javascript import FORMS, WHOLE_WORDS
from servestatic_build.references.extractors.javascript_forms import read, value_of
from servestatic_build.references.extractors.javascript_workers import IMPORT_SCRIPTS, imported_scripts
from servestatic_build.references.urls import is_bare


class UndecidedError(Exception):
    """A file of which only a lexer can tell."""


# A pattern that begins with a text is searched for at the speed of memory, several in one at a tenth of it.
_FORM_WORDS = {word: re.compile(WHOLE_WORDS[word]) for word in FORMS}
_IMPORT_SCRIPTS = re.compile(WHOLE_WORDS[IMPORT_SCRIPTS])
# From each place on all the rest may have to be read: in a file that is made for it the time would grow with its square.
_MOST_PLACES = 1000

_URL_FUNCTION = re.compile(rb"url\(")
_IMPORT_RULE = re.compile(rb"@import")
_END_OF_FUNCTION = re.compile(rb"[ \t\n\r\f]*\)")
# Functions whose strings are no plain matter, and escapes in what may be the name of a function or rule, in lower case.
_UNUSUAL = [
    re.compile(pattern)
    for pattern in (rb"src\(", rb"image-set\(", rb"integrity\(", rb"\\[^\"'(){}]{0,150}\(", rb"@[^\s\"'(){}]{0,100}\\")
]


def _of_script(data: bytes) -> Iterator[str]:
    if any(any(imported_scripts(data, place)) for place in _ends(_IMPORT_SCRIPTS, data)):
        raise UndecidedError  # the URL goes by the worker
    for word, pattern in _FORM_WORDS.items():
        for place in _ends(pattern, data):
            yield from _behind(data, word, place)


def _ends(pattern: re.Pattern[bytes], data: bytes) -> Iterator[int]:
    for number, match in enumerate(pattern.finditer(data)):
        if number == _MOST_PLACES:
            raise UndecidedError
        yield match.end()


def _behind(data: bytes, word: bytes, place: int) -> Iterator[str]:
    for steps, kind in FORMS[word]:
        reading = read(data, place, steps)
        if reading and reading.text:
            value = value_of(reading.text[1])
            if kind is ReferenceKind.URL or not is_bare(value):
                yield value


def _of_style_sheet(data: bytes) -> Iterator[str]:
    lower = data.lower()
    if any(pattern.search(lower) for pattern in _UNUSUAL):
        raise UndecidedError
    for start in _ends(_URL_FUNCTION, lower):
        text = url_at(data, start) or _only_string(data, start)
        if not text.good:
            raise UndecidedError
        value = meaning(data[text.start : text.end])
        if value.startswith(("#", "data:")):
            continue
        if b"--" in data:  # it may stand in a custom property, and is relative to who uses that
            raise UndecidedError
        yield value
    for end in _ends(_IMPORT_RULE, lower):
        place = token_after(data, end)
        if data.startswith((b'"', b"'"), place):
            text = string_at(data, place)
            yield meaning(data[text.start : text.end])


def _only_string(data: bytes, place: int) -> Text:
    text = string_at(data, token_after(data, place))
    if not _END_OF_FUNCTION.match(data, text.following):
        raise UndecidedError
    return text


# By media type. Each takes a file's bytes, and yields the URLs of all that may be a reference, source maps left out;
# or it raises UndecidedError.
CANDIDATES: Mapping[str, Callable[[bytes], Iterator[str]]] = {
    "text/css": _of_style_sheet,
    "text/javascript": _of_script,
}
