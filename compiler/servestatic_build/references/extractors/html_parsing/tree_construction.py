"""What a page's tags are, HTML or SVG or MathML, by all that is open around them (HTML 13.2.6).

No tree is made. A tag that makes no element is one of HTML here; any document type keeps a page from quirks mode.
"""

from __future__ import annotations

from servestatic_build.references.extractors.html_parsing.foreign_content import (
    HOLDS_HTML,
    breaks_out,
    foreign_element,
    namespace_of,
    reads_html,
)
from servestatic_build.references.extractors.html_parsing.insertion_modes import read_end, read_start, read_text
from servestatic_build.references.extractors.html_parsing.namespaces import HTML
from servestatic_build.references.extractors.html_parsing.parse_state import Formatting, ParseState, is_foreign

# Where one of these is the current element, its end tag does more than to close it.
_MORE_THAN_CLOSED = frozenset(
    b"applet body caption colgroup form head html marquee noscript object table tbody td template tfoot th thead"
    b" tr".split()
)


class OpenTags(ParseState):
    """Is told of a page's tags and texts in turn."""

    @property
    def in_foreign_content(self) -> bool:
        """Whether the current element is one of SVG or MathML."""
        return is_foreign(self._stack[-1])

    @property
    def in_template(self) -> bool:
        """Whether what stands here is no part of the page itself."""
        return bool(self.template_modes)

    def start(self, name: bytes, attributes: bytes, *, closed: bool) -> str:
        """Read a start tag and return the namespace of its element.

        ``attributes`` are as they are written; ``closed`` says whether the tag ends in ``/>``.
        """
        namespace = self._start(name, attributes)
        if closed and namespace != HTML:
            self.pop()
        return namespace

    def _start(self, name: bytes, attributes: bytes) -> str:
        current = self._stack[-1]
        if is_foreign(current) and not reads_html(current, name):
            if not breaks_out(name, attributes):
                element = foreign_element(current, name, attributes)
                self.push(element)
                return namespace_of(element)
            self.leave_foreign()
        read_start(self, name, attributes)
        new = self._stack[-1]
        return namespace_of(new) if name in {b"math", b"svg"} and is_foreign(new) else HTML

    def end(self, name: bytes) -> None:
        """Read an end tag."""
        current = self._stack[-1]
        if current == name and name not in _MORE_THAN_CLOSED:
            self._stack.pop()
        elif isinstance(current, Formatting) and current.name == name and self._formatting[-1:] == [current]:
            self._stack.pop()
            self._formatting.pop()
        elif not (is_foreign(current) and self._foreign_end(name)):
            read_end(self, name)

    def _foreign_end(self, name: bytes) -> bool:
        if name not in {b"br", b"p"}:
            return self.close_foreign(name)
        self.leave_foreign()
        return False

    def text(self, text: bytes) -> None:
        """Read what stands between two tags."""
        current = self._stack[-1]
        if not is_foreign(current) or current in HOLDS_HTML:
            read_text(self, text)
