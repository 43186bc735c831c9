"""Which attributes and texts of HTML's and SVG's elements refer to files, for the readers of HTML and of XML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from servestatic_build.model import Extraction, PagePolicy, ReferenceKind
from servestatic_build.references.extractors import css, import_map, javascript, metadata, srcset
from servestatic_build.references.extractors.escaped_text import NOTHING, EscapedText, Segment
from servestatic_build.references.extractors.html_parsing.namespaces import HTML, MATHML, SVG
from servestatic_build.text import as_text

# The keys of an element's attributes that XLink's namespace holds begin with this.
XLINK = "xlink:"

# https://mimesniff.spec.whatwg.org/#javascript-mime-type
_SCRIPT_TYPES = frozenset(
    (
        *("application/ecmascript", "application/javascript", "application/x-ecmascript", "application/x-javascript"),
        *("text/ecmascript", "text/javascript", "text/javascript1.0", "text/javascript1.1", "text/javascript1.2"),
        *("text/javascript1.3", "text/javascript1.4", "text/javascript1.5", "text/jscript", "text/livescript"),
        *("text/x-ecmascript", "text/x-javascript", "", "module"),
    )
)

# A script with one of these has no text of its own.
_SOURCES = {HTML: frozenset({"src"}), SVG: frozenset({"href", XLINK + "href"})}

# SVG's attributes that are properties of CSS whose value may hold a url().
PRESENTATION = frozenset(
    ("clip-path", "cursor", "fill", "filter", "marker", "marker-end", "marker-mid", "marker-start", "mask", "stroke")
)

# In an attribute only functions name files or properties that do, and tokens of CSS are dear. Any of them may be written
# with escapes.
_FILES = re.compile(rb"(?:url|src|image-set)\((?![\t\n\f\r ]*[\"']?#)|var\(|[&\\]", re.IGNORECASE)


class Element(NamedTuple):
    """An element that refers to something, perhaps, from a reader of HTML or XML; ``name`` is in lower case."""

    data: bytes  # the document's
    namespace: str
    name: str
    start: int
    attributes: Mapping[str, Segment]
    content: Sequence[Segment] = ()  # of <script> and <style>

    def value(self, attribute: str) -> EscapedText | None:
        """Return the value of an attribute; None where there is no such attribute."""
        segment = self.attributes.get(attribute)
        return None if segment is None else EscapedText(self.data, [segment])

    def word(self, attribute: str) -> str:
        """Return the value of an attribute as a keyword; nothing where there is no such attribute."""
        value = self.value(attribute)
        return value.word() if value else ""


def extract(element: Element, read_page: Callable[[bytes], Extraction]) -> Iterator[Extraction]:
    """Yield the references of an element's attributes and text; ``read_page`` reads a page in an attribute."""
    for name, segment in element.attributes.items():
        readers = _READERS[element.namespace].get(name, {})
        if reader := readers.get(element.name) or readers.get(""):
            yield reader(element, segment)
    if element.content:
        yield _content(element)
    inner = element.value("srcdoc") if element.namespace == HTML and element.name == "iframe" else None
    if inner is not None:
        yield _inner_page(inner, read_page(inner.text))


def _inner_page(text: EscapedText, page: Extraction) -> Extraction:
    """Return the references of a page in an attribute. Without a base of its own it has that of the outer page."""
    return text.outer(page) if page.base is None else NOTHING


def _url(element: Element, segment: Segment) -> Extraction:
    return _reference(element, segment, ReferenceKind.URL)


def _followed(element: Element, segment: Segment) -> Extraction:
    return _reference(element, segment, ReferenceKind.LINK)


def _hashed_url(element: Element, segment: Segment) -> Extraction:
    return _reference(element, segment, ReferenceKind.URL, element.value("integrity"))


def _reference(
    element: Element,
    segment: Segment,
    kind: ReferenceKind,
    integrity: EscapedText | None = None,
    scope: EscapedText | None = None,
) -> Extraction:
    if element.data.startswith(b"#", segment.start):
        return NOTHING  # a place in the document itself
    return EscapedText(element.data, [segment]).url(kind, integrity, scope)


def _srcset(element: Element, segment: Segment) -> Extraction:
    value = EscapedText(element.data, [segment])
    candidates = tuple(srcset.urls(value.text))
    return value.references([start for start, _ in candidates], [url for _, url in candidates])


def _css(element: Element, segment: Segment) -> Extraction:
    if not _FILES.search(element.data, segment.start, segment.end):
        return NOTHING
    value = EscapedText(element.data, [segment])
    return _inline(value, css.extract(value.text))


def _link(element: Element, segment: Segment) -> Extraction:
    kind = metadata.link_kind(element.word("rel"), element.word("as"))
    if kind is None:
        return NOTHING
    scope = element.value("scope") if kind is ReferenceKind.SERVICE_WORKER else None
    return _reference(element, segment, kind, element.value("integrity"), scope)


def _meta(element: Element, segment: Segment) -> Extraction:
    if any(metadata.names_media(element.word(attribute)) for attribute in ("property", "name", "itemprop")):
        return _followed(element, segment)
    state, value = element.word("http-equiv"), EscapedText(element.data, [segment])
    if state == "refresh":
        starts, urls = metadata.refresh_urls(value.text)
        return value.references(starts, urls, ReferenceKind.LINK)
    if state == "content-security-policy":
        return value.outer(Extraction(policy=PagePolicy(hashes=tuple(metadata.policy_hashes(value.text)))))
    return NOTHING


def _base(element: Element, segment: Segment) -> Extraction:
    return Extraction(base=as_text(EscapedText(element.data, [segment]).text))


_Reader: TypeAlias = Callable[[Element, Segment], Extraction]
_IN_TABLE = ("table", "tbody", "td", "tfoot", "th", "thead", "tr")
_LINKS = {"": _url, "a": _followed}
# By namespace, attribute and element ("" for any other).
_READERS: Mapping[str, Mapping[str, Mapping[str, _Reader]]] = {
    HTML: {
        "content": {"meta": _meta},
        "background": dict.fromkeys(("body", *_IN_TABLE), _url),
        "data": {"object": _url},
        "href": {"a": _followed, "area": _followed, "base": _base, "link": _link},
        "imagesrcset": {"link": _srcset},
        "poster": {"video": _url},
        "src": {"": _url, "script": _hashed_url},
        "srcset": {"img": _srcset, "source": _srcset},
        "style": {"": _css},
    },
    SVG: {"href": _LINKS, XLINK + "href": _LINKS, "style": {"": _css}, **{name: {"": _css} for name in PRESENTATION}},
    MATHML: {"style": {"": _css}},
}
# An element needs one of these to refer to a file.
ATTRIBUTES = frozenset(attribute for readers in _READERS.values() for attribute in readers) | {"srcdoc"}
READ = ATTRIBUTES | {
    "as",
    "http-equiv",
    "integrity",
    "itemprop",
    "language",
    "name",
    "property",
    "rel",
    "scope",
    "type",
}


def _content(element: Element) -> Extraction:
    kind = _type(element)
    if element.name == "style" and kind in {"", "text/css"}:
        reader = css.extract
    elif element.name != "script" or not _SOURCES[element.namespace].isdisjoint(element.attributes):
        return NOTHING
    elif kind in _SCRIPT_TYPES:
        reader = javascript.extract
    elif kind == "importmap":
        reader = import_map.extract
    else:
        return NOTHING
    text = EscapedText(element.data, element.content, element.start)
    return _inline(text, reader(text.text))


def _inline(text: EscapedText, inner: Extraction) -> Extraction:
    """Return what was found in a script or a style in the page, and where it stands if it will be rewritten."""
    found = text.outer(inner)
    is_rewritten = found.references or found.import_map_prefixes
    whole = text.whole() if is_rewritten else None
    return replace(found, policy=PagePolicy(texts=(replace(whole, value=""),))) if whole else found


def _type(element: Element) -> str:
    """Return the type of a script or style; a language says it too (HTML 4.12.1.1)."""
    given = element.value("type")
    if given is not None:
        return given.word()
    language = element.value("language")
    return f"text/{language.word()}" if language is not None and language.text else ""
