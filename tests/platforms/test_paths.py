r"""Paths of Windows, as far as they can be tried here: ntpath in the place of os.path.

A file whose name here is ``C:\site\static\app.css`` plays the one that lies there.
"""

from __future__ import annotations

import ntpath
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.utils import _os as django_paths

from servestatic_runtime import found_files
from servestatic_runtime.django import compiling, development, trees
from servestatic_runtime.django.trees import by_logical_name
from servestatic_runtime.flask.settings import Settings
from servestatic_runtime.manifest import manifest_path
from servestatic_runtime.platform_files import native_path, with_slashes


@pytest.fixture(autouse=True)
def _windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "path", ntpath)
        for name in ("abspath", "dirname", "join", "normcase"):
            patched.setattr(django_paths, name, getattr(ntpath, name))
        patched.setattr(django_paths, "sep", ntpath.sep)
        yield


@pytest.fixture
def storage() -> Any:
    r"""Return a storage of ``C:\site\static``."""
    storage = FileSystemStorage.__new__(FileSystemStorage)
    vars(storage)["location"] = r"C:\site\static"
    vars(storage)["base_location"] = r"C:\site\static"
    return storage


def there_is(*paths: str) -> None:
    for path in paths:
        Path(path).touch()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (r"css\app.css", "css/app.css"),
        ("css/app.css", "css/app.css"),
        (r"admin\css/app.css", "admin/css/app.css"),
        ("app.css", "app.css"),
    ],
)
def test_a_path_below_a_source_is_a_logical_name(path: str, name: str) -> None:
    assert with_slashes(path) == name


@pytest.mark.parametrize(
    ("path", "native"),
    [
        (r"C:\dist/files/static/app.css", r"C:\dist\files\static\app.css"),
        (r"\\server\share\dist/files/a.css", r"\\server\share\dist\files\a.css"),
        (r"\\?\C:\dist/files/a.css", r"\\?\C:\dist\files\a.css"),
    ],
)
def test_a_body_lies_at_a_native_path(path: str, native: str) -> None:
    assert native_path(path) == native


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        (r"C:\dist", r"C:\dist\manifest.msgpack"),
        ("C:/dist", r"C:\dist\manifest.msgpack"),
        ("C:\\dist\\", r"C:\dist\manifest.msgpack"),
        (r"C:\dist\manifest.msgpack", r"C:\dist\manifest.msgpack"),
        (r"\\server\share\dist", r"\\server\share\dist\manifest.msgpack"),
    ],
)
def test_a_setting_means_one_manifest(setting: str, path: str) -> None:
    assert manifest_path(setting) == path


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        pytest.param(r"css\app.css", "", id="finder"),
        pytest.param(r"vendor\css\app.css", "vendor/", id="finder with a prefix"),
        pytest.param("css/app.css", "", id="slashes"),
    ],
)
def test_what_django_collects_is_a_tree_of_logical_names(storage: Any, name: str, prefix: str) -> None:
    there_is(r"C:\site\static\css\app.css")
    collected = by_logical_name({name: (storage, r"css\app.css")})
    assert list(collected) == [prefix + "css/app.css"]
    assert trees.trees(collected, "scratch") == ((r"C:\site\static", prefix, frozenset({"css/app.css"})),)


def test_what_the_finders_find_goes_by_logical_names(storage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        def list(self, _patterns: list[str]) -> Iterator[tuple[str, Any]]:
            yield r"css\app.css", storage

    vars(storage)["prefix"] = "vendor"
    monkeypatch.setattr(compiling, "get_finders", lambda: [Finder()])
    assert list(compiling.found_files([], print)) == ["vendor/css/app.css"]


def test_flask_compiles_into_the_directory_of_the_manifest() -> None:
    assert Settings(manifest=r"C:\app\dist").dist == r"C:\app\dist"
    assert Settings(manifest=r"C:\app\dist\manifest.msgpack").dist == r"C:\app\dist"


def test_a_path_with_slashes_leads_to_the_same_tree(storage: Any) -> None:
    there_is(r"C:\site\static\css\app.css")
    collected = {"css/app.css": (storage, "css/app.css")}
    assert trees.trees(collected, "scratch") == ((r"C:\site\static", "", frozenset({"css/app.css"})),)


@pytest.mark.parametrize(
    ("path", "is_published"),
    [
        ("/static/css/app.css", True),
        (r"/static/css\app.css", True),
        (r"/static/css\.git\config", False),
        (r"/static/\.git\config", False),
        (r"/static/..\..\secret", False),
        (r"/static/css\..\..\secret", False),
        (r"/static\\app.css", False),
        ("/static/.well-known/a", True),
    ],
)
def test_no_backslash_leads_development_to_what_is_hidden(path: str, is_published: bool) -> None:
    assert found_files.is_published(path) is is_published


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("robots.txt", r"C:\public\robots.txt"),
        ("sub/robots.txt", r"C:\public\sub\robots.txt"),
        ("C:/Windows/win.ini", None),
        ("D:secret", None),
        (r"\\server\share\secret", None),
        (r"..\secret", None),
    ],
)
def test_no_drive_leads_development_out_of_root(path: str, place: str | None) -> None:
    assert development._join(r"C:\public", path) == place  # noqa: SLF001 - as above
