"""Texts that are hard on those who read them, each by one unit again and again."""

from __future__ import annotations

from typing import NamedTuple

CSS, JAVASCRIPT = "text/css", "text/javascript"
HTML, SVG, WEB_MANIFEST = "text/html", "image/svg+xml", "application/manifest+json"
_SVG = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>"


class Repeated(NamedTuple):
    """A text made of ``unit``, as often as it is asked for, between ``before`` and ``behind``; ``{}`` is a number."""

    media_type: str
    unit: str
    before: str = ""
    behind: str = ""

    def text(self, count: int) -> bytes:
        numbered = "{}" in self.unit
        units = (self.unit.replace("{}", str(number)) for number in range(count)) if numbered else (self.unit * count,)
        return (self.before + "".join(units) + self.behind).encode()

    def __str__(self) -> str:
        return f"{self.media_type.rpartition('/')[2]} {self.before}{self.unit!r}{self.behind}"


REPEATED = (
    *(Repeated(JAVASCRIPT, unit) for unit in ("import ", "import{", "import{a,", "import/*c*/", "import * as ", "import a,")),
    *(Repeated(JAVASCRIPT, unit) for unit in ("export{a,", "export * as ", "export{'a'as b,", "import(", "import('a'", "import.meta")),
    *(Repeated(JAVASCRIPT, unit) for unit in ("new URL('a',", "new URL('a',import.meta.url)", "new URL(", "import\n//c\n")),
    *(Repeated(JAVASCRIPT, unit) for unit in ("=/[", "=/[]", "=/\\/", "</*", "<a></", "<a b='", "<a>{", "`${", "a/*c*/-->", "-->")),
    *(Repeated(JAVASCRIPT, unit) for unit in ("(", "{", "'\\", "'a'", "\\u", "await(", "/ ", "a /*c*/ ", "\u00a0", "of /", "#!")),
    *(Repeated(JAVASCRIPT, unit) for unit in ("//# sourceMappingURL=a", "//# sourceMappingURL=a\n", "/*# sourceMappingURL=a */")),
    *(Repeated(JAVASCRIPT, unit) for unit in ("new Worker(", "new Worker(a);", "new Worker(a{});a{}='b';", "importScripts('a',")),
    *(Repeated(JAVASCRIPT, unit) for unit in ("serviceWorker.register(", "serviceWorker.register('a',{", "x.serviceWorker.register(a,")),
    Repeated(JAVASCRIPT, " ", "//# sourceMappingURL=a", "b"),
    *(Repeated(JAVASCRIPT, unit) for unit in ("currentScript,'a{}.js';", "document.scripts;/a(b)?(c)?.d.e/;", "querySelector('")),
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
    Repeated(HTML, "<style><?x>", "<svg>"),  # instructions in an SVG style sheet
    Repeated(HTML, "<div><base href=a>"),  # bases
    Repeated(HTML, "<div><base href=a>", "<svg></x>"),  # bases, whole state
    Repeated(HTML, "<div>", "", "<img src=a>"),  # open blocks
    Repeated(HTML, "<button><div>", "<svg></x><p>", "<img src=a>"),  # blocks in open buttons
    Repeated(HTML, "<b><div>", "<svg></x>", "</b>" * 50),  # blocks in formatting
    Repeated(HTML, "<p><b id={}>x</p>", "<svg></x>"),  # formatting that is opened again
    Repeated(HTML, "<i><b><div></i>", "<svg></x>"),  # adopted formatting
    Repeated(HTML, "<a><table><td>", "<svg></x>"),  # nested tables
    Repeated(HTML, "<template>", "<svg></x>", "</template>" * 9),  # nested templates
    Repeated(HTML, "<x></y>", "<svg></x>"),  # end tags of nothing
    Repeated(HTML, "<g></x>", "<svg>"),  # end tags of nothing in SVG
    Repeated(HTML, "<svg><title><p></svg>"),  # HTML in SVG
    Repeated(HTML, "<g>", "<svg>", "<p>" * 9),  # nested SVG
    Repeated(HTML, "<!-"),  # nearly comments
    Repeated(HTML, "<!--x--"),  # a comment that nearly ends
    Repeated(HTML, "<script>"),  # scripts in a script
    Repeated(HTML, "<!--<script>", "<script>"),  # comments and scripts in a script
    Repeated(HTML, "<p a='"),  # quotes
    Repeated(HTML, '<p a="b"c'),  # attributes in a row
    Repeated(HTML, "a{}=b ", "<p ", ">"),  # many attributes
    Repeated(HTML, "src=a ", "<img ", ">"),  # many attributes of one name
    Repeated(HTML, "a ", "<p "),  # a tag that never ends
    Repeated(HTML, "a", "<"),  # a name that never ends
    Repeated(HTML, "<![CDATA["),  # sections that are comments
    Repeated(HTML, "<![CDATA[", "<svg>"),  # sections
    Repeated(HTML, "</"),  # end tags without a name
    Repeated(HTML, "a 1x,", "<img srcset='", "'>"),  # image candidates
    Repeated(HTML, "&amp;", "<img src='", "'>"),  # character references
    Repeated(HTML, "&", "<img src='", "'>"),  # ampersands
    Repeated(HTML, '<p><a id="{}" href="a">b</a>'),  # simple links
    Repeated(HTML, ' a="b"', "<a", ' href="c">'),  # simple attributes
    Repeated(SVG, "<?xml-stylesheet href='a'?>", _SVG, "</svg>"),  # instructions
    Repeated(SVG, "<style><?x ?></style>", _SVG, "</svg>"),  # instructions in style sheets
    Repeated(SVG, "<style><!-- ", _SVG, "</svg>"),  # comments that never end
    Repeated(SVG, "<g>", _SVG),  # open elements
    Repeated(SVG, "a{}='b' ", f"{_SVG}<g ", "/></svg>"),  # many attributes of SVG
    Repeated(SVG, "<use xlink:href='a&amp;b'/>", _SVG, "</svg>"),  # links
    Repeated(SVG, '<use id="a{}" xlink:href="b"/>', _SVG, "</svg>"),  # simple links
    Repeated(WEB_MANIFEST, '{"src": "a", "src": "b"},', '{"icons": [', '{"src": "c"}]}'),  # icons
    Repeated(WEB_MANIFEST, '"icons": [{"src": "a"}],', "{", '"a": 1}'),  # members of one name
    Repeated(WEB_MANIFEST, "\\u0061", '{"icons": [{"src": "', '"}]}'),  # escapes
    Repeated(WEB_MANIFEST, "["),  # open arrays
)  # fmt: skip
