"""A single-page application that Vite has built, behind an API of FastAPI's, as the documents say; and FastAPI's own frontend()."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from servestatic_build.cli import main
from servestatic_runtime import ServeStaticASGI
from support.commands import run_command
from support.required import program
from support.trees import Tree, write_tree

pytestmark = pytest.mark.slow

FRONTEND: Tree = {
    "package.json": '{"name": "frontend", "private": true, "type": "module"}',
    "vite.config.js": "export default { build: { manifest: true, assetsInlineLimit: 0 } }",
    "index.html": """<!doctype html>
<html><head><link rel="icon" href="/icon.svg"><script type="module" src="/src/main.js"></script></head><body></body></html>
""",
    "public/icon.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
    "src/main.js": 'import "./main.css"; import logo from "./logo.png"; console.log(logo); import("./later.js")',
    "src/later.js": 'import "./later.css"; export const later = 1',
    "src/main.css": "body { background: url(./logo.png) }",
    "src/later.css": "a { color: red }",
    "src/logo.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
}
NAVIGATION = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
CONFIGURATION = (
    '[tool.servestatic-build]\nsources = ["/=frontend/dist"]\nspa = ["/=index.html"]\ncodings = ["gzip", "br"]\n'
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a project whose frontend Vite has built and we have compiled."""
    for name in ("node", "npm"):
        program("ORACLES", name)
    root = tmp_path_factory.mktemp("project")
    frontend = write_tree(root / "frontend", FRONTEND)
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "vite@8.3.8"]
    for command in (install, [str(frontend / "node_modules/.bin/vite"), "build"]):
        done = subprocess.run(command, cwd=frontend, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    write_tree(root, {"pyproject.toml": CONFIGURATION})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        done_compiling = run_command(main, "-o", "dist", "--no-cache", "--quiet")
    assert (done_compiling.exit_code, done_compiling.stderr) == (0, "")
    return root


def api() -> FastAPI:
    app = FastAPI()

    @app.get("/api/users/{number}")
    def user(number: int) -> dict[str, int]:
        return {"number": number}

    return app


def fetch(app: Any, url: str, **fields: str) -> httpx.Response:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(url, headers={"accept-encoding": "br", **fields})

    return asyncio.run(get())


def files_of(project: Path) -> list[str]:
    """Return the URLs of all that Vite has written, but for the page and what is hidden."""
    built = project / "frontend/dist"
    paths = [path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file()]
    return sorted(f"/{path}" for path in paths if path != "index.html" and not path.startswith("."))


def test_every_file_of_the_build_is_served_and_what_vite_has_hashed_is_immutable(project: Path) -> None:
    app = ServeStaticASGI(api(), project / "dist")
    files = files_of(project)
    assert len(files) == 6
    immutable = set()
    for url in files:
        answer = fetch(app, url)
        assert answer.status_code == 200
        if "immutable" in answer.headers["cache-control"]:
            immutable.add(url)
    assert immutable == {url for url in files if url.startswith("/assets/")}


def test_deep_links_lead_to_the_page_and_the_api_stays_itself(project: Path) -> None:
    app = ServeStaticASGI(api(), project / "dist")
    page = fetch(app, "/users/7", **NAVIGATION)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache")
    assert page.text == fetch(app, "/", **NAVIGATION).text
    linked = re.findall(r'(?:src|href)="(/[^"]*)"', page.text)
    assert len(linked) == 3
    assert [fetch(app, url).status_code for url in linked] == [200] * 3
    assert fetch(app, "/api/users/7", **NAVIGATION).json() == {"number": 7}
    assert fetch(app, "/assets/gone-Bx2kqLw9.js", accept="*/*").status_code == 404


def test_without_a_release_the_settings_of_the_build_serve_the_same_page(project: Path, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        app = ServeStaticASGI(api(), tmp_path / "dist", sources="pyproject.toml")
    assert fetch(app, "/users/7", **NAVIGATION).text == (project / "frontend/dist/index.html").read_text()
    assert [fetch(app, url).status_code for url in files_of(project)] == [200] * 6


def test_fastapi_s_own_frontend_sends_deep_links_too_and_caches_and_compresses_nothing(project: Path) -> None:
    app = api()
    app.frontend("/", directory=project / "frontend/dist")
    assert fetch(app, "/users/7", **NAVIGATION).text == (project / "frontend/dist/index.html").read_text()
    for url in files_of(project):
        answer = fetch(app, url)
        assert answer.status_code == 200
        assert "cache-control" not in answer.headers
        assert "content-encoding" not in answer.headers


def test_around_fastapi_s_frontend_ours_answers_what_is_compiled(project: Path) -> None:
    inner = api()
    inner.frontend("/", directory=project / "frontend/dist")
    app = ServeStaticASGI(inner, project / "dist")
    assert all("cache-control" in fetch(app, url).headers for url in files_of(project))
    assert "cache-control" not in fetch(app, "/users/7", **NAVIGATION).headers  # which is frontend()'s answer
    assert fetch(app, "/api/users/7").json() == {"number": 7}
