"""Texts that are hard on those who read them, each by one unit again and again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import NamedTuple

CSS, JAVASCRIPT = "text/css", "text/javascript"
WEB_MANIFEST = "application/manifest+json"


class Repeated(NamedTuple):
    """A text made of ``unit``, so often as it is asked for, behind ``before`` and in front of ``behind``."""

    media_type: str
    unit: str
    before: str = ""
    behind: str = ""

    def text(self, count: int) -> bytes:
        return (self.before + self.unit * count + self.behind).encode()

    def __str__(self) -> str:
        return f"{self.media_type.rpartition('/')[2]} {self.before}{self.unit!r}{self.behind}"


REPEATED = (
    *(Repeated(JAVASCRIPT, unit) for unit in ("import ", "import{", "import{a,", "import/*c*/", "import * as ", "import a,")),
    *(Repeated(JAVASCRIPT, unit) for unit in ("export{a,", "export * as ", "export{'a'as b,", "import(", "import('a'", "import.meta")),
    *(Repeated(JAVASCRIPT, unit) for unit in ("new URL('a',", "new URL('a',import.meta.url)", "new URL(", "import\n//c\n")),
    *(Repeated(JAVASCRIPT, unit) for unit in ("=/[", "=/[]", "=/\\/", "</*", "<a></", "<a b='", "<a>{", "`${", "a/*c*/-->", "-->")),
    *(Repeated(JAVASCRIPT, unit) for unit in ("(", "{", "'\\", "'a'", "\\u", "await(", "/ ", "a /*c*/ ", "\u00a0", "of /", "#!")),
    *(Repeated(JAVASCRIPT, unit) for unit in ("//# sourceMappingURL=a", "//# sourceMappingURL=a\n", "/*# sourceMappingURL=a */")),
    Repeated(JAVASCRIPT, " ", "//# sourceMappingURL=a", "b"),
    Repeated(JAVASCRIPT, " ", "//#", "sourceMappingURL=a b"),
    Repeated(JAVASCRIPT, "sourceMappingURL=", "//# "),
    Repeated(JAVASCRIPT, " ", "import", "'./a.js'"),
    Repeated(JAVASCRIPT, "/**/", "import a", "from './a.js'"),
    Repeated(JAVASCRIPT, "import 'a';", "/*", "*/"),
    *(Repeated(CSS, unit) for unit in ("url(", "url( ", "url('", "url(a)", "url(a\\", "url(a'", "image-set(", "image-set('a'")),
    *(Repeated(CSS, unit) for unit in ("@import ", "@import/*c*/", "@import 'a';", "@import url(a)", "@namespace ", "@namespace a/*c*/")),
    *(Repeated(CSS, unit) for unit in ("'", "'\\", '"\n', "\\", "\\61 ", "\\61", "a\\61 (", "/*", "/**/", "<!--", "<!--url(")),
    *(Repeated(CSS, unit) for unit in ("(", "[", "{", ")", "#url(", "url", "a(", "1e3url(", "\u00a0url(", "--a:", "--a:url(a);", "var(--a")),
    *(Repeated(CSS, unit, "image-set(") for unit in ("(", "[{", "}", "'a'", "url(", "u\\72l(", "@import ", "/**/")),
    Repeated(CSS, " ", "url(", "a b)"),
    Repeated(CSS, " ", "url(a", "b)"),
    Repeated(CSS, " ", "@import", "'a'"),
    Repeated(CSS, " ", "/*# sourceMappingURL=a", "b*/"),
    *(Repeated(WEB_MANIFEST, unit) for unit in ("[", '{"icons":', '"a",', "\\")),
    Repeated(WEB_MANIFEST, '{"src":"a.png"},', '{"icons":[', '{"src":"b.png"}]}'),
)  # fmt: skip


def steps(function: Callable[[], object]) -> int:
    """Return how many functions a function calls, those of C too: a measure of its time that no other load changes."""
    count = 0

    def called(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count
