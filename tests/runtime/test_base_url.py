"""The host that stands before every URL for templates, and before none that is served."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from servestatic_runtime import Manifest
from servestatic_runtime.base_url import VARIABLE
from support.clients import WSGIClient
from support.trees import Compiled, compile_tree

CDN = "https://cdn.example.com"
TREE = {"js/app.js": 'import "./view.js"; import "lit";', "js/view.js": "", "vendor/lit.js": "", "a b.css": ""}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    settings = {"modules": "importmap", "imports": {"lit": "vendor/lit.js"}}
    return compile_tree(tmp_path_factory.mktemp("release"), TREE, **settings)


@pytest.mark.parametrize(
    ("given", "base"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param(CDN, CDN, id="a host"),
        pytest.param(CDN + "/", CDN, id="a slash behind it"),
        pytest.param(CDN + "/shop/v%202/", CDN + "/shop/v%202", id="a path"),
        pytest.param("http://localhost:8000", "http://localhost:8000", id="a port"),
        pytest.param("https://[::1]:8000", "https://[::1]:8000", id="an IPv6 address"),
        pytest.param("//cdn.example.com", "//cdn.example.com", id="the page's own scheme"),
        pytest.param("/shop", "/shop", id="the path of a mount"),
        pytest.param("/", "", id="the root"),
        pytest.param("HTTPS://CDN.example.com", "HTTPS://CDN.example.com", id="case"),
    ],
)
def test_a_base_url_stands_before_every_url(release: Compiled, given: str, base: str) -> None:
    manifest, plain = Manifest.open(release.dist, base_url=given), Manifest.open(release.dist, base_url="")
    for name in TREE:
        assert manifest.url(name) == base + plain.url(name)
        assert manifest.integrity(name) == plain.integrity(name)
    assert manifest.module_preload("js/app.js") == [
        (base + url, integrity) for url, integrity in plain.module_preload("js/app.js")
    ]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("cdn.example.com", id="no scheme"),
        pytest.param("static", id="a relative path"),
        pytest.param("https:///static", id="a path without a host"),
        pytest.param(CDN + "/a//b", id="an empty segment"),
        pytest.param("https://", id="no host"),
        pytest.param("https:cdn.example.com", id="no slashes"),
        pytest.param("ftp://cdn.example.com", id="another scheme"),
        pytest.param("javascript://cdn.example.com", id="a script"),
        pytest.param(CDN + "?v=1", id="a query"),
        pytest.param(CDN + "/#x", id="a fragment"),
        pytest.param("https://me:secret@cdn.example.com", id="a user"),
        pytest.param(CDN + "/a b", id="a space"),
        pytest.param(CDN + "\n", id="a line end"),
        pytest.param(CDN + '/"><script>', id="markup"),
        pytest.param("https://cdn.exämple.com", id="not ASCII"),
    ],
)
def test_what_is_no_base_url_is_an_error(release: Compiled, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    with pytest.raises(ValueError, match=r"^base_url is .*, and must be a URL such as https://cdn\.example\.com"):
        Manifest.open(release.dist, base_url=given)
    monkeypatch.setenv(VARIABLE, given)
    with pytest.raises(ValueError, match=f"^{VARIABLE} is "):
        Manifest.open(release.dist)


def test_the_environment_speaks_where_nothing_is_given(release: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, CDN)
    assert Manifest.open(release.dist).base_url == CDN
    assert Manifest.open(release.dist, base_url="//other").base_url == "//other"
    assert Manifest.open(release.dist, base_url="").base_url == ""
    monkeypatch.setenv(VARIABLE, "")
    assert Manifest.open(release.dist).base_url == ""


def test_a_release_is_seen_at_another_base_url(release: Compiled) -> None:
    manifest = Manifest.open(release.dist, base_url=CDN)
    mounted = manifest.at("/shop/")
    assert mounted.url("js/app.js") == "/shop" + release.url("js/app.js")
    assert manifest.url("js/app.js") == CDN + release.url("js/app.js")
    with pytest.raises(ValueError, match=r"^base_url is"):
        manifest.at("shop")


def test_the_import_map_leads_from_what_modules_at_the_base_ask_for(release: Compiled) -> None:
    manifest, plain = Manifest.open(release.dist, base_url=CDN), release.manifest
    text, csp_hash = manifest.import_map()
    url = manifest.url("js/view.js")
    assert json.loads(text) == {
        "imports": {f"{CDN}/static/js/view.js": url, "/static/js/view.js": url, "lit": manifest.url("vendor/lit.js")},
        "integrity": {manifest.url(name): plain.integrity(name) for name in ("js/view.js", "vendor/lit.js")},
    }
    assert csp_hash == f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_nothing_in_the_import_map_ends_its_script(tmp_path: Path) -> None:
    tree = {"a.js": 'import "</script>";', "b.js": ""}
    release = compile_tree(tmp_path, tree, imports={"</script>": "b.js"})
    assert {*"<>&"}.isdisjoint(Manifest.open(release.dist, base_url=CDN).import_map().text)


def test_paths_are_served_as_ever(release: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    path = release.url("js/view.js")
    monkeypatch.setenv(VARIABLE, CDN)
    assert WSGIClient(release.dist).get(path).status == 200
