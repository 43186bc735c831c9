"""A Flask application under gunicorn and a FastAPI application under uvicorn, compiled, started, and seen by a browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from servestatic_runtime import Manifest
from support.browser import Browser, chromium
from support.servers import gunicorn, running, uvicorn
from support.trees import Tree, write_tree

pytestmark = pytest.mark.slow

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000a49444154789c63000100000500010d0a2db40000000049454e44ae426082"
)
PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>not loaded</title>
    {{ import_map() }}
    {{ module_preload("js/app.js") }}
    {{ asset_style("css/app.css") }}
    {{ asset_script("js/app.js", type="module") }}
    <link rel="icon" href="LINK">
  </head>
  <body><h1>Heading</h1><img alt="" src="LINK"></body>
</html>
"""
TREE: Tree = {
    "static/css/app.css": '@import "base.css";\nh1 { background: url(../img/dot.png) }\n',
    "static/css/base.css": "h1 { color: rgb(1, 2, 3) }\n",
    "static/img/dot.png": PNG,
    "static/img/icon.png": PNG,
    "static/js/app.js": """
        import { greeting } from "./view.js";
        import { name } from "library";
        const color = getComputedStyle(document.querySelector("h1")).color;
        globalThis.ready = Promise.resolve().then(() => { document.title = `${greeting} ${name} ${color}`; });
    """,
    "static/js/view.js": 'export const greeting = "Hello";\n',
    "static/vendor/library.js": 'export const name = "library";\n',
    "pyproject.toml": """
        [tool.servestatic-build]
        sources = ["static"]
        effort = "fast"
        modules = "importmap"
        plain-urls = false
        imports = { library = "vendor/library.js" }
    """,
}
# No inline script but the import map may run, and that by its nonce.
POLICY = "default-src 'self'; script-src 'self' 'nonce-abc'"

FLASK = f"""
from flask import Flask, render_template
from servestatic_runtime.flask import ServeStatic


def create_app():
    app = Flask(__name__)
    ServeStatic(app)

    @app.get("/")
    def page():
        return render_template("page.html", csp_nonce="abc"), {{"Content-Security-Policy": "{POLICY}"}}

    return app
"""
FASTAPI = f"""
from fastapi import FastAPI, Request
from fastapi.templating import Jinja2Templates
from servestatic_runtime.jinja import ServeStaticExtension
from servestatic_runtime.starlette import ServeStaticMount

static = ServeStaticMount("dist")
app = FastAPI()
app.router.routes.append(static)
templates = Jinja2Templates("templates")
templates.env.add_extension(ServeStaticExtension)
templates.env.extend(servestatic=static.manifest)


@app.get("/")
def page(request: Request):
    headers = {{"Content-Security-Policy": "{POLICY}"}}
    return templates.TemplateResponse(request, "page.html", {{"csp_nonce": "abc"}}, headers=headers)
"""
LINKS = {
    "flask": '{{ url_for("static", filename="img/icon.png") }}',
    "fastapi": '{{ url_for("static", path="img/icon.png") }}',
}
COMPILE = {"flask": ["flask", "--app", "example", "compile-static"], "fastapi": ["servestatic-build"]}
SERVE = {"flask": gunicorn("example:create_app()"), "fastapi": uvicorn("example:app")}
CODE = {"flask": FLASK, "fastapi": FASTAPI}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(params=["flask", "fastapi"])
def framework(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def port(framework: str, tmp_path: Path) -> Iterator[int]:
    """An application, compiled as its users would, and started."""
    page = PAGE.replace("LINK", LINKS[framework])
    write_tree(tmp_path, {**TREE, "example.py": CODE[framework], "templates/page.html": page})
    command, *arguments = COMPILE[framework]
    done = subprocess.run(
        [Path(sys.executable).with_name(command), *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "warning:" in done.stderr) == (0, False), done.stderr
    with running(SERVE[framework], cwd=tmp_path) as port:
        yield port


def test_a_browser_loads_the_page_and_all_its_files_and_has_nothing_to_complain_of(
    browser: Browser, port: int, tmp_path: Path
) -> None:
    visit = browser.visit(f"http://127.0.0.1:{port}/")
    assert visit.problems == []
    assert visit.title == "Hello library rgb(1, 2, 3)"
    asked = {urlsplit(url).path for _, url in visit.requests}
    assert asked == {"/", *(asset.url for asset in Manifest.open(tmp_path / "dist"))}


def test_files_are_immutable_and_pages_are_the_application_s(port: int, tmp_path: Path) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"accept-encoding": "br"}) as client:
        for asset in Manifest.open(tmp_path / "dist"):
            answer = client.get(asset.url)
            assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True)
            again = client.get(asset.url, headers={"if-none-match": answer.headers["etag"]})
            assert again.status_code == 304
        assert client.get("/").headers["content-security-policy"] == POLICY
        assert client.get("/static/no.css").status_code == 404
