"""A browser comes back after a release, and again after the next one: it downloads differences, and what it runs is right."""

from __future__ import annotations

import io
import json
import random
import wave
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
from support.trees import Tree, compile_sources, write_tree

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
        globalThis.later = () => import("./later.js").then((chunk) => chunk.release);
    """,
    "lazy.js": 'export { html } from "./lit.js";',
    "worker.js": 'importScripts("sql-wasm.js"); postMessage(typeof initSqlJs);',
}
WORKS = ["function", "function", "function", "function"]


# What a page does with a sound, and with a script that it asks the server about again.
MEDIA_PAGE = """
<!doctype html><link rel=icon href="data:,">
<video src="/static/sound.wav" preload="auto"></video><script src="/static/vue.js"></script>
<script>
  const video = document.querySelector("video");
  const happened = (name) => new Promise((resolve, reject) => {
    video.addEventListener(name, resolve);
    video.addEventListener("error", () => reject(video.error.message));
  });
  const loaded = happened("canplaythrough");
  async function everything() {
    await loaded;
    const seeked = happened("seeked");
    video.currentTime = 19;
    await seeked;
    const { name } = performance.getEntriesByType("resource").find(({ name }) => name.endsWith(".js"));
    const answer = await fetch(name, { cache: "no-cache" });
    const text = await answer.text();
    const { transferSize } = performance.getEntriesByName(name).at(-1);
    document.title = JSON.stringify({ characters: text.length, transferSize });
  }
  globalThis.ready = everything();
</script>
"""


def page(files: Mapping[str, bytes]) -> str:
    styles = [
        f'<link rel=stylesheet href="/static/{name}" integrity="{integrity(files[name])}">'
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
    files = {name: at_version(name, version) for name in FILES}
    static: Tree = {**files, **OWN, "later.js": f"export const release = {version};"}
    return compiled(root, static, page(files))


def at_version(name: str, version: int) -> bytes:
    """Return the content of one of FILES at its first, second or third version."""
    packages = install(ORACLES / "versions") / "node_modules"
    return (packages / FILES[name].format(version)).read_bytes()


def compiled(root: Path, static: Tree, first_page: str) -> Path:
    """Compile these files and the page at ``/`` into ``root/dist``, with deltas from the last two releases there."""
    write_tree(root / "static", static)
    write_tree(root / "public", {"index.html": first_page, "favicon.ico": b""})
    sources = (Source(str(root / "static")), Source(str(root / "public"), "/"))
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


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """Serve ``root/dist``, whatever release is there, and yield the address of its first page."""
    (root / "app.py").write_text(
        "from servestatic_runtime import ServeStaticASGI\napp = ServeStaticASGI(None, 'dist', reload=True)\n"
    )
    with running(uvicorn("app:app"), cwd=root) as port:
        yield f"http://127.0.0.1:{port}/"


@pytest.mark.parametrize(("versions", "most"), [((1, 2, 3), 0.2), ((1, 3), 0.3)], ids=["each release", "one left out"])
def test_a_returning_visitor_downloads_differences(tmp_path: Path, versions: tuple[int, ...], most: float) -> None:
    user = tmp_path / "user"
    dist = release(tmp_path, 1)
    with serving(tmp_path) as site:
        for version in range(1, 4):
            dist = release(tmp_path, version)
            if version not in versions:
                continue
            with chromium(user) as browser:
                visit = browser.visit(site, USERS)
            visited(visit, dist)
            if version > 1:
                usual = without_deltas(dist, visit)
                assert usual > 500_000, "nearly every file has changed"
                assert received(visit) <= most * usual, (received(visit), visit.received)


def test_a_tab_of_the_first_release_loads_a_chunk_of_its_own_after_the_third(tmp_path: Path) -> None:
    first = release(tmp_path, 1)
    page_of_the_first = Manifest.open(first).asset("main.js").url
    with serving(tmp_path) as site, chromium() as browser, browser.profile() as user:
        with browser.tab(site, user) as tab:
            release(tmp_path, 2)
            release(tmp_path, 3)
            assert page_of_the_first not in tab.run("fetch('/').then((answer) => answer.text())")
            assert tab.run("later()") == "1"
        assert tab.visit.problems == []
        assert json.loads(browser.visit(site, user).title)["works"] == WORKS


def sound(seed: int) -> bytes:
    """Return a sound of 20 seconds, all but one of them the same for every seed."""
    same, own = (random.Random(number).randbytes(8000) for number in (0, seed))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(same * 10 + own + same * 9)
    return buffer.getvalue()


def test_a_sound_plays_and_a_forced_revalidation_is_answered_304(tmp_path: Path) -> None:
    compiled(tmp_path, {"sound.wav": sound(1), "vue.js": at_version("vue.js", 1)}, MEDIA_PAGE)
    with serving(tmp_path) as site, chromium() as browser, browser.profile() as user:
        browser.visit(site, user)
        script = at_version("vue.js", 2)
        dist = compiled(tmp_path, {"sound.wav": sound(2), "vue.js": script}, MEDIA_PAGE)
        visit = browser.visit(site, user)
    assert visit.problems == []
    found = json.loads(visit.title)
    assert found["characters"] == len(script.decode())
    assert found["transferSize"] < 1000, "no body is sent"
    assert {len(Manifest.open(dist).asset(name).deltas) for name in ("sound.wav", "vue.js")} == {1}
