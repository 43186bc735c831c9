"""Pages in a compiled tree: what they say of the files that they name. ``#`` stands for a fingerprint."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from servestatic_build.settings.globs import Globs
from support.hashes import integrity
from support.releases import unfingerprinted
from support.trees import compile_tree

MODULES = {
    "app.js": "import 'x/a.js'; import 'x/b&c.js'; import 'x/</script>.js'; import 'y/none.js'",
    "lib/a.js": "",
    "lib/b&c.js": "",
    "lib/</script>.js": "",
}
ENTRIES = (
    r', "x/\u003c/script\u003e.js": "./lib/\u003c/script\u003e.#.js", "x/a.js": "./lib/a.#.js"'
    r', "x/b\u0026c.js": "./lib/b\u0026c.#.js"'
)
XHTML = '<html xmlns="http://www.w3.org/1999/xhtml"><script type="importmap">{}</script></html>'
IMPORT_MAP = '{"imports": {"x/": "./lib/"%s, "y/": "./none/"}}'


@pytest.mark.parametrize(
    ("name", "page"),
    [
        pytest.param("p.html", "<script type=importmap>{}</script>", id="HTML"),
        pytest.param("p.xhtml", XHTML, id="XHTML"),
        pytest.param("p.xhtml", XHTML.replace("{}", "<![CDATA[{}]]>"), id="CDATA"),
        pytest.param("p.html", "<svg><script type=importmap>{}</script></svg>", id="SVG"),
    ],
)
def test_an_import_map_s_prefix_gets_an_exact_entry_for_each_use(tmp_path: Path, name: str, page: str) -> None:
    release = compile_tree(tmp_path, {**MODULES, name: page.replace("{}", IMPORT_MAP % "")})
    assert unfingerprinted(release.read(name)).decode() == page.replace("{}", IMPORT_MAP % ENTRIES)


SITE = {
    "app.js": "import './leaf.js'",
    "leaf.js": "",
    "a.css": "a{b:url(a.png)}",
    "a.png": "image",
    "frame.html": "<img src=a.png>",
}


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize(
    ("name", "page"),
    [
        pytest.param("app.js", "<script src=app.js integrity='{}'></script>", id="script"),
        pytest.param("app.js", "<script integrity={} src=app.js></script>", id="unquoted, before"),
        pytest.param("app.js", "<script src=app.js integrity=' {}&#10;sha256-AAAA'></script>", id="one of two"),
        pytest.param("a.css", "<link rel=stylesheet href=a.css integrity={}>", id="style sheet"),
        pytest.param("app.js", "<link rel=modulepreload href=app.js integrity={}>", id="modulepreload"),
        pytest.param("a.css", "<link rel=preload as=style href=a.css integrity={}>", id="preload"),
        pytest.param("a.png", "<link rel=preload as=image href=a.png integrity={}>", id="bytes that stay"),
        pytest.param("frame.html", "<link rel=prefetch href=frame.html integrity={}>", id="plain URL"),
        pytest.param("app.js", '<script type=importmap>{"integrity": {"./app.js": "{}"}}</script>', id="import map"),
    ],
)
def test_a_page_s_hash_of_a_file_becomes_that_of_its_final_bytes(
    tmp_path: Path, name: str, page: str, algorithm: str
) -> None:
    release = compile_tree(tmp_path, {**SITE, "p.html": page.replace("{}", integrity(SITE[name], algorithm))})
    renamed = page.replace(name, release.url(name).removeprefix("/static/"))
    assert release.messages() == []
    assert release.read("p.html").decode() == renamed.replace("{}", integrity(release.read(name), algorithm))


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<script src=app.js integrity={}></script>", id="script"),
        pytest.param('<script type=importmap>{"integrity": {"./app.js": "{}"}}</script>', id="import map"),
    ],
)
def test_a_hash_of_other_bytes_stays_and_is_a_warning(tmp_path: Path, page: str) -> None:
    release = compile_tree(tmp_path, {**SITE, "p.html": page.replace("{}", integrity("other"))})
    assert integrity("other") in release.read("p.html").decode()
    place = f"p.html:1:{page.index('{}') + 1}"
    assert release.messages() == [f"warning {place}: the integrity hash is not that of app.js"]


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<script src=https://example.com/app.js integrity={}></script>", id="other origin"),
        pytest.param("<img src=a.png integrity={}><a href=frame.html integrity={}>", id="elements that have none"),
        pytest.param(
            "<script src=app.js integrity></script><script src=app.js integrity=md5-x></script>", id="no hash"
        ),
        pytest.param("<svg><script href=app.js integrity={} /></svg>", id="SVG has none"),
        pytest.param('<script type=importmap>{"integrity": {"app": "{}", "/x.js": 1}}</script>', id="no URL, no text"),
    ],
)
def test_what_is_no_hash_of_a_file_stays(tmp_path: Path, page: str) -> None:
    page = page.replace("{}", integrity("other"))
    release = compile_tree(tmp_path, {**SITE, "p.html": page})
    assert re.sub(rb"\.#", b"", unfingerprinted(release.read("p.html"))).decode() == page
    assert release.messages() == []


def test_a_page_in_a_cycle_holds_the_final_hash_of_a_file_that_names_it(tmp_path: Path) -> None:
    script = "new URL('./p.html', import.meta.url)"
    page = f"<script type=module src=app.js integrity={integrity(script)}></script>"
    release = compile_tree(tmp_path, {"app.js": script, "p.html": page}, fingerprint=Globs.of(["p.html"]))
    assert release.url("p.html") in f"/static/{release.read('app.js').decode()[11:]}"
    assert integrity(release.read("app.js")) in release.read("p.html").decode()
    assert release.messages() == []


def test_two_pages_can_not_hold_each_other_s_hash(tmp_path: Path) -> None:
    tree = {name: f"<link rel=prefetch href={other} integrity=sha384-x>" for name, other in PAIR}
    release = compile_tree(tmp_path, tree)
    assert release.messages() == [
        "warning a.html:1:42: the integrity hash of b.html cannot be computed: it holds a hash of this file",
        "warning b.html:1:42: the integrity hash is not that of a.html",
    ]


PAIR = (("a.html", "b.html"), ("b.html", "a.html"))


def test_modules_that_keep_their_bytes_keep_their_hash_and_their_specifiers(tmp_path: Path) -> None:
    hashed = integrity(SITE["app.js"])
    page = (
        '<script type=importmap>{"imports": {"app": "./app.js", "./leaf.js": "./app.js"},'
        f' "integrity": {{"./app.js": "{hashed}"}}}}</script><script type=module src=app.js integrity={hashed}></script>'
    )
    release = compile_tree(tmp_path, {**SITE, "p.html": page}, modules="importmap")
    assert unfingerprinted(release.read("p.html")).decode() == page.replace("app.js", "app.#.js")
    assert release.messages() == []


@pytest.mark.parametrize(
    ("plain_urls", "expected"),
    [
        pytest.param(True, "<a href=big.png>", id="plain URLs"),
        pytest.param(False, "<a href=big.#.png>", id="without"),
    ],
)
def test_a_link_to_follow_leads_to_a_plain_url_where_there_is_one(
    tmp_path: Path, plain_urls: bool, expected: str
) -> None:
    others = "<a href=q.html><a href=/app/page><a href=page><area href=x.png><svg><a href=mailto:me>"
    tree = {"p.html": "<a href=big.png>" + others, "q.html": "", "big.png": ""}
    release = compile_tree(tmp_path, tree, plain_urls=plain_urls)
    assert unfingerprinted(release.read("p.html")).decode() == expected + others
    assert release.messages() == []


@pytest.mark.parametrize(
    ("page", "without_plain_urls"),
    [
        pytest.param("<link rel=alternate href=a.xml>", "<link rel=alternate href=a.#.xml>", id="alternate"),
        pytest.param("<link rel=search href=a.xml>", "<link rel=search href=a.#.xml>", id="search"),
        pytest.param("<meta property=og:image content=a.png>", "<meta property=og:image content=a.#.png>", id="image"),
        pytest.param(
            "<meta property=og:image content=https://www.example.com/static/a.png>",
            "<meta property=og:image content=https://www.example.com/static/a.#.png>",
            id="image by its full URL",
        ),
        pytest.param("<iframe srcdoc='<a href=a.xml>'>", "<iframe srcdoc='<a href=a.#.xml>'>", id="link in srcdoc"),
    ],
)
def test_what_is_named_for_other_programs_keeps_its_plain_url_where_there_is_one(
    tmp_path: Path, page: str, without_plain_urls: str
) -> None:
    tree = {"p.html": page, "a.xml": "", "a.png": ""}
    origins = ("https://www.example.com",)
    for plain_urls, expected in ((True, page), (False, without_plain_urls)):
        release = compile_tree(tmp_path, tree, plain_urls=plain_urls, origins=origins)
        assert unfingerprinted(release.read("p.html")).decode() == expected
        assert release.messages() == []


def test_what_a_script_will_ask_for_is_preloaded_by_its_plain_url(tmp_path: Path) -> None:
    page = "<link rel=preload as=fetch href=a.json crossorigin><link rel=preload as=worker href=none.js>"
    missing = f"warning p.html:1:{page.index('none') + 1}: 'none.js' resolves to /static/none.js, which does not exist"
    release = compile_tree(tmp_path, {"p.html": page, "a.json": "{}"})
    assert (release.read("p.html").decode(), release.messages()) == (page, [missing])
    release = compile_tree(tmp_path, {"p.html": page, "a.json": "{}"}, plain_urls=False)
    unreachable = (
        f"warning p.html:1:{page.index('a.json') + 1}: 'a.json' resolves to /static/a.json, which has no plain URL"
    )
    assert (release.read("p.html").decode(), release.messages()) == (page, [unreachable, missing])


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        pytest.param("<base href=/static/img/>", "<base href=/static/img/><img src=a.#.png>", id="path"),
        pytest.param("<base href=img/>", "<base href=img/><img src=a.#.png>", id="relative"),
        pytest.param("<base href=data:,>", "<base href=data:,><img src=a.png>", id="one that does not count"),
        pytest.param("<base href=//cdn.example/static/img/>", None, id="other origin"),
        pytest.param("<base href=https://www.example.com/static/img/>", None, id="origin that nobody named"),
    ],
)
def test_a_page_s_references_are_relative_to_its_base(tmp_path: Path, base: str, expected: str | None) -> None:
    page = f"{base}<img src=a.png>"
    release = compile_tree(tmp_path, {"p.html": page, "img/a.png": ""}, missing="ignore")
    assert unfingerprinted(release.read("p.html")).decode() == (expected or page)


def test_a_page_whose_base_is_a_template_expression_is_left_alone_with_a_note(tmp_path: Path) -> None:
    page = "<base href='{{ base_url }}'><img src=a.png><img src=/static/none.png><script src='{{ x }}'></script>"
    release = compile_tree(tmp_path, {"p.html": page, "a.png": ""})
    assert release.read("p.html").decode() == page
    problem = "the base of this page is a template expression, '{{ base_url }}', so no reference in it is rewritten"
    assert release.messages() == [f"note p.html: {problem}"]
    assert release.result.placeholders == 3
