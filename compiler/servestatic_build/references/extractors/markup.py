"""The raw text of HTML's and XML's elements: where attributes and text stand, and how they are written."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from html.entities import html5

from servestatic_build.references.extractors.escaped_text import AS_IS, Notation, Segment
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

_NUMBER = rb"#[0-9]++;?|#[xX][0-9a-fA-F]++;?"


def _character(escape: bytes) -> bytes:
    """Return what a numeric character reference stands for (HTML 13.2.5.80)."""
    base = 16 if escape[2:3] in b"xX" else 10
    digits = escape[3 if base == 16 else 2 :].rstrip(b";").lstrip(b"0") or b"0"
    code = min(int(digits[:8], base), 0x110000)  # no longer number is a character, and int() refuses very long ones
    # html.unescape() knows the exceptions, but makes nothing of characters that the standard only frowns on.
    return (html.unescape(f"&#{code};") or chr(code)).encode()


def _in_attribute(escape: bytes) -> bytes:
    if escape[1:2] == b"#":
        return _character(escape)
    return html5.get(escape[1:].decode("ascii"), escape.decode("ascii")).encode()


def _in_text(escape: bytes) -> bytes:
    return _character(escape) if escape[1:2] == b"#" else html.unescape(escape.decode("ascii")).encode()


_XML_ENTITIES = {b"&amp;": b"&", b"&lt;": b"<", b"&gt;": b">", b"&quot;": b'"', b"&apos;": b"'"}


def _in_xml(escape: bytes) -> bytes:
    """Return what a reference stands for; an entity that the file declares itself stays."""
    return _character(escape) if escape[1:2] == b"#" else _XML_ENTITIES.get(escape, escape)


def _references(characters: str) -> dict[int, str]:
    names = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
    return {ord(character): names.get(character, f"&#{ord(character)};") for character in characters}


# In an attribute a name without its semicolon counts only where no "=", letter or digit follows (HTML 13.2.5.73).
_ATTRIBUTE_REFERENCE = re.compile(rb"&(?:" + _NUMBER + rb"|[a-zA-Z][a-zA-Z0-9]*+(?:;|(?!=)))")
_TEXT_REFERENCE = re.compile(rb"&(?:" + _NUMBER + rb"|[a-zA-Z][a-zA-Z0-9]*+;?)")
_XML_REFERENCE = re.compile(rb"&(?:#[0-9]+|#x[0-9a-fA-F]+|[^\s;&<>#]+);")

_QUOTES = {2: '"', 3: "'", 4: "\t\n\f\r \"'=<>`"}  # by the group of _ATTRIBUTE that holds the value
_HTML_VALUE = {
    group: Notation(_ATTRIBUTE_REFERENCE, _in_attribute, _references("&" + quote)) for group, quote in _QUOTES.items()
}
_XML_VALUE = {
    group: Notation(_XML_REFERENCE, _in_xml, _references("&<\t\n\r" + quote)) for group, quote in _QUOTES.items()
}
_HTML_TEXT = Notation(_TEXT_REFERENCE, _in_text, _references("&<"))
_XML_TEXT = Notation(_XML_REFERENCE, _in_xml, _references("&<>"))


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
            yield Segment(*match.span(1), AS_IS)
        elif match[2] is not None:
            yield Segment(*match.span(2), _XML_TEXT if xml else _HTML_TEXT)
        position = match.end()


def _read(matches: Iterable[re.Match[bytes]], notations: Mapping[int, Notation]) -> Iterator[tuple[str, Segment]]:
    for match in matches:
        group = match.lastindex or 1
        span = match.span(group) if group > 1 else (match.end(), match.end())
        yield as_text(match[1]), Segment(*span, notations.get(group, AS_IS))


def _attributes(data: bytes, position: int) -> Iterator[re.Match[bytes]]:
    while match := _ATTRIBUTE.match(data, position):
        yield match
        position = match.end()
