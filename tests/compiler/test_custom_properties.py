"""A URL in a custom property leads to where browsers resolve it: in each place where var() uses the property."""

from __future__ import annotations

from pathlib import Path

import pytest

from servestatic_build.model import PropertyUse
from servestatic_build.references.extractors.css import extract
from servestatic_build.settings.globs import Globs
from support.releases import unfingerprinted
from support.trees import Tree, compile_tree

IMAGES = {"css/a.png": "", "css/deep/a.png": "other", "img/a.png": "", "js/x.png": "", "css/x.png": ""}

# The tree beside the images, and what becomes of css/app.css.
REWRITTEN = [
    pytest.param({"css/app.css": ":root{--x:url(a.png)}"}, ":root{--x:url(a.#.png)}", id="used nowhere"),
    pytest.param(
        {"css/app.css": ":root{--x:url(a.png)}b{c:var(--x)}"},
        ":root{--x:url(a.#.png)}b{c:var(--x)}",
        id="used beside it",
    ),
    pytest.param(
        {"css/app.css": ":root{--x:url(a.png)}", "css/b.css": "b{c:var( --x , none)}"},
        ":root{--x:url(a.#.png)}",
        id="used in the same directory",
    ),
    pytest.param(
        {"css/app.css": ":root{--x:url(../img/a.png)}", "js/b.css": "b{c:var(--x)}", "css/c.css": "b{c:var(--x)}"},
        ":root{--x:url(../img/a.#.png)}",
        id="two directories from which it leads to one file",
    ),
    pytest.param(
        {"css/app.css": ":root{--x:url(deep/a.png)}", "b.css": "b{c:var(--x)}"},
        ":root{--x:url(deep/a.png)}",
        id="used where it leads to nothing",
    ),
    pytest.param(
        {"css/app.css": ":root{--x:url(img/a.png)}", "b.css": "b{c:var(--x)}"},
        ":root{--x:url(img/a.#.png)}",
        id="used elsewhere, where it leads to a file",
    ),
    pytest.param(
        {"css/app.css": ":root{--x:url(/static/css/a.png)}", "css/deep/b.css": "b{c:var(--x)}"},
        ":root{--x:url(/static/css/a.#.png)}",
        id="written from the root",
    ),
    pytest.param(
        {"css/app.css": ":root{--x:url(a.png)}", "css/b.css": "b{c:var(--y);--y:1px var(--x)}"},
        ":root{--x:url(a.#.png)}",
        id="passed on",
    ),
    pytest.param(
        {"css/app.css": ":root{--x:url(a.png)}", "css/deep/b.css": "b{c:var(--X) --x; d:'var(--x)'}/* var(--x) */"},
        ":root{--x:url(a.#.png)}",
        id="another property, and what only looks like a use",
    ),
    pytest.param(
        {"css/app.css": "b{--x:url(a.png);c:url(a.png) var(--x)}", "css/deep/b.css": "b{c:var(--x)}"},
        "b{--x:url(a.png);c:url(a.#.png) var(--x)}",
        id="only what is in the custom property",
    ),
    pytest.param(
        {"css/app.css": "b{c:var(--x)}:root{--x:url(a.png)}", "css/page.html": "<p style='d:var(--x)'>"},
        "b{c:var(--x)}:root{--x:url(a.#.png)}",
        id="used in a page in the same directory",
    ),
]


@pytest.mark.parametrize(("tree", "expected"), REWRITTEN)
def test_a_url_in_a_custom_property_is_rewritten_where_it_leads_to_one_file(
    tmp_path: Path, tree: Tree, expected: str
) -> None:
    release = compile_tree(tmp_path, {**IMAGES, **tree}, missing="ignore")
    assert unfingerprinted(release.read("css/app.css")).decode() == expected


USERS = [
    pytest.param({"css/deep/b.css": "b{c:var(--x)}"}, id="style sheet"),
    pytest.param({"css/deep/b.css": "b{c:var(--\\78 )}"}, id="style sheet, with an escape"),
    pytest.param({"css/deep/page.html": "<style>b{c:var(--x)}</style>"}, id="style of a page"),
    pytest.param({"css/deep/b.svg": '<svg xmlns="http://www.w3.org/2000/svg" style="a:var(--x)"/>'}, id="drawing"),
    pytest.param(
        {"css/deep/b.css": "b{c:var(--z)}", "b.css": "b{--z:var(--y)}c{--y:a var(--x)}"}, id="passed on twice"
    ),
    pytest.param({"css/deep/b.css": "b{c:var(--x);--x:var(--y);--y:var(--x)}"}, id="passed on in a circle"),
]


@pytest.mark.parametrize("users", USERS)
def test_a_url_that_leads_to_different_files_is_left_and_a_warning_names_them(tmp_path: Path, users: Tree) -> None:
    style_sheet = "b{c:var(--x)}:root{--x:no-repeat url('a.png')}"
    release = compile_tree(tmp_path, {**IMAGES, **users, "css/app.css": style_sheet})
    assert release.read("css/app.css").decode() == style_sheet
    paths = "/static/css/a.png and /static/css/deep/a.png"
    assert release.messages() == [
        f"warning css/app.css:1:39: 'a.png' in --x resolves to {paths}: it depends on where --x is used"
    ]


def test_what_a_bundler_has_hashed_is_not_judged(tmp_path: Path) -> None:
    tree = {"css/app.css": "b{c:var(--x);--x:url(a.png)}", "css/deep/b.css": "b{c:var(--x)}"}
    assert compile_tree(tmp_path, {**IMAGES, **tree}, hashed=Globs.of(["*.css"])).messages() == []


@pytest.mark.parametrize(
    ("style_sheet", "properties"),
    [
        ("a{--x:url(b)}", ["--x"]),
        ("a{ --x : url(b) ; c: url(b)}", ["--x", ""]),
        ("--x:url(b)", ["--x"]),
        ("a{/**/--x/**/:/**/url(b)}", ["--x"]),
        ("/*a{*/b/**/--x:url(b)", [""]),
        ("a{b:c;/*d*/ /*e*/--x:{f:url(b);g:[url(b)}];h:url(b)};i:url(b)", ["--x", "--x", "--x", ""]),
        ("a{--x:image-set('b' 1x, url(b) 2x)}c{d:url(b)}", ["--x", "--x", ""]),
        ("a{--x:f(b}c{d:url(b)}", ["--x"]),
        ("a{--x:')' \"};\" /*}*/ url(b)}", ["--x"]),
        ("a{--\\61:url(b)}", ["--a"]),
        ("a{\\2d-x:url(b)}", ["--x"]),
        ("a{--é😀:url(b)}", ["--é😀"]),
        ("a{--:url(b)}", ["--"]),
        ("a{b--x:url(b)}", [""]),
        ("a{-x:url(b)}", [""]),
        ("a{b:style(--x:url(b))}", [""]),
        (".a--x:hover{c:url(b)}", [""]),
        ("#--x:hover{c:url(b)}", [""]),
    ],
)
def test_a_reference_knows_the_custom_property_that_it_stands_in(style_sheet: str, properties: list[str]) -> None:
    assert [r.custom_property for r in extract(style_sheet.encode()).references] == properties


@pytest.mark.parametrize(
    ("style_sheet", "uses"),
    [
        ("a{b:var(--x)}", [("--x", "")]),
        ("a{b:VAR(/**/ --x,url(c))}", [("--x", "")]),
        ("a{b:v\\61r(--\\78)}", [("--x", "")]),
        ("a{b:c(var(--x) var(--y)) var(--x)}", [("--x", ""), ("--y", "")]),
        ("a{--b:var(--x);c:var(--y)}", [("--x", "--b"), ("--y", "")]),
        ("a{b:image-set(var(--x) 1x)}", [("--x", "")]),
        ("a{b:var(x) xvar(--x) 'var(--x)' #var(--x)}/*var(--x)*/", []),
    ],
)
def test_the_uses_of_custom_properties_are_found(style_sheet: str, uses: list[tuple[str, str]]) -> None:
    assert extract(style_sheet.encode()).property_uses == tuple(PropertyUse(*use) for use in uses)
