"""Modules: import maps that leave their bytes alone, and the list to preload."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from servestatic_build import Config, Source
from servestatic_build.diagnostics import ConfigError
from support.trees import Compiled, compile_sources, compile_tree, write_tree

TREE = {
    "js/app.js": 'import "./view.js"; import "lit"; import "addons/orbit.js"; import("./later.js");',
    "js/view.js": 'export { x } from "./leaf.js"; export { y } from "./shared.js";',
    "js/later.js": 'import "./shared.js";',
    "js/leaf.js": "export const x = 1;",
    "js/shared.js": 'import "./leaf.js"; export const y = 2;',
    "js/alone.js": "export {};",
    "vendor/lit.js": "export {};",
    "vendor/three/orbit.js": "export {};",
    "vendor/three/unused.js": "export {};",
}
IMPORTS = {"lit": "vendor/lit.js", "addons/": "vendor/three/"}
MODES = pytest.mark.parametrize("modules", ["rewrite", "importmap"])


def compiled(tmp_path: Path, tree: dict[str, str] = TREE, modules: str = "importmap", **settings: object) -> Compiled:
    return compile_tree(tmp_path, tree, modules=modules, imports=IMPORTS, **settings)


def preloads(release: Compiled, *names: str) -> list[tuple[str, str]]:
    return [(release.url(name), release.manifest.integrity(name)) for name in names]


def test_modules_keep_their_bytes(tmp_path: Path) -> None:
    release = compiled(tmp_path)
    assert {name: release.read(name).decode() for name in TREE} == TREE


def test_the_import_map_leads_from_every_imported_module_to_its_url(tmp_path: Path) -> None:
    release = compiled(tmp_path)
    found = json.loads(release.manifest.import_map().text)
    plain = ("js/view.js", "js/later.js", "js/leaf.js", "js/shared.js")
    named = {"lit": "vendor/lit.js", "addons/orbit.js": "vendor/three/orbit.js"}
    assert found["imports"] == {
        **{f"/static/{name}": release.url(name) for name in plain},
        **{specifier: release.url(name) for specifier, name in named.items()},
    }
    names = (*plain, *named.values())
    assert found["integrity"] == {release.url(name): release.manifest.integrity(name) for name in names}


def test_a_changed_leaf_renames_one_file(tmp_path: Path) -> None:
    before = compiled(tmp_path / "before")
    after = compiled(tmp_path / "after", {**TREE, "js/leaf.js": "export const x = 2;"})
    assert {name for name in TREE if before.url(name) != after.url(name)} == {"js/leaf.js"}


def test_rewritten_modules_need_the_map_for_bare_specifiers_only(tmp_path: Path) -> None:
    release = compiled(tmp_path, modules="rewrite")
    found = json.loads(release.manifest.import_map().text)
    assert set(found["imports"]) == {"lit", "addons/orbit.js"}


def test_the_csp_hash_is_that_of_the_script_s_text(tmp_path: Path) -> None:
    text, csp_hash = compiled(tmp_path).manifest.import_map()
    digest = hashlib.sha256(text.encode()).digest()
    assert csp_hash == f"'sha256-{base64.b64encode(digest).decode()}'"


def test_nothing_in_the_import_map_ends_its_script(tmp_path: Path) -> None:
    tree = {"a.js": 'import "</script>";', "b.js": ""}
    release = compile_tree(tmp_path, tree, imports={"</script>": "b.js"})
    text = release.manifest.import_map().text
    assert "<" not in text
    assert json.loads(text)["imports"] == {"</script>": release.url("b.js")}


def test_a_specifier_that_leads_to_nothing_fails_the_build(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, {"a.js": ""}, imports={"lit": "vendor/lit.js"})
    assert release.messages() == ["error imports: 'lit' resolves to /static/vendor/lit.js, which does not exist"]


BARE = [
    pytest.param("lit", "vendor/lit.js", id="exact"),
    pytest.param("addons/orbit.js", "vendor/three/orbit.js", id="below a prefix"),
    pytest.param("addons/deep/a.js", "vendor/deep/a.js", id="the longest prefix"),
    pytest.param("addons/own.js", "vendor/own.js", id="exact before a prefix"),
    pytest.param("addons/or%62it.js", "vendor/three/orbit.js", id="percent-encoded"),
    pytest.param("addons/x/../orbit.js", "vendor/three/orbit.js", id="dots"),
    pytest.param("public", "/public.js", id="a source of another URL"),
]


@MODES
@pytest.mark.parametrize(("specifier", "name"), BARE)
def test_the_settings_resolve_a_bare_specifier(tmp_path: Path, specifier: str, name: str, modules: str) -> None:
    text = f'import "{specifier}";'
    vendor = ("lit.js", "own.js", "three/orbit.js", "three/own.js", "three/deep/a.js", "deep/a.js")
    tree = {"app.js": text, **{f"vendor/{path}": path for path in vendor}}
    sources = (
        Source(str(write_tree(tmp_path / "static", tree))),
        Source(str(write_tree(tmp_path / "public", {"public.js": ""})), "/"),
    )
    # The order of the settings does not count.
    imports = {"addons/": "vendor/three/", "addons/deep/": "vendor/deep/", "addons/own.js": "vendor/own.js"}
    imports |= {"lit": "vendor/lit.js", "public": "/public.js"}
    for entries in (imports, dict(reversed(imports.items()))):
        release = compile_sources(tmp_path, *sources, modules=modules, imports=entries)
        manifest = release.manifest
        assert (release.read("app.js").decode(), release.messages()) == (text, [])
        assert manifest.references(manifest.asset("app.js")) == (name,)
        assert json.loads(manifest.import_map().text)["imports"][specifier] == manifest.url(name)


@pytest.mark.parametrize("specifier", ["addons//orbit.js", "addons/../lit.js", "addons/", "other", "addon", "lit/x.js"])
def test_what_no_entry_resolves_leads_nowhere(tmp_path: Path, specifier: str) -> None:
    release = compiled(tmp_path, {**TREE, "js/app.js": f'import "{specifier}";'})
    manifest = release.manifest
    assert manifest.references(manifest.asset("js/app.js")) == ()
    assert specifier not in json.loads(manifest.import_map().text)["imports"]


def test_a_bare_specifier_that_leads_to_nothing_is_a_missing_reference(tmp_path: Path) -> None:
    release = compiled(tmp_path, {**TREE, "js/app.js": 'import "lit";\nimport "addons/gone.js";'}, missing="warn")
    gone = "'addons/gone.js' resolves to /static/vendor/three/gone.js, which does not exist"
    assert release.messages() == [f"warning js/app.js:2:9: {gone}"]


def test_a_prefix_leads_to_a_directory() -> None:
    with pytest.raises(ConfigError, match="'addons/' must lead to a directory, 'vendor/three/'"):
        Config(sources=(Source("static"),), imports={"addons/": "vendor/three"})


@MODES
def test_a_bare_specifier_renames_nobody(tmp_path: Path, modules: str) -> None:
    before = compiled(tmp_path / "before", modules=modules)
    after = compiled(tmp_path / "after", {**TREE, "vendor/lit.js": "export const changed = 1;"}, modules)
    assert {name for name in TREE if before.url(name) != after.url(name)} == {"vendor/lit.js"}


@MODES
def test_preload_lists_what_is_imported_statically_once_and_in_order(tmp_path: Path, modules: str) -> None:
    release = compiled(tmp_path, modules=modules)
    names = ("js/app.js", "js/view.js", "js/leaf.js", "js/shared.js", "vendor/lit.js", "vendor/three/orbit.js")
    assert release.manifest.module_preload("js/app.js") == preloads(release, *names)


@MODES
def test_preload_of_a_cycle_through_a_bare_specifier_ends(tmp_path: Path, modules: str) -> None:
    tree = {"js/app.js": 'import "lit"; import("addons/a.js");', "vendor/lit.js": 'import "../js/app.js";'}
    release = compiled(tmp_path, {**tree, "vendor/three/a.js": ""}, modules)
    assert release.manifest.module_preload("js/app.js") == preloads(release, *tree)


def test_preload_of_a_cycle_ends(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, {"a.js": 'import "./b.js";', "b.js": 'import "./a.js";'})
    assert release.manifest.module_preload("a.js") == preloads(release, "a.js", "b.js")


def test_preload_leaves_out_what_is_no_script(tmp_path: Path) -> None:
    tree = {"a.js": 'import d from "./d.json" with {type: "json"}; import "./b.js";', "d.json": "{}", "b.js": ""}
    release = compile_tree(tmp_path, tree)
    assert release.manifest.module_preload("a.js") == preloads(release, "a.js", "b.js")


def test_what_no_import_map_leads_to_needs_its_plain_url(tmp_path: Path) -> None:
    tree = {"a.js": 'import "./b.js"; new URL("./x.png", import.meta.url);', "b.js": "", "x.png": ""}
    messages = {
        plain_urls: compile_tree(tmp_path, tree, modules="importmap", plain_urls=plain_urls).messages()
        for plain_urls in (True, False)
    }
    assert messages == {
        True: [],
        False: ["warning a.js:1:27: './x.png' resolves to /static/x.png, which has no plain URL"],
    }
