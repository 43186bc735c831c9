"""Whether we find in real packages what independent readers find, and change that and nothing else.

The packages are those of tests/oracles/package-lock.json, so that it is known how much each of them holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pytest

from servestatic_build.model import Extraction, Reference, ReferenceKind
from servestatic_build.names import with_fingerprint
from servestatic_build.references.extractors import css, html, javascript
from servestatic_build.references.placeholders import has_placeholder
from servestatic_build.references.specifiers import is_bare_import
from servestatic_build.references.urls import renamed, target_path
from support.oracles import answers, ask, files_of
from support.references import with_values

pytestmark = pytest.mark.slow

MARK = ".0123456789ab"


def marked(value: str) -> str:
    """Return a URL with a fingerprint in its last name, before the suffix where there is one."""
    stem, _, suffix = value.rpartition(".")
    return f"{stem}{MARK}.{suffix}" if stem and suffix and "/" not in suffix else value + MARK


def rewritten(data: bytes, references: Iterable[Reference]) -> bytes:
    return with_values(data, references, marked)


def bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def readable(package: str, suffixes: Sequence[str], script: str) -> list[tuple[Path, bytes, Any]]:
    """Return the files that the oracle can read, with what it finds in them."""
    files = files_of(package, suffixes)
    texts = [path.read_bytes() for path in files]
    answers = zip(files, texts, ask(script, texts), strict=True)
    return [(path, text, answer) for path, text, answer in answers if answer is not None]


def known(extraction: Extraction) -> list[Reference]:
    """Return the references that the oracles look for: a comment says nothing to them."""
    return [r for r in extraction.references if r.kind is not ReferenceKind.SOURCE_MAP]


# By package: files, those of them that the oracle can read, and how many of each kind it finds.
MODULES = [
    pytest.param("@babylonjs/core", (3393, 3393), {"import": 14374, "dynamic import": 683}, id="babylon"),
    pytest.param("three", (1265, 1265), {"import": 3764, "bare": 496, "url": 7}, id="three"),
    pytest.param("lodash-es", (644, 644), {"import": 2310}, id="lodash"),
    pytest.param("rxjs", (754, 754), {"import": 1800, "bare": 58}, id="rxjs"),
    pytest.param("ol", (374, 374), {"import": 1762, "bare": 7, "dynamic import": 1}, id="ol"),
    pytest.param("@shoelace-style/shoelace", (1079, 1079), {"import": 7835, "bare": 562}, id="shoelace"),
    pytest.param("jquery-ui", (130, 130), {"bare": 2}, id="jquery-ui"),
]


@pytest.mark.parametrize(("package", "files", "kinds"), MODULES)
def test_modules_are_read_as_by_es_module_lexer(package: str, files: tuple[int, int], kinds: dict[str, int]) -> None:
    modules = readable(package, (".js", ".mjs"), "imports.mjs")
    for path, text, answer in modules:
        extraction = javascript.extract(text)
        assert extraction.unreadable == (), path
        found = [[r.start, r.end, r.value, r.kind.value] for r in known(extraction)]
        assert found == [item[:4] for item in answer], path
        assert [is_bare_import(r) for r in known(extraction)] == [item[4] for item in answer], path
    assert (len(files_of(package, (".js", ".mjs"))), len(modules)) == files
    assert Counter("bare" if item[4] else item[3] for *_, answer in modules for item in answer) == kinds


@pytest.mark.parametrize("package", [row.values[0] for row in MODULES], ids=[row.id for row in MODULES])
def test_rewritten_modules_are_read_as_renamed_and_the_same_otherwise(package: str) -> None:
    modules = readable(package, (".js", ".mjs"), "imports.mjs")
    renamed = [rewritten(text, known(javascript.extract(text))) for _, text, _ in modules]
    for (path, text, before), new, after in zip(modules, renamed, ask("imports.mjs", renamed), strict=True):
        expected = [[marked(item[2]), *item[3:]] for item in before]
        assert [item[2:] for item in after] == expected, path
        assert outside(new, after) == outside(text, before), path


def outside(data: bytes, spans: Sequence[Sequence[Any]]) -> list[bytes]:
    """Return what is before, between and behind the spans."""
    starts = [0, *(end for _, end, *_ in spans)]
    ends = [*(start for start, *_ in spans), len(data)]
    return [data[start:end] for start, end in zip(starts, ends, strict=True)]


# By package: style sheets, those of them that the oracle can read, and how many references it finds.
STYLE_SHEETS = [
    pytest.param("flag-icons", (2, 2), 1084, id="flag-icons"),
    pytest.param("jquery-ui", (97, 97), 1090, id="jquery-ui"),
    pytest.param("katex", (4, 4), 240, id="katex"),
    pytest.param("semantic-ui-css", (96, 96), 120, id="semantic-ui"),
    pytest.param("@fortawesome/fontawesome-free", (20, 20), 40, id="fontawesome"),
]


@pytest.mark.parametrize(("package", "files", "count"), STYLE_SHEETS)
def test_style_sheets_are_read_as_by_postcss(package: str, files: tuple[int, int], count: int) -> None:
    sheets = readable(package, (".css",), "urls.mjs")
    for path, text, answer in sheets:
        assert [r.value for r in known(css.extract(text))] == answer, path
    assert (len(files_of(package, (".css",))), len(sheets)) == files
    assert sum(len(answer) for *_, answer in sheets) == count


# By package: how many references Lightning CSS finds in its style sheets. It leaves out a declaration that a later one
# in its rule overrides, as in jquery-ui, ckeditor4 and dojox.
DEPENDENCIES = [
    pytest.param("flag-icons", 1084, 1084, id="flag-icons"),
    pytest.param("jquery-ui", 1044, 1090, id="jquery-ui"),
    pytest.param("katex", 240, 240, id="katex"),
    pytest.param("semantic-ui-css", 120, 120, id="semantic-ui"),
    pytest.param("@fortawesome/fontawesome-free", 40, 40, id="fontawesome"),
    pytest.param("uikit", 144, 144, id="uikit"),
    pytest.param("cesium", 35, 35, id="cesium"),
    pytest.param("ckeditor4", 3519, 3540, id="ckeditor4"),
    pytest.param("dojox", 1905, 1930, id="dojox"),
]


@pytest.mark.parametrize(("package", "theirs", "ours"), DEPENDENCIES)
def test_style_sheets_are_read_as_by_lightning_css(package: str, theirs: int, ours: int) -> None:
    sheets = readable(package, (".css",), "dependencies.mjs")
    found = [[r.value for r in known(css.extract(text))] for _, text, _ in sheets]
    for (path, _, answer), values in zip(sheets, found, strict=True):
        assert is_in_order(answer, values), path
    assert (sum(len(answer) for *_, answer in sheets), sum(map(len, found))) == (theirs, ours)


def is_in_order(some: Iterable[str], every: Iterable[str]) -> bool:
    """Return whether all of some are among the others, in the same order."""
    rest = iter(every)
    return all(each in rest for each in some)


@pytest.mark.parametrize("package", [row.values[0] for row in STYLE_SHEETS], ids=[row.id for row in STYLE_SHEETS])
def test_rewritten_style_sheets_are_read_as_renamed_and_the_same_otherwise(package: str) -> None:
    sheets = readable(package, (".css",), "urls.mjs")
    renamed = [rewritten(text, files(known(css.extract(text)))) for _, text, _ in sheets]
    for (path, text, before), new, after in zip(sheets, renamed, ask("urls.mjs", renamed), strict=True):
        assert after == [marked(value) if names_a_file(value) else value for value in before], path
        assert new.replace(MARK.encode(), b"") == text, path


def files(references: Iterable[Reference]) -> list[Reference]:
    return [reference for reference in references if names_a_file(reference.value)]


def names_a_file(url: str) -> bool:
    return not (url.startswith(("data:", "#")) or has_placeholder(url))


# By package: pages, and what the oracle finds in them: texts that are URLs, style sheets and scripts, and how many
# references to files those hold together. Some pages are not in UTF-8.
PAGES = [
    pytest.param("dojox", 1951, {"urls": 4396, "css": 5704, "javascript": 1757}, 6363, id="dojox"),
    pytest.param("jquery-mobile", 284, {"urls": 36068, "css": 196, "javascript": 55}, 33510, id="jquery-mobile"),
    pytest.param("gentelella", 118, {"urls": 3352, "css": 8687, "javascript": 88}, 3176, id="gentelella"),
    pytest.param("uikit", 86, {"urls": 3650, "css": 114, "javascript": 26}, 620, id="uikit"),
    pytest.param("dygraphs", 136, {"urls": 2374, "css": 275, "javascript": 129}, 2139, id="dygraphs"),
]
PAGE_SUFFIXES = (".html", ".htm")


@pytest.mark.parametrize(("package", "files", "texts", "count"), PAGES)
def test_pages_are_read_as_by_parse5(package: str, files: int, texts: dict[str, int], count: int) -> None:
    pages = readable(package, PAGE_SUFFIXES, "pages.mjs")
    references = 0
    for path, data, answer in pages:
        found = [(r.start, r.end, r.value) for r in html.extract(data).references if names_a_file(r.value)]
        expected = [each for text in answer["texts"] for each in in_text(data, *text)]
        assert found == [each for each in expected if names_a_file(each[2])], path
        references += len(found)
    assert (len(pages), references) == (files, count)
    assert Counter(kind for *_, answer in pages for _, _, kind, _ in answer["texts"]) == texts


_NAMES = (
    *("a", "b", "code", "font", "i", "nobr", "p", "div", "section", "h1", "h2", "ul", "li", "dl", "dd", "dt", "button"),
    *("object", "form", "template", "noscript", "ruby", "rt", "table", "caption", "tbody", "tr", "td", "th", "head"),
    *("body", "html", "svg", "math", "g", "foreignObject", "desc", "title", "mi", "annotation-xml", "xmp", "iframe"),
    *("textarea", "style"),
)
# Tags to stand in any order. What parse5 8.1 has not learned yet is not among them: the select of today, and CDATA in
# an SVG's title and its likes.
_PIECES = (
    *(f"<{name}>" for name in _NAMES),
    *(f"</{name}>" for name in _NAMES),
    *("<svg>", "<svg>", "</svg>", "<svg/>", "<g/>", "<style/>", "<font size=1>", "<mglyph>", "<br>", "</br>", "<hr>"),
    *("<input>", "<input type=hidden>", "<annotation-xml encoding=text/html>", "<base href=/x/>", "<!doctype html>"),
    *(
        "<img src='1.png'>",
        "<image src='2.png'>",
        "<image href='3.png'/>",
        "<use xlink:href=4.svg>",
        "<script src=5.js>",
    ),
    *(
        "<script>",
        "</script>",
        "import('./6.js')",
        "<link rel=stylesheet href=7.css>",
        "url(8.png)",
        "<p style='a:url(9)'>",
    ),
    *(
        "<link rel=stylesheet href=9.css>",
        "<img srcset='10.png 1x,11.png 2x'>",
        "<source srcset=12.png>",
        "<img alt='",
        '<img alt="',
        "'>",
        '">',
        "<",
        ">",
    ),
    *("<!-- ", "-->", "--!>", "<!-->", "<?x>", "x", " ", "\n", "&lt;", "é"),
)


@pytest.mark.parametrize("seed", range(4))
def test_tags_in_any_order_are_read_and_renamed_as_by_parse5(seed: int) -> None:
    random = Random(seed)
    pages = ["".join(random.choices(_PIECES, k=random.randrange(3, 25))).encode() for _ in range(2000)]
    extractions = [html.extract(page) for page in pages]
    answers = ask("pages.mjs", pages)
    for page, extraction, answer in zip(pages, extractions, answers, strict=True):
        found = [(r.start, r.end, r.value) for r in extraction.references]
        assert found == [each for text in answer["texts"] for each in in_text(page, *text)], page
    renamed = [rewritten(page, found.references) for page, found in zip(pages, extractions, strict=True)]
    for page, before, after in zip(pages, answers, ask("pages.mjs", renamed), strict=True):
        assert after["tree"].replace(MARK, "") == before["tree"], page


def in_text(data: bytes, start: int, end: int, kind: str, content: Any) -> Iterator[tuple[int, int, str]]:
    """Yield the URLs of a text of a page. Where they are written with entities, each must be a text of its own."""
    for url in urls_of(kind, content):
        written = bytes_of(url)
        at = data.find(written, start, end)
        start, stop = (start, end) if at < 0 else (at, at + len(written))
        yield start, stop, url
        start = stop


def urls_of(kind: str, content: Any) -> list[str]:
    """Return the URLs in what the oracle found; how style sheets and scripts are read is shown above."""
    if kind == "urls":
        return list(content)
    extract = {"css": css.extract, "javascript": javascript.extract}[kind]
    return [r.value for r in known(extract(bytes_of(content)))]


@pytest.mark.parametrize("package", [row.values[0] for row in PAGES], ids=[row.id for row in PAGES])
def test_rewritten_pages_are_read_as_renamed_and_the_same_otherwise(package: str) -> None:
    pages = readable(package, PAGE_SUFFIXES, "pages.mjs")
    renamed = [rewritten(data, files(html.extract(data).references)) for _, data, _ in pages]
    for (path, data, before), new, after in zip(pages, renamed, ask("pages.mjs", renamed), strict=True):
        assert list(urls_in(after)) == [marked(url) if names_a_file(url) else url for url in urls_in(before)], path
        assert after["tree"].replace(MARK, "") == before["tree"], path
        assert new.replace(MARK.encode(), b"") == data, path


def urls_in(answer: Any) -> Iterator[str]:
    for _, _, kind, content in answer["texts"]:
        yield from urls_of(kind, content)


_BASE = "/s/d/page.html"
_DIRECTORIES = ("", "./", "../d/", "x/../", "/s/d/", "/s/./e/../d/", "https://www.example.com/s/d/", "%2e/", "..\\d\\")
_CHARACTERS = "aB1:,;'\"%?# =&@é+~()[]{}|^$!*<>`😀-_."


def written(random: Random, name: str) -> str:
    """Return a name with some of its characters encoded, and all that have to be."""
    return "".join(quote(c, safe="") if c in "?#%" or random.random() < 0.5 else c for c in name)


@pytest.mark.parametrize("seed", range(4))
def test_a_renamed_reference_leads_to_the_renamed_file_by_the_url_standard(seed: int) -> None:
    """Also where an image candidate or an attribute holds it."""
    random = Random(seed)
    names = [
        "".join(random.choices(_CHARACTERS, k=random.randrange(1, 7))) + random.choice(("", ".png"))
        for _ in range(3000)
    ]
    references = [
        f"{random.choice(_DIRECTORIES)}{written(random, n)}{random.choice(('', '?v=1,2;', '#i'))}" for n in names
    ]
    before = resolved(references)
    usable = [number for number, answer in enumerate(before) if answer and is_file(answer["path"])]
    old = [before[number]["path"] for number in usable]
    assert [target_path(references[number], _BASE, ("https://www.example.com",)) for number in usable] == old
    new = [with_fingerprint(path, bytes(32)) for path in old]
    changed = [renamed(references[number], *paths) for number, *paths in zip(usable, old, new, strict=True)]
    expected = [{**before[number], "path": path} for number, path in zip(usable, new, strict=True)]
    assert resolved(changed) == expected
    assert len(usable) > 1500


def resolved(references: Iterable[str]) -> list[Any]:
    return answers("resolve.mjs", [[reference, f"https://www.example.com{_BASE}"] for reference in references])


def is_file(path: str) -> bool:
    return path.startswith("/s/d/") and not path.endswith("/") and path != _BASE


@pytest.mark.parametrize("seed", range(2))
def test_a_renamed_reference_is_the_same_text_in_a_page_but_for_the_hash(seed: int) -> None:
    random = Random(seed)
    names = ["".join(random.choices(_CHARACTERS, k=random.randrange(1, 7))) for _ in range(2000)]
    pages = [page_of(random, f"{written(random, name)}{random.choice(('', '.png', '?,'))}").encode() for name in names]
    extractions = [html.extract(page).references for page in pages]
    before = [list(urls_in(answer)) for answer in ask("pages.mjs", pages)]
    expected = [[url for url in urls if names_a_file(url)] for urls in before]
    assert [[reference.value for reference in files(references)] for references in extractions] == expected
    changed = [with_values(page, found, fingerprinted) for page, found in zip(pages, extractions, strict=True)]
    after = [list(urls_in(answer)) for answer in ask("pages.mjs", changed)]
    assert after == [[fingerprinted(url) if names_a_file(url) else url for url in urls] for urls in before]


def page_of(random: Random, reference: str) -> str:
    """Return a page that holds a reference in some attributes, with or without quotes around them."""
    value, candidate = escape(reference), escape(reference.replace(" ", "%20"))
    bare = "".join(f"&#{ord(c)};" if c in " \"'=<>`&" else c for c in reference)
    forms = (
        f'<img srcset="{candidate} 1x, b.png">',
        f"<img src='{value}'>",
        f"<img src={bare or 'x'}>",
        f"<a href='{value} '>",
    )
    return "".join(random.sample(forms, 2))


def fingerprinted(url: str) -> str:
    path = target_path(url, _BASE)
    return url if path is None else renamed(url, path, with_fingerprint(path, bytes(32)))
