"""Output of a bundler: what it hashed is passed through, and the names it knows its files by resolve."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from servestatic_build import Source
from servestatic_build.diagnostics import BuildError
from servestatic_build.inspection.cli import main as manifest_cli
from servestatic_build.settings.files import read_settings
from servestatic_build.settings.globs import Globs
from servestatic_build.sources.bundlers.hashes import hash_in, hashed_files
from servestatic_build.sources.bundlers.manifests import read_manifest
from servestatic_runtime import Manifest, UnknownAssetError
from servestatic_runtime.records import Asset
from support.commands import run_command
from support.required import program
from support.trees import Compiled, Tree, compile_sources, compile_tree, write_tree

IMMUTABLE = "public, max-age=31536000, immutable"

# As Vite 8.3.8 writes it (so did 5 to 7).
VITE: dict[str, Any] = {
    "_shared-C6Jh0Sam.js": {"file": "assets/shared-C6Jh0Sam.js", "name": "shared"},
    "src/logo.png": {"file": "assets/logo-BiC5lQme.png", "src": "src/logo.png"},
    "src/main.ts": {
        "file": "assets/main-Boce4t9y.js",
        "name": "main",
        "src": "src/main.ts",
        "isEntry": True,
        "imports": ["_shared-C6Jh0Sam.js"],
        "css": ["assets/main-wY_gmIkc.css"],
        "assets": ["assets/logo-BiC5lQme.png", "assets/worker-BmvYEK8v.js"],
    },
}
VITE_FILES: Tree = {
    "assets/main-Boce4t9y.js": 'import "./shared-C6Jh0Sam.js"; import "./gone.js"; new URL("../plain.png", import.meta.url)',
    "assets/main-wY_gmIkc.css": "a { background: url(logo-BiC5lQme.png) url(../plain.png) }",
    "assets/shared-C6Jh0Sam.js": "export {}",
    "assets/worker-BmvYEK8v.js": "export {}",
    "assets/logo-BiC5lQme.png": "PNG",
    "plain.png": "PNG too",
}
VITE_TREE: Tree = {**VITE_FILES, ".vite/manifest.json": json.dumps(VITE)}

# As esbuild 0.28 writes it, less the bytes, imports and exports.
ESBUILD: dict[str, Any] = {
    "inputs": {},
    "outputs": {
        "src/build/logo-4NYVURRN.png": {"inputs": {"js/logo.png": {}}},
        "src/build/app-T4W2JEPT.js.map": {"inputs": {}},
        "src/build/app-T4W2JEPT.js": {"entryPoint": "js/app.ts", "cssBundle": "src/build/app-OTOVCQJ5.css"},
        "src/build/chunk-V2OZC7ZR.js": {"inputs": {"js/shared.ts": {}}},
        "src/build/app-OTOVCQJ5.css": {"inputs": {"js/app.css": {}}},
    },
}

# As webpack-manifest-plugin 6.0 and webpack-assets-manifest 6.5 write theirs.
WEBPACK: dict[str, Any] = {
    "main.js": "/static/main.91b3c62ee9dab88f9b41.js",
    "973.js": "/static/973.946ba4139e6e91fa23b7.js",
    "logo.png": "/static/72ece9daf63d6133a38e.png",
    "main.js.map": "/static/main.91b3c62ee9dab88f9b41.js.map",
}
WEBPACK_ASSETS: dict[str, Any] = {
    "973.946ba4139e6e91fa23b7.js": {"src": "973.946ba4139e6e91fa23b7.js", "integrity": "sha256-…"},
    "entrypoints": {"main": {"assets": {"js": ["main.91b3c62ee9dab88f9b41.js"]}}},
    "logo.png": {"src": "72ece9daf63d6133a38e.png", "integrity": ""},
    "main.js": {"src": "main.91b3c62ee9dab88f9b41.js", "integrity": "sha256-…"},
}
CREATE_REACT_APP: dict[str, Any] = {
    "files": {"main.css": "/static/css/main.073c9b0a.css", "main.js": "/static/js/main.f855e6bc.js"},
    "entrypoints": ["static/css/main.073c9b0a.css", "static/js/main.f855e6bc.js"],
}


def hashed(manifest: Manifest) -> dict[str, list[str]]:
    """Return the aliases of each file that is passed through."""
    return {asset.name: [*asset.aliases] for asset in manifest if asset.immutable and asset.url == asset.plain_url}


def named(tmp_path: Path, tree: Tree, manifest: object, place: str = "src/meta.json", **settings: Any) -> Compiled:
    """Compile a tree with a manifest that the settings name."""
    path = tmp_path / place
    write_tree(path.parent, {path.name: json.dumps(manifest)})
    return compile_tree(tmp_path, tree, bundler_manifests=(str(path),), **settings)


# What is passed through


def test_a_hashed_file_keeps_its_bytes_its_name_and_its_url(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, VITE_TREE)
    assert set(hashed(release.manifest)) == set(VITE_FILES) - {"plain.png"}
    for name in hashed(release.manifest):
        assert release.url(name) == f"/static/{name}"
        assert release.read(name).decode() == VITE_FILES[name]


def test_a_file_that_no_manifest_names_is_treated_as_ever(tmp_path: Path) -> None:
    asset = compile_tree(tmp_path, VITE_TREE).manifest.asset("plain.png")
    assert (asset.url.startswith("/static/plain."), asset.url == asset.plain_url) == (True, False)


def test_nothing_is_said_of_what_a_bundler_left_out(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, VITE_TREE)
    assert release.messages() == []  # of ./gone.js, which is not there


@pytest.mark.parametrize("plain_urls", [True, False])
def test_a_hashed_file_is_cached_for_ever(tmp_path: Path, plain_urls: bool) -> None:
    manifest = compile_tree(tmp_path, VITE_TREE, plain_urls=plain_urls).manifest
    match = manifest.find("/static/assets/main-wY_gmIkc.css")
    assert match is not None
    for headers in (match.ok_headers, match.not_modified_headers):
        assert ("Cache-Control", IMMUTABLE) in headers(match.variants[0])
    assert isinstance(match.asset, Asset)
    assert (match.asset.immutable, match.asset.headers) == (True, match.asset.plain_headers)


def test_a_reference_to_a_hashed_file_stays_and_is_known(tmp_path: Path) -> None:
    page = '<script type="module" src="assets/main-Boce4t9y.js"></script><img src="plain.png">'
    release = compile_tree(
        tmp_path, {**VITE_TREE, "a.css": "a { background: url(assets/logo-BiC5lQme.png) }", "a.html": page}
    )
    assert release.read("a.css") == b"a { background: url(assets/logo-BiC5lQme.png) }"
    assert release.manifest.references(release.manifest.asset("a.css")) == ("assets/logo-BiC5lQme.png",)


def test_a_hashed_file_is_compressed(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, {**VITE_TREE, "assets/worker-BmvYEK8v.js": "post();" * 99}, codings=("gzip",))
    variants = release.manifest.asset("assets/worker-BmvYEK8v.js").variants
    assert [variant.coding for variant in variants] == ["identity", "gzip"]


def test_a_source_with_a_url_passes_through_as_well(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "src", VITE_TREE)
    manifest = compile_sources(tmp_path, Source(str(source), "/")).manifest
    assert hashed(manifest)["/assets/main-Boce4t9y.js"] == ["src/main.ts"]
    assert manifest.url("src/main.ts") == "/assets/main-Boce4t9y.js"


def test_who_asks_for_a_fingerprint_gets_it(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, VITE_TREE, fingerprint=Globs.of(["shared-*"]), plain=Globs.of(["assets/"]))
    assert set(hashed(release.manifest)) == set(VITE_FILES) - {"plain.png", "assets/shared-C6Jh0Sam.js"}
    assert release.url("assets/shared-C6Jh0Sam.js").startswith("/static/assets/shared-C6Jh0Sam.")


# Names


def test_the_names_of_the_manifest_resolve(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, VITE_TREE)
    manifest = release.manifest
    assert manifest.url("src/main.ts") == "/static/assets/main-Boce4t9y.js"
    assert manifest.integrity("src/main.ts") == manifest.integrity("assets/main-Boce4t9y.js")
    assert manifest.module_preload("src/main.ts")[0].url == "/static/assets/main-Boce4t9y.js"
    assert manifest.asset("src/logo.png").name == "assets/logo-BiC5lQme.png"
    assert hashed(manifest)["assets/shared-C6Jh0Sam.js"] == []  # _shared-C6Jh0Sam.js is nobody's name


def test_an_alias_is_no_url(tmp_path: Path) -> None:
    document = {"/app.js": {"file": "assets/app-Boce4t9y.js"}}
    manifest = named(tmp_path, {"assets/app-Boce4t9y.js": ""}, document).manifest
    assert (manifest.url("/app.js"), manifest.find("/app.js")) == ("/static/assets/app-Boce4t9y.js", None)


def test_a_file_may_have_several_names_and_none_is_anothers(tmp_path: Path) -> None:
    document = {name: {"file": "assets/a-BiC5lQme.png", "src": name} for name in ("b/a.png", "a/a.png")}
    manifest = named(tmp_path, {"assets/a-BiC5lQme.png": ""}, document).manifest
    assert hashed(manifest) == {"assets/a-BiC5lQme.png": ["a/a.png", "b/a.png"]}
    with pytest.raises(UnknownAssetError):
        manifest.url("c/a.png")


def test_a_file_without_a_hash_is_fingerprinted_and_has_its_alias(tmp_path: Path) -> None:
    release = named(tmp_path, {"assets/main.js": "export {}"}, {"src/main.ts": {"file": "assets/main.js"}})
    assert hashed(release.manifest) == {}
    assert release.url("src/main.ts") == release.url("assets/main.js") != "/static/assets/main.js"


def test_a_real_file_keeps_its_name_and_a_note_says_so(tmp_path: Path) -> None:
    document = {"index.html": {"file": "assets/index-Boce4t9y.js", "src": "index.html", "isEntry": True}}
    release = compile_tree(
        tmp_path, {".vite/manifest.json": json.dumps(document), "assets/index-Boce4t9y.js": "", "index.html": ""}
    )
    src = tmp_path / "src"
    assert release.manifest.asset("index.html").aliases == []
    assert hashed(release.manifest) == {"assets/index-Boce4t9y.js": []}
    message = f"this file keeps its name, which a bundler's manifest gives to {src}/assets/index-Boce4t9y.js"
    assert release.messages() == [f"note {src}/index.html: {message}"]


def test_a_later_manifest_wins_a_name_and_a_note_says_so(tmp_path: Path) -> None:
    trees = [
        {".vite/manifest.json": json.dumps({"a.ts": {"file": f}}), f: ""} for f in ("a-Boce4t9y.js", "a-BRX4WIY9.js")
    ]
    sources = [Source(str(write_tree(tmp_path / str(n), tree))) for n, tree in enumerate(trees)]
    release = compile_sources(tmp_path, *sources)
    assert hashed(release.manifest) == {"a-Boce4t9y.js": [], "a-BRX4WIY9.js": ["a.ts"]}
    message = f"the name 'a.ts' now means {tmp_path}/1/a-BRX4WIY9.js, and no longer {tmp_path}/0/a-Boce4t9y.js"
    assert release.messages() == [f"note {tmp_path}/1/.vite/manifest.json: {message}"]


def test_a_manifest_of_before_there_were_aliases_has_none() -> None:
    manifest = Manifest.open(Path(__file__).parent.parent / "golden/manifest-1.msgpack")
    assert {name for asset in manifest for name in asset.aliases} == set()


def test_explain_says_why(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, VITE_TREE).dist
    shown = run_command(manifest_cli, "explain", str(dist), "src/main.ts").stdout.splitlines()
    assert shown[:4] == [
        "assets/main-Boce4t9y.js",
        "  also named      src/main.ts",
        "  url             /static/assets/main-Boce4t9y.js",
        "                  not fingerprinted again: a bundler's manifest lists it, and its name holds a hash",
    ]


# Manifests: where they are found, and how they are told apart


def test_the_manifest_of_vite_4_is_found_and_published_as_ever(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, {**VITE_FILES, "manifest.json": json.dumps(VITE)})
    assert "assets/main-Boce4t9y.js" in hashed(release.manifest)
    assert release.url("manifest.json") != "/static/manifest.json"


@pytest.mark.parametrize("place", [".vite/manifest.json", "manifest.json"])
def test_the_manifest_of_vite_is_found_below_the_root_of_a_source(tmp_path: Path, place: str) -> None:
    tree = {f"app/build/{name}": text for name, text in {**VITE_FILES, place: json.dumps(VITE)}.items()}
    release = compile_tree(tmp_path, tree)
    assert hashed(release.manifest)["app/build/assets/main-Boce4t9y.js"] == ["src/main.ts"]
    assert release.messages() == []


@pytest.mark.parametrize("place", [".vite/manifest.json", "manifest.json"])
def test_the_manifest_of_vite_is_found_where_a_pattern_leaves_it_out(tmp_path: Path, place: str) -> None:
    release = compile_tree(tmp_path, {**VITE_FILES, place: json.dumps(VITE)}, ignore=["manifest.json", ".vite/"])
    assert "assets/main-Boce4t9y.js" in hashed(release.manifest)


def test_the_manifest_of_a_later_source_goes_before_that_of_an_earlier_one(tmp_path: Path) -> None:
    for name in ("z", "a"):
        document = {"main.ts": {"file": f"{name}-Boce4t9y.js"}}
        write_tree(tmp_path / name, {".vite/manifest.json": json.dumps(document), f"{name}-Boce4t9y.js": ""})
    release = compile_sources(tmp_path, *(Source(str(tmp_path / name)) for name in ("z", "a")))
    assert release.url("main.ts") == "/static/a-Boce4t9y.js"


def test_the_manifest_of_vite_is_not_published(tmp_path: Path) -> None:
    assert {asset.name for asset in compile_tree(tmp_path, VITE_TREE).manifest} == set(VITE_FILES)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"name": "App", "icons": [{"src": "assets/main-Boce4t9y.js"}]}', id="web manifest"),
        pytest.param('{"main.js": "assets/main-Boce4t9y.js"}', id="webpack's, which nobody named"),
        pytest.param('{"main.js": {"file": "assets/main-Boce4t9y.js"}, "x": {}}', id="an entry without a file"),
        pytest.param('["assets/main-Boce4t9y.js"]', id="array"),
        pytest.param("{", id="no JSON"),
        pytest.param("[" * 100_000, id="no end of nesting"),
    ],
)
def test_another_manifest_json_says_nothing(tmp_path: Path, text: str) -> None:
    release = compile_tree(tmp_path, {**VITE_FILES, "manifest.json": text}, missing="warn")
    assert hashed(release.manifest) == {}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        pytest.param('{"name": "app", "scripts": {}}', "this bundler's manifest has no known form", id="other JSON"),
        pytest.param('{"entrypoints": {}}', "this bundler's manifest has no known form", id="entry points only"),
        pytest.param("[]", "this bundler's manifest has no known form", id="array"),
        pytest.param("{", "this bundler's manifest is not JSON", id="no JSON"),
        pytest.param('{"a.js": "\\ud800"}', "this bundler's manifest is not JSON", id="half a surrogate pair"),
        pytest.param("[" * 100_000, "this bundler's manifest is not JSON", id="no end of nesting"),
        pytest.param(None, "this bundler's manifest can't be read: No such file or directory", id="not there"),
    ],
)
def test_a_named_file_that_is_no_manifest_is_an_error(tmp_path: Path, document: str | None, problem: str) -> None:
    path = tmp_path / "meta.json"
    if document is not None:
        path.write_text(document)
    release = compile_tree(tmp_path, VITE_FILES, bundler_manifests=(str(path),))
    (message,) = release.messages()
    assert message.startswith(f"error {path}: {problem}")
    assert not release.dist.exists()


def test_a_found_manifest_that_is_damaged_is_an_error(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, {**VITE_FILES, ".vite/manifest.json": "{"})
    assert release.messages()[0].startswith(
        f"error {tmp_path}/src/.vite/manifest.json: this bundler's manifest is not JSON"
    )


def test_vite_s_manifest_may_lie_elsewhere(tmp_path: Path) -> None:
    release = named(tmp_path, VITE_FILES, VITE, "src/assets/vite.json")
    assert hashed(release.manifest)["assets/main-Boce4t9y.js"] == ["src/main.ts"]
    assert release.messages() == []


def test_the_manifest_of_esbuild(tmp_path: Path) -> None:
    tree = {os.path.relpath(file, "src"): "export {}" for file in ESBUILD["outputs"]}
    release = named(tmp_path, tree, ESBUILD, "src/build/meta.json")
    assert hashed(release.manifest) == {
        "build/app-OTOVCQJ5.css": [],
        "build/app-T4W2JEPT.js": ["js/app.ts"],
        "build/app-T4W2JEPT.js.map": [],
        "build/chunk-V2OZC7ZR.js": [],
        "build/logo-4NYVURRN.png": [],
    }


@pytest.mark.parametrize("above", ["", "/static/", "https://cdn.example.com/assets/v1/", "//cdn/", "auto/", "build/"])
@pytest.mark.parametrize(
    "document", [WEBPACK, WEBPACK_ASSETS], ids=["webpack-manifest-plugin", "webpack-assets-manifest"]
)
def test_the_manifests_of_webpack(tmp_path: Path, document: dict[str, Any], above: str) -> None:
    document = json.loads(json.dumps(document).replace("/static/", above).replace('"src": "', f'"src": "{above}'))
    files = ("main.91b3c62ee9dab88f9b41.js", "973.946ba4139e6e91fa23b7.js", "72ece9daf63d6133a38e.png")
    release = named(tmp_path, {f"build/{file}": "" for file in files}, document, "src/build/manifest.json")
    assert release.messages() == []  # the map is not there, as often
    found = hashed(release.manifest)
    assert set(found) == {f"build/{file}" for file in files}
    assert found["build/main.91b3c62ee9dab88f9b41.js"] == ["main.js"]
    assert found["build/72ece9daf63d6133a38e.png"] == ["logo.png"]


def test_the_manifest_of_create_react_app(tmp_path: Path) -> None:
    tree = {"css/main.073c9b0a.css": "", "js/main.f855e6bc.js": ""}
    release = named(tmp_path, tree, CREATE_REACT_APP, "asset-manifest.json")
    assert hashed(release.manifest) == {"css/main.073c9b0a.css": ["main.css"], "js/main.f855e6bc.js": ["main.js"]}


ELSEWHERE = "/home/me/project/static/bundles"  # where webpack ran: on another machine

# As webpack-bundle-tracker writes it since its version 1, and did before.
TRACKER: dict[str, Any] = {
    "status": "done",
    "assets": {
        name: {"name": name, "path": f"{ELSEWHERE}/{name}", "publicPath": f"/static/bundles/{name}", **more}
        for name, more in {
            "app-0828904584990b611fb8.js": {},
            "app-0828904584990b611fb8.css": {},
            "vendor-58e2b6c82f.js": {},
            "1f0e3dad99908345f7439f8ffabdffc4.png": {"sourceFilename": "src/logo.png"},
        }.items()
    },
    "chunks": {
        "app": ["app-0828904584990b611fb8.js", "app-0828904584990b611fb8.css"],
        "vendor": ["vendor-58e2b6c82f.js"],
    },
}
TRACKER_0: dict[str, Any] = {
    "status": "done",
    "chunks": {chunk: [TRACKER["assets"][file] for file in files] for chunk, files in TRACKER["chunks"].items()},
}
# As ``webpack --json`` and ``rspack build --json`` print it.
STATS: dict[str, Any] = {
    "hash": "59f6f5ce",
    "outputPath": ELSEWHERE,
    "assets": [
        {"name": "app.e3f4.js?x", "chunkNames": ["app"], "info": {"immutable": True, "contenthash": "e3f4"}},
        {"name": "logo.9e107d9d.png", "chunkNames": [], "info": {"immutable": True, "sourceFilename": "src/logo.png"}},
        {"name": "settings.js", "chunkNames": ["settings"], "info": {"javascriptModule": False}},
        {"name": "old.js"},
    ],
}
PARCEL: dict[str, Any] = {
    "buildTime": 1234,
    "bundles": [
        {"filePath": "static/bundles/app.f955332a.js", "assets": [{"filePath": "src/app.tsx", "size": 1}]},
        {"filePath": "static/bundles/9099e93e.js", "assets": []},
        {"filePath": "static/bundles/index.html"},
    ],
}
ROLLUP: dict[str, Any] = {
    "version": 2,
    "tree": {"name": "root", "children": [{"name": "app-BX3kq2Zc.js", "children": []}, {"name": "main.js"}]},
    "nodeParts": {},
    "nodeMetas": {},
}


@pytest.mark.parametrize(
    ("document", "files", "expected"),
    [
        pytest.param(
            TRACKER,
            [*TRACKER["assets"]],
            {
                "app-0828904584990b611fb8.js": ["app.js"],
                "app-0828904584990b611fb8.css": ["app.css"],
                "vendor-58e2b6c82f.js": ["vendor.js"],
                "1f0e3dad99908345f7439f8ffabdffc4.png": ["src/logo.png"],
            },
            id="webpack-bundle-tracker",
        ),
        pytest.param(
            TRACKER_0,
            [*TRACKER["assets"]],
            {
                "app-0828904584990b611fb8.js": ["app.js"],
                "app-0828904584990b611fb8.css": ["app.css"],
                "vendor-58e2b6c82f.js": ["vendor.js"],
            },
            id="webpack-bundle-tracker 0",
        ),
        pytest.param(
            {**TRACKER, "chunks": {"app": ["app-0828904584990b611fb8.js", "vendor-58e2b6c82f.js", 1]}},
            [*TRACKER["assets"]],
            {
                "app-0828904584990b611fb8.css": [],
                "app-0828904584990b611fb8.js": [],
                "1f0e3dad99908345f7439f8ffabdffc4.png": ["src/logo.png"],
            },
            id="webpack-bundle-tracker, two scripts of a chunk",
        ),
        pytest.param(
            STATS,
            ["app.e3f4.js", "logo.9e107d9d.png", "settings.js", "old.js"],
            {"app.e3f4.js": ["app.js"], "logo.9e107d9d.png": ["src/logo.png"]},
            id="statistics of webpack and Rspack",
        ),
        pytest.param(
            PARCEL,
            ["app.f955332a.js", "9099e93e.js", "index.html"],
            {"app.f955332a.js": [], "9099e93e.js": []},
            id="Parcel",
        ),
    ],
)
def test_the_reports_of_bundlers(
    tmp_path: Path, document: object, files: list[str], expected: dict[str, list[str]]
) -> None:
    release = named(tmp_path, {f"bundles/{file}": "" for file in files}, document, "webpack-stats.json")
    assert hashed(release.manifest) == {f"bundles/{file}": aliases for file, aliases in expected.items()}
    assert release.messages() == []


def test_the_raw_data_of_rollup_s_visualizer(tmp_path: Path) -> None:
    release = named(tmp_path, {"app-BX3kq2Zc.js": "", "main.js": ""}, ROLLUP)  # whose names are below its output
    assert hashed(release.manifest) == {"app-BX3kq2Zc.js": []}
    assert release.messages() == []


def test_a_file_of_a_report_without_a_hash_has_its_alias_too(tmp_path: Path) -> None:
    release = named(tmp_path, {"bundles/settings.js": ""}, STATS | {"assets": [STATS["assets"][2]]})
    assert release.manifest.asset("settings.js").name == "bundles/settings.js"


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"assets": ["a.js"]}, id="assets without names"),
        pytest.param({"bundles": [{}]}, id="bundles without paths"),
        pytest.param({"nodeParts": {}, "tree": []}, id="no tree"),
    ],
)
def test_what_is_like_a_report_is_none(tmp_path: Path, document: object) -> None:
    (tmp_path / "meta.json").write_text(json.dumps(document))
    with pytest.raises(BuildError, match="no known form"):
        read_manifest(str(tmp_path / "meta.json"))


def test_paths_may_be_relative_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {"src/a-T4W2JEPT.js": "", "elsewhere/meta.json": '{"outputs": {"src/a-T4W2JEPT.js": {}}}'})
    monkeypatch.chdir(tmp_path)
    release = compile_sources(tmp_path, Source("src"), bundler_manifests=("elsewhere/meta.json",))
    assert hashed(release.manifest) == {"a-T4W2JEPT.js": []}


def test_a_file_that_is_not_there_is_a_warning(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, {name: text for name, text in VITE_TREE.items() if "worker" not in name})
    manifest = tmp_path / "src/.vite/manifest.json"
    message = "this manifest names assets/worker-BmvYEK8v.js, which is in no SOURCE"
    assert release.messages() == [f"warning {manifest}: {message}"]
    assert "assets/main-Boce4t9y.js" in hashed(release.manifest)


def test_a_file_that_is_ignored_is_none(tmp_path: Path) -> None:
    assert compile_tree(tmp_path, VITE_TREE, ignore=Globs.of(["worker-*"])).messages() == []


@pytest.mark.parametrize("file", ["../../etc/passwd", "/etc/passwd", "", "/", "..", "a\0b"])
def test_a_path_that_leads_out_of_the_sources_finds_nothing(tmp_path: Path, file: str) -> None:
    release = named(tmp_path, {"a.css": ""}, {"a.js": {"file": file}})
    assert [diagnostic.severity for diagnostic in release.result.diagnostics] == ["warning"]
    assert "a.js" not in {alias for asset in release.manifest for alias in asset.aliases}


def test_the_settings_name_manifests_relative_to_themselves(tmp_path: Path) -> None:
    write_tree(tmp_path, {"settings.toml": 'bundler-manifests = ["static/build/meta.json"]'})
    settings = read_settings(str(tmp_path / "settings.toml"))
    assert settings == {"bundler_manifests": (str(tmp_path / "static/build/meta.json"),)}


# Hashed or not


def is_hashed(tmp_path: Path, document: object, file: str) -> bool:
    (tmp_path / "meta.json").write_text(json.dumps(document))
    return file in hashed_files(read_manifest(str(tmp_path / "meta.json")))


@pytest.mark.parametrize(
    ("origin", "file", "expected"),
    [
        pytest.param("src/main.ts", "assets/main-BX3kq2Zc.js", True, id="Vite"),
        pytest.param("src/main.ts", "assets/main--X3kq_Zc.js", True, id="base64url's own characters"),
        pytest.param("src/main.ts", "assets/main.8f3a2b1c.js", True, id="hexadecimal"),
        pytest.param("main.js", "/static/main.8f3a2b1c.chunk.js", True, id="hash, then a word"),
        pytest.param("main.js", "/static/main.bundle.8f3a2b1c.js", True, id="word, then a hash"),
        pytest.param("main.js.map", "/static/main.8f3a2b1c.js.map", True, id="source map"),
        pytest.param("main.js", "main.12345678.js", True, id="digits only"),
        pytest.param("main.js", "8f3a2b1c-main.js", True, id="in front"),
        pytest.param("jquery.min.js", "jquery.min-BX3kq2Zc.js", True, id="stem with a dot"),
        pytest.param("src/App.vue", "assets/App-BX3kq2Zc.js", True, id="another suffix"),
        pytest.param("src/README", "assets/README-BX3kq2Zc", True, id="no suffix"),
        pytest.param("src/main.ts", "assets/main.js", False, id="no hash"),
        pytest.param("src/main.ts", "assets/main-BX3kq.js", False, id="too short"),
        pytest.param("main.js", "main.bundle.js", False, id="a word"),
        pytest.param("main.js", "main.Production.js", False, id="a word with a capital"),
        pytest.param("main.js", "main-es2015.js", False, id="a word with a year"),
        pytest.param("main.js", "main-ES2015.js", False, id="capitals with a year"),
        pytest.param("main.js", "main-v2-bundle.js", False, id="words and a version"),
        pytest.param("main.js", "main-1_10_2.js", False, id="a version"),
        pytest.param("main.png", "main-2x-dark.png", False, id="a variant"),
        pytest.param("app.config.ts", "app.config.js", False, id="dots of its own"),
        pytest.param("lib.1a2b3c4d.js", "lib.1a2b3c4d.js", False, id="a hash that the origin has too"),
        pytest.param("user-settings.ts", "user-settings.js", False, id="eight letters of its own"),
        pytest.param("other.ts", "user-settings.js", False, id="eight letters, nothing to compare"),
    ],
)
@pytest.mark.parametrize("shape", ["Vite", "webpack", "esbuild"])
def test_a_file_is_hashed_if_its_name_has_a_hash_more_than_its_origin(
    tmp_path: Path, origin: str, file: str, expected: bool, shape: str
) -> None:
    documents: dict[str, object] = {
        "Vite": {origin: {"file": file}},
        "webpack": {origin: file},
        "esbuild": {"outputs": {file: {"entryPoint": origin}}},
    }
    assert is_hashed(tmp_path, documents[shape], file) == expected


@pytest.mark.parametrize(
    ("document", "file", "expected"),
    [
        ({"_a-BX3kq2Zc.js": {"file": "a-BX3kq2Zc.js"}}, "a-BX3kq2Zc.js", True),
        ({"_user-settings.js": {"file": "user-settings.js"}}, "user-settings.js", False),
        ({"_a.js": {"file": "a.js", "css": ["style.css"]}}, "style.css", False),
        ({"a.ts": {"file": "a-BX3kq2Zc.js", "css": ["a.css"]}}, "a.css", False),
        ({"a.ts": {"file": "a-BX3kq2Zc.js", "name": "b", "css": ["b-C6Jh0Sam.css"]}}, "b-C6Jh0Sam.css", True),
        ({"a.ts": {"file": "index.06d14ce2.js", "name": "index"}}, "index.06d14ce2.js", True),
        ({"a.ts": {"file": "a.js", "css": 1, "assets": [1, None], "src": {}, "name": []}}, "a.js", False),
        ({"outputs": {"a-T4W2JEPT.js": {}}}, "a-T4W2JEPT.js", True),
        ({"outputs": {"a.T4W2JEPT.js.map": {}}}, "a.T4W2JEPT.js.map", True),
        ({"outputs": {"a-settings.js": {}}}, "a-settings.js", False),
        ({"outputs": {"a-BX3kq2Zc.js": {}}}, "a-BX3kq2Zc.js", False),
        ({"outputs": {"a.js": {"entryPoint": 1}}}, "a.js", False),
        ({"a.946ba4139e6e91fa23b7.js": "a.946ba4139e6e91fa23b7.js"}, "a.946ba4139e6e91fa23b7.js", True),
        ({"a.946ba413.js": "a.946ba413.js"}, "a.946ba413.js", False),
        ({"vendor.js": "vendor.js"}, "vendor.js", False),
        ({"logo.png": "/static/72ece9daf63d6133a38e.png"}, "/static/72ece9daf63d6133a38e.png", True),
        ({"main.js": "/static/main.js?8f3a2b1c8f3a2b1c"}, "/static/main.js", False),
        ({"src/[id].vue": {"file": "assets/_id_-BX3kq2Zc.js"}}, "assets/_id_-BX3kq2Zc.js", True),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_without_an_origin_the_bundler_s_default_form_decides(
    tmp_path: Path, document: object, file: str, expected: bool
) -> None:
    assert is_hashed(tmp_path, document, file) == expected


@pytest.mark.parametrize(("other", "expected"), [("b-BX3kq2Zc.js", True), ("b-BX3kq2Zc2.js", False), ("b.js", False)])
def test_a_hash_that_reads_as_a_word_counts_beside_others_of_its_length(
    tmp_path: Path, other: str, expected: bool
) -> None:
    document = {"a.ts": {"file": "a-settings.js"}, "b.ts": {"file": other}}
    assert is_hashed(tmp_path, document, "a-settings.js") == expected


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("main-BX3kq2Zc.js", "BX3kq2Zc"),
        ("index-B-a_xk2Z.js", "B-a_xk2Z"),
        ("my-component-B1a2c3d4.js", "B1a2c3d4"),
        ("main.3f2504e0.bundle.js", "3f2504e0"),
        ("app.0a1b2c3d4e5f60718293.js", "0a1b2c3d4e5f60718293"),
        ("chunk-2QJ7RMBX.js.map", "2QJ7RMBX"),
        ("3f2504e0-logo.svg", ""),
        ("main.bundle.js", ""),
        ("jquery-3.7.1.min.js", ""),
        ("app", ""),
    ],
)
def test_a_hash_is_found_in_a_name(name: str, token: str) -> None:
    assert hash_in(name) == token


def test_a_manifest_without_files_is_one(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text("{}")
    assert read_manifest(str(tmp_path / "meta.json")).outputs == ()
    with pytest.raises(BuildError):
        read_manifest(str(tmp_path))


# The real thing

SITE: Tree = {
    "package.json": '{"private": true, "type": "module"}',
    "vite.config.js": 'export default { build: { manifest: true, rollupOptions: { input: "src/main.ts" } } };',
    "src/main.ts": 'import "./main.css"; import logo from "./logo.png"; import("./later"); document.title = logo as string;',
    "src/main.css": "a { background: url(logo.png) }",
    "src/later.ts": "document.title = `later`;",
    "src/logo.png": bytes(range(256)) * 32,
    "public/robots.txt": "User-agent: *",
}


def run(command: list[str], directory: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NODE_ENV"}
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_what_vite_builds_is_passed_through(tmp_path: Path) -> None:
    for name in ("node", "npm"):
        program("ORACLES", name)
    site = write_tree(tmp_path / "site", SITE)
    run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "vite@8.3.8"], site)
    run([str(site / "node_modules/.bin/vite"), "build", "--base=/static/"], site)
    dist = site / "dist"
    release = compile_sources(tmp_path, Source(str(dist)))
    assets = {f"assets/{path.name}" for path in (dist / "assets").iterdir()}
    assert len(assets) == 4
    assert release.messages() == []
    assert set(hashed(release.manifest)) == assets
    assert {asset.name for asset in release.manifest} == {*assets, "robots.txt"}
    assert {name: release.read(name) for name in assets} == {name: (dist / name).read_bytes() for name in assets}
    for name, stem in {"src/main.ts": "main", "src/later.ts": "later", "src/logo.png": "logo"}.items():
        assert release.url(name).startswith(f"/static/assets/{stem}-")


def test_what_a_hashed_module_imports_is_preloaded_and_its_bytes_stay(tmp_path: Path) -> None:
    entry = 'import "./dep-CX9zQ1pL.js"; import "./gone.js";'
    tree = {
        ".vite/manifest.json": json.dumps(
            {
                "src/main.ts": {"file": "assets/main-BX3kq2Zc.js", "src": "src/main.ts", "isEntry": True},
                "_dep.js": {"file": "assets/dep-CX9zQ1pL.js", "name": "dep"},
            }
        ),
        "assets/main-BX3kq2Zc.js": entry,
        "assets/dep-CX9zQ1pL.js": "export {};",
    }
    release = compile_tree(tmp_path, tree)
    assert release.messages() == []
    assert release.read("src/main.ts").decode() == entry
    assert [preload.url for preload in release.manifest.module_preload("src/main.ts")] == [
        "/static/assets/main-BX3kq2Zc.js",
        "/static/assets/dep-CX9zQ1pL.js",
    ]
