"""Packages that find files by their names: each preset lets the real one work in a browser, and without it a file is missed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from servestatic_build import Source
from servestatic_build.settings.presets import PRESETS
from support.browser import Browser, chromium
from support.oracles import installed
from support.servers import running, uvicorn
from support.trees import compile_sources, write_tree

pytestmark = pytest.mark.slow

SERVER = """
import os
from servestatic_runtime import ServeStaticASGI

app = ServeStaticASGI(None, os.environ["DIST"])
"""
ICON = (Path(__file__).parent.parent / "docs/demo/public/favicon.ico").read_bytes()
# By preset, or package that needs none: the directory of its package that is published, and a page that uses it and says in its title what came of that.
PAGES = {
    "cesium": (
        "cesium/Build/Cesium",
        """<script src="/static/lib/Cesium.js"></script>
        <script>
          const find = async () => {
            const response = await fetch(Cesium.buildModuleUrl("Assets/approximateTerrainHeights.json"));
            await response.arrayBuffer();
            document.title = response.ok ? "found" : "missed";
          };
          globalThis.ready = find();
        </script>""",
    ),
    "ckeditor4": (
        "ckeditor4",
        """<script src="/static/lib/ckeditor.js"></script><textarea id="editor"></textarea>
        <script>
          const editor = CKEDITOR.replace("editor");
          const found = new Promise((resolve) => editor.on("instanceReady", () => resolve("found")));
          const missed = new Promise((resolve) => {
            const isMissed = (entry) => /[/]config[.]js/.test(entry.name) && entry.responseStatus === 404;
            const look = (list) => list.getEntries().some(isMissed) && resolve("missed");
            new PerformanceObserver(look).observe({ type: "resource", buffered: true });
          });
          globalThis.ready = Promise.race([found, missed]).then((found) => { document.title = found; });
        </script>""",
    ),
    "leaflet": (
        "leaflet/dist",
        """<link rel="stylesheet" href="/static/lib/leaflet.css"><script src="/static/lib/leaflet.js"></script>
        <div id="map" style="height: 200px"></div>
        <script>
          const map = L.map("map").setView([0, 0], 1);
          const image = L.marker([0, 0]).addTo(map).getElement();
          globalThis.ready = image.decode().then(() => "found", () => "missed").then((found) => { document.title = found; });
        </script>""",
    ),
    "shoelace": (
        "@shoelace-style/shoelace/cdn",
        """<script type="module" src="/static/lib/shoelace-autoloader.js"></script><sl-divider></sl-divider>
        <script>
          const found = customElements.whenDefined("sl-divider").then(() => "found");
          const missed = new Promise((resolve) => {
            const isMissed = (entry) => /[/]divider[/]divider[^/]*[.]js$/.test(entry.name) && entry.responseStatus === 404;
            const look = (list) => list.getEntries().some(isMissed) && resolve("missed");
            new PerformanceObserver(look).observe({ type: "resource", buffered: true });
          });
          globalThis.ready = Promise.race([found, missed]).then((found) => { document.title = found; });
        </script>""",
    ),
}
# Those that look for a script element, not for an image.
SOUGHT = {"cesium", "ckeditor4", "shoelace"}
WITHOUT_PRESET = {
    "tinymce": (
        "tinymce",
        """<script src="/static/lib/tinymce.min.js"></script><textarea></textarea>
        <script>
          const editors = tinymce.init({ selector: "textarea", license_key: "gpl" });
          globalThis.ready = editors.then(([editor]) => { document.title = editor ? "found" : "missed"; });
        </script>""",
    ),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def title(browser: Browser, tmp_path: Path, preset: str, presets: list[str]) -> str:
    package, page = (PAGES | WITHOUT_PRESET)[preset]
    no_programs = shutil.ignore_patterns("*.php")
    shutil.copytree(installed() / "node_modules" / package, tmp_path / "static/lib", ignore=no_programs)
    public = write_tree(tmp_path / "public", {"index.html": f"<!doctype html><body>{page}", "favicon.ico": ICON})
    sources = Source(str(tmp_path / "static")), Source(str(public), "/")
    release = compile_sources(tmp_path, *sources, presets=presets, missing="ignore")
    noted = [each.hint or "" for each in release.result.diagnostics if each.code == "preset"]
    assert any(f"--presets {preset}" in hint for hint in noted) == (preset in PRESETS and not presets)
    sought = [each.name for each in release.result.diagnostics if each.code == "sought-script"]
    assert bool(sought) == (preset in SOUGHT and not presets), sought
    write_tree(tmp_path, {"preset_server.py": SERVER})
    command = uvicorn("preset_server:app", "--lifespan", "off")
    with running(command, {"DIST": str(release.dist)}, tmp_path) as port:
        return browser.visit(f"http://127.0.0.1:{port}/").title


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_lets_its_package_find_its_files(browser: Browser, tmp_path: Path, preset: str) -> None:
    assert title(browser, tmp_path / "with", preset, [preset]) == "found"
    assert title(browser, tmp_path / "without", preset, []) == "missed"


@pytest.mark.parametrize("package", WITHOUT_PRESET)
def test_a_package_that_looks_at_the_script_that_runs_needs_no_preset(
    browser: Browser, tmp_path: Path, package: str
) -> None:
    assert title(browser, tmp_path, package, []) == "found"
