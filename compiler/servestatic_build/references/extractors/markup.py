"""The raw text of HTML's and XML's elements: where attributes and text stand, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from servestatic_build.references.extractors.escaped_text import Segment
from servestatic_build.text import as_text

# HTML 13.2.5.32 to 13.2.5.40, for a tag that a parser has read to its end: a name may start with "=", a value that
# isn't there is empty, a solidus separates, and only one right before the ">" closes. XML's attributes are read
# by the same rules.
_TAG_NAME = re.compile(rb"<([^\t\n\f\r />!?][^\t\n\f\r />]*)")
_ATTRIBUTE = re.compile(
    rb"[\t\n\f\r /]*([^\t\n\f\r />][^\t\n\f\r />=]*)"
    rb"(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:\"([^\"]*)\"|'([^']*)'|([^\t\n\f\r >\"'][^\t\n\f\r >]*)|))?"
)
_TAG_END = re.compile(rb"[\t\n\f\r /]*?(/?)>")
_CONTENT = re.compile(rb"<!\[CDATA\[(.*?)\]\]>|<!--.*?-->|<\?.*?\?>|([^<]+)", re.DOTALL)

# By the group of _ATTRIBUTE that holds the value.
_HTML_VALUE = {2: 'html value "', 3: "html value '", 4: "html value"}
_XML_VALUE = {2: 'xml value "', 3: "xml value '", 4: "xml value"}


def tag_name(data: bytes, start: int) -> str:
    """Return the name in the start tag at a place as it is written there, or "" where there is none."""
    match = _TAG_NAME.match(data, start)
    return as_text(match[1]) if match else ""


def attributes(data: bytes, start: int, *, xml: bool = False) -> Iterator[tuple[str, Segment]]:
    """Yield each attribute of the start tag at a place: its name as it is written there, and its value."""
    name = _TAG_NAME.match(data, start)
    if name is not None:
        yield from _read(_attributes(data, name.end()), _XML_VALUE if xml else _HTML_VALUE)


def pseudo_attributes(data: bytes, start: int) -> dict[str, Segment]:
    """Return what the xml-stylesheet instruction at a place says (xml-stylesheet, section 3)."""
    position, end = start + len("<?xml-stylesheet"), data.find(b"?>", start)
    return dict(_read(_attributes(data[:end], position), _XML_VALUE))


def content(data: bytes, start: int, *, xml: bool = False) -> Iterator[Segment]:
    """Yield the text of the element of XML or of foreign content whose start tag is at a place.

    It ends at the first tag in it.
    """
    name = _TAG_NAME.match(data, start)
    position = name.end() if name else len(data)
    for attribute in _attributes(data, position):
        position = attribute.end()
    end = _TAG_END.match(data, position)
    if end is None or end[1]:
        return
    position = end.end()
    while match := _CONTENT.match(data, position):
        if match[1] is not None:
            yield Segment(*match.span(1))
        elif match[2] is not None:
            yield Segment(*match.span(2), "xml text" if xml else "html text")
        position = match.end()


def _read(matches: Iterable[re.Match[bytes]], notations: Mapping[int, str]) -> Iterator[tuple[str, Segment]]:
    for match in matches:
        group = match.lastindex or 1
        span = match.span(group) if group > 1 else (match.end(), match.end())
        yield as_text(match[1]), Segment(*span, notations.get(group))


def _attributes(data: bytes, position: int) -> Iterator[re.Match[bytes]]:
    while match := _ATTRIBUTE.match(data, position):
        yield match
        position = match.end()
