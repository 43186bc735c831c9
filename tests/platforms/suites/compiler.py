"""The compiler on a system without POSIX: it builds, checks, prunes and publishes under a server, by every command.

``test_without_posix`` runs it; on Windows itself ``make test`` does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import django
import flask
import pytest
from click.testing import CliRunner
from django.conf import settings

from servestatic_build import cli, platform_files
from servestatic_build.store.locks import locked
from servestatic_build.store.prune import prune
from servestatic_runtime import Manifest
from servestatic_runtime.flask import ServeStatic
from servestatic_runtime.platform_files import IS_WINDOWS
from support.clients import ASGIClient, Kind, WSGIClient
from support.django_projects import QUICK, project, run
from support.releases import release, snapshot
from support.trees import FORGETTING, Tree, compile_tree, write_tree

TREE: Tree = {
    "css/app.css": "a{background:url(../img/a.png)}" * 20,
    "img/a.png": "png",
    "js/app.js": 'import "./b.js"',
    "js/b.js": "",
    "build/.vite/manifest.json": '{"main.js": {"file": "main-BX3kq2Zc.js", "src": "main.js"}}',
    "build/main-BX3kq2Zc.js": "",
}
NAMES = {name for name in TREE if ".vite" not in name}
LEFT = ["files", "manifest.msgpack"]
KEPT = ".servestatic-build.releases"

if not settings.configured:
    settings.configure(
        SECRET_KEY="x" * 50,
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=["servestatic_runtime.django", "django.contrib.staticfiles"],
        STATIC_URL="static/",
    )
    django.setup()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "src", TREE)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    return tmp_path / "some/new/dist"


def servestatic_build(source: Path, dist: Path, *options: str) -> int:
    return CliRunner().invoke(cli.main, [str(source), "-o", str(dist), "--effort", "fast", *options]).exit_code


def test_a_build_a_check_and_a_second_build(source: Path, dist: Path) -> None:
    assert servestatic_build(source, dist, "--check") == 1
    assert not dist.exists()
    assert servestatic_build(source, dist) == 0
    assert set(release(dist)) == NAMES
    before = snapshot(dist)
    assert servestatic_build(source, dist, "--check") == 0
    assert servestatic_build(source, dist) == 0
    assert snapshot(dist) == before
    assert sorted(os.listdir(dist)) == LEFT


@pytest.mark.parametrize("kind", [WSGIClient, ASGIClient], ids=["WSGI", "ASGI"])
def test_a_release_is_published_while_the_last_one_is_served(tmp_path: Path, kind: Kind) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    client = kind(dist, reload=True)
    assert client.get("/static/img/a.png").body == b"png"
    assert compile_tree(tmp_path, {**TREE, "img/a.png": "new"}).result.ok
    assert client.get("/static/img/a.png").body == b"new"


def test_a_manifest_that_cannot_be_replaced_is_an_error_that_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform_files, "_PAUSES", (0.0, 0.0))
    dist = compile_tree(tmp_path, TREE).dist
    before = snapshot(dist)
    with open(dist / "manifest.msgpack", "rb"):
        compiled = compile_tree(tmp_path, {**TREE, "img/a.png": "new"})
    if not IS_WINDOWS:
        assert compiled.result.ok
        return
    (message,) = compiled.messages()
    assert message.startswith(f"error {dist / 'manifest.msgpack'}: ")
    assert message.endswith("(is it open in another process?)")
    assert snapshot(dist) == before


def test_what_no_kept_release_needs_is_pruned(tmp_path: Path) -> None:
    compile_tree(tmp_path, TREE)
    dist = compile_tree(tmp_path, {**TREE, "img/a.png": "new"}, **FORGETTING).dist
    write_tree(dist, {".servestatic-build-dead/0": "", ".servestatic-build-dead.lock": ""})
    assert prune(str(dist), grace_minutes=0)
    assert set(release(dist)) == NAMES
    assert sorted(os.listdir(dist)) == LEFT


BUILD = """
import os, sys

if name := os.environ.get("WITHOUT_POSIX"):
    from support.without_posix import PLATFORMS, become

    become(PLATFORMS[name])
from servestatic_build import Config, Source, build
from servestatic_build.store.prune import prune

for _ in range(3):
    result = build(Config(sources=(Source(sys.argv[1]),), out=sys.argv[2], codings=()))
    assert result.ok, result.diagnostics
    prune(sys.argv[2])
"""


def test_two_builds_at_once(tmp_path: Path, dist: Path) -> None:
    sources = [write_tree(tmp_path / f"src{number}", {**TREE, "js/b.js": str(number)}) for number in range(2)]
    commands = ([sys.executable, "-c", BUILD, str(source), str(dist)] for source in sources)
    builds = [subprocess.Popen(command) for command in commands]
    assert [build.wait() for build in builds] == [0, 0]
    assert set(release(dist)) == NAMES
    assert sorted(os.listdir(dist)) == [KEPT, *LEFT]


def test_a_lock_that_is_held_is_not_got(tmp_path: Path) -> None:
    with locked(str(tmp_path / "a")), pytest.raises(BlockingIOError), locked(str(tmp_path / "a"), wait=False):
        pass
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("command", ["collectstatic", "compilestatic"])
def test_django_s_commands(source: Path, dist: Path, command: str) -> None:
    with project(dist, STATICFILES_DIRS=[source], SERVESTATIC=QUICK) as storage:
        run(command)
        (source / "js/b.js").write_text("new")
        assert "2 files of earlier releases are deleted" in run(command, "--clear").stdout
        assert storage.url("css/app.css").startswith("/static/css/app.")
        assert "is up to date" in run(command).stdout
    assert set(release(dist)) == NAMES
    listed = {variant.file for asset in Manifest.open(dist) for variant in asset.variants}
    assert set(snapshot(dist)) == {".servestatic-build.files", "manifest.msgpack", *NAMES, *listed}


def test_flask_s_command(tmp_path: Path) -> None:
    write_tree(tmp_path / "static", TREE)
    app = flask.Flask("shop", root_path=str(tmp_path))
    app.testing = True
    ServeStatic(app)
    for options in ([], ["--check"]):
        assert app.test_cli_runner().invoke(args=["compile-static", *options]).exit_code == 0
    assert set(release(tmp_path / "dist")) == NAMES
