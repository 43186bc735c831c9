"""References in HTML pages: of their elements, and of the style sheets, scripts and the import map in them."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence

from servestatic_build.model import Extraction, Unreadable
from servestatic_build.references.extractors import elements
from servestatic_build.references.extractors.elements import Element
from servestatic_build.references.extractors.escaped_text import Segment, joined
from servestatic_build.references.extractors.html_parsing.foreign_content import ForeignContent, UnknownError
from servestatic_build.references.extractors.html_parsing.namespaces import HTML, SVG
from servestatic_build.references.extractors.html_parsing.tokens import (
    LONG_TAG,
    TAG,
    TOKEN,
    Tag,
    foreign_text,
    is_document_type,
    skipped,
    tag_of,
    text_end,
)
from servestatic_build.references.extractors.html_parsing.tree_construction import OpenTags
from servestatic_build.references.extractors.markup import HTML_VALUE, attributes
from servestatic_build.references.extractors.plain_tags import PlainTags
from servestatic_build.references.placeholders import without_placeholders
from servestatic_build.text import as_text

_WITH_TEXT = frozenset((b"script", b"style"))  # of these elements the text is read, too
_RENAMED = {b"image": "img"}  # HTML 13.2.6.4.7
_READ = {name.encode(): name for name in elements.READ}


def extract(data: bytes) -> Extraction:
    """Return the references of a page."""
    return without_placeholders(read_page(data))


def read_page(data: bytes) -> Extraction:
    """Return the references of a page, with those that a template engine has still to make."""
    if data.startswith((BOM_UTF16_BE, BOM_UTF16_LE)):
        return Extraction(unreadable=(Unreadable(0, "HTML in UTF-16 is not supported"),))
    try:
        return _extraction(_Page(data, ForeignContent()))
    except UnknownError:
        return _extraction(_ParsedPage(data))


def _extraction(page: _Page) -> Extraction:
    return joined(page.extractions())


class _Page:
    """Reads a page tag by tag."""

    def __init__(self, data: bytes, tags: ForeignContent | OpenTags) -> None:
        self._data = data
        self._tags = tags
        self._plain = PlainTags(data)
        self._position = len(BOM_UTF8) if data.startswith(BOM_UTF8) else 0

    def extractions(self) -> Iterator[Extraction]:
        """Yield what is found in the parts of the page; raise UnknownError."""
        for element in self._elements():
            yield from elements.extract(element, read_page)
        yield Extraction(tuple(self._plain.references))

    def _elements(self) -> Iterator[Element]:
        """Yield the elements that may refer to something."""
        while token := self._next():
            if token.lastindex not in {TAG, LONG_TAG}:
                self._position = skipped(self._data, token, in_foreign_content=self._tags.in_foreign_content)
                continue
            tag = tag_of(token)
            if tag is None:
                break
            self._position = tag.end
            if tag.name.startswith(b"/"):
                self._tags.end(tag.name[1:])
            elif element := self._element(tag):
                yield element

    def _next(self) -> re.Match[bytes] | None:
        position = self._position
        if not self._tags.in_foreign_content:
            position = self._plain.end(position)
        return TOKEN.search(self._data, position)

    def _element(self, tag: Tag) -> Element | None:
        data, tags, name = self._data, self._tags, tag.name
        namespace = tags.start(name, data[tag.attributes_start : tag.attributes_end], closed=tag.closed)
        content: Sequence[Segment] = ()
        if namespace == HTML:
            self._position = text_end(data, tag.end, name)
            content = [Segment(tag.end, self._position)] if name in _WITH_TEXT else ()
        elif namespace == SVG and name in _WITH_TEXT and not tag.closed:
            content = [*foreign_text(data, tag.end)]
        values = self._values(tag)
        if not (values or content) or (namespace == HTML and name == b"base" and tags.in_template):
            return None
        called = _RENAMED.get(name) if namespace == HTML else None
        return Element(data, namespace, called or as_text(name), tag.start, values, content)

    def _values(self, tag: Tag) -> dict[str, Segment]:
        """Return where the values of the attributes that matter stand, of each name the first."""
        values: dict[str, Segment] = {}
        if tag.attributes_start < tag.attributes_end:
            for name, value in attributes(self._data, tag.attributes_start, tag.attributes_end, HTML_VALUE):
                key = _READ.get(name.lower())
                if key is not None:
                    values.setdefault(key, value)
        return values


class _ParsedPage(_Page):
    """Reads a page with all that is open in mind."""

    def __init__(self, data: bytes) -> None:
        self._state = OpenTags()
        super().__init__(data, self._state)

    def _next(self) -> re.Match[bytes] | None:
        token = TOKEN.search(self._data, self._position)
        if token is not None:
            self._state.text(self._data[self._position : token.start()])
            self._state.has_document_type |= is_document_type(token)
        return token
