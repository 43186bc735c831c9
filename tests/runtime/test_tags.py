"""The elements for pages: URLs, integrity, what the page adds, and nothing that gets out of an attribute."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from markupsafe import Markup

from servestatic_runtime import UnknownAssetError
from servestatic_runtime.tags import Assets, DevelopmentAssets, asset_script, asset_style, import_map, module_preload
from support.trees import Compiled, compile_tree

TREE = {"js/app.js": 'import "./view.js"; import "lit";', "js/view.js": "", "lit.js": "", "css/a b&c.css": ""}
CDN = "https://cdn.example.com"
STYLE = "css/a b&c.css"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compile_tree(tmp_path_factory.mktemp("release"), TREE, imports={"lit": "lit.js"})


def test_elements_name_what_they_load_and_its_integrity(release: Compiled) -> None:
    manifest = release.manifest
    url, integrity = manifest.url("js/app.js"), manifest.integrity("js/app.js")
    assert asset_script(manifest, "js/app.js") == f'<script src="{url}" integrity="{integrity}"></script>'
    url, integrity = manifest.url(STYLE).replace("&", "&amp;"), manifest.integrity(STYLE)
    assert asset_style(manifest, STYLE) == f'<link rel="stylesheet" href="{url}" integrity="{integrity}">'


def test_what_comes_from_another_origin_comes_by_cors(release: Compiled) -> None:
    for base, cors in ((CDN, True), ("//cdn.example.com", True), ("/shop", False)):
        manifest = release.manifest.at(base)
        for element in (asset_script(manifest, "js/app.js"), asset_style(manifest, STYLE)):
            assert (' crossorigin="anonymous"' in element) == cors
            assert f'="{base}/static/' in element


def test_a_module_is_preloaded_with_all_that_it_imports(release: Compiled) -> None:
    manifest = release.manifest
    assert module_preload(manifest, "js/app.js", nonce="n").splitlines() == [
        f'<link rel="modulepreload" href="{manifest.url(name)}" integrity="{manifest.integrity(name)}" nonce="n">'
        for name in ("js/app.js", "js/view.js", "lit.js")
    ]


def test_the_import_map_is_the_text_that_its_hash_is_for(release: Compiled) -> None:
    text = release.manifest.import_map().text
    assert import_map(release.manifest, nonce="n") == f'<script type="importmap" nonce="n">{text}</script>'


@pytest.mark.parametrize(
    ("attributes", "written"),
    [
        pytest.param({"type": "module"}, ' type="module"', id="a value"),
        pytest.param({"defer": True}, " defer", id="no value"),
        pytest.param({"defer": False, "nonce": None}, "", id="left out"),
        pytest.param({"data_turbo_track": "reload"}, ' data-turbo-track="reload"', id="a hyphen"),
        pytest.param({"id": "\"><script>'&"}, ' id="&quot;&gt;&lt;script&gt;&#x27;&amp;"', id="markup"),
        pytest.param({"id": ""}, ' id=""', id="an empty value"),
        pytest.param({"tabindex": 0}, ' tabindex="0"', id="nought"),
        pytest.param({"title": Markup("a &amp; b")}, ' title="a &amp; b"', id="escaped before"),
    ],
)
def test_a_page_adds_attributes(attributes: dict[str, Any], written: str) -> None:
    assert (
        asset_script(DevelopmentAssets("/static/"), "a.js", **attributes)
        == f'<script src="/static/a.js"{written}></script>'
    )


def test_a_page_may_have_it_otherwise(release: Compiled) -> None:
    element = asset_script(release.manifest.at(CDN), "lit.js", integrity=False, crossorigin="use-credentials")
    url = CDN + release.url("lit.js")
    assert element == f'<script src="{url}" crossorigin="use-credentials"></script>'


@pytest.mark.parametrize("name", ["", "a b", "x>", 'x="y"', "_", "on/load"])
def test_what_is_no_attribute_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match="is not a valid attribute name"):
        asset_script(DevelopmentAssets("/static/"), "a.js", **{name: "x"})


def test_an_unknown_name_is_an_error(release: Compiled) -> None:
    for tag in (asset_script, asset_style, module_preload):
        with pytest.raises(UnknownAssetError):
            tag(release.manifest, "no.js")


def test_in_development_urls_are_plain() -> None:
    assets: Assets = DevelopmentAssets("/static/", "/shop", {"lit": "vendor/lit.js", "three/": "/three/</"})
    assert assets.url("a b.js") == "/shop/static/a%20b.js"
    assert assets.url("/robots.txt") == "/shop/robots.txt"
    assert module_preload(assets, "a.js") == '<link rel="modulepreload" href="/shop/static/a.js">'
    text, csp_hash = assets.import_map()
    assert json.loads(text) == {"imports": {"lit": "/shop/static/vendor/lit.js", "three/": "/shop/three/%3C/"}}
    assert csp_hash == f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
