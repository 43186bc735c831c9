"""A scan of which somebody knows what has changed finds what a walk finds, and walks only where a file may have come or gone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from servestatic_build import Config, Source
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.sources import rescan
from servestatic_build.sources.scan import Scan, scan
from support.trees import Tree, write_tree

TREE: Tree = {"a.css": "a {}", "b/c.js": "f()", "b/data.json": "{}", ".hidden": "", "jquery-3.7.1.min.js": "g()"}


def write(root: Path, **files: str) -> list[str]:
    for name, text in files.items():
        (root / name).write_text(text)
    return [str(root / name) for name in files]


def _edit(root: Path) -> list[str]:
    return [*write(root / "b", **{"c.js": "longer()"}), *write(root, **{"a.css": "a { color: red }"})]


def _rename_over(root: Path) -> list[str]:
    (root / "a.css~").write_text("a { color: red }")
    (root / "a.css~").rename(root / "a.css")
    return [str(root / "a.css~"), str(root / "a.css")]


def _add(root: Path) -> list[str]:
    return write(root, **{"new.css": "b {}"})


def _delete(root: Path) -> list[str]:
    (root / "a.css").unlink()
    return [str(root / "a.css")]


def _delete_directory(root: Path) -> list[str]:
    shutil.rmtree(root / "b")
    return [str(root / "b")]


def _become_a_link(root: Path) -> list[str]:
    (root / "a.css").unlink()
    (root / "a.css").symlink_to(root / "b/c.js")
    return [str(root / "a.css")]


def _hidden(root: Path) -> list[str]:
    return write(root, **{".hidden": "more"})


def _hidden_goes(root: Path) -> list[str]:
    (root / ".hidden").unlink()
    return [str(root / ".hidden")]


def _new_hidden(root: Path) -> list[str]:
    return write(root, **{".a.css.swp": "more"})


def _json(root: Path) -> list[str]:
    return write(root / "b", **{"data.json": '{"a": 1}'})


def _nothing(_root: Path) -> list[str]:
    return []


# What happens, and whether that takes another walk.
CHANGES: dict[str, tuple[Callable[[Path], list[str]], bool]] = {
    "nothing": (_nothing, False),
    "files are written": (_edit, False),
    "a file is replaced by rename": (_rename_over, False),
    "a hidden file is written": (_hidden, False),
    "a hidden file comes": (_new_hidden, True),
    "a hidden file goes": (_hidden_goes, True),
    "a file comes": (_add, True),
    "a file goes": (_delete, True),
    "a directory goes": (_delete_directory, True),
    "a file becomes a link": (_become_a_link, True),
    "a file that may be a bundler's manifest is written": (_json, True),
}


class Scans:
    """Scans one tree, and counts the walks."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.walks = 0
        self._settings = settings
        self._root = root
        self.scanner = rescan.Scanner()

        def counted(config: Config, diagnostics: Diagnostics) -> Scan:
            self.walks += 1
            return scan(config, diagnostics)

        monkeypatch.setattr(rescan, "scan", counted)
        self.scan()

    def scan(self, **settings: Any) -> None:
        """Scan and check that it is what a walk finds."""
        config = Config(sources=(Source(str(self._root)),), **{**self._settings, **settings})
        told, walked = Diagnostics(), Diagnostics()
        assert self.scanner.scan(config, told) == scan(config, walked)
        assert told.told() == walked.told()


@pytest.mark.parametrize(("change", "walks"), CHANGES.values(), ids=CHANGES)
def test_what_has_changed_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], list[str]], walks: bool
) -> None:
    root = write_tree(Path(os.path.realpath(tmp_path)) / "src", TREE)
    scans = Scans(root, monkeypatch)
    scans.scanner.note(change(root))
    scans.scan()
    assert (scans.walks == 2) is walks


def test_what_nobody_has_scanned_yet_still_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_tree(Path(os.path.realpath(tmp_path)) / "src", TREE)
    scans = Scans(root, monkeypatch)
    scans.scanner.note(_add(root))
    scans.scanner.note(_edit(root))
    scans.scan()
    assert scans.walks == 2


SETTINGS: dict[str, dict[str, Any]] = {
    "other settings": {"plain": ("*.css",)},
    "a hook": {"hashed_hook": lambda _path, _url: False},
    "codings beside files": {"take_variants": True},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_settings_by_which_bytes_may_matter_take_a_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    scans = Scans(write_tree(tmp_path / "src", TREE), monkeypatch)
    scans.scan(**settings)
    assert scans.walks == 2
    scans.scan(**settings)
    assert (scans.walks == 3) is not (settings == SETTINGS["other settings"])


def test_nobody_knows_what_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scans = Scans(write_tree(tmp_path / "src", TREE), monkeypatch)
    scans.scanner.note(None)
    scans.scan()
    assert scans.walks == 2
