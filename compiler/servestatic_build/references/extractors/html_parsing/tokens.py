"""Where the tags, comments and texts of a page begin and end: the tokenizer's states (HTML 13.2.5) as patterns.

Bytes that are not ASCII are parts of names, values and texts like any other, so a page need not be decoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from servestatic_build.references.extractors.escaped_text import Segment

# 13.2.5.32 to 13.2.5.40. A name may start with "=", a value that isn't there is empty, a solidus separates. A look at
# what stands behind a part leaves one way to read a text, so that it is soon known not to match.
_NAME = rb"/?[a-zA-Z][^\t\n\f\r />]*(?=[\t\n\f\r />])"
_VALUE = rb"\"[^\"]*\"|'[^']*'|[^\t\n\f\r >\"'][^\t\n\f\r >]*(?=[\t\n\f\r >])|(?=>)"
_ATTRIBUTE = (
    rb"[\t\n\f\r /]*[^\t\n\f\r />][^\t\n\f\r />=]*(?=[\t\n\f\r />=])"
    rb"(?:(?![\t\n\f\r ]*=)|[\t\n\f\r ]*=[\t\n\f\r ]*(?:" + _VALUE + rb"))"
)
_TAG_END = rb"[\t\n\f\r /]*>"
# A pattern remembers what it repeats. A tag with more attributes than this is read by one after the other.
_TAG = rb"(" + _NAME + rb")((?:" + _ATTRIBUTE + rb"){0,32})" + _TAG_END
# What a "<" begins is said by the last group.
TAG, COMMENT, CDATA, OTHER, LONG_TAG = range(2, 7)
TOKEN = re.compile(rb"<(?:" + _TAG + rb"|(!--)|(!\[CDATA\[)|([!?]|/(?![a-zA-Z]))|(/?[a-zA-Z]))")
_LONG_NAME, _LONG_ATTRIBUTE, _LONG_TAG_END = map(re.compile, (_NAME, _ATTRIBUTE, _TAG_END))
_COMMENT_END = re.compile(rb"--!?>")
# With scripting disabled (13.2.6.4.4): <noscript> is not among them.
_RAW_TEXT = frozenset(b"iframe noembed noframes script style textarea title xmp".split())
_SCRIPT_PART = re.compile(rb"<!(?=--)|-->|<(/?)[sS][cC][rR][iI][pP][tT](?=[\t\n\f\r />])")


class Tag(NamedTuple):
    """A tag: its name in lower case, which begins with "/" in an end tag, and where it and its attributes stand."""

    name: bytes
    start: int
    attributes_start: int
    attributes_end: int
    end: int
    closed: bool  # ends in "/>"


def tag_of(token: re.Match[bytes]) -> Tag | None:
    """Return the tag that a token begins; None where the page ends in it."""
    if token.lastindex == LONG_TAG:
        return _long_tag(token.string, token.start())
    start, end = token.span(TAG)
    closed = token.string.endswith(b"/", end, token.end() - 1)
    return Tag(token[1].lower(), token.start(), start, end, token.end(), closed)


def _long_tag(data: bytes, start: int) -> Tag | None:
    name = _LONG_NAME.match(data, start + 1)
    if name is None:
        return None
    position = name.end()
    while attribute := _LONG_ATTRIBUTE.match(data, position):
        position = attribute.end()
    end = _LONG_TAG_END.match(data, position)
    if end is None:
        return None
    return Tag(name[0].lower(), start, name.end(), position, end.end(), end[0].endswith(b"/>"))


def skipped(data: bytes, token: re.Match[bytes], *, in_foreign_content: bool) -> int:
    """Return where a token ends that is no tag."""
    if token.lastindex == COMMENT:
        return _comment_end(data, token.start())
    end = b"]]>" if token.lastindex == CDATA and in_foreign_content else b">"
    place = data.find(end, token.end())
    return len(data) if place < 0 else place + len(end)


def _comment_end(data: bytes, start: int) -> int:
    """Return where a comment ends (13.2.5.43 to 13.2.5.52)."""
    if data.startswith((b"<!-->", b"<!--->"), start):
        return data.index(b">", start) + 1
    end = _COMMENT_END.search(data, start + len(b"<!--"))
    return len(data) if end is None else end.end()


def is_document_type(token: re.Match[bytes]) -> bool:
    """Return whether a token begins a document type."""
    start = token.end()
    return token[0] == b"<!" and token.string[start : start + len(b"doctype")].lower() == b"doctype"


def text_end(data: bytes, start: int, name: bytes) -> int:
    """Return where the text of an element of HTML ends that holds no tag but its own end, or else its start."""
    if name == b"plaintext":
        return len(data)
    if name not in _RAW_TEXT:
        return start
    end = _script_end(data, start) if name == b"script" else _end_tag(name).search(data, start)
    return len(data) if end is None else end.start()


@cache
def _end_tag(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"</" + name + rb"(?=[\t\n\f\r />])", re.IGNORECASE)


def _script_end(data: bytes, start: int) -> re.Match[bytes] | None:
    """Return the end tag of a script: in it, ``<!--`` hides a ``<script>`` and that its end tag (13.2.5.15 to 31)."""
    in_comment = in_script = False
    for part in _SCRIPT_PART.finditer(data, start):
        if part[1] is None:
            in_comment, in_script = part[0] == b"<!", in_script and part[0] == b"<!"
        elif not part[1]:
            in_script = in_comment
        elif not in_script:
            return part
        else:
            in_script = False
    return None


def foreign_text(data: bytes, start: int) -> Iterator[Segment]:
    """Yield the text of an element of SVG or MathML up to the first tag in it."""
    position, token = start, TOKEN.search(data, start)
    while token is not None and token.lastindex not in {TAG, LONG_TAG}:
        yield Segment(position, token.start(), "html text")
        position = skipped(data, token, in_foreign_content=True)
        if token.lastindex == CDATA:
            yield Segment(token.end(), position - len(b"]]>") if data.endswith(b"]]>", 0, position) else position)
        token = TOKEN.search(data, position)
    yield Segment(position, len(data) if token is None else token.start(), "html text")
