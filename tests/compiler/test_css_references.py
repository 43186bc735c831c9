"""References in style sheets: which text is one, and what becomes of it. ``#`` stands for a fingerprint."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servestatic_build.references.extractors.css import extract
from support.hashes import integrity
from support.references import extracted
from support.releases import assert_sound, unfingerprinted
from support.tinycss import references
from support.trees import Compiled, compile_tree

BESIDE = {
    name: name
    for name in ("a.png", "b.css", "c.css", "d.css", "f.eot", "f.woff2", "img/a b.png", "img/é.png", "x.map", "y.map")
}


def compiled(tmp_path: Path, style_sheet: str | bytes, **settings: object) -> Compiled:
    extracted(extract, style_sheet)
    return compile_tree(tmp_path, {**BESIDE, "app.css": style_sheet}, **settings)


def rewritten(tmp_path: Path, style_sheet: str | bytes) -> bytes:
    # With plain URLs, a file that only the name of its map would change keeps its bytes.
    return unfingerprinted(compiled(tmp_path, style_sheet, plain_urls=False).read("app.css"))


REFERENCES = [
    pytest.param("a{b:url(a.png)}", "a{b:url(a.#.png)}", id="unquoted"),
    pytest.param('a{b:url("a.png")}', 'a{b:url("a.#.png")}', id="double quotes"),
    pytest.param("a{b:url('a.png')}", "a{b:url('a.#.png')}", id="single quotes"),
    pytest.param(
        f"a{{order:{'1' * 4301};b:url(a.png)}}", f"a{{order:{'1' * 4301};b:url(a.#.png)}}", id="number of 4,301 digits"
    ),
    pytest.param("a{b:url( \t\n a.png \n )}", "a{b:url( \t\n a.#.png \n )}", id="white space around"),
    pytest.param("a{b:url( 'a.png' )}", "a{b:url( 'a.#.png' )}", id="white space around quotes"),
    pytest.param("a{b:URL(a.png) Url('a.png')}", "a{b:URL(a.#.png) Url('a.#.png')}", id="upper case"),
    pytest.param(r"a{b:u\72l(a.png)}", r"a{b:u\72l(a.#.png)}", id="escape in the name of the function"),
    pytest.param(r"a{b:\75 rl('a.png')}", r"a{b:\75 rl('a.#.png')}", id="escape and space in the name"),
    pytest.param(r"a{b:url(\61.png)}", r"a{b:url(a.#.png)}", id="hexadecimal escape"),
    pytest.param(r"a{b:url(\000061.png)}", r"a{b:url(a.#.png)}", id="six-digit escape"),
    pytest.param("a{b:url(\\61\r\n.png)}", "a{b:url(a.#.png)}", id="escape ended by CRLF"),
    pytest.param(r"a{b:url(img/a\ b.png)}", r"a{b:url(img/a\20 b.#.png)}", id="escaped space"),
    pytest.param("a{b:url('img/a b.png')}", "a{b:url('img/a b.#.png')}", id="space in quotes"),
    pytest.param("a{b:url(img/a%20b.png)}", "a{b:url(img/a%20b.#.png)}", id="percent-encoded space"),
    pytest.param("a{b:url(img/é.png)}", "a{b:url(img/é.#.png)}", id="non-ASCII"),
    pytest.param("a{b:url(img/%C3%A9.png)}", "a{b:url(img/%C3%A9.#.png)}", id="non-ASCII, percent-encoded"),
    pytest.param("a{b:url('a.\\\npng')}", "a{b:url('a.#.png')}", id="line continued in a string"),
    pytest.param("a{b:url(f.eot?#iefix)}", "a{b:url(f.#.eot?#iefix)}", id="query and fragment"),
    pytest.param("a{b:url('f.eot?v=1&w')}", "a{b:url('f.#.eot?v=1&w')}", id="query"),
    pytest.param("a{b:url(a.png#x)}", "a{b:url(a.#.png#x)}", id="fragment"),
    pytest.param("a{b:url(./a.png)}", "a{b:url(./a.#.png)}", id="dot segment"),
    pytest.param("a{b:url(img/../a.png)}", "a{b:url(img/../a.#.png)}", id="segment that leads back"),
    pytest.param("a{b:url(/static/a.png)}", "a{b:url(/static/a.#.png)}", id="absolute path"),
    pytest.param("a{b:url(a.png),url(a.png)}", "a{b:url(a.#.png),url(a.#.png)}", id="twice"),
    pytest.param("a{b:src('a.png')}", "a{b:src('a.#.png')}", id="src"),
    pytest.param("a{--b:url(a.png)}", "a{--b:url(a.#.png)}", id="custom property"),
    pytest.param("a{--b:{c:[url(a.png)]}}", "a{--b:{c:[url(a.#.png)]}}", id="custom property with blocks"),
    pytest.param("a{&:hover{b:url(a.png)}}", "a{&:hover{b:url(a.#.png)}}", id="nested rule"),
    pytest.param("@media print{a{b:url(a.png)}}", "@media print{a{b:url(a.#.png)}}", id="@media"),
    pytest.param(
        "a{b:image-set('a.png' 1x type('image/png'),url(a.png) 2x)}",
        "a{b:image-set('a.#.png' 1x type('image/png'),url(a.#.png) 2x)}",
        id="image-set",
    ),
    pytest.param(
        "a{b:-webkit-image-set('a.png' 1x)}", "a{b:-webkit-image-set('a.#.png' 1x)}", id="image-set with a prefix"
    ),
    pytest.param(
        "@font-face{font-family:'a.png';src:url(f.woff2) format('woff2')}",
        "@font-face{font-family:'a.png';src:url(f.#.woff2) format('woff2')}",
        id="@font-face",
    ),
    pytest.param("@import 'b.css';", "@import 'b.#.css';", id="@import string"),
    pytest.param('@import"b.css";', '@import"b.#.css";', id="@import without a space"),
    pytest.param("@import/**/'b.css';", "@import/**/'b.#.css';", id="@import with a comment"),
    pytest.param("@IMPORT 'b.css'", "@IMPORT 'b.#.css'", id="@import in upper case, not ended"),
    pytest.param(r"@\69mport 'b.css';", r"@\69mport 'b.#.css';", id="@import with an escape"),
    pytest.param("@import url(b.css);", "@import url(b.#.css);", id="@import url"),
    pytest.param("@import url('b.css');", "@import url('b.#.css');", id="@import quoted url"),
    pytest.param(
        "@import 'b.css' layer(c.x) supports(b:url(a.png)) screen;",
        "@import 'b.#.css' layer(c.x) supports(b:url(a.#.png)) screen;",
        id="@import with layer, supports and media",
    ),
    pytest.param("@import 'b.css' layer;@import 'c.css';", "@import 'b.#.css' layer;@import 'c.#.css';", id="@imports"),
    pytest.param("@charset 'a.png';@import 'b.css';", "@charset 'a.png';@import 'b.#.css';", id="@charset first"),
    pytest.param("a{}/*# sourceMappingURL=x.map */", "a{}/*# sourceMappingURL=x.#.map */", id="source map"),
    pytest.param("a{}/*@ sourceMappingURL=x.map*/", "a{}/*@ sourceMappingURL=x.#.map*/", id="source map, old sign"),
    pytest.param(
        "/*# sourceMappingURL=x.map */a{}/*# sourceMappingURL=y.map */",
        "/*# sourceMappingURL=x.map */a{}/*# sourceMappingURL=y.#.map */",
        id="last source map counts",
    ),
    pytest.param("a{}\r\nb{c:url(a.png)}\r\n", "a{}\r\nb{c:url(a.#.png)}\r\n", id="CRLF"),
    pytest.param("a{}\rb{c:url(a.png)}\r", "a{}\rb{c:url(a.#.png)}\r", id="CR"),
    pytest.param("a{}\fb{c:url(a.png)}\f", "a{}\fb{c:url(a.#.png)}\f", id="form feed"),
    pytest.param("a{}\n\r\n\fb{c:url(\r\na.png\f)}", "a{}\n\r\n\fb{c:url(\r\na.#.png\f)}", id="all line ends"),
    pytest.param("/*\0*/a\0{b:url(a.png)}", "/*\0*/a\0{b:url(a.#.png)}", id="NUL before"),
    pytest.param("\ufeffa{b:url(a.png)}", "\ufeffa{b:url(a.#.png)}", id="BOM"),
    pytest.param("é{c:'😀';b:url(a.png)}", "é{c:'😀';b:url(a.#.png)}", id="non-ASCII before"),
    pytest.param("a{b:url(a.png", "a{b:url(a.#.png", id="url unclosed at the end"),
    pytest.param("@import 'b.css", "@import 'b.#.css", id="string unclosed at the end"),
    pytest.param("a{b:url('a.png'", "a{b:url('a.#.png'", id="function unclosed at the end"),
    pytest.param("a{b:url(a.png)}/* url(a.png)", "a{b:url(a.#.png)}/* url(a.png)", id="comment unclosed at the end"),
    pytest.param("a{b:'\n}c{d:url(a.png)}", "a{b:'\n}c{d:url(a.#.png)}", id="bad string before"),
    pytest.param(")]}a{b:url(a.png)}", ")]}a{b:url(a.#.png)}", id="unmatched brackets before"),
    pytest.param("<!-- a{b:url(a.png)} -->", "<!-- a{b:url(a.#.png)} -->", id="between CDO and CDC"),
    pytest.param("<!--url(a.png)", "<!--url(a.#.png)", id="right behind CDO"),
    pytest.param("\ufeffurl(a.png)", "\ufeffurl(a.#.png)", id="right behind the BOM"),
    pytest.param("a{b:5%url(a.png)}", "a{b:5%url(a.#.png)}", id="right behind a percentage"),
    pytest.param("a{b:'x'url(a.png)}", "a{b:'x'url(a.#.png)}", id="right behind a string"),
    pytest.param("a{b:\\\nurl(a.png)}", "a{b:\\\nurl(a.#.png)}", id="behind a backslash that escapes nothing"),
    pytest.param("a{b:'\\61\r\n';c:url(a.png)}", "a{b:'\\61\r\n';c:url(a.#.png)}", id="escape ended by CRLF before"),
    pytest.param("a{b:url(x y\\) url(z)url(a.png)}", "a{b:url(x y\\) url(z)url(a.#.png)}", id="bad url before"),
    pytest.param(f"a{{order:{'1' * 4301};b:url(a.png)}}", f"a{{order:{'1' * 4301};b:url(a.#.png)}}", id="4,301 digits"),
    pytest.param(
        "a{b:image-set((x) 1x,'a.png' 2x,{'b.css'})}", "a{b:image-set((x) 1x,'a.#.png' 2x,{'b.css'})}", id="in blocks"
    ),
    pytest.param("a{b:image-set(]'a.png'}) 'b.css'}", "a{b:image-set(]'a.#.png'}) 'b.css'}", id="unmatched inside"),
    pytest.param(r"a{b:url('a.png?\d800 ')}", "a{b:url('a.#.png?\ufffd')}", id="escape of a surrogate"),
]


@pytest.mark.parametrize(("style_sheet", "expected"), REFERENCES)
def test_a_reference_is_rewritten_and_no_byte_beside_it(tmp_path: Path, style_sheet: str, expected: str) -> None:
    assert rewritten(tmp_path, style_sheet).decode() == expected


NO_REFERENCES = [
    pytest.param("/* url(a.png) @import 'b.css'; */a{}", id="in a comment"),
    pytest.param("a{b:'url(a.png)'}", id="in a string"),
    pytest.param("a{b:'\\'url(a.png)'}", id="in a string behind an escaped quote"),
    pytest.param("a{b:'a.png'}", id="string that is no URL"),
    pytest.param("a{b:format('a.png') attr(a.png)}", id="other functions"),
    pytest.param("a{b:url-prefix(a.png) myurl(a.png)}", id="longer names"),
    pytest.param("a{b:url (a.png)}", id="space before the bracket"),
    pytest.param("a{b:url('data:image/png,a.png')}", id="data, quoted"),
    pytest.param("a{b:url(data:image/svg+xml;utf8,<svg/>)}", id="data"),
    pytest.param("a{b:url(http://example.com/static/a.png)}", id="http"),
    pytest.param("a{b:url(//example.com/static/a.png)}", id="host"),
    pytest.param("a{b:url('//static/a.png')}", id="host that looks like the prefix"),
    pytest.param("a{b:url(#a.png)}", id="fragment alone"),
    pytest.param("a{b:url(?a.png)}", id="query alone"),
    pytest.param("a{b:url() url('') url( )}", id="empty"),
    pytest.param("a{b:url(a.png b.png)}", id="bad url: space"),
    pytest.param("a{b:url(a.png'x')}", id="bad url: quote"),
    pytest.param("a{b:url(a(.png)}", id="bad url: bracket"),
    pytest.param("a{b:url('a.png\n)}", id="bad string"),
    pytest.param("a{b:url(img/)}", id="directory"),
    pytest.param("a{b:url(http://[)}", id="brackets that hold no address"),
    pytest.param("a{b:url(about:blank) url('mailto:a.png')}", id="other schemes"),
    pytest.param("@namespace 'a.png';@namespace x url(a.png);@namespace y url('a.png');", id="@namespace"),
    pytest.param("@font-face{font-family:'a.png'}", id="font-family"),
    pytest.param("@media 'a.png'{}", id="string of another at-rule"),
    pytest.param("@import;'b.css'", id="string behind an empty @import"),
    pytest.param("/*# sourceMappingURL=nothing.map */", id="missing source map"),
    pytest.param("a{b:url(a.png\\\n)}", id="bad url: backslash before a newline"),
    pytest.param("a{b:url(a.png\x01)}", id="bad url: what can't be printed"),
    pytest.param("#url(a.png) @url(a.png) 1url(a.png) -url(a.png)", id="ends of longer tokens"),
    pytest.param("\\61 url(a.png) \\<!--url(a.png) u\\62 rl(a.png)", id="names with escapes"),
    pytest.param(r"#u\72l(a.png) @u\72l(a.png)", id="hash and keyword with escapes"),
    pytest.param("a{b:url/**/(a.png)}", id="comment before the bracket"),
    pytest.param("@import x 'b.css';", id="name before the string of an @import"),
    pytest.param("a{b:image-set(x('a.png') 1x)}", id="string of a function in image-set"),
    pytest.param("a{b:'/*# sourceMappingURL=x.map */'}", id="source map in a string"),
    pytest.param("/* # sourceMappingURL=x.map */", id="source map behind a space"),
    pytest.param("/*# sourceMappingURL=data:application/json;base64,e30= */", id="source map inline"),
    pytest.param("/*# sourceMappingURL=x.map", id="source map in an unclosed comment"),
    pytest.param("/*", id="comment that only begins"),
    pytest.param("", id="nothing"),
    pytest.param("\ufeff", id="BOM alone"),
]


@pytest.mark.parametrize("style_sheet", NO_REFERENCES)
def test_what_only_looks_like_a_reference_is_left_and_nothing_is_said(tmp_path: Path, style_sheet: str) -> None:
    release = compiled(tmp_path, style_sheet)
    assert (release.read("app.css").decode(), release.messages()) == (style_sheet, [])


def test_bytes_that_are_not_utf_8_survive(tmp_path: Path) -> None:
    style_sheet = b"/*\xff\xfe*/a{c:'\xe9';b:url(a.png?\xe9)}\xc3"
    assert rewritten(tmp_path, style_sheet) == b"/*\xff\xfe*/a{c:'\xe9';b:url(a.#.png?\xe9)}\xc3"


@pytest.mark.parametrize(
    ("style_sheet", "place"),
    [
        pytest.param("a{b:url(no.png)}", "app.css:1:9", id="first line"),
        pytest.param("a{}\r\n\r\n  b{c:url( 'no.png')}", "app.css:3:13", id="behind CRLF"),
        pytest.param("/*é😀*/a{b:url(no.png)}", "app.css:1:15", id="column in characters"),
    ],
)
def test_a_reference_to_nothing_is_left_and_a_warning_says_where(tmp_path: Path, style_sheet: str, place: str) -> None:
    release = compiled(tmp_path, style_sheet)
    assert release.messages() == [f"warning {place}: 'no.png' resolves to /static/no.png, which does not exist"]
    assert release.read("app.css").decode() == style_sheet


@pytest.mark.parametrize(
    ("missing", "messages"),
    [
        ("ignore", []),
        ("warn", ["warning app.css:1:9: 'no.png' resolves to /static/no.png, which does not exist"]),
        ("error", ["error app.css:1:9: 'no.png' resolves to /static/no.png, which does not exist"]),
    ],
)
def test_missing_decides_how_bad_a_reference_to_nothing_is(tmp_path: Path, missing: str, messages: list[str]) -> None:
    assert compiled(tmp_path, "a{b:url(no.png)}", missing=missing).messages() == messages


IMPORTED = "b{c:url(a.png)}"
WITH_HASHES = [
    pytest.param('@import url("b.css" integrity("%s")) screen;', id="@import"),
    pytest.param("@import src( 'b.css' /*c*/ INTEGRITY( '%s' ) ) layer(x);", id="src, other quotes and case"),
    pytest.param(
        '@import url("b.css" crossorigin(anonymous) integrity("%s" ) referrerpolicy(no-referrer));', id="others"
    ),
    pytest.param('a{--x:url("b.css" integrity("%s"))}', id="custom property"),
]


@pytest.mark.parametrize("style_sheet", WITH_HASHES)
def test_a_hash_beside_a_url_becomes_that_of_the_file_as_it_is_published(tmp_path: Path, style_sheet: str) -> None:
    tree = {**BESIDE, "b.css": IMPORTED, "app.css": style_sheet % integrity(IMPORTED)}
    release = compile_tree(tmp_path, tree)
    published = release.read("app.css").decode()
    assert (integrity(release.read("b.css")) in published, release.messages()) == (True, [])
    assert unfingerprinted(published.encode()).decode().count("b.#.css") == 1


@pytest.mark.parametrize(
    "style_sheet",
    [
        pytest.param('a{b:url(integrity("%s") "a.png")}', id="before the URL"),
        pytest.param('a{b:url("a.png" c("x") integrity("%s"))}', id="behind another string"),
        pytest.param('a{b:image-set("a.png" integrity("%s"))}', id="of another function"),
        pytest.param('a{b:url("a.png") integrity("%s")}', id="behind the function"),
        pytest.param("a{b:url('a.png\n integrity('%s'))}", id="behind a bad string"),
        pytest.param('a{b:url("a.png" integrity("")) integrity("%s")}', id="empty"),
    ],
)
def test_what_only_looks_like_a_hash_of_a_url_is_left(tmp_path: Path, style_sheet: str) -> None:
    wrong = integrity("other")
    release = compiled(tmp_path, style_sheet % wrong)
    assert (wrong.encode() in release.read("app.css"), release.messages()) == (True, [])


def test_an_absolute_path_outside_every_source_may_be_the_applications(tmp_path: Path) -> None:
    assert compiled(tmp_path, "a{b:url(/media/x.png)}").messages() == []


def test_a_megabyte_in_one_line_is_read_to_its_end(tmp_path: Path) -> None:
    filler = ".a-class-of-some-length{color:#123456}" * 27_000
    assert rewritten(tmp_path, f"{filler}a{{b:url(a.png)}}").decode() == f"{filler}a{{b:url(a.#.png)}}"


def test_a_hundred_thousand_open_brackets_are_read(tmp_path: Path) -> None:
    brackets = "a{b:image-set(" + "([{" * 33_333
    assert rewritten(tmp_path, f"{brackets}url(a.png)").decode() == f"{brackets}url(a.#.png)"


MEGABYTE = 1_000_000
LARGE = [
    pytest.param(b".a-class-of-some-length{color:#123456;margin:calc(1px + 2em)}\n" * (MEGABYTE // 62), id="rules"),
    pytest.param((b"a{color:red}\n" * 20 + b"a{b:url(a.png)}\n") * (MEGABYTE // 276), id="references"),
    pytest.param(b"a{b:url(data:image/png;base64," + b"A" * MEGABYTE + b")}", id="data: URL"),
    pytest.param(b"a{b:url('data:image/png;base64," + b"A" * MEGABYTE + b"')}", id="data: URL in quotes"),
    pytest.param(b"a{}/*# sourceMappingURL=data:," + b"A" * MEGABYTE + b"*/", id="data: URL of a source map"),
    pytest.param(b"/*" + b" * * *\n" * (MEGABYTE // 7) + b"*/", id="stars in a comment"),
    pytest.param(b"a{content:'" + b"\\61 " * (MEGABYTE // 4) + b"'}", id="escapes in a string"),
    pytest.param(b"a{b:url(a(" + b"\\)" * (MEGABYTE // 2) + b")}", id="escapes in a bad URL"),
    pytest.param(b"." + b"\\61 " * (MEGABYTE // 4) + b"{}", id="escapes in a name"),
    pytest.param(b"a{b:image-set(" + b"([{" * (MEGABYTE // 3), id="brackets"),
    pytest.param(b"a{b:image-set(" + b"url(a" * (MEGABYTE // 5), id="functions"),
]


@pytest.mark.parametrize("data", LARGE)
def test_a_style_sheet_is_read_in_five_times_its_size_at_most(data: bytes) -> None:
    tracemalloc.start()
    try:
        extract(data)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(data)  # beside the style sheet itself
    finally:
        tracemalloc.stop()


FRAGMENTS = (
    *("url(", "URL(", r"u\72l(", "src(", "image-set(", "@import", "@namespace", "/*", "*/", "/*# sourceMappingURL="),
    *("'", '"', "\\", "\\\r\n", "\\61 ", r"\d800", "(", ")", "{", "}", "[", "]", ";", ",", "#", "?", "//", "a.png"),
    *(
        " ",
        "\n",
        "\r\n",
        "\r",
        "\f",
        "\t",
        "\0",
        "\ufeff",
        "é",
        "😀",
        "<!--",
        "data:",
        "-->",
        "url",
        "@",
        "-",
        "'a.png'",
    ),
)


@given(st.one_of(st.binary(), st.lists(st.sampled_from(FRAGMENTS)).map("".join).map(str.encode)))
def test_any_text_is_read_into_sound_spans(data: bytes) -> None:
    assert_sound(extracted(extract, data), data)


# Where tinycss2 1.5 does not read as the standard does: a backslash before a newline makes a URL a bad one (4.3.6), and in
# a bad one it escapes a backslash (4.3.14).
MISREAD = re.compile(rb"\\[\r\n\f]|\\\\\)")


@given(st.lists(st.sampled_from(FRAGMENTS)).map("".join).map(str.encode))
def test_any_text_is_read_as_by_tinycss2(data: bytes) -> None:
    found = [(r.start, r.end, r.value) for r in extract(data).references]
    assert found == references(data) or MISREAD.search(data)
