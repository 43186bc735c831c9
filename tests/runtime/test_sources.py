"""Development without a build: while there is no release, sources are served as they lie."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from servestatic_build import Source
from servestatic_runtime import ManifestError
from support.clients import Kind
from support.trees import compile_sources, write_tree

TREE = {
    "static/css/app.css": "a{}",
    "static/docs/index.html": "docs",
    "static/.hidden": "secret",
    "more/css/app.css": "b{}",
    "public/robots.txt": "all",
    "secret.txt": "secret",
}
SOURCES = ["static", "/=public"]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write_tree(tmp_path, TREE))
    (tmp_path / "static/out.txt").symlink_to(tmp_path / "secret.txt")
    return tmp_path


@pytest.mark.usefixtures("root")
def test_files_are_served_as_they_are_now(kind: Kind, root: Path) -> None:
    client = kind("dist", sources=SOURCES)
    for content in ("a{}", "changed{}", ""):
        (root / "static/css/app.css").write_text(content)
        answer = client.get("/static/css/app.css")
        assert (answer.status, answer.body.decode()) == (200, content)
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert client.get("/static/css/app.css", if_none_match=answer.headers["etag"]).status == 304
    assert client.get("/robots.txt").body == b"all"
    assert client.get("/static/docs/").body == b"docs"
    assert client.get("/static/docs").status == 301
    (root / "static/new.txt").write_text("new")
    assert client.get("/static/new.txt").body == b"new"


@pytest.mark.usefixtures("root")
def test_of_two_sources_the_later_one_counts(kind: Kind) -> None:
    assert kind("dist", sources=["static", "more"]).get("/static/css/app.css").body == b"b{}"
    assert kind("dist", sources=["more", "static"]).get("/static/css/app.css").body == b"a{}"


@pytest.mark.parametrize(
    "path", ["/static/.hidden", "/static/../secret.txt", "/static/out.txt", "/static//secret.txt", "/static/\0"]
)
@pytest.mark.usefixtures("root")
def test_nothing_but_what_a_build_would_publish_is_served(kind: Kind, path: str) -> None:
    answer = kind("dist", sources=SOURCES).get(path)
    assert answer.status == 404
    assert answer.body.splitlines()[:1] != [b"secret"]


def test_a_404_says_where_the_file_was_looked_for(kind: Kind, root: Path) -> None:
    answer = kind("dist", sources=["static", "more"]).get("/static/js/nothing.js")
    assert (answer.status, answer.headers["cache-control"]) == (404, "no-store")
    places = [f"{root}/more/js/nothing.js", f"{root}/static/js/nothing.js"]
    assert answer.body.decode().splitlines()[1:] == [f"  {place}" for place in places]
    assert kind("dist", sources=SOURCES).get("/nothing").body == b"404 Not Found\n"  # which an application may have


@pytest.mark.usefixtures("root")
def test_without_a_release_an_application_starts_and_files_are_answered_with_what_to_run(
    kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    client = kind("dist")
    (warning,) = caplog.records
    assert warning.levelname == "WARNING"
    assert "compile with: servestatic-build" in warning.getMessage()
    for mount in ("", "/app"):
        answer = client.request("GET", f"{mount}/static/css/app.css", mount=mount)
        assert (answer.status, answer.headers["cache-control"]) == (503, "no-store")
        assert "compile with: servestatic-build" in answer.body.decode()
    assert os.fspath(Path.cwd()) not in answer.body.decode()
    assert client.get("/nothing").body == b"404 Not Found\n"
    assert client.app.assets().url("css/app.css") == "/static/css/app.css"


def test_once_there_is_a_release_a_server_that_started_without_one_has_it(kind: Kind, root: Path) -> None:
    client = kind("dist")
    release = compile_sources(root, Source("static"))
    assert client.get(release.url("css/app.css")).status == 503  # which has it look
    assert client.get(release.url("css/app.css")).body == b"a{}"
    assert client.app.assets().url("css/app.css") == release.url("css/app.css")


@pytest.mark.parametrize("sources", [[], ["static"]])
def test_a_strict_application_does_not_start_without_a_release(kind: Kind, sources: list[str]) -> None:
    with pytest.raises(ManifestError, match="compile with: servestatic-build"):
        kind("dist", sources=sources, strict=True)


SETTINGS = """
[tool.servestatic-build]
sources = ["static", "/=public"]
prefix = "/assets/"
index = ""
spa = ["/=index.html"]
types = { ".txt" = "text/x-notes" }
headers-hook = "hooks_of_sources:adjust"

[[tool.servestatic-build.headers]]
for = "css/*"
set = { "X-Kind" = "style" }
"""
HOOK = """
def adjust(headers, path, url):
    headers["X-URL"] = url
"""


def test_a_settings_file_says_what_a_build_would_do(kind: Kind, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(root)
    files = {"pyproject.toml": SETTINGS, "hooks_of_sources.py": HOOK, "public/index.html": "page"}
    write_tree(root, files)
    client = kind("dist", sources="pyproject.toml")
    assert client.app.assets().url("css/app.css") == "/assets/css/app.css"
    headers = client.get("/assets/css/app.css").headers
    assert (headers["x-kind"], headers["x-url"]) == ("style", "/assets/css/app.css")
    assert "x-kind" not in client.get("/robots.txt").headers
    assert client.get("/robots.txt").headers["content-type"] == "text/x-notes; charset=utf-8"
    assert client.get("/users/7", accept="text/html").body == b"page"
    assert client.get("/assets/docs/").status == 404
    assert client.get("/static/css/app.css").status == 404


def test_without_a_compiler_to_read_them_settings_are_no_error(
    kind: Kind, root: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write_tree(root, {"pyproject.toml": SETTINGS})
    monkeypatch.setitem(sys.modules, "servestatic_build.settings.files", None)
    assert kind("dist", sources="pyproject.toml").get("/static/css/app.css").status == 503
    assert "The settings in pyproject.toml are not read" in caplog.text


def test_links_lead_to_the_sources_until_there_is_a_release(kind: Kind, root: Path) -> None:
    client: Any = kind("dist", sources=SOURCES, reload=True)
    assert client.app.assets().url("css/app.css") == "/static/css/app.css"
    release = compile_sources(root, Source("static"))
    assert client.get(release.url("css/app.css")).status == 200
    assert client.app.assets().url("css/app.css") == release.url("css/app.css")
    assert client.app.manifest.path == os.path.realpath("dist/manifest.msgpack")


def test_a_damaged_release_is_an_error_all_the_same(kind: Kind, root: Path) -> None:
    write_tree(root, {"dist/manifest.msgpack": "x" * 4000})
    with pytest.raises(ManifestError, match="does not begin like a manifest"):
        kind("dist", sources=SOURCES)
