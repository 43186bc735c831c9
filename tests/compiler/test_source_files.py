"""Sources that become something else while they are compiled: never waited for, never followed, always said."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from servestatic_build import Config, Source, build
from servestatic_build.places import places
from support.trees import Tree, compile_tree, write_tree

TREE: Tree = {
    "page.html": '<link rel=stylesheet href=a.css integrity="sha256-x">',
    "a.css": "a{b:url(a.png)}",
    "a.png": "",
}


def to_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def to_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def to_link(path: Path) -> None:
    outside = path.parent.parent / "outside"
    path.rename(outside)  # the same bytes
    path.symlink_to(outside)


class Change:
    """Changes a file when a stage begins."""

    def __init__(self, stage: str, change: Callable[[], object]) -> None:
        self._stage, self._change = stage, change

    def stage(self, name: str, _steps: int) -> Callable[[], None]:
        if name == self._stage:
            self._change()
        return lambda: None


@pytest.mark.parametrize(
    ("change", "becomes"),
    [
        pytest.param(to_pipe, "a pipe or a device", id="pipe"),
        pytest.param(to_directory, "a directory", id="directory"),
        pytest.param(to_link, "a link", id="link to the outside"),
    ],
)
@pytest.mark.parametrize(
    ("name", "stage"),
    [
        pytest.param("a.css", "link", id="before its references are read"),
        pytest.param("a.css", "fingerprint", id="before they are rewritten"),
        pytest.param("a.png", "fingerprint", id="before it is copied"),
    ],
)
def test_a_file_that_becomes_something_else_is_an_error(
    tmp_path: Path, change: Callable[[Path], None], becomes: str, name: str, stage: str
) -> None:
    path = write_tree(tmp_path / "src", TREE) / name
    config = Config(sources=(Source(str(tmp_path / "src")),), out=str(tmp_path / "dist"), codings=())
    result = build(config, Change(stage, lambda: change(path)))
    (error,) = (each for each in result.diagnostics if each.severity == "error")
    assert (error.code, error.name) == ("file-changed", str(path))
    assert error.message == f"this file became {becomes} during the build"
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize("change", [to_pipe, to_directory, to_link, Path.unlink])
def test_a_place_in_what_is_no_file_any_more_has_no_line(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = write_tree(tmp_path / "src", TREE) / "a.css"
    assert places(str(path), [3]) == {3: (1, 4)}
    change(path)
    assert places(str(path), [3]) == {}


def test_a_link_that_was_one_before_is_followed_to_where_it_led_then(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "src", {"a.css": "a", "lib/b.css": "b"})
    (source / "b.css").symlink_to("lib/b.css")
    (source / "more").symlink_to("lib")
    compiled = compile_tree(tmp_path, {})
    assert {name: compiled.read(name) for name in ("b.css", "more/b.css")} == {"b.css": b"b", "more/b.css": b"b"}
