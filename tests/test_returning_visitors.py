"""A browser comes back after a release, and again after the next one: it downloads differences, and what it runs is right."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from servestatic_build import Source
from servestatic_runtime import Manifest
from support.browser import USERS, Visit, chromium
from support.hashes import integrity
from support.oracles import ORACLES, install
from support.servers import running, uvicorn
from support.trees import compile_sources, write_tree

pytestmark = pytest.mark.slow

# Real files at three neighbouring versions each, by the names that they have here.
FILES = {
    "bootstrap.css": "bootstrap-{}/dist/css/bootstrap.min.css",
    "bootstrap.js": "bootstrap-{}/dist/js/bootstrap.bundle.min.js",
    "vue.js": "vue-{}/dist/vue.global.prod.js",
    "vue.esm.js": "vue-{}/dist/vue.esm-browser.prod.js",
    "htmx.js": "htmx-org-{}/dist/htmx.min.js",
    "alpine.js": "alpinejs-{}/dist/cdn.min.js",
    "chart.js": "chart-js-{}/dist/chart.umd.js",
    "swagger.css": "swagger-ui-dist-{}/swagger-ui.css",
    "swagger.js": "swagger-ui-dist-{}/swagger-ui-bundle.js",
    "video.css": "video-js-{}/dist/video-js.min.css",
    "video.js": "video-js-{}/dist/video.min.js",
    "lit.js": "lit-html-{}/lit-html.js",
    "sql-wasm.js": "sql-js-{}/dist/sql-wasm.js",
    "sql-wasm.wasm": "sql-js-{}/dist/sql-wasm.wasm",
}
OWN = {
    "main.js": """
        import { createApp } from "./vue.esm.js";
        const hexadecimal = async (buffer) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", buffer))]
          .map((byte) => byte.toString(16).padStart(2, "0")).join("");
        async function everything() {
          const { html } = await import("./lazy.js");
          await fetch(new URL("./sql-wasm.wasm", import.meta.url)).then((answer) => answer.arrayBuffer());
          const worker = new Worker(new URL("./worker.js", import.meta.url));
          const says = await new Promise((resolve) => { worker.onmessage = (event) => resolve(event.data); });
          const found = { works: [typeof createApp, typeof html, typeof Chart, says] };
          for (const { name } of performance.getEntriesByType("resource")) {
            if (new URL(name).pathname.startsWith("/static/")) {
              found[new URL(name).pathname] = await hexadecimal(await fetch(name).then((answer) => answer.arrayBuffer()));
            }
          }
          document.title = JSON.stringify(found);
        }
        globalThis.ready = everything();
    """,
    "lazy.js": 'export { html } from "./lit.js";',
    "worker.js": 'importScripts("sql-wasm.js"); postMessage(typeof initSqlJs);',
}
WORKS = ["function", "function", "function", "function"]


def page(static: Path) -> str:
    styles = [
        f'<link rel=stylesheet href="/static/{name}" integrity="{integrity((static / name).read_bytes())}">'
        for name in FILES
        if name.endswith(".css")
    ]
    scripts = [
        f'<script defer src="/static/{name}"></script>'
        for name in ("bootstrap.js", "vue.js", "htmx.js", "alpine.js", "chart.js", "swagger.js", "video.js")
    ]
    return "\n".join(["<!doctype html>", *styles, *scripts, '<script type=module src="/static/main.js"></script>'])


def release(root: Path, version: int) -> Path:
    """Compile the release of these versions into ``root/dist``, after those before it."""
    packages = install(ORACLES / "versions") / "node_modules"
    static, public = root / "static", root / "public"
    write_tree(static, OWN)
    for name, path in FILES.items():
        shutil.copyfile(packages / path.format(version), static / name)
    write_tree(public, {"index.html": page(static), "favicon.ico": b""})
    sources = (Source(str(static)), Source(str(public), "/"))
    done = compile_sources(root, *sources, codings=("br", "gzip"), deltas=2, no_compress=())
    assert done.result.ok, done.messages()
    return done.dist


def visited(visit: Visit, dist: Path) -> None:
    """Check that everything worked, and that the page had the very bytes of the release."""
    assert visit.problems == []
    found = json.loads(visit.title)
    assert found.pop("works") == WORKS
    files = {
        asset.url: sha256((dist / asset.variants[0].file).read_bytes()).hexdigest() for asset in Manifest.open(dist)
    }
    assert len(found) >= len(FILES) - 1  # the script of the worker is its own to load
    assert found == {path: files[path] for path in found}


def received(visit: Visit) -> int:
    return sum(size for url, size in visit.received.items() if urlsplit(url).path.startswith("/static/"))


def without_deltas(dist: Path, visit: Visit) -> int:
    """Return what the files that the browser asked for would have cost."""
    paths = {urlsplit(url).path for url, size in visit.received.items() if size}
    return sum(min(variant.size for variant in each.variants) for each in Manifest.open(dist) if each.url in paths)


@pytest.mark.parametrize(("versions", "most"), [((1, 2, 3), 0.2), ((1, 3), 0.3)], ids=["each release", "one left out"])
def test_a_returning_visitor_downloads_differences(tmp_path: Path, versions: tuple[int, ...], most: float) -> None:
    user = tmp_path / "user"
    (tmp_path / "app.py").write_text(
        "from servestatic_runtime import ServeStaticASGI\napp = ServeStaticASGI(None, 'dist', reload=True)\n"
    )
    dist = release(tmp_path, 1)
    with running(uvicorn("app:app"), cwd=tmp_path) as port:
        for version in range(1, 4):
            dist = release(tmp_path, version)
            if version not in versions:
                continue
            with chromium(user) as browser:
                visit = browser.visit(f"http://127.0.0.1:{port}/", USERS)
            visited(visit, dist)
            if version > 1:
                usual = without_deltas(dist, visit)
                assert usual > 500_000, "nearly every file has changed"
                assert received(visit) <= most * usual, (received(visit), visit.received)
