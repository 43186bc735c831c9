"""References in XML documents that hold SVG or XHTML.

expat says where each start tag stands and what namespaces its names are in, in the tag's own order; attributes and
text are read there.
"""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from functools import partial
from xml.parsers import expat

from servestatic_build.model import Extraction, Unreadable
from servestatic_build.references.extractors import elements
from servestatic_build.references.extractors.elements import HTML, MATHML, SVG, XLINK, Element
from servestatic_build.references.extractors.escaped_text import EscapedText, Segment, joined
from servestatic_build.references.extractors.markup import attributes, content, pseudo_attributes, tag_name

_NAMESPACES = {
    "http://www.w3.org/1999/xhtml": HTML,
    "http://www.w3.org/2000/svg": SVG,
    "http://www.w3.org/1998/Math/MathML": MATHML,
}
_BETWEEN = "\n"  # stands between namespace and name; expat refuses a namespace with it in it, and spaces are met
_XLINK = "http://www.w3.org/1999/xlink" + _BETWEEN


def extract(data: bytes) -> Extraction:
    """Return the references of a document: of its elements, and of the style sheets and scripts in it."""
    if data.startswith((BOM_UTF16_BE, BOM_UTF16_LE)):
        return Extraction(unreadable=(Unreadable(0, "XML in UTF-16 is not supported"),))
    reader = _Reader(data)
    try:
        reader.read()
    except expat.ExpatError as error:
        start = min(max(reader.place(), 0), len(data))
        return Extraction(unreadable=(Unreadable(start, f"XML syntax error: {_message(error)}"),))
    return joined(reader.found)


class _Reader:
    """Reads one document; ``found`` are the extractions of its parts."""

    def __init__(self, data: bytes) -> None:
        self.found: list[Extraction] = []
        self._data = data
        # Whatever the document says: the names that matter are ASCII, and each byte keeps its place.
        self._parser = expat.ParserCreate("utf-8" if _is_utf8(data) else "iso-8859-1", _BETWEEN)
        self._parser.ordered_attributes = True
        self._parser.specified_attributes = True
        self._parser.StartElementHandler = self._element
        self._parser.ProcessingInstructionHandler = self._instruction

    def read(self) -> None:
        self._parser.Parse(self._data, True)

    def place(self) -> int:
        return self._parser.ErrorByteIndex

    def _element(self, expanded: str, given: Sequence[str]) -> None:
        start = self._parser.CurrentByteIndex
        namespace, _, name = expanded.rpartition(_BETWEEN)
        # What an entity of the document's own brings in stands elsewhere.
        if namespace in _NAMESPACES and tag_name(self._data, start).rpartition(":")[2] == name:
            self.found.append(elements.extract(self._read(namespace, name, start, given), self._data))

    def _read(self, namespace: str, name: str, start: int, given: Sequence[str]) -> Element:
        raw = attributes(self._data, start, xml=True)
        values = [value for key, value in raw if key != "xmlns" and not key.startswith("xmlns:")]
        keys = (_key(expanded) for expanded in given[::2])
        pairs = zip(keys, values, strict=True)
        found = {key: EscapedText(self._data, [value]) for key, value in pairs if key in elements.READ}
        text = partial(_text, self._data, start)
        return Element(_NAMESPACES[namespace], name, start, found, text)

    def _instruction(self, target: str, _: str) -> None:
        if target == "xml-stylesheet":
            found = pseudo_attributes(self._data, self._parser.CurrentByteIndex)
            if "href" in found:
                self.found.append(EscapedText(self._data, [found["href"]]).url())


def _key(expanded: str) -> str:
    """Return an attribute's name as HTML's parser has it."""
    return XLINK + expanded.removeprefix(_XLINK) if expanded.startswith(_XLINK) else expanded


def _text(data: bytes, start: int) -> Sequence[Segment]:
    return tuple(content(data, start, xml=True))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _message(error: expat.ExpatError) -> str:
    return expat.errors.messages[error.code]
