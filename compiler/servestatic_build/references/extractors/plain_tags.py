"""Text and tags of a page that are written as most are: they are passed over, and the simplest references read, by one match.

Most of a page is that. What is written in any other way, or may mean anything else, is left to the tokenizer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from servestatic_build.model import Reference, ReferenceKind
from servestatic_build.references.extractors import elements
from servestatic_build.text import as_text

# What refers to no file, and no element's name changes that.
_ATTRIBUTE = (
    rb"\s(?!(?:" + "|".join(sorted(elements.ATTRIBUTES)).encode() + rb")[\s/=>])"
    rb"[a-z][a-z-]*(?:=\"[^\"]*\"|(?=[\s/>]))"
    rb"|\sstyle=\"[^\"(&]*\""
)
# A pattern remembers what it repeats, so it does so a number of times only.
_ATTRIBUTES = rb"(?:" + _ATTRIBUTE + rb"){0,32}"
_PLAIN = (
    rb"[^<]+"
    rb"|</[a-z][a-z0-9-]*>"
    rb"|<(?!(?:base|iframe|link|math|meta|noembed|noframes|plaintext|script|style|svg|template|textarea|title|xmp)[\s/>])"
    rb"[a-z][a-z0-9-]*(?:" + _ATTRIBUTE + rb"|\shref=\"#[^\"]*\"){0,32}\s?/?>"
)
# A value without escapes and spaces, which is no place in the page itself.
_VALUE = rb"=\"([^\"&\x00-\x20#][^\"&\x00-\x20]*)\""
_LINK, _IMAGE = rb"(<a)" + _ATTRIBUTES + rb"\shref", rb"<img" + _ATTRIBUTES + rb"\ssrc"
_RUN = re.compile(
    rb"(?:" + _PLAIN + rb"){0,200}(?:(?:" + _LINK + rb"|" + _IMAGE + rb")" + _VALUE + _ATTRIBUTES + rb"\s?/?>)?"
)
_NOTATIONS = ('html value "',)


class PlainTags:
    """Passes over what is plain; ``references`` are those that it met, in order."""

    def __init__(self, data: bytes) -> None:
        self.references: list[Reference] = []
        self._data = data

    def end(self, position: int) -> int:
        """Return where the plain text and tags end that start at a position outside of SVG and MathML."""
        for run in self._runs(position):
            position = run.end()
            if run.lastindex:
                kind = ReferenceKind.LINK if run[1] else ReferenceKind.URL
                self.references.append(Reference(*run.span(2), as_text(run[2]), _NOTATIONS, kind))
        return position

    def _runs(self, position: int) -> Iterator[re.Match[bytes]]:
        while (run := _RUN.match(self._data, position)) and run.end() > position:
            yield run
            position = run.end()
