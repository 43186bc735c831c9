"""References in XML documents that hold SVG or XHTML.

expat says where each start tag stands and what namespaces its names are in, in the tag's own order; attributes and
text are read there.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from dataclasses import replace
from xml.parsers import expat

from servestatic_build.model import Extraction, Reference, ReferenceKind, Unreadable
from servestatic_build.references.extractors import elements, html
from servestatic_build.references.extractors.elements import XLINK, Element
from servestatic_build.references.extractors.escaped_text import EscapedText, Segment, joined
from servestatic_build.references.extractors.html_parsing.namespaces import HTML, MATHML, SVG
from servestatic_build.references.extractors.markup import XML_VALUE, attributes
from servestatic_build.references.placeholders import without_placeholders
from servestatic_build.text import as_text, is_utf8

_NAMESPACES = {
    "http://www.w3.org/1999/xhtml": HTML,
    "http://www.w3.org/2000/svg": SVG,
    "http://www.w3.org/1998/Math/MathML": MATHML,
}
_BETWEEN = "\n"  # stands between namespace and name; expat refuses a namespace with it in it, and spaces are met
_XLINK = "http://www.w3.org/1999/xlink" + _BETWEEN
# Attributes' names as expat has them, and as HTML's parser has them.
_READ = {_XLINK + key.removeprefix(XLINK) if key.startswith(XLINK) else key: key for key in elements.READ}
_ATTRIBUTES = frozenset(key for key, name in _READ.items() if name in elements.ATTRIBUTES)
_LINKS = frozenset({"href", _XLINK + "href"})
_PROPERTIES = elements.PRESENTATION | {"style"}
# In a property's value nothing else names files that are not this one.
_FILES = re.compile(r"(?:url|src|image-set)\((?![\t\n\f\r ]*[\"']?#)|var\(|\\", re.IGNORECASE)
_WITH_TEXT = frozenset({"script", "style"})
_OWN_ENTITY = re.compile(rb"&(?!(?:amp|apos|gt|lt|quot);)[^\s;&<>#]+;")
_TAG = re.compile(rb"<(?:[^\s/>:]*:)?([^\s/>]+)((?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*(/?)>")
# A tag whose only attribute of that name is written as most are.
_OTHER = rb"(?:\s(?![a-zA-Z:-]*href=)[a-zA-Z0-9:_-]+=\"[^\"]*\"){0,32}"
_VALUE = rb"\s(?:[a-z]+:)?href=\"([^\"&#\x00-\x20][^\"&\x00-\x20]*)\""
_SIMPLE_TAG = re.compile(rb"<(?:[a-z]+:)?([a-zA-Z]+)" + _OTHER + _VALUE + _OTHER + rb"\s?/?>")
_NOTATIONS = ('xml value "',)
_TEXT = re.compile(rb"<!\[CDATA\[(.*?)\]\]>|<!--.*?-->|<\?.*?\?>|([^<]+)", re.DOTALL)


def extract(data: bytes) -> Extraction:
    """Return the references of a document: of its elements, and of the style sheets and scripts in it."""
    if data.startswith((BOM_UTF16_BE, BOM_UTF16_LE)):
        return Extraction(unreadable=(Unreadable(0, "XML in UTF-16 is not supported"),))
    reader = _Reader(data)
    try:
        extraction = reader.read()
    except expat.ExpatError as error:
        start = min(max(reader.place(), 0), len(data))
        return Extraction(unreadable=(Unreadable(start, f"XML syntax error: {_message(error)}"),))
    references = tuple(r for r in extraction.references if not _has_own_entity(r, data))
    return without_placeholders(replace(extraction, references=references))


def _has_own_entity(reference: Reference, data: bytes) -> bool:
    """Return whether a reference is written with an entity of the document's own, so that it says something else."""
    is_escaped = "&" in reference.value and any(notation.startswith("xml") for notation in reference.notations)
    return is_escaped and _OWN_ENTITY.search(data, reference.start, reference.end) is not None


class _Reader:
    """Reads one document."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._extractions: list[Extraction] = []
        self._links: list[Reference] = []  # of elements that are read without a look at their other attributes
        # Whatever the document says: the names that matter are ASCII, and each byte keeps its place.
        self._parser = expat.ParserCreate("utf-8" if is_utf8(data) else "iso-8859-1", _BETWEEN)
        self._parser.ordered_attributes = True
        self._parser.specified_attributes = True
        self._parser.StartElementHandler = self._element
        self._parser.ProcessingInstructionHandler = self._instruction

    def read(self) -> Extraction:
        """Return what is found in the document; raise ExpatError."""
        self._parser.Parse(self._data, True)
        return joined([*self._extractions, Extraction(tuple(self._links))])

    def place(self) -> int:
        return self._parser.ErrorByteIndex

    def _element(self, expanded: str, given: Sequence[str]) -> None:
        uri, _, name = expanded.rpartition(_BETWEEN)
        namespace = _NAMESPACES.get(uri)
        if namespace is None:
            return
        referring = _referring(given)
        if name in _WITH_TEXT or len(referring) > 1 or (referring and not self._is_simple(namespace, name, *referring)):
            self._any_element(namespace, name, given)

    def _is_simple(self, namespace: str, name: str, attribute: str) -> bool:
        """Return whether an element of SVG is written as most are, and read it if so."""
        is_link = namespace == SVG and attribute in _LINKS
        tag = _SIMPLE_TAG.match(self._data, self._parser.CurrentByteIndex) if is_link else None
        if tag is None or as_text(tag[1]) != name:
            return False
        kind = ReferenceKind.LINK if name == "a" else ReferenceKind.URL
        self._links.append(Reference(*tag.span(2), as_text(tag[2]), _NOTATIONS, kind))
        return True

    def _any_element(self, namespace: str, name: str, given: Sequence[str]) -> None:
        tag = _TAG.match(self._data, self._parser.CurrentByteIndex)
        # What an entity of the document's own brings in stands elsewhere.
        if tag is not None and as_text(tag[1]) == name:
            self._extractions += elements.extract(self._read(namespace, name, given, tag), html.read_page)

    def _read(self, namespace: str, name: str, given: Sequence[str], tag: re.Match[bytes]) -> Element:
        raw = attributes(self._data, *tag.span(2), XML_VALUE)
        values = [value for key, value in raw if key != b"xmlns" and not key.startswith(b"xmlns:")]
        read = {_READ[key]: value for key, value in zip(given[::2], values, strict=True) if key in _READ}
        has_text = name in _WITH_TEXT and namespace != MATHML and not tag[3]
        content = tuple(_text(self._data, tag.end())) if has_text else ()
        return Element(self._data, namespace, name, tag.start(), read, content)

    def _instruction(self, target: str, _: str) -> None:
        if target == "xml-stylesheet":
            start = self._parser.CurrentByteIndex
            position, end = start + len("<?xml-stylesheet"), self._data.find(b"?>", start)
            pseudo_attributes = dict(attributes(self._data, position, end, XML_VALUE))
            if b"href" in pseudo_attributes:
                self._extractions.append(EscapedText(self._data, [pseudo_attributes[b"href"]]).url())


def _referring(given: Sequence[str]) -> list[str]:
    """Return those of an element's attributes, names and values in turn, that may refer to a file: most have none."""
    keys = given[::2]
    if _ATTRIBUTES.isdisjoint(keys):
        return []
    pairs = zip(keys, given[1::2], strict=True)
    return [key for key, value in pairs if key in _ATTRIBUTES and _may_refer(key, value)]


def _may_refer(key: str, value: str) -> bool:
    if key in _PROPERTIES:
        return "(" in value and _FILES.search(value) is not None
    return not value.startswith("#")


def _text(data: bytes, position: int) -> Iterator[Segment]:
    """Yield the text of an element up to the first tag in it."""
    while match := _TEXT.match(data, position):
        if match[1] is not None:
            yield Segment(*match.span(1))
        elif match[2] is not None:
            yield Segment(*match.span(2), "xml text")
        position = match.end()


def _message(error: expat.ExpatError) -> str:
    return expat.errors.messages[error.code]
