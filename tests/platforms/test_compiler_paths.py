"""Paths of Windows: what makes names of them and what finds them again, tried with its module of paths."""

from __future__ import annotations

import ntpath
import os
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest

from servestatic_build.diagnostics import Diagnostics
from servestatic_build.model import Signature, Skipped, SkipReason, SourceFile, StagedFile
from servestatic_build.settings.source import Source
from servestatic_build.sources.bundlers.hashes import hashed_files
from servestatic_build.sources.bundlers.locate import Locator, _and_above
from servestatic_build.sources.bundlers.manifests import BundlerManifest, read_manifest
from servestatic_build.sources.bundlers.shapes import VITE, Output
from servestatic_build.store import own_files
from servestatic_build.store.layout import Layout
from servestatic_build.store.staging import make_directories
from servestatic_runtime.url_reason import UrlReason
from support.trees import write_tree

ROOT = "C:\\shop\\static"


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "path", ntpath)
    monkeypatch.setattr(os, "getcwd", lambda: "C:\\shop")


def source_file(name: str) -> SourceFile:
    """Return a file of a source tree as the walk finds it: its name has slashes, its path backslashes."""
    path = ntpath.join(ROOT, *name.split("/"))
    return SourceFile(
        name, path, f"/static/{name}", Signature(0, 0, 0), 0, "", UrlReason.CONTENT, plain=True, real_path=path
    )


def locate(file: str, manifest: str, *names: str, skipped: tuple[str, ...] = ()) -> tuple[dict[str, str], list[str]]:
    """Return where a manifest's file lies among files of these names, and what is said about it."""
    diagnostics = Diagnostics()
    left_out = (Skipped(path, SkipReason.IGNORED) for path in skipped)
    locator = Locator(map(source_file, names), left_out, [ROOT], diagnostics)
    found = locator.published(BundlerManifest(manifest, VITE, (Output(file),)))
    return found, [problem.message for problem in diagnostics.located()]


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("file", "manifest"),
    [
        pytest.param("assets/a.js", f"{ROOT}\\.vite\\manifest.json", id="from the directory above"),
        pytest.param("static/assets/a.js", "C:\\shop\\meta.json", id="from the working directory"),
        pytest.param("/build/assets/a.js", "D:\\elsewhere\\meta.json", id="with a URL in front, on another drive"),
        pytest.param("C:/shop/static/assets/a.js", "D:\\meta.json", id="absolute"),
        pytest.param("../static/assets/a.js", "C:\\shop\\tools\\meta.json", id="with dots"),
        pytest.param("assets/a.js", "\\\\host\\share\\meta.json", id="manifest on a share"),
    ],
)
def test_a_file_of_a_bundler_s_manifest_is_found(file: str, manifest: str) -> None:
    assert locate(file, manifest, "assets/a.js", "a.js") == ({file: f"{ROOT}\\assets\\a.js"}, [])


@pytest.mark.usefixtures("windows")
def test_a_file_of_a_bundler_s_manifest_that_is_not_there_is_said_to_be_missing() -> None:
    found, said = locate("assets/b.js", "meta.json", "assets/a.js")
    assert (found, said) == ({}, ["this manifest names assets/b.js, which is in no SOURCE"])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("C:/shop/static", ["C:/shop/static", "C:/shop", "C:"]),
        ("//host/share/static", ["//host/share/static", "//host/share", "//host"]),
        ("/shop/static", ["/shop/static", "/shop"]),
        ("/", []),
        ("", []),
    ],
)
def test_the_directories_above_a_path_come_to_an_end(path: str, expected: list[str]) -> None:
    assert list(_and_above(path)) == expected


MANIFEST = r"""{"src\\main.js": {"file": "assets\\main-BX3kq2Zc.js", "src": "src\\main.js"}}"""


def test_backslashes_of_a_manifest_are_slashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(write_tree(tmp_path, {"manifest.json": MANIFEST}) / "manifest.json")
    (here,) = read_manifest(path).outputs
    assert here.file == "assets\\main-BX3kq2Zc.js"  # a name like any other
    monkeypatch.setattr(os, "path", ntpath)
    manifest = read_manifest(path)
    assert manifest.outputs == (Output("assets/main-BX3kq2Zc.js", ("src/main.js",) * 2, "src/main.js"),)
    assert hashed_files(manifest) == {"assets/main-BX3kq2Zc.js"}


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("text", "directory", "url"),
    [
        ("static", "static", None),
        ("C:\\shop\\static", "C:\\shop\\static", None),
        ("/=C:\\shop\\public", "C:\\shop\\public", "/"),
        ("C:\\a=b", "C:\\a=b", None),
    ],
)
def test_a_source_is_a_directory_or_a_url_and_a_directory(text: str, directory: str, url: str | None) -> None:
    assert Source.parse(text) == Source(directory, url)


@pytest.mark.usefixtures("windows")
def test_a_file_goes_to_where_its_name_says() -> None:
    file = StagedFile("", "static/css/app.0123456789ab.css", 0, b"")
    assert Layout("C:\\dist").path(file) == "C:\\dist\\files\\static\\css\\app.0123456789ab.css"


@pytest.mark.usefixtures("windows")
def test_a_drive_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def fail(path: str) -> NoReturn:
        tried.append(path)
        raise FileNotFoundError

    monkeypatch.setattr(os, "mkdir", fail)
    with pytest.raises(FileNotFoundError):
        make_directories("Z:\\some\\dist")
    assert tried == ["Z:\\"]


def test_a_name_in_dist_has_slashes_and_its_path_what_the_platform_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_files, "os", SimpleNamespace(path=ntpath))
    assert own_files.OwnFiles("C:\\dist", None).path("files/css/a.css") == "C:\\dist\\files\\css\\a.css"
