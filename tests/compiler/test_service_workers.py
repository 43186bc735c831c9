"""Service workers keep their URL, are asked for again each time, and get leave for the scope that they need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from servestatic_build import Source
from servestatic_build.settings.globs import Globs
from support.releases import unfingerprinted
from support.trees import Compiled, Tree, compile_sources, compile_tree, write_tree

WORKER = "onfetch = () => {}; import('./a.js')"
TREE: Tree = {"js/sw.js": WORKER, "js/a.js": "export {}", "js/it's sw.js": WORKER}


def headers(release: Compiled, name: str) -> dict[str, str]:
    """Return the headers of a file at the URL to link to, by their names in lower case."""
    match = release.manifest.find(release.url(name))
    assert match is not None
    return {key.lower(): value for key, value in match.ok_headers(match.variants[0])}


def is_service_worker(release: Compiled, name: str = "js/sw.js") -> bool:
    """Return whether a file has one URL, and a server is told to have it revalidated."""
    asset = release.manifest.asset(name)
    if asset.url.endswith(name):
        assert (headers(release, name)["cache-control"], asset.immutable) == ("no-cache", False)
    return asset.url.endswith(name)


def text(release: Compiled, name: str) -> str:
    return unfingerprinted(release.read(name)).decode()


MODULE = [
    pytest.param("navigator.serviceWorker.register('/static/js/sw.js')", id="literal"),
    pytest.param("navigator.serviceWorker?.register(`/static/js/sw.js?v=1`, {})", id="template and options"),
    pytest.param(
        "const {serviceWorker} = navigator; serviceWorker\n.register /*c*/ ( '/static/js/sw.js' )", id="spaces"
    ),
    pytest.param("navigator.serviceWorker.register(new URL('./sw.js', import.meta.url))", id="URL"),
    pytest.param("navigator.serviceWorker.register(new URL('sw.js', import.meta.url).href)", id="href of a URL"),
    pytest.param("navigator.serviceWorker.register(import.meta.resolve('./sw.js'))", id="import.meta.resolve"),
    pytest.param("const u = '/static/js/sw.js'; navigator.serviceWorker.register(u)", id="variable of a literal"),
    pytest.param(
        "let u=new URL('./sw.js',import.meta.url);f();navigator.serviceWorker.register(u)", id="variable of a URL"
    ),
    pytest.param("var u = new URL('./sw.js', import.meta.url);navigator.serviceWorker.register(u.href)", id="its href"),
    pytest.param(
        "const a = 1, u = import.meta.resolve('./sw.js'); navigator.serviceWorker.register(u, {scope: '/'})",
        id="variable of import.meta.resolve",
    ),
    pytest.param("f(navigator.serviceWorker.register(u)); const u = `/static/js/sw.js`", id="variable set behind"),
    pytest.param("navigator.serviceWorker.register('/static/js/sw\\x2ejs')", id="escape"),
]


@pytest.mark.parametrize("modules", ["rewrite", "importmap"])
@pytest.mark.parametrize("script", MODULE)
def test_what_a_script_registers_keeps_its_url_in_every_mode(tmp_path: Path, script: str, modules: str) -> None:
    release = compile_tree(tmp_path, {**TREE, "js/app.js": script}, modules=modules, plain_urls=False)
    assert is_service_worker(release)
    assert (text(release, "js/app.js"), release.messages()) == (script, [])


@pytest.mark.parametrize("modules", ["rewrite", "importmap"])
def test_what_a_service_worker_imports_is_fingerprinted(tmp_path: Path, modules: str) -> None:
    tree = {**TREE, "js/app.js": "navigator.serviceWorker.register('/static/js/sw.js')"}
    release = compile_tree(tmp_path, tree, modules=modules, plain_urls=False)
    assert text(release, "js/sw.js") == "onfetch = () => {}; import('./a.#.js')"


DOCUMENTS = [
    pytest.param("x.html", "<script>navigator.serviceWorker.register('js/sw.js')</script>", id="inline script"),
    pytest.param("js/x.html", "<script>navigator.serviceWorker.register('sw.js')</script>", id="relative to the page"),
    pytest.param("x.html", "<base href=js/><script>navigator.serviceWorker.register('sw.js')</script>", id="base"),
    pytest.param(
        "x.html",
        "<script type=module>navigator.serviceWorker.register(new URL('js/sw.js',import.meta.url))</script>",
        id="URL in a page",
    ),
    pytest.param("x.html", '<link rel="serviceworker" href="js/sw.js" scope="/">', id="link"),
    pytest.param("x.webmanifest", '{"serviceworker": {"src": "js/sw.js", "scope": "/"}}', id="web manifest"),
    pytest.param(
        "x.xhtml",
        '<html xmlns="http://www.w3.org/1999/xhtml"><link rel="serviceworker" href="js/sw.js"/></html>',
        id="XHTML",
    ),
]


@pytest.mark.parametrize(("name", "document"), DOCUMENTS)
def test_what_a_page_or_web_manifest_registers_keeps_its_url(tmp_path: Path, name: str, document: str) -> None:
    release = compile_tree(tmp_path, {**TREE, name: document}, plain_urls=False)
    assert (is_service_worker(release), text(release, name), release.messages()) == (True, document, [])


PAGE_RELATIVE = [
    pytest.param({"js/app.js": "navigator.serviceWorker.register('js/sw.js')", "x.html": ""}, id="beside a page"),
    pytest.param(
        {"js/app.js": "navigator.serviceWorker.register('./sw.js')", "js/x.html": ""}, id="page in its directory"
    ),
    pytest.param(
        {"js/app.js": "navigator.serviceWorker.register('static/js/sw.js')"}, id="application's page at the root"
    ),
]


@pytest.mark.parametrize("tree", PAGE_RELATIVE)
def test_a_literal_is_relative_to_any_page_that_may_run_the_script(tmp_path: Path, tree: Tree) -> None:
    assert is_service_worker(compile_tree(tmp_path, {**TREE, **tree}))


NOT_REGISTERED = [
    pytest.param("f('/static/js/sw.js'); serviceWorker.register; register('/static/js/sw.js')", id="no call of it"),
    pytest.param("// navigator.serviceWorker.register('/static/js/sw.js')", id="comment"),
    pytest.param("f(\"navigator.serviceWorker.register('/static/js/sw.js')\")", id="string"),
    pytest.param("navigator.serviceWorker.register('/static/js/' + 'sw.js')", id="expression"),
    pytest.param(
        "navigator.serviceWorker.register(u); f({u: '/static/js/sw.js'}); a.u = '/static/js/sw.js'", id="property"
    ),
    pytest.param("navigator.serviceWorker.register('https://example.com/static/js/sw.js')", id="another origin"),
]


@pytest.mark.parametrize("script", NOT_REGISTERED)
def test_what_only_looks_like_a_registration_changes_nothing(tmp_path: Path, script: str) -> None:
    release = compile_tree(tmp_path, {**TREE, "js/app.js": script})
    assert (is_service_worker(release), release.messages()) == (False, [])


def test_a_registered_file_that_is_not_there_is_a_broken_reference_where_its_path_is_known(tmp_path: Path) -> None:
    script = "const r = (u) => navigator.serviceWorker.register(u);"
    tree = {
        "a.js": "navigator.serviceWorker.register('/static/no.js')",
        "b.js": "navigator.serviceWorker.register(new URL('./no.js', import.meta.url))",
        "c.js": "navigator.serviceWorker.register('no.js'); navigator.serviceWorker.register('/sw.js')",
        "d.js": script,
    }
    assert [message.partition(":")[0] for message in compile_tree(tmp_path, tree).messages()] == [
        "warning a.js",
        "warning b.js",
    ]


SCOPES = [
    pytest.param(["'/static/js/sw.js'"], None, id="none"),
    pytest.param(["'/static/js/sw.js', {scope: '/'}"], "/", id="root"),
    pytest.param(["'/static/js/sw.js', {type: 'module', 'scope' : \"/app\"}"], "/app", id="among others"),
    pytest.param(["'/static/js/sw.js', {scope: '/static/js/deep/'}"], None, id="below its directory"),
    pytest.param(["'/static/js/sw.js', {scope: '/static/'}"], "/static/", id="above its directory"),
    pytest.param(["'/static/js/sw.js', {scope: './'}"], None, id="relative to an unknown page"),
    pytest.param(["'/static/js/sw.js', {scope: s}"], None, id="variable"),
    pytest.param(["'/static/js/sw.js', {scope: '/ü'}"], "/%C3%BC", id="encoded"),
    pytest.param(["new URL('./sw.js', import.meta.url), {scope: '/'}"], "/", id="behind a URL"),
    pytest.param(["new URL('./sw.js', import.meta.url).href, {scope: '/'}"], "/", id="behind its href"),
    pytest.param(["'/static/js/sw.js', {scope: '/a/'}", "'/static/js/sw.js', {scope: '/b/'}"], "/", id="two"),
    pytest.param(["'/static/js/sw.js', {scope: '/a/x'}", "'/static/js/sw.js', {scope: '/a/y'}"], "/a", id="two in one"),
]


@pytest.mark.parametrize(("calls", "allowed"), SCOPES)
def test_a_literal_scope_beyond_the_script_s_directory_is_allowed(
    tmp_path: Path, calls: list[str], allowed: str | None
) -> None:
    script = ";".join(f"navigator.serviceWorker.register({call})" for call in calls)
    release = compile_tree(tmp_path, {**TREE, "js/app.js": script})
    assert headers(release, "js/sw.js").get("service-worker-allowed") == allowed


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("x.html", "<script>navigator.serviceWorker.register('js/sw.js', {scope: './'})</script>"),
        ("x.html", "<link rel=serviceworker href=js/sw.js scope=' ./ '>"),
        ("x.webmanifest", '{"serviceworker": {"src": "js/sw.js", "scope": "."}}'),
    ],
)
def test_a_relative_scope_is_resolved_where_its_base_is_known(tmp_path: Path, name: str, document: str) -> None:
    release = compile_tree(tmp_path, {**TREE, name: document})
    assert headers(release, "js/sw.js")["service-worker-allowed"] == "/static/"


LISTENS = "self.addEventListener('install', f); self.addEventListener('fetch', g)"


def suspects(tmp_path: Path, tree: Tree, **settings: Any) -> Compiled:
    return compile_tree(tmp_path, {"lib/x.js": LISTENS, **tree}, **settings)


@pytest.mark.parametrize(
    "script", [LISTENS, "oninstall=f;self.onactivate=g", 'addEventListener ( "install",()=>{});onfetch=f']
)
def test_a_script_that_listens_as_a_service_worker_is_warned_of(tmp_path: Path, script: str) -> None:
    release = suspects(tmp_path, {"lib/x.js": script})
    problem = "this script listens as service workers do, and its URL changes with its bytes"
    assert (is_service_worker(release, "lib/x.js"), release.messages()) == (False, [f"warning lib/x.js: {problem}"])


@pytest.mark.parametrize(
    ("tree", "settings"),
    [
        pytest.param({}, {"plain": Globs.of(["lib/x.js"])}, id="plain"),
        pytest.param({"a.js": "navigator.serviceWorker.register('/static/lib/x.js')"}, {}, id="registered"),
    ],
)
def test_one_that_keeps_its_url_is_a_service_worker(tmp_path: Path, tree: Tree, settings: dict[str, Any]) -> None:
    release = suspects(tmp_path, tree, **settings)
    assert (is_service_worker(release, "lib/x.js"), release.messages()) == (True, [])


def test_one_at_a_url_of_its_own_is_a_service_worker(tmp_path: Path) -> None:
    public = write_tree(tmp_path / "public", {"sw.js": LISTENS})
    release = compile_sources(tmp_path, Source(str(public), "/"))
    assert (is_service_worker(release, "/sw.js"), release.messages()) == (True, [])


@pytest.mark.parametrize(
    ("tree", "settings"),
    [
        pytest.param({}, {"fingerprint": Globs.of(["lib/x.js"])}, id="asked for"),
        pytest.param({}, {"hashed": Globs.of(["lib/x.js"])}, id="hashed"),
        pytest.param({"a.js": "import './lib/x.js'"}, {}, id="imported"),
        pytest.param({"a.html": "<script src=lib/x.js></script>"}, {}, id="in a page"),
        pytest.param({"a.js": "importScripts('lib/x.js')"}, {}, id="in a worker"),
        pytest.param({"lib/x.js": "addEventListener('install', f); f('fetch'); onbeforeinstall"}, {}, id="one event"),
        pytest.param({"lib/x.js": "addEventListener('fetch', f); onactivate = f; f('install')"}, {}, id="no install"),
    ],
)
def test_what_is_no_service_worker_is_not_warned_of(tmp_path: Path, tree: Tree, settings: dict[str, Any]) -> None:
    release = suspects(tmp_path, tree, **settings)
    assert release.messages() == []
    assert headers(release, "lib/x.js")["cache-control"] == "public, max-age=31536000, immutable"
