"""Tags in SVG and MathML in a page (HTML 13.2.6.5), and what is known of a page by them alone.

Most pages close what they open, and then it does not matter what else is open around an ``<svg>``. Where it does, the
whole of tree construction is needed.
"""

from __future__ import annotations

import re

from servestatic_build.references.extractors.html_parsing.namespaces import HTML

# An element is its namespace and its name in lower case.
ANNOTATION = b"math annotation-xml"
HTML_ANNOTATION = b"math text/html annotation-xml"
MATHML_TEXT = frozenset((b"math mi", b"math mo", b"math mn", b"math ms", b"math mtext"))
HOLDS_HTML = MATHML_TEXT | {b"svg foreignobject", b"svg desc", b"svg title", HTML_ANNOTATION}  # integration points
_BREAKOUT = frozenset(
    b"b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta"
    b" nobr ol p pre ruby s small span strong strike sub sup table tt u ul var".split()
)
_BREAKOUT_FONT = re.compile(rb"(?:^|[\s/\"'])(?:color|face|size)(?![^\s/=])", re.IGNORECASE)
_HTML_ENCODING = re.compile(rb"\bencoding\s*=\s*[\"']?(?:text/html|application/xhtml\+xml)(?![^\s\"'])", re.IGNORECASE)


class UnknownError(Exception):
    """What a tag is depends on the elements of HTML that are open."""


class ForeignContent:
    """Is told of a page's tags in turn."""

    def __init__(self) -> None:
        self._open: list[bytes] = []
        self._templates = False

    @property
    def in_foreign_content(self) -> bool:
        """Whether the current element is one of SVG or MathML."""
        return bool(self._open)

    @property
    def in_template(self) -> bool:
        """Whether what stands here is no part of the page itself; raise UnknownError."""
        if self._templates:
            raise UnknownError
        return False

    def start(self, name: bytes, attributes: bytes, *, closed: bool) -> str:
        """Read a start tag and return the namespace of its element; raise UnknownError.

        ``attributes`` are as they are written; ``closed`` says whether the tag ends in ``/>``.
        """
        if not self._open:
            if name not in {b"math", b"svg"}:
                self._templates = self._templates or name == b"template"
                return HTML
            element = b"%b %b" % (name, name)
        elif reads_html(self._open[-1], name):
            raise UnknownError
        elif breaks_out(name, attributes):
            self._leave()
            return HTML
        else:
            element = foreign_element(self._open[-1], name, attributes)
        if not closed:
            self._open.append(element)
        return namespace_of(element)

    def end(self, name: bytes) -> None:
        """Read an end tag; raise UnknownError."""
        if not self._open:
            return
        if name in {b"br", b"p"}:
            self._leave()
            return
        named = foreign_named(name)
        for place in reversed(range(len(self._open))):
            if self._open[place] in named:
                del self._open[place:]
                return
        raise UnknownError

    def _leave(self) -> None:
        if not HOLDS_HTML.isdisjoint(self._open):
            raise UnknownError
        self._open.clear()


def reads_html(current: bytes, name: bytes) -> bool:
    """Return whether a start tag in an element of SVG or MathML is read as HTML whatever it is called."""
    if current in MATHML_TEXT:
        return name not in {b"mglyph", b"malignmark"}
    return current in HOLDS_HTML or (current == ANNOTATION and name == b"svg")


def breaks_out(name: bytes, attributes: bytes) -> bool:
    """Return whether a start tag ends what is open of SVG and MathML."""
    return name in _BREAKOUT or (name == b"font" and _BREAKOUT_FONT.search(attributes) is not None)


def foreign_element(current: bytes, name: bytes, attributes: bytes) -> bytes:
    """Return the element that a start tag makes in another of SVG or MathML."""
    element = b"%b %b" % (current.partition(b" ")[0], name)
    return HTML_ANNOTATION if element == ANNOTATION and _HTML_ENCODING.search(attributes) else element


def namespace_of(element: bytes) -> str:
    """Return the namespace of an element of SVG or MathML."""
    return element.partition(b" ")[0].decode("ascii")


def foreign_named(name: bytes) -> frozenset[bytes]:
    """Return the elements of SVG and MathML that have this name."""
    return frozenset((b"svg " + name, b"math " + name, b"math text/html " + name))
