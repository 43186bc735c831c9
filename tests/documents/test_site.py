"""The documents as a site: built without a warning, compiled by ourselves, and read in a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from servestatic_build import Source
from support.browser import Browser, chromium
from support.documents import ROOT, pages
from support.servers import running, uvicorn
from support.trees import Compiled, compile_sources

pytestmark = pytest.mark.slow

SERVER = """
import os
from servestatic_runtime import ServeStaticASGI

app = ServeStaticASGI(None, os.environ["DIST"])
"""

# What a reader types, and the titles of the pages that the search then shows.
SEARCH = """
globalThis.ready = new Promise((resolve) => {
  addEventListener("load", () => {
    const field = document.querySelector("input[data-md-component=search-query]");
    const found = document.querySelector("[data-md-component=search-result]");
    new MutationObserver(() => {
      const titles = [...found.querySelectorAll("article h1")].map((title) => title.textContent);
      if (titles.length) { document.title = titles.join("; "); resolve(); }
    }).observe(found, {childList: true, subtree: true});
    document.querySelector("[data-md-toggle=search]").checked = true;
    field.focus();
    field.value = "fingerprint";
    field.dispatchEvent(new Event("keyup", {bubbles: true}));
    field.dispatchEvent(new Event("input", {bubbles: true}));
  });
});
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    directory = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--config-file",
        ".mkdocs.yml",
        "--strict",
        "--quiet",
        "--site-dir",
        str(directory / "site"),
    ]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    source = Source(str(directory / "site"), "/")
    return compile_sources(directory, source, codings=("gzip",), fingerprint=["assets/"])


@pytest.fixture(scope="module")
def base(site: Compiled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("server")
    (directory / "site_server.py").write_text(SERVER)
    with running(uvicorn("site_server:app"), {"DIST": str(site.dist)}, directory) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def test_the_site_compiles_without_a_warning(site: Compiled) -> None:
    assert site.messages() == []


def test_every_page_is_in_the_site(site: Compiled) -> None:
    names = {asset.name for asset in site.manifest}
    paths = {page.relative_to(ROOT / "docs").with_suffix("").as_posix() for page in pages()}
    assert {f"/{path.removesuffix('index').rstrip('/')}/index.html".replace("//", "/") for path in paths} <= names


@pytest.mark.parametrize("path", ["/", "/start/flask/", "/reference/settings/", "/reference/python-signatures/"])
def test_a_page_loads_whole_and_without_a_word_in_the_console(browser: Browser, base: str, path: str) -> None:
    visit = browser.visit(base + path)
    assert visit.problems == []
    assert {request.url.startswith((base, "data:", "blob:")) for request in visit.requests} == {True}
    assert "servestatic-build" in visit.title


def test_the_search_finds_a_page(browser: Browser, base: str) -> None:
    visit = browser.visit(f"{base}/", script=SEARCH)
    assert visit.problems == []
    assert "Glossary" in visit.title
