"""References in HTML pages: which text is one, and what becomes of it. ``#`` stands for a fingerprint."""

from __future__ import annotations

from collections.abc import Iterator

import html5lib
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from servestatic_build.model import ImportMapPrefix, ReferenceKind, Unreadable
from servestatic_build.references.extractors.html import extract
from support.references import extracted, renamed, values, with_values
from support.releases import assert_sound

REFERENCES = [
    pytest.param('<img src="a.png">', '<img src="a.#.png">', id="double quotes"),
    pytest.param("<img src='a.png'>", "<img src='a.#.png'>", id="single quotes"),
    pytest.param("<img src=a.png>", "<img src=a.#.png>", id="unquoted"),
    pytest.param("<img src=a.png/>", "<img src=a.png/>", id="unquoted up to a solidus is a directory"),
    pytest.param("<img src=a.png?b=c>", "<img src=a.#.png?b=c>", id="unquoted with an equals sign"),
    pytest.param("<img src=a.png", "<img src=a.png", id="tag that never ends"),
    pytest.param('<img src="a.png><p>', '<img src="a.png><p>', id="quote that never ends"),
    pytest.param("<IMG SRC='a.png'>", "<IMG SRC='a.#.png'>", id="upper case"),
    pytest.param("<img\r\n\tsrc\f=\n'a.png'\r\n>", "<img\r\n\tsrc\f=\n'a.#.png'\r\n>", id="white space, CRLF"),
    pytest.param("<img/src=a.png>", "<img/src=a.#.png>", id="solidus between"),
    pytest.param("<img a='>'src=a.png>", "<img a='>'src=a.#.png>", id="no white space between attributes"),
    pytest.param("<img =src=b.png src=a.png>", "<img =src=b.png src=a.#.png>", id="name with an equals sign"),
    pytest.param("<img alt= src=b.png>", "<img alt= src=b.png>", id="value that looks like an attribute"),
    pytest.param("<img alt src=a.png>", "<img alt src=a.#.png>", id="attribute without a value"),
    pytest.param("<img src=a.png src=b.png>", "<img src=a.#.png src=b.png>", id="first of two counts"),
    pytest.param("<img src=' a.png '>", "<img src=' a.#.png '>", id="white space in the value"),
    pytest.param("<img src=a.png?a&amp;b>", "<img src=a.#.png?a&amp;b>", id="reference in a query"),
    pytest.param("<img src='a.png?a&b=1&copy=2'>", "<img src='a.#.png?a&b=1&copy=2'>", id="bare ampersands"),
    pytest.param("<img src='a&#46;png'>", "<img src='a&#46;#.png'>", id="number"),
    pytest.param("<img src='&eacute&#x2f;a.png'>", "<img src='&eacute&#x2f;a.#.png'>", id="no semicolon"),
    pytest.param("<img src='é/a.png'>", "<img src='é/a.#.png'>", id="non-ASCII"),
    pytest.param("\ufeff<img src='a.png'>", "\ufeff<img src='a.#.png'>", id="BOM"),
    pytest.param("\0<img src='a.png'>\0", "\0<img src='a.#.png'>\0", id="NUL"),
    pytest.param("<script src=a.js></script>", "<script src=a.#.js></script>", id="script"),
    pytest.param(
        "<audio src=a.ogg><source src=b.ogg><track src=c.vtt>",
        "<audio src=a.#.ogg><source src=b.#.ogg><track src=c.#.vtt>",
        id="audio",
    ),
    pytest.param("<video poster=a.png>", "<video poster=a.#.png>", id="poster"),
    pytest.param("<object data=a.svg>", "<object data=a.#.svg>", id="object"),
    pytest.param("<embed src=a.svg>", "<embed src=a.#.svg>", id="embed"),
    pytest.param("<input type=image src=a.png>", "<input type=image src=a.#.png>", id="input"),
    pytest.param("<image src=a.png>", "<image src=a.#.png>", id="image is img"),
    pytest.param("<body background=a.png>", "<body background=a.#.png>", id="background"),
    pytest.param(
        "<table background=a.png><td background=b.png>",
        "<table background=a.#.png><td background=b.#.png>",
        id="background of a table",
    ),
    pytest.param("<link rel=stylesheet href=a.css>", "<link rel=stylesheet href=a.#.css>", id="link"),
    pytest.param(
        "<link rel='alternate stylesheet' href=a.css>", "<link rel='alternate stylesheet' href=a.#.css>", id="alternate"
    ),
    pytest.param("<link rel=modulepreload href=a.js>", "<link rel=modulepreload href=a.#.js>", id="modulepreload"),
    pytest.param(
        "<link rel=preload as=image imagesrcset='a.png 1x, b.png 2x'>",
        "<link rel=preload as=image imagesrcset='a.#.png 1x, b.#.png 2x'>",
        id="imagesrcset",
    ),
    pytest.param("<img srcset='a.png'>", "<img srcset='a.#.png'>", id="srcset of one"),
    pytest.param("<img srcset=',a.png,b.png 2x,'>", "<img srcset=',a.png,b.#.png 2x,'>", id="srcset with commas"),
    pytest.param("<img srcset='a.png, b.png'>", "<img srcset='a.#.png, b.#.png'>", id="srcset without descriptors"),
    pytest.param(
        "<img srcset='data:,a,b.png 1x,\r\na.png 100w (1,2),b.png'>",
        "<img srcset='data:,a,b.#.png 1x,\r\na.#.png 100w (1,2),b.#.png'>",
        id="srcset with parentheses",
    ),
    pytest.param("<source srcset='a.png?a&amp;b 2x'>", "<source srcset='a.#.png?a&amp;b 2x'>", id="srcset of source"),
    pytest.param(
        '<p style="b:url(&quot;a.png&quot;)">', '<p style="b:url(&quot;a.#.png&quot;)">', id="style, entities"
    ),
    pytest.param("<p style=b:url(a.png)>", "<p style=b:url(a.#.png)>", id="style, unquoted"),
    pytest.param("<style>a{b:url('a.png')}</style>", "<style>a{b:url('a.#.png')}</style>", id="style sheet"),
    pytest.param(
        "<style>\r\n@import 'a.css';\r\na{b:url(a.png)}\r\n</style>\r\n<img src=b.png>",
        "<style>\r\n@import 'a.#.css';\r\na{b:url(a.#.png)}\r\n</style>\r\n<img src=b.#.png>",
        id="style sheet with CRLF",
    ),
    pytest.param("<style>a{b:url(a.png?&amp;)}", "<style>a{b:url(a.#.png?&amp;)}", id="style sheet is raw text"),
    pytest.param(
        "<script type=module>import './a.js'</script>", "<script type=module>import './a.#.js'</script>", id="module"
    ),
    pytest.param("<script>import('./a.js')</script>", "<script>import('./a.#.js')</script>", id="script with import()"),
    pytest.param(
        "<script><!--\nimport('./a.js')\n--></script>",
        "<script><!--\nimport('./a.#.js')\n--></script>",
        id="script in an old comment",
    ),
    pytest.param(
        "<script>x='<!--<script></script>';import('./a.js')</script>",
        "<script>x='<!--<script></script>';import('./a.#.js')</script>",
        id="script in a script",
    ),
    pytest.param(
        "<script type=' Text/JavaScript '>import('./a.js')</script>",
        "<script type=' Text/JavaScript '>import('./a.#.js')</script>",
        id="script with a type",
    ),
    pytest.param(
        '<script type=importmap>{"imports": {"a": "./a.js", "b/": "./b/", "c": "c.js", "./d.js": ".\\/d.js"}}</script>',
        '<script type=importmap>{"imports": {"a": "./a.#.js", "b/": "./b/", "c": "c.js", "./d.#.js": ".\\/d.#.js"}}'
        "</script>",
        id="import map",
    ),
    pytest.param(
        '<script type=importmap>{"scopes": {"/x/": {"a": "/a.js"}, "/s.js": {}}, "integrity": {"/a.js": ""}}</script>',
        '<script type=importmap>{"scopes": {"/x/": {"a": "/a.#.js"}, "/s.#.js": {}}, "integrity": {"/a.#.js": ""}}'
        "</script>",
        id="import map with scopes",
    ),
    pytest.param("<template><img src=a.png></template>", "<template><img src=a.#.png></template>", id="template"),
    pytest.param(
        "<head><noscript><link rel=stylesheet href=a.css></noscript><body><noscript><img src=a.png></noscript>",
        "<head><noscript><link rel=stylesheet href=a.#.css></noscript><body><noscript><img src=a.#.png></noscript>",
        id="noscript",
    ),
    pytest.param(
        "<svg><use xlink:href=s.svg#i /><USE HREF='s.svg#j'/></svg>",
        "<svg><use xlink:href=s.#.svg#i /><USE HREF='s.#.svg#j'/></svg>",
        id="SVG use",
    ),
    pytest.param(
        "<svg><image href=a.png /><filter><feImage href=b.png></filter></svg>",
        "<svg><image href=a.#.png /><filter><feImage href=b.#.png></filter></svg>",
        id="SVG images",
    ),
    pytest.param(
        "<svg><path fill='url(a.svg#x)' style='stroke:url(b.svg#y)'/></svg>",
        "<svg><path fill='url(a.#.svg#x)' style='stroke:url(b.#.svg#y)'/></svg>",
        id="SVG paint",
    ),
    pytest.param(
        "<svg><style>a{b:url(&quot;a.png&quot;)}<!-- c{d:url(e.png)} --><![CDATA[f{g:url('h.png?&amp;')}]]></style></svg>",
        "<svg><style>a{b:url(&quot;a.#.png&quot;)}<!-- c{d:url(e.png)} --><![CDATA[f{g:url('h.#.png?&amp;')}]]></style>"
        "</svg>",
        id="SVG style sheet",
    ),
    pytest.param("<svg><style/><image href=a.png></svg>", "<svg><style/><image href=a.#.png></svg>", id="closed style"),
    pytest.param("<b><p><img src=a.png></b><img src=b.png>", "<b><p><img src=a.#.png></b><img src=b.#.png>", id="mess"),
    pytest.param(
        "<b style='c:url(a.png)'><p>x</b>y<p>z",
        "<b style='c:url(a.#.png)'><p>x</b>y<p>z",
        id="one tag, several elements",
    ),
    pytest.param("<table><img src=a.png></table>", "<table><img src=a.#.png></table>", id="foster parent"),
    pytest.param(
        "<img srcset='a.png 1x,b.png 2x, data:image/png;base64,AA== 3x'>",
        "<img srcset='a.#.png 1x,b.#.png 2x, data:image/png;base64,AA== 3x'>",
        id="srcset with a data URL behind",
    ),
    pytest.param(
        "<picture><source srcset=a.webp><img src=a.png></picture>",
        "<picture><source srcset=a.#.webp><img src=a.#.png></picture>",
        id="picture",
    ),
    pytest.param("<img src='a&#x2e;png&#35;x'>", "<img src='a&#x2e;#.png&#35;x'>", id="fragment behind a number"),
    pytest.param("<img src='a.png?x=&quot;1&quot;'>", "<img src='a.#.png?x=&quot;1&quot;'>", id="quotes in a query"),
    pytest.param(
        "<p><template shadowrootmode=open><link rel=stylesheet href=a.css></template>",
        "<p><template shadowrootmode=open><link rel=stylesheet href=a.#.css></template>",
        id="shadow root",
    ),
    pytest.param(
        "<template><template><script type=module>import './a.js'</script></template></template>",
        "<template><template><script type=module>import './a.#.js'</script></template></template>",
        id="template in a template",
    ),
    pytest.param(
        "<svg><desc><img src=a.png></desc><foreignObject><img src=b.png></foreignObject></svg>",
        "<svg><desc><img src=a.#.png></desc><foreignObject><img src=b.#.png></foreignObject></svg>",
        id="HTML in SVG",
    ),
    pytest.param("<![if !IE]><img src=a.png><![endif]>", "<![if !IE]><img src=a.#.png><![endif]>", id="revealed"),
    pytest.param("<math style='b:url(a.png)'><mi>", "<math style='b:url(a.#.png)'><mi>", id="MathML"),
    pytest.param("<a href=a.pdf><area href='b.pdf#x'>", "<a href=a.#.pdf><area href='b.#.pdf#x'>", id="links"),
    pytest.param("<svg><a href=a.pdf xlink:href=b.pdf>", "<svg><a href=a.#.pdf xlink:href=b.#.pdf>", id="links of SVG"),
    pytest.param("<frameset><frame src=a.html></frameset>", "<frameset><frame src=a.#.html></frameset>", id="frame"),
    pytest.param(
        "<iframe srcdoc='<p>&amp;lt;<img src=\"a.png?b&amp;amp;c\"><style>d{e:url(&#39;f.png&#39;)}</style>'>",
        "<iframe srcdoc='<p>&amp;lt;<img src=\"a.#.png?b&amp;amp;c\"><style>d{e:url(&#39;f.#.png&#39;)}</style>'>",
        id="srcdoc",
    ),
    pytest.param(
        "<iframe srcdoc=\"<iframe srcdoc='<img src=&amp;quot;a&amp;amp;amp;b.png&amp;quot;>'>\">",
        "<iframe srcdoc=\"<iframe srcdoc='<img src=&amp;quot;a&amp;amp;amp;b.#.png&amp;quot;>'>\">",
        id="srcdoc in srcdoc",
    ),
    pytest.param(
        "<meta property=og:image content=a.png><meta name=twitter:image content=b.png><meta itemprop=image content=c.png>",
        "<meta property=og:image content=a.#.png><meta name=twitter:image content=b.#.png>"
        "<meta itemprop=image content=c.#.png>",
        id="images for other programs",
    ),
    pytest.param(
        "<meta http-equiv=Refresh content=\"0; URL='a.html'\"><meta http-equiv=refresh content=' 5;b.html '>",
        "<meta http-equiv=Refresh content=\"0; URL='a.#.html'\"><meta http-equiv=refresh content=' 5;b.#.html '>",
        id="page that a page goes on to",
    ),
    pytest.param("<!-- --!><img src=a.png>", "<!-- --!><img src=a.#.png>", id="comment that ends oddly"),
    pytest.param("<!---><img src=a.png>", "<!---><img src=a.#.png>", id="comment of two and a half dashes"),
    pytest.param("<!-- <!--><img src=a.png>", "<!-- <!--><img src=a.#.png>", id="comment in a comment"),
    pytest.param("<!doctype html 'a>b'><img src=a.png>", "<!doctype html 'a>b'><img src=a.#.png>", id="document type"),
    pytest.param("</x y='<'><img src=a.png>", "</x y='<'><img src=a.#.png>", id="end tag with attributes"),
    pytest.param("1 < 2 <> <img src=a.png>", "1 < 2 <> <img src=a.#.png>", id="signs that begin nothing"),
    pytest.param(f"<img{' a=b' * 40} src=a.png>", f"<img{' a=b' * 40} src=a.#.png>", id="many attributes"),
    pytest.param("<img a='b'c=\"d\"src=a.png>", "<img a='b'c=\"d\"src=a.#.png>", id="attributes that touch"),
    pytest.param("<img\0 src=b.png><img src=a.png>", "<img\0 src=b.#.png><img src=a.#.png>", id="NUL in a name"),
    pytest.param(
        "<title></titlex><img src=b.png></title\n><img src=a.png>",
        "<title></titlex><img src=b.png></title\n><img src=a.#.png>",
        id="end tag of a title",
    ),
    pytest.param(
        "<STYLE>a{b:url(a.png)}</Style ><IMG SRC=b.png>",
        "<STYLE>a{b:url(a.#.png)}</Style ><IMG SRC=b.#.png>",
        id="style sheet in upper case",
    ),
    pytest.param(
        "<script><!--<script></script>--></script><img src=a.png>",
        "<script><!--<script></script>--></script><img src=a.#.png>",
        id="comment around a script in a script",
    ),
    pytest.param(
        "<script><!--><script></script><img src=a.png>",
        "<script><!--><script></script><img src=a.#.png>",
        id="comment in a script that ends at once",
    ),
    pytest.param(
        "<svg><p><image href=b.png><img src=a.png>", "<svg><p><image href=b.png><img src=a.#.png>", id="p in SVG"
    ),
    pytest.param(
        "<svg></p><image src=a.png><image href=b.png>",
        "<svg></p><image src=a.#.png><image href=b.png>",
        id="end of a p in SVG",
    ),
    pytest.param(
        "<svg><font size=1><image src=a.png></svg><svg><font x=1><image href=b.png>",
        "<svg><font size=1><image src=a.#.png></svg><svg><font x=1><image href=b.#.png>",
        id="font in SVG",
    ),
    pytest.param(
        "<svg><g></svg><style>a>b{c:url(a.png)}</style>",
        "<svg><g></svg><style>a>b{c:url(a.#.png)}</style>",
        id="open elements in SVG",
    ),
    pytest.param(
        "<div><svg><g></div><image src=a.png>", "<div><svg><g></div><image src=a.#.png>", id="SVG that a block ends"
    ),
    pytest.param("<svg><g></div><image href=a.png>", "<svg><g></div><image href=a.#.png>", id="end of no block in SVG"),
    pytest.param("<b><svg></b><image src=a.png>", "<b><svg></b><image src=a.#.png>", id="SVG that formatting ends"),
    pytest.param(
        "<table><td><svg></td><image src=a.png>", "<table><td><svg></td><image src=a.#.png>", id="SVG that a cell ends"
    ),
    pytest.param(
        "<svg><foreignObject><div></foreignObject><image src=a.png></div></foreignObject><image href=b.png>",
        "<svg><foreignObject><div></foreignObject><image src=a.#.png></div></foreignObject><image href=b.#.png>",
        id="open block of HTML in SVG",
    ),
    pytest.param(
        "<svg><title><style>a{b:url(a.png)}</style></title><style>c{d:url('b.png?&amp;')}</style></svg>",
        "<svg><title><style>a{b:url(a.#.png)}</style></title><style>c{d:url('b.#.png?&amp;')}</style></svg>",
        id="style sheets in a title of SVG and beside it",
    ),
    pytest.param(
        "<math><annotation-xml encoding='Text/HTML'><image src=a.png></annotation-xml></math>",
        "<math><annotation-xml encoding='Text/HTML'><image src=a.#.png></annotation-xml></math>",
        id="HTML in MathML",
    ),
    pytest.param(
        "<math><mi><image src=a.png></mi><annotation-xml><svg><image href=b.png></svg></annotation-xml></math>",
        "<math><mi><image src=a.#.png></mi><annotation-xml><svg><image href=b.#.png></svg></annotation-xml></math>",
        id="HTML and SVG in MathML",
    ),
    pytest.param(
        "<select><img src=a.png><option><svg><image href=b.png></select>",
        "<select><img src=a.#.png><option><svg><image href=b.#.png></select>",
        id="select",
    ),
]


@pytest.mark.parametrize(("page", "expected"), REFERENCES)
def test_a_reference_is_renamed_and_no_byte_beside_it(page: str, expected: str) -> None:
    assert renamed(extract, page) == expected


NO_REFERENCES = [
    pytest.param("<form action=a.html><button formaction=a.html><q cite=a.html><img longdesc=a.html>", id="pages"),
    pytest.param("<link rel=preconnect href=a.css><link rel='dns-prefetch' href=a.css>", id="links to origins"),
    pytest.param("<link href=a.css><link rel href=a.css><link rel=' ' href=a.css>", id="links of no kind"),
    pytest.param("<meta name=description content=a.png><meta http-equiv=refresh content=9>", id="other metadata"),
    pytest.param(
        "<iframe srcdoc='<base href=/x/><img src=a.png>'><p srcdoc='<img src=a.png>'>", id="srcdoc with a base"
    ),
    pytest.param("<!-- <img src=a.png> --><!-->--><!--<img src=a.png>", id="comments"),
    pytest.param("<!--!><img src=a.png>-->", id="comment that begins oddly"),
    pytest.param("<!--[if IE]><img src=a.png><![endif]--><![CDATA[<img src=a.png>]]>", id="comments of old browsers"),
    pytest.param("<noscript><!-- <img src=a.png> --></noscript><template><!-- <img src=a.png> -->", id="deep comments"),
    pytest.param("<svg><![CDATA[<image href='a.png'/>]]><!-- <use href='a.svg'/> --></svg>", id="CDATA"),
    pytest.param("<noembed><img src=a.png></noembed><noframes><img src=a.png></noframes>", id="for old browsers"),
    pytest.param("<img onerror='this.src=\"a.png\"'><param name=movie value=a.swf>", id="values of other kinds"),
    pytest.param("<script type=module src>import './a.js'</script>", id="script with a src of its own"),
    pytest.param("<textarea><img src=a.png></textarea><title><img src=a.png></title>", id="text"),
    pytest.param("<iframe><img src=a.png></iframe><xmp><img src=a.png></xmp>", id="raw text"),
    pytest.param("<plaintext><img src=a.png>", id="plain text"),
    pytest.param("<p title='<img src=a.png>' data-src=a.png alt=src=a.png>", id="in other attributes"),
    pytest.param("<img src><img src=''><img src=' '><img src=>", id="empty"),
    pytest.param("<a href=#a><img src=#><svg><use href='#a' fill='url( \"#b\" )' style=c:url(#d)>", id="fragments"),
    pytest.param("<p title='><img src=a.png>", id="behind a tag that never ends"),
    pytest.param("<script><!--<script></script><img src=a.png>", id="in a script in a script"),
    pytest.param("<style><!--</style--><img src=a.png>", id="in a style sheet"),
    pytest.param("<script type=application/json>{'a': import('./a.js')}</script>", id="data"),
    pytest.param('<script type=speculationrules>{"prefetch": [{"urls": ["a.html"]}]}</script>', id="speculation rules"),
    pytest.param("<script type=text/template><img src=a.png></script>", id="template in a script"),
    pytest.param("<math><script>import('./a.js')</script><style>a{b:url(a.png)}</style></math>", id="MathML"),
    pytest.param("<script language=vbscript>import('./a.js')</script>", id="other language"),
    pytest.param("<script>'<img src=a.png>'; // url(a.png)</script>", id="in a script"),
    pytest.param("<style type=text/less>a{b:url(a.png)}</style>", id="other style sheet"),
    pytest.param("<style>/* url(a.png) */</style>", id="comment of CSS"),
    pytest.param("<svg><path fill=red d='url(a.png)'/></svg>", id="SVG"),
    pytest.param("<use href=a.svg><p fill=url(a.png) poster=a.png data=a.png background=a.png>", id="other elements"),
    pytest.param("</img src=a.png>< img src=a.png><1 src=a.png><?img src=a.png>", id="no start tags"),
    pytest.param("", id="nothing"),
    pytest.param("\ufeff", id="BOM alone"),
]


@pytest.mark.parametrize("page", NO_REFERENCES)
def test_what_only_looks_like_a_reference_is_left(page: str) -> None:
    assert values(extract, page) == []


@pytest.mark.parametrize(
    ("page", "value", "expected"),
    [
        pytest.param("<img src=a>", "b c'd\"e=f>g&h", "<img src=b&#32;c&#39;d&quot;e&#61;f&gt;g&amp;h>", id="unquoted"),
        pytest.param("<img src='a'>", "b c'd\"e=f>g&h", "<img src='b c&#39;d\"e=f>g&amp;h'>", id="single quotes"),
        pytest.param('<img src="a">', "b c'd\"e=f>g&h", '<img src="b c\'d&quot;e=f>g&amp;h">', id="double quotes"),
        pytest.param("<img src='a&lt'>", "a<b", "<img src='a<b'>", id="semicolon that is needed now"),
        pytest.param("<p style='b:url(\"a\")'>", "c'd\"e", "<p style='b:url(\"c&#39;d\\22 e\")'>", id="string of CSS"),
        pytest.param("<p style=b:url(a)>", "c'd", "<p style=b:url(c\\27&#32;d)>", id="URL of CSS, unquoted"),
        pytest.param("<script>import('./a')</script>", "./it's", "<script>import('./it\\'s')</script>", id="script"),
        pytest.param(
            '<script type=importmap>{"imports": {"a": "/a"}}</script>',
            '/b"\\',
            '<script type=importmap>{"imports": {"a": "/b\\"\\\\"}}</script>',
            id="import map",
        ),
    ],
)
def test_a_new_value_is_written_for_its_place(page: str, value: str, expected: str) -> None:
    data = page.encode()
    assert with_values(data, extract(data).references, lambda _: value).decode() == expected


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("&amp;&lt;&quot;&apos;", "&<\"'"),
        ("&eacute;&eacute", "éé"),
        ("a&copy=b&copyc&copy", "a&copy=b&copyc©"),
        ("&notit;&no;", "&notit;&no;"),
        ("&#65&#x41;&#X41", "AAA"),
        ("&#128;&#xD800;&#1114112;&#0;", "€\ufffd\ufffd\ufffd"),
        ("&#" + "9" * 5000 + ";", "\ufffd"),
        ("a&acE;b", "a\u223e\u0333b"),
        ("&#;&#x;&;&", "&#;&#x;&;&"),
    ],
)
def test_character_references_are_read_as_in_an_attribute(written: str, value: str) -> None:
    assert values(extract, f"<img src='{written}'>") == [value]


def test_bytes_that_are_not_utf_8_survive() -> None:
    page = b"\xff<img alt=\xe9 src='\xe9/a.png'>\xc3<style>/*\xe9*/a{b:url(a.png)}</style>"
    expected = b"\xff<img alt=\xe9 src='\xe9/a.#.png'>\xc3<style>/*\xe9*/a{b:url(a.#.png)}</style>"
    assert renamed(extract, page).encode("utf-8", "surrogateescape") == expected


def test_the_first_base_is_the_pages() -> None:
    page = b"<template><base href=/x/></template><svg><base href=/y/></svg><base target=x><base href='/a&amp;b/'>"
    assert extract(page + b"<base href=/c/>").base == "/a&b/"


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ("rel=stylesheet", ReferenceKind.URL),
        ("rel='Shortcut ICON'", ReferenceKind.URL),
        ("rel='alternate stylesheet'", ReferenceKind.URL),
        ("rel=preload as=image", ReferenceKind.URL),
        ("rel=preload as=style", ReferenceKind.URL),
        ("rel=prefetch as=fetch", ReferenceKind.URL),
        ("rel='preload stylesheet' as=fetch", ReferenceKind.URL),
        ("rel=preload as=Fetch", ReferenceKind.FETCH),
        ("rel=preload as=worker", ReferenceKind.FETCH),
        ("rel=alternate", ReferenceKind.LINK),
        ("rel=search", ReferenceKind.LINK),
        ("rel='dns-prefetch next'", ReferenceKind.LINK),
        *((f"rel={rel}", ReferenceKind.LINK) for rel in ("pgpkey", "EditURI", "shortlink", "amphtml", "profile", "x")),
    ],
)
def test_a_link_says_how_the_page_needs_what_it_names(attributes: str, kind: ReferenceKind) -> None:
    (reference,) = extract(f"<link {attributes} href=a.b>".encode()).references
    assert (reference.value, reference.kind) == ("a.b", kind)


@pytest.mark.parametrize(
    ("page", "count"),
    [
        pytest.param("<img src='{{ url }}'><a href='{{ url }}#a'>", 2, id="Jinja, Handlebars"),
        pytest.param("<script src=\"{% static 'a.js' %}\"></script>", 1, id="Django"),
        pytest.param('<link rel=stylesheet href="{% static "a.css" %}">', 1, id="Django, quotes in quotes"),
        pytest.param("<img src=${url}><img src='/static/${name}.png'>", 2, id="JavaScript"),
        pytest.param("<img src='<%= url %>'>", 1, id="ERB"),
        pytest.param("<img src='[[${url}]]'>", 1, id="Thymeleaf"),
        pytest.param("<img srcset='{{ a }} 1x, {{ b }} 2x'>", 2, id="srcset"),
        pytest.param("<p style='a:url({{b}})'><style>c{d:url(\"{{ e }}\")}</style>", 2, id="CSS"),
        pytest.param('<style>a{b:url("{% static "c.png" %}")}</style>', 2, id="CSS, quotes in quotes"),
        pytest.param("<iframe srcdoc='<img src={{a}}>'>", 1, id="srcdoc"),
        pytest.param('<script type=importmap>{"imports": {"a": "{{ b }}"}}</script>', 0, id="bare specifier"),
        pytest.param("<base href='{{ base }}'><img src='{{ a }}'><img src=/static/b.png>", 2, id="base"),
    ],
)
def test_what_a_template_engine_has_still_to_make_is_no_reference_and_counted(page: str, count: int) -> None:
    found = extract(page.encode())
    assert (found.references, found.placeholders) == ((), count)


def test_an_escape_behind_a_brace_is_no_template() -> None:
    assert [reference.value for reference in extract(b"<img src='{%29.png'>").references] == ["{%29.png"]


def test_scripts_say_how_they_need_a_module() -> None:
    page = b"<script type=module>import './a.js'; import('./b.js'); import 'c'</script>"
    found = extract(page + b"<img src=e.png><script>import('c')</script>")
    kinds = [(reference.value, reference.kind) for reference in found.references]
    assert kinds == [
        ("./a.js", ReferenceKind.IMPORT),
        ("./b.js", ReferenceKind.DYNAMIC_IMPORT),
        ("c", ReferenceKind.IMPORT),
        ("e.png", ReferenceKind.URL),
        ("c", ReferenceKind.DYNAMIC_IMPORT),
    ]


def test_an_import_maps_prefixes_end_where_more_entries_may_stand() -> None:
    page = b'<script type=importmap>{"imports": {"a/": "./a/", "b/": "x"}, "scopes": {"/": {"c/": "/c/" }}}</script>'
    ends = [page.index(address) + len(address) for address in (b'"./a/"', b'"/c/"')]
    prefixes = (ImportMapPrefix("a/", "./a/", ends[0]), ImportMapPrefix("c/", "/c/", ends[1]))
    assert extract(page).import_map_prefixes == prefixes


@pytest.mark.parametrize(
    ("page", "unreadable"),
    [
        (
            b"<p><script type=importmap>{,}</script>",
            Unreadable(26, "this import map is not valid JSON, or not an object"),
        ),
        (b"<p><script type=importmap></script>", Unreadable(3, "this import map is not valid JSON, or not an object")),
        (
            b"<script>f(a;\nimport('b')</script>",
            Unreadable(9, "JavaScript syntax error: the script cannot be parsed from here on"),
        ),
        ("<img>".encode("utf-16"), Unreadable(0, "HTML in UTF-16 is not supported")),
    ],
)
def test_a_part_that_can_not_be_read_is_named(page: bytes, unreadable: Unreadable) -> None:
    assert extract(page).unreadable == (unreadable,)


@pytest.mark.slow
def test_a_hundred_thousand_open_elements_are_read() -> None:
    assert values(extract, "<div>" * 100_000 + "<img src=a.png>") == ["a.png"]


HTML = "{http://www.w3.org/1999/xhtml"
SVG = "{http://www.w3.org/2000/svg"
# By namespace, and by element where it has more or less than the others.
URLS = {
    HTML: ("src",),
    HTML + "a": ("src", "href"),
    HTML + "link": ("src", "href"),
    HTML + "object": ("src", "data"),
    SVG: ("href",),
}


def oracle(page: bytes) -> Iterator[str]:
    """Yield the URLs in a page as html5lib sees them, without those of places in the page itself."""
    tree = html5lib.parse(page.decode("utf-8", "replace"), treebuilder="etree", scripting=False)
    for element in tree.iter():
        if isinstance(element.tag, str):
            namespace, _, name = element.tag.rpartition("}")
            urls = URLS.get(namespace + name, URLS.get(namespace, ()))
            found = (value.strip("\t\n\f\r ") for key, value in element.attrib.items() if key in urls)
            yield from (value for value in found if value and not value.startswith("#"))


# Without what the standard changed after html5lib's time: </p> in foreign content, <select> and its likes.
FRAGMENTS = (
    *("<img src=1.png>", "<img src='2.png'>", '<IMG SRC="3.png"/>', "<img alt='", '<img alt="', "'>", '">', ">", "<"),
    *("<script src=4.js>", "</script>", "<script>", "<!--", "-->", "--!>", "<!", "<?", "</", "<style>", "</style>"),
    *("<textarea>", "</textarea>", "<title>", "</title>", "<xmp>", "</xmp>", "<noscript>", "</noscript>", "<iframe>"),
    *("</iframe>", "<b>", "</b>", "<p>", "<table>", "<tr>", "<td>", "</table>", "<svg>", "</svg>", "<math>"),
    *("<image href=5.png />", "<image src=6.png>", "<![CDATA[", "]]>", "<foreignObject>", "<object data=7.svg>"),
    *("<link rel=icon href=8.png>", "<img/src=9.png/a>", "<img a=b=c src=10.png", "src=11.png", " ", "=", "&amp;"),
    *("é", "\r\n", "\f", "<body>", "</body>", "</html>", "<head>", "</head>", "<a>", "</a>", "<title/>", "<style/>"),
    *('<a href="12.pdf">', '<a class="b" href="13.pdf" title="c">', '<img alt="" src="14.png" />', '<a href="#15">'),
    *('<a href="16.pdf" href="17.pdf">', '<a style="b" href="', '<img srcset="" src="18.png">'),
)


@example("<img a=b=c src=10.png]]>")
@example("<![CDATA[<img src=1.png]]>")
@example('<svg><a href="1.pdf"></svg><p><a href="2.pdf"><!--<a href="3.pdf">--><title><a href="4.pdf"></title>')
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
def test_the_same_urls_are_found_as_html5lib_finds(page: str) -> None:
    assert set(values(extract, page)) == set(oracle(page.encode()))


MORE_FRAGMENTS = (
    *("<template>", "</template>", "<select>", "<option>", "<selectedcontent>", "<plaintext>", "<frameset>", "<frame>"),
    *("<base href=/a/>", "<p style=", "<img srcset=", "a.png 1x,", "url(a.png)", "url('", "import './a.js';", "\\"),
    *("<script type=module>", "<script type=importmap>", '{"imports": {"a/": "./b/", "./c": "./d"}}', "{", "}", '"'),
    *("&", "&#", "&#x110000;", "&#1;", "&acE;", "&lt", ";", "\0", "\ufeff", "😀", "<use xlink:href=a", "(", ")", ","),
)


@given(st.one_of(st.binary(), st.lists(st.sampled_from(FRAGMENTS + MORE_FRAGMENTS)).map("".join).map(str.encode)))
def test_any_text_is_read_into_sound_spans(data: bytes) -> None:
    assert_sound(extracted(extract, data), data)
