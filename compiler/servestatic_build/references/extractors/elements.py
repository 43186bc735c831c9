"""Which attributes and texts of HTML's and SVG's elements refer to files, for the readers of HTML and of XML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from servestatic_build.model import Extraction, ReferenceKind
from servestatic_build.references.extractors import css, import_map, javascript, srcset
from servestatic_build.references.extractors.escaped_text import EscapedText, Segment, joined
from servestatic_build.text import as_text

HTML = "html"
SVG = "svg"
MATHML = "math"
NAMESPACES = (HTML, SVG, MATHML)

# The keys of an element's attributes that XLink's namespace holds begin with this.
XLINK = "xlink:"

# Links of these kinds lead to pages or to an origin.
_PAGE_LINKS = frozenset(
    (
        *("alternate", "author", "bookmark", "canonical", "dns-prefetch", "help", "license", "me", "next"),
        *("pingback", "preconnect", "prev", "search"),
    )
)

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
_PRESENTATION = (
    *("clip-path", "cursor", "fill", "filter", "marker", "marker-end", "marker-mid", "marker-start", "mask", "stroke"),
)


@dataclass(frozen=True, slots=True)
class Element:
    """An element that refers to something, perhaps, from a reader of HTML or XML; ``name`` is in lower case."""

    namespace: str
    name: str
    start: int
    attributes: Mapping[str, EscapedText]
    content: Callable[[], Sequence[Segment]]  # of <script> and <style>


def extract(element: Element, data: bytes) -> Extraction:
    """Return the references of an element's attributes and text."""
    return joined([*_attributes(element), _content(element, data)])


def _attributes(element: Element) -> Iterator[Extraction]:
    for name, value in element.attributes.items():
        if reader := _READERS.get((element.namespace, element.name, name)) or _READERS.get(
            (element.namespace, "", name)
        ):
            yield reader(element, value)


def _url(element: Element, value: EscapedText) -> Extraction:  # noqa: ARG001 - the readers share one signature
    return value.url()


def _srcset(element: Element, value: EscapedText) -> Extraction:  # noqa: ARG001
    found = tuple(srcset.urls(value.text))
    return value.references([start for start, _ in found], [url for _, url in found])


def _css(element: Element, value: EscapedText) -> Extraction:  # noqa: ARG001
    # In an attribute only functions name files, and tokens are dear.
    return value.outer(css.extract(value.text)) if b"(" in value.text else Extraction()


def _hashed_url(element: Element, value: EscapedText) -> Extraction:
    return value.url(integrity=element.attributes.get("integrity"))


def _link(element: Element, value: EscapedText) -> Extraction:
    kinds = element.attributes["rel"].word().split() if "rel" in element.attributes else ()
    return Extraction() if kinds and _PAGE_LINKS.issuperset(kinds) else _hashed_url(element, value)


def _base(element: Element, value: EscapedText) -> Extraction:  # noqa: ARG001
    return Extraction(base=as_text(value.text))


def _followed(element: Element, value: EscapedText) -> Extraction:  # noqa: ARG001
    return value.url(ReferenceKind.LINK)


# By namespace, element ("" for any other) and attribute.
_READERS: dict[tuple[str, str, str], Callable[[Element, EscapedText], Extraction]] = {
    (HTML, "", "src"): _url,
    (HTML, "", "style"): _css,
    (HTML, "a", "href"): _followed,
    (HTML, "area", "href"): _followed,
    (HTML, "base", "href"): _base,
    (HTML, "img", "srcset"): _srcset,
    (HTML, "link", "href"): _link,
    (HTML, "link", "imagesrcset"): _srcset,
    (HTML, "object", "data"): _url,
    (HTML, "script", "src"): _hashed_url,
    (HTML, "source", "srcset"): _srcset,
    (HTML, "video", "poster"): _url,
    **{(HTML, name, "background"): _url for name in ("body", "table", "tbody", "td", "tfoot", "th", "thead", "tr")},
    (SVG, "", "href"): _url,
    (SVG, "", XLINK + "href"): _url,
    (SVG, "", "style"): _css,
    (SVG, "a", "href"): _followed,
    (SVG, "a", XLINK + "href"): _followed,
    (MATHML, "", "style"): _css,
    **{(SVG, "", name): _css for name in _PRESENTATION},
}
ATTRIBUTES = frozenset(attribute for _, _, attribute in _READERS)  # an element needs one of these to refer to a file
READ = ATTRIBUTES | {"integrity", "language", "rel", "type"}


def _content(element: Element, data: bytes) -> Extraction:
    if element.namespace not in _SOURCES:
        return Extraction()
    if element.name == "style" and _type(element) in {"", "text/css"}:
        reader = css.extract
    elif element.name != "script" or not _SOURCES[element.namespace].isdisjoint(element.attributes):
        return Extraction()
    elif _type(element) in _SCRIPT_TYPES:
        reader = javascript.extract
    elif _type(element) == "importmap":
        reader = import_map.extract
    else:
        return Extraction()
    text = EscapedText(data, element.content(), element.start)
    return text.outer(reader(text.text))


def _type(element: Element) -> str:
    """Return the type of a script or style; a language says it too (HTML 4.12.1.1)."""
    given = element.attributes.get("type")
    if given is not None:
        return given.word()
    language = element.attributes.get("language")
    return f"text/{language.word()}" if language is not None and language.text else ""
