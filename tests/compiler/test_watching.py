"""--watch: processes beneath which files change, and what a server of their DIST with ``reload`` answers then."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from watchfiles import watch as watch_files

from servestatic_build import ConfigError
from servestatic_build.cli import main
from servestatic_build.watching import bursts
from servestatic_runtime import Manifest
from support.clients import WSGIClient
from support.processes import PATIENCE_SECONDS, eventually
from support.trees import Tree, write_tree

TREE: Tree = {"app.css": "a { background: url(a.png) }", "a.png": "first", "long.css": "b { color: red }\n" * 40}
RED, BLUE = "a { color: red }", "a { color: blue }"


class Watching:
    """A process that watches, and a server of what it publishes."""

    def __init__(self, project: Path, process: subprocess.Popen[bytes]) -> None:
        self.project = project
        self.process = process
        assert eventually((project / "dist/manifest.msgpack").exists), self.stderr()
        self._server = WSGIClient(project / "dist", reload=True)

    def write(self, name: str, text: str) -> None:
        """Write a file as most editors do: aside, then renamed."""
        aside = self.project / f"{name}~"
        aside.write_text(text)
        aside.rename(self.project / name)

    def serves(self, name: str, text: str | None) -> bool:
        """Wait until a file is served with this text, or no more (None), and return whether that came."""
        return eventually(lambda: self._served(name) == text)

    def url(self, name: str) -> str:
        return Manifest.open(self.project / "dist").url(name)

    def says(self, text: str) -> bool:
        """Wait until a text stands on stderr and return whether that came."""
        return eventually(lambda: text in self.stderr())

    def stderr(self) -> str:
        return (self.project / "stderr").read_text()

    def interrupt(self) -> int:
        """Press Ctrl-C and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_SECONDS)

    def _served(self, name: str) -> str | None:
        answer = self._server.get(f"/static/{name}")
        return answer.body.decode() if answer.status == 200 else None


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_tree(tmp_path / "src", TREE)
    return tmp_path


@pytest.fixture
def watch(project: Path) -> Iterator[Callable[..., Watching]]:
    """Start ``servestatic-build SOURCE --watch`` in the project; behind the test it is killed."""
    with ExitStack() as stack:

        def start(*options: str, sources: Sequence[str] = ("src",)) -> Watching:
            stderr = stack.enter_context((project / "stderr").open("wb"))
            command = [sys.executable, "-m", "servestatic_build", *sources, "--watch", *options]
            process = subprocess.Popen(command, cwd=project, stdin=subprocess.DEVNULL, stderr=stderr)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return Watching(project, process)

        yield start


def test_changes_are_served_under_the_urls_of_production(watch: Callable[..., Watching]) -> None:
    watching = watch()
    before = watching.url("app.css")
    watching.write("src/a.png", "second")
    assert watching.serves("a.png", "second")
    assert eventually(lambda: watching.url("app.css") != before), "what names the file gets a new name, too"
    watching.write("src/new.css", RED)
    assert watching.serves("new.css", RED)
    (watching.project / "src/new.css").unlink()
    assert watching.serves("new.css", None)
    write_tree(watching.project / "src/below", {"deep/new.css": RED})
    assert watching.serves("below/deep/new.css", RED)
    watching.write("src/below/deep/new.css", BLUE)
    assert watching.serves("below/deep/new.css", BLUE), "a new directory is watched, too"


def test_an_error_is_told_and_the_next_change_compiled(watch: Callable[..., Watching]) -> None:
    watching = watch("--strict")
    (watching.project / "src/a.png").unlink()
    assert watching.says("error: ")
    assert watching.serves("a.png", "first"), "DIST is as it was"
    watching.write("src/a.png", "second")
    assert watching.serves("a.png", "second")


def test_a_change_of_the_settings_is_followed_and_an_error_in_them_survived(
    watch: Callable[..., Watching], project: Path
) -> None:
    settings = project / "pyproject.toml"
    watching = watch()
    settings.write_text("[tool.servestatic-build]\nignore = ['long.css']")
    assert watching.serves("long.css", None)
    settings.write_text("[tool.servestatic-build]\nignore = ['long.css'")
    assert watching.says("this is not TOML")
    settings.write_text("[tool.servestatic-build]\nplain = ['a.png']")
    assert eventually(lambda: watching.url("a.png") == "/static/a.png")
    settings.unlink()
    assert eventually(lambda: watching.url("a.png") != "/static/a.png")


def test_settings_can_name_another_source(watch: Callable[..., Watching], project: Path) -> None:
    write_tree(project / "other", {"b.css": RED})
    settings = project / "settings.toml"
    settings.write_text("sources = ['src']")
    watching = watch("--config", "settings.toml", sources=())
    settings.write_text("sources = ['src', 'other']")
    assert watching.serves("b.css", RED)
    watching.write("other/b.css", BLUE)
    assert watching.serves("b.css", BLUE)


def test_a_source_is_a_link_that_is_watched_and_led_elsewhere(watch: Callable[..., Watching], project: Path) -> None:
    (project / "link").symlink_to("src")
    watching = watch(sources=["link"])
    watching.write("src/new.css", RED)
    assert watching.serves("new.css", RED)
    write_tree(project / "release 2", {"new.css": BLUE})
    (project / "link 2").symlink_to("release 2")
    (project / "link 2").rename(project / "link")
    assert watching.serves("new.css", BLUE)
    watching.write("release 2/new.css", RED)
    assert watching.serves("new.css", RED)


def test_a_source_that_is_replaced_as_a_whole_is_watched_on(watch: Callable[..., Watching], project: Path) -> None:
    watching = watch()
    (project / "src").rename(project / "old")
    assert watching.says("this source is not a directory")
    write_tree(project / "src", {"new.css": RED})
    assert watching.serves("new.css", RED)
    watching.write("src/new.css", BLUE)
    assert watching.serves("new.css", BLUE)


@pytest.mark.parametrize(
    ("options", "codings"),
    [
        pytest.param([], ["identity"], id="none by default"),
        pytest.param(["--codings=gzip"], ["identity", "gzip"], id="those of the command line"),
        pytest.param(["--config=settings.toml"], ["identity", "br"], id="those of the settings"),
    ],
)
def test_codings_are_made_if_they_are_asked_for(
    watch: Callable[..., Watching], project: Path, options: list[str], codings: list[str]
) -> None:
    (project / "settings.toml").write_text("codings = ['br']")
    watch(*options)
    variants = Manifest.open(project / "dist").asset("long.css").variants
    assert [variant.coding for variant in variants] == codings


def test_ctrl_c_ends_it_without_a_trace(watch: Callable[..., Watching]) -> None:
    watching = watch()
    assert watching.says("is compiled")
    assert watching.interrupt() == 0
    assert "Traceback" not in watching.stderr()
    assert not [name for name in os.listdir(watching.project / "dist") if name.startswith(".")]


def test_many_changes_are_few_bursts_and_none_is_lost_while_the_caller_is_busy(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []

    def noted(*directories: str, **options: Any) -> Iterator[set[Any]]:
        for changes in watch_files(*directories, **options):
            seen.append({os.path.basename(path) for _, path in changes})
            yield changes

    monkeypatch.setattr("watchfiles.watch", noted)
    builds = bursts(lambda: [str(project / "src")])
    next(builds)
    written = {f"{number}.css" for number in range(500)}
    for name in written:
        (project / "src" / name).write_text(RED)
    while not written <= set().union(*seen):
        next(builds)
    assert len([names for names in seen if names]) < 50


def test_what_watches_is_an_extra(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(ConfigError, match="watchfiles") as raised:
        next(bursts(lambda: [str(project / "src")]))
    assert raised.value.hint == 'pip install "servestatic-build[build,watch]"'


def test_a_check_can_t_watch(project: Path) -> None:
    done = CliRunner().invoke(main, [str(project / "src"), "--watch", "--check"], catch_exceptions=False)
    assert done.exit_code == 2
    assert "--check writes nothing" in done.output
