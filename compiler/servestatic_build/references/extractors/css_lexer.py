"""How a style sheet is written: names, strings and URLs with their escapes, comments, white space (CSS Syntax Level 3).

As in ``javascript_lexer``, each pattern is searched for from where the last one ended, and none can match a place in
two ways or takes memory for each of its rounds.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from servestatic_build.text import as_text

# What may stand in a name as it is (4.2): NUL becomes U+FFFD, a letter like all that is not ASCII (3.3).
LETTER = rb"\-\w\x80-\xff\x00"
LETTERS = bytes(code for code in range(0x100) if re.match(rb"[%b]" % LETTER, bytes((code,))))
SPACES = b" \t\n\r\f"
_HEXADECIMAL = rb"[0-9a-fA-F]{1,6}(?:\r\n|[ \t\n\r\f])?"
_NAME_PART = re.compile(rb"[%b]+|\\(?:%b|[^\n\r\f]|\Z)" % (LETTER, _HEXADECIMAL))
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})(?:\r\n|[ \t\n\r\f])?|(\r\n|[\n\r\f])|(.)|\Z)", re.DOTALL)
_IN_STRING = {
    ord(quote): re.compile(rb"\\(?:%b|\r\n|.)|([%b\n\r\f])" % (_HEXADECIMAL, quote), re.DOTALL)
    for quote in (b'"', b"'")
}
# White space and ")" end a URL without quotes. Quotes, "(", a backslash before a newline and what can't be printed make
# it a bad one, which goes on to the next ")" (4.3.6, 4.3.14).
_URL_STOPS = rb" \t\n\r\f)\"'(\\\x01-\x08\x0b\x0e-\x1f\x7f"
_PLAIN_URL = re.compile(rb"[ \t\n\r\f]*(?![ \t\n\r\f])([^%b]*)[ \t\n\r\f]*\)" % _URL_STOPS)
_BEFORE_URL = re.compile(rb"[ \t\n\r\f]*(?![\"' \t\n\r\f])")
_IN_URL = re.compile(rb"\\(?:%b|[^\n\r\f]|\Z)|([%b])" % (_HEXADECIMAL, _URL_STOPS))
_AFTER_URL = re.compile(rb"[ \t\n\r\f]*(?:\)|\Z)")
_IN_BAD_URL = re.compile(rb"\\[^\n\r\f]|(\))")
_SPACES_OR_COMMENT = re.compile(rb"[ \t\n\r\f]+|(/\*)")


class Text(NamedTuple):
    """Where the text of a string or URL stands, and where the next token does. One that is not ``good`` names nothing."""

    start: int
    end: int
    following: int
    good: bool = True


def string_at(data: bytes, place: int) -> Text:
    """Return the string whose quote stands at a place (4.3.5)."""
    start = position = place + 1
    for match in _IN_STRING[data[place]].finditer(data, start):
        position = match.end()
        if match[1]:
            good = match[1][0] == data[place]
            return Text(start, match.start(), position if good else match.start(), good)
    end = len(data) - data.endswith(b"\\", position)  # at the end of the file a backslash means nothing
    return Text(start, end, len(data))


def url_at(data: bytes, place: int) -> Text | None:
    """Return the URL without quotes that starts at a place, or None where a string does (4.3.6)."""
    if plain := _PLAIN_URL.match(data, place):
        return Text(*plain.span(1), plain.end())
    before = _BEFORE_URL.match(data, place)
    if before is None:
        return None
    for match in _IN_URL.finditer(data, before.end()):
        if match[1]:
            end = match.start()
            if after := _AFTER_URL.match(data, end):
                return Text(before.end(), end, after.end())
            return Text(end, end, _bad_url_end(data, end), good=False)
    return Text(before.end(), len(data), len(data))


def _bad_url_end(data: bytes, place: int) -> int:
    ends = (match.end() for match in _IN_BAD_URL.finditer(data, place) if match[1])
    return next(ends, len(data))


def comment_end(data: bytes, place: int) -> int:
    """Return where the comment that starts at a place ends."""
    end = data.find(b"*/", place + len(b"/*"))
    return len(data) if end < 0 else end + len(b"*/")


def token_after(data: bytes, place: int) -> int:
    """Return where the next token stands that is no white space and no comment."""
    while match := _SPACES_OR_COMMENT.match(data, place):
        place = comment_end(data, match.start()) if match[1] else match.end()
    return place


def name_end(data: bytes, place: int) -> int:
    """Return where the name that may stand at a place ends."""
    while match := _NAME_PART.match(data, place):
        place = match.end()
    return place


def meaning(raw: bytes) -> str:
    """Return what a name or a URL, or a string that has an end, stands for."""
    text = as_text(raw).replace("\0", "\ufffd")
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str]) -> str:
    """Return what an escape stands for (4.3.7): nothing of NUL, half a surrogate pair and what is beyond Unicode."""
    hexadecimal, newline, character = escape.groups()
    if hexadecimal is None:
        return "" if newline else character or "\ufffd"
    code = int(hexadecimal, 16)
    return "\ufffd" if not code or 0xD800 <= code < 0xE000 or code > 0x10FFFF else chr(code)
