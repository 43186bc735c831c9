"""A browser loads pages of a compiled release that has no plain URLs: a reference that stayed as it was is a 404."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest

from servestatic_build import Source
from support.browser import Browser, Visit, chromium
from support.hashes import integrity
from support.servers import running, uvicorn
from support.trees import Compiled, Tree, compile_sources, compile_tree, write_tree

pytestmark = pytest.mark.slow

DEMO = Path(__file__).parent.parent / "docs/demo"
PNG = (DEMO / "static/site/img/stack.png").read_bytes()
WOFF2 = (DEMO / "static/site/fonts/marks.woff2").read_bytes()
ICON = (DEMO / "public/favicon.ico").read_bytes()  # browsers ask for it unasked
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 8 8">'
SOURCE_MAP = '{"version": 3, "sources": ["original"], "names": [], "mappings": "AAAA"}'

# Modules that keep their bytes under an import map, and load under their fingerprinted URLs.
MODULES: Tree = {
    "js/app.js": """
        import { mark } from "./ring/a.js";
        import { shared } from './shared.js';
        import facts from "./facts.json" with { type: "json" };
        import sheet from "../css/shadow.css" with { type: "css" };
        import { lit } from "lit";
        import { orbit } from "three/addons/orbit.js";
        import { assets } from "./assets.js";
        export * as self from "./app.js";
        export const name = "app";

        const note = "import './not-a-reference.js' in a string stays as it is";

        async function everything() {
          const { later } = await import("./later.js");
          const { default: more } = await import(`./more.json`, { with: { type: "json" } });
          document.adoptedStyleSheets.push(sheet);
          const fonts = await document.fonts.load('16px "Demo Marks"', "✓");
          const found = [mark(), shared, facts.fact, lit, orbit, later, more.fact, fonts.length, await assets()];
          document.title = found.join(" ");
          document.body.getBoundingClientRect();  // images of the style sheets are asked for when they are laid out
        }

        globalThis.ready = everything();
    """,
    # a, b and app import each other.
    "js/ring/a.js": 'import { name } from "./b.js"; export const mark = () => name();',
    "js/ring/b.js": 'import * as a from "./a.js"; import { name as app } from "../app.js"; export const name = () => app;',
    "js/shared.js": "export const shared = 'shared';",
    "js/facts.json": '{"fact": "facts"}',
    "js/later.js": 'import { shared } from "./shared.js"; export const later = `later-${shared}`;',
    "js/more.json": '{"fact": "more"}',
    "vendor/lit/index.js": 'export { part as lit } from "./part.js";',
    "vendor/lit/part.js": "export const part = 'lit';",
    "vendor/three/addons/orbit.js": 'import { lit } from "lit"; export const orbit = `orbit-${lit}`;',
    "css/shadow.css": "em { background: url(../img/shadow.png); }",
    "img/shadow.png": PNG,
}
# What the parts of `found` in app.js make of it, but for the last, which is that of assets.js.
FOUND = "app shared facts lit orbit-lit later-shared more 1"

STYLES: Tree = {
    "css/app.css": """
        @import "base.css" screen;
        @import "parts/part.css";
        @import url(layered.css) layer(layered) supports(display: grid);
        @font-face { font-family: "Demo Marks"; src: url("../fonts/marks.woff2?v=1#iefix") format("woff2"); }
        :root { --image: url(../img/property.png); --part: url("img/part.png"); }
        /* url(../img/not-a-reference.png) */
        h1 { background: url("../img/quoted.png"), url(../img/escap\\65 d.png), url('../img/ü%20ü.png'); }
        p { background: image-set("../img/set.png" 1x), var(--image); }
        b { font: 16px "Demo Marks"; }
        /*# sourceMappingURL=app.css.map */
    """,
    "css/app.css.map": SOURCE_MAP,
    "css/parts/part.css": "h1::before { content: var(--part); }",
    "css/parts/img/part.png": PNG,  # there, and not beside app.css, is what the property's URL leads to
    "css/base.css": "body { background: url(../img/base.png) }",
    "css/layered.css": "i { background: url(/static/img/layered.png) }",
    "fonts/marks.woff2": WOFF2,
    **{f"img/{name}.png": PNG for name in ("quoted", "escaped", "ü ü", "set", "property", "base", "layered")},
}

# What no import map leads to: source maps, URLs that a module makes itself, and whatever a worker imports.
REWRITTEN: Tree = {
    "js/assets.js": """
        const asked = (worker) => new Promise((resolve, reject) => {
          worker.onmessage = (event) => resolve(event.data);
          worker.onerror = (event) => reject(new Error(event.message));
        });
        export async function assets() {
          const image = await fetch(new URL("./fetched.png", import.meta.url));
          const resolved = await fetch(import.meta.resolve("./resolved.png"));
          const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
          return `${image.ok} ${resolved.ok} ${await asked(worker)}`;
        }
        //# sourceMappingURL=assets.js.map
    """,
    "js/assets.js.map": SOURCE_MAP,
    "js/fetched.png": PNG,
    "js/resolved.png": PNG,
    "js/worker.js": """
        import { shared } from "./shared.js";
        import { own } from "./worker/own.js";
        const { late } = await import("./worker/late.js");
        const image = await fetch(new URL("worker/fetched.png", import.meta.url));
        postMessage(`${own} ${late} ${shared} ${image.ok}`);
    """,
    "js/worker/own.js": "export const own = 'worker';",
    "js/worker/late.js": 'import { own } from "./own.js"; export const late = `late-${own}`;',
    "js/worker/fetched.png": PNG,
}
REWRITTEN_FOUND = f"{FOUND} true true worker late-worker shared true"

PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>not loaded</title>
    <script type="importmap">
      {"imports": {"lit": "/static/vendor/lit/index.js", "three/addons/": "./static/vendor/three/addons/"},
       "integrity": {"/static/js/later.js": "hash of js/later.js", "./static/js/ring/b.js": "hash of js/ring/b.js"}}
    </script>
    <link rel="modulepreload" href="/static/js/app.js" integrity="hash of js/app.js">
    <link rel="modulepreload" href="/static/js/ring/a.js">
    <link rel="preload" as="font" type="font/woff2" href="/static/fonts/marks.woff2?v=1" crossorigin>
    <link rel="stylesheet" href="/static/css/app.css" integrity="hash of css/app.css">
    <style>s { background: url("static/img/inline.png") }</style>
    <script src="/static/js/classic.js" defer></script>
    <script type="module" src="/static/js/app.js" integrity="hash of js/app.js"></script>
    <script type="module">import { shared } from "/static/js/shared.js"; import "./static/js/inline.js";</script>
  </head>
  <body>
    <h1>Heading</h1>
    <p>Paragraph <b>✓</b> <i>layered</i> <s>inline</s> <em>shadow</em>
      <u style="background: url(&quot;/static/img/attribute.png&quot;)">attribute</u></p>
    <img alt="" src="/static/img/src.png?a=1&amp;b=2">
    <img alt="" src="/static/img/small.png" srcset="/static/img/one.png 1x, /static/img/two.png 2x">
    <picture>
      <source srcset="/static/img/wide.png 640w,/static/img/wider.png 6400w" sizes="320px"><img alt="">
    </picture>
    <video poster="/static/img/poster.png"></video>
    <svg viewBox="0 0 8 8"><use href="/static/img/sprite.svg#icon"/><image xlink:href="/static/img/xlink.png"/></svg>
    <object data="/static/img/drawing.svg" type="image/svg+xml"></object>
    <template><img alt="" src="/static/img/template.png"></template>
    <script type="module">document.body.append(document.querySelector("template").content);</script>
    <a href="/static/js/app.js">a link</a>
  </body>
</html>
"""
PAGE_FILES: Tree = {
    "js/classic.js": "globalThis.classic = import('./from-classic.js');",
    "js/from-classic.js": "export {};",
    "js/inline.js": "export {};",
    "img/sprite.svg": f'{SVG}<symbol id="icon"><path d="M0 0h8v8z"/></symbol></svg>',
    "img/drawing.svg": f"""{SVG}
        <style>@import "drawing.css";</style><image href="drawn.png"/><image xlink:href="./drawn-too.png"/></svg>""",
    "img/drawing.css": "svg { background: url(drawn-by-style.png) }",
    **{f"img/drawn{suffix}.png": PNG for suffix in ("", "-too", "-by-style")},
    **{f"img/{name}.png": PNG for name in ("inline", "attribute", "src", "small", "one", "two", "wide")},
    **{f"img/{name}.png": PNG for name in ("wider", "poster", "xlink", "template")},
}
# The other candidates of a srcset, and what is only for those that can't read it.
NOT_CHOSEN = {"img/small.png", "img/two.png", "img/wider.png"}

SERVER = """
import os
from servestatic_runtime import ServeStaticASGI

app = ServeStaticASGI(None, os.environ["DIST"])
"""

# Import-map mode: the application makes the page, and a policy that allows no other inline script than the map.
MAPPED: Tree = {
    "js/assets.js": """
        export async function assets() {
          const image = await fetch(import.meta.resolve("./resolved.png"));
          const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
          return `${image.ok} ${await new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); })}`;
        }
    """,
    "js/resolved.png": PNG,
    # Workers have no import map, and this one loads what the page does too.
    "js/worker.js": """
        import { shared } from "./shared.js";
        const { late } = await import("./worker/late.js");
        postMessage(`${late} ${shared}`);
    """,
    "js/worker/late.js": 'import { own } from "./own.js"; export const late = `late-${own}`;',
    "js/worker/own.js": "export const own = 'worker';",
}
MAPPED_FOUND = f"{FOUND} true late-worker shared"
MAPPED_SERVER = '''
import os
from servestatic_runtime import Manifest, ServeStaticASGI

manifest = Manifest.open(os.environ["DIST"])
import_map, csp_hash = manifest.import_map()
preload = "\\n".join(
    f'<link rel="modulepreload" href="{url}" integrity="{integrity}">'
    for url, integrity in manifest.module_preload("js/app.js")
)
page = f"""<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>not loaded</title>
    <script type="importmap">{import_map}</script>
    {preload}
    <link rel="stylesheet" href="{manifest.url("css/app.css")}" integrity="{manifest.integrity("css/app.css")}">
    <script type="module" src="{manifest.url("js/app.js")}" integrity="{manifest.integrity("js/app.js")}"></script>
  </head>
  <body><h1>Heading</h1><p>Paragraph <b>✓</b> <i>layered</i> <em>shadow</em></p></body>
</html>
""".encode()
headers = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", f"default-src 'self'; script-src 'self' {csp_hash}".encode()),
]


async def show(scope, receive, send):
    status = 200 if scope["path"] == "/" else 404
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": page})


app = ServeStaticASGI(show, os.environ["DIST"])
'''


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def visited(browser: Browser, tmp_path: Path, release: Compiled, server: str = SERVER) -> Visit:
    """Serve the release, visit its page, fetch the source maps that a developer's tools would, and return the visit."""
    write_tree(tmp_path, {"browser_server.py": server})
    command = uvicorn("browser_server:app", "--lifespan", "off")
    with running(command, {"DIST": str(release.dist)}, tmp_path) as port:
        visit = browser.visit(f"http://127.0.0.1:{port}/")
        for url in visit.source_maps:
            httpx.get(url).raise_for_status()
    return visit


def path_of(url: str) -> str:
    return unquote(urlsplit(url).path)


def assert_flawless(visit: Visit, release: Compiled, *, without: set[str]) -> None:
    """Check that the browser asked for every file of the release, each module once, and had nothing to complain of."""
    assert visit.problems == []
    names = {asset.url: asset.name for asset in release.manifest if asset.immutable}
    asked = [(session, path_of(url)) for session, url in visit.requests]
    assert {path for _, path in asked if path.startswith("/static/")} <= names.keys()
    loaded = {path for _, path in asked} | {path_of(url) for url in visit.source_maps}
    assert {name for url, name in names.items() if url not in loaded} == without
    modules = Counter(request for request in asked if request[1].endswith((".js", ".json")))
    assert {request for request, count in modules.items() if count > 1} == set()


def compiled(tmp_path: Path, static: Tree, public: Tree, **settings: Any) -> Compiled:
    sources = (
        Source(str(write_tree(tmp_path / "static", static))),
        Source(str(write_tree(tmp_path / "public", public)), "/"),
    )
    release = compile_sources(tmp_path, *sources, codings=("gzip", "br", "zstd"), plain_urls=False, **settings)
    assert release.messages() == []
    return release


def test_a_browser_loads_all_that_a_page_refers_to(browser: Browser, tmp_path: Path) -> None:
    static: Tree = {**MODULES, **STYLES, **REWRITTEN, **PAGE_FILES}
    page = re.sub('hash of ([^"]+)', lambda match: integrity(static[match[1]]), PAGE)
    release = compiled(tmp_path, static, {"index.html": page, "favicon.ico": ICON})
    visit = visited(browser, tmp_path, release)
    assert_flawless(visit, release, without=NOT_CHOSEN)
    assert visit.title == REWRITTEN_FOUND


@pytest.mark.parametrize("modules", ["rewrite", "importmap"])
def test_a_browser_preloads_modules_and_loads_them_by_the_import_map(
    browser: Browser, tmp_path: Path, modules: str
) -> None:
    static: Tree = {**MODULES, **STYLES, **MAPPED}
    imports = {"lit": "vendor/lit/index.js", "three/addons/": "vendor/three/addons/"}
    release = compiled(tmp_path, static, {"favicon.ico": ICON}, modules=modules, imports=imports)
    visit = visited(browser, tmp_path, release, MAPPED_SERVER)
    assert_flawless(visit, release, without=set())
    assert visit.title == MAPPED_FOUND


# A service worker that says which release it is of: its own bytes change when a module's name does.
SERVICE_WORKER: Tree = {
    "js/app.js": """
        const ask = (worker) => new Promise((resolve) => {
          const channel = new MessageChannel();
          channel.port1.onmessage = (event) => resolve(event.data);
          worker.postMessage("", [channel.port2]);
        });
        const installed = (worker) => new Promise((resolve) => {
          worker.onstatechange = () => worker.state === "installing" || resolve(worker);
          worker.onstatechange();
        });

        async function versions() {
          const url = new URL("./sw.js", import.meta.url);
          const registration = await navigator.serviceWorker.register(url, { type: "module", scope: "/" });
          const { controller } = navigator.serviceWorker;
          const before = controller ? await ask(controller) : "none";
          await registration.update();
          const newest = registration.installing ?? registration.waiting ?? registration.active;
          document.title = `${before} ${await ask(await installed(newest))}`;
        }

        globalThis.ready = versions();
    """,
    "js/sw.js": """
        import { version } from "./version.js";
        self.addEventListener("install", () => {});
        self.addEventListener("activate", () => {});
        self.addEventListener("message", (event) => event.ports[0].postMessage(version));
    """,
}
SERVICE_WORKER_PAGE = (
    """<!doctype html><title>not loaded</title><script type="module" src="/static/js/app.js"></script>"""
)


@pytest.mark.parametrize("modules", ["rewrite", "importmap"])
def test_a_browser_that_has_a_service_worker_gets_that_of_the_next_release(
    browser: Browser, tmp_path: Path, modules: str
) -> None:
    def compile_release(version: str) -> Compiled:
        static: Tree = {**SERVICE_WORKER, "js/version.js": f"export const version = '{version}';"}
        return compiled(tmp_path, static, {"index.html": SERVICE_WORKER_PAGE, "favicon.ico": ICON}, modules=modules)

    dist = compile_release("one").dist
    write_tree(tmp_path, {"browser_server.py": SERVER.replace(")\n", ", reload=True)\n")})
    command = uvicorn("browser_server:app", "--lifespan", "off")
    with running(command, {"DIST": str(dist)}, tmp_path) as port, browser.profile() as profile:
        visits = [browser.visit(f"http://127.0.0.1:{port}/", profile)]
        compile_release("two")
        visits.append(browser.visit(f"http://127.0.0.1:{port}/", profile))
    assert [(visit.title, visit.problems) for visit in visits] == [("none one", []), ("one two", [])]


def test_a_browser_runs_what_a_page_s_own_policy_names_by_its_hash(browser: Browser, tmp_path: Path) -> None:
    script = 'import { name } from "/static/a.js"; document.title = name;'
    style = 'b { background: url("/static/a.png") }'
    hashes = " ".join(f"'{integrity(text, 'sha256')}'" for text in (script, style))
    page = f"""<!doctype html><meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'self' {hashes}">
        <title>not loaded</title><style>{style}</style><b>b</b><script type="module">{script}</script>"""
    static: Tree = {"a.js": "export const name = 'loaded';", "a.png": PNG}
    release = compiled(tmp_path, static, {"index.html": page, "favicon.ico": ICON})
    visit = visited(browser, tmp_path, release)
    assert_flawless(visit, release, without=set())
    assert visit.title == "loaded"


def test_a_browser_s_complaints_are_seen(browser: Browser, tmp_path: Path) -> None:
    page = """<!doctype html><title>poor</title><img alt="" src="/static/not-there.png">
        <script>console.warn("careful"); throw new Error("oops");</script>
        <script type="module">import "/static/not-there.js";</script>"""
    release = compile_tree(tmp_path, {"index.html": page, "favicon.ico": ICON}, prefix="/", missing="ignore")
    visit = visited(browser, tmp_path, release)
    told = "\n".join(visit.problems)
    for problem in ("careful", "oops", "/static/not-there.png", "/static/not-there.js"):
        assert problem in told
