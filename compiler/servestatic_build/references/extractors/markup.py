"""The raw text of HTML's and XML's start tags: where attributes stand, and how their values are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from servestatic_build.references.extractors.escaped_text import Segment

# HTML 13.2.5.32 to 13.2.5.40, for a tag that a parser has read to its end: a name may start with "=", a value that
# isn't there is empty, a solidus separates, and only one right before the ">" closes. XML's attributes are read
# by the same rules.
_ATTRIBUTE = re.compile(
    rb"[\t\n\f\r /]*([^\t\n\f\r />][^\t\n\f\r />=]*)"
    rb"(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:\"([^\"]*)\"|'([^']*)'|([^\t\n\f\r >\"'][^\t\n\f\r >]*)|))?"
)

# By the group of _ATTRIBUTE that holds the value.
HTML_VALUE: Mapping[int, str] = {2: 'html value "', 3: "html value '", 4: "html value"}
XML_VALUE: Mapping[int, str] = {2: 'xml value "', 3: "xml value '", 4: "xml value"}


def attributes(data: bytes, start: int, end: int, notations: Mapping[int, str]) -> Iterator[tuple[bytes, Segment]]:
    """Yield the attributes between a tag's name and its end: each one's name as it is written, and its value."""
    for match in _ATTRIBUTE.finditer(data, start, end):
        group = match.lastindex or 1
        place = match.span(group) if group > 1 else (match.end(), match.end())
        yield match[1], Segment(*place, notations.get(group))
