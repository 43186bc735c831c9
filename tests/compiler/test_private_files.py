"""What is hardly ever meant for the Web is an error, unless a setting allows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from servestatic_build import Source
from support.trees import Compiled, Tree, compile_sources, compile_tree, write_tree

PRIVATE = [
    ("settings.py", "a program's source code"),
    ("app/models.PY", "a program's source code"),
    ("server/upload.php", "a program's source code"),
    ("lib/tasks.rb", "a program's source code"),
    ("db.sqlite3", "a database"),
    ("instance/app.db", "a database"),
    ("data.sqlite", "a database"),
    ("db.sqlite3-wal", "a database"),
    ("tls/server.pem", "a private key or a certificate"),
    ("tls/server.key", "a private key or a certificate"),
    ("id_rsa", "a private key or a certificate"),
]


def places(compiled: Compiled) -> list[str]:
    return [diagnostic.place for diagnostic in compiled.result.diagnostics if diagnostic.code == "private-file"]


@pytest.mark.parametrize(("name", "kind"), PRIVATE, ids=[name for name, _ in PRIVATE])
def test_a_private_file_is_an_error_that_says_what_to_do(tmp_path: Path, name: str, kind: str) -> None:
    compiled = compile_tree(tmp_path, {name: "x", "a.css": ""})
    (problem,) = compiled.result.diagnostics
    assert compiled.messages() == [
        f"error {tmp_path}/src/{name}: this file seems to be {kind}, and is not published",
    ]
    hint = "name a SOURCE that holds static files only, or ignore it; --publish {} publishes it all the same"
    assert problem.hint == hint.format(name)
    assert not compiled.dist.exists()


@pytest.mark.parametrize("folder", ["node_modules", "bower_components", "venv", "lib/site-packages", "Node_Modules"])
def test_a_folder_of_packages_is_one_error(tmp_path: Path, folder: str) -> None:
    tree: Tree = {f"{folder}/{name}": "" for name in ("a/index.js", "a/node_modules/b/index.js", "c.py")}
    compiled = compile_tree(tmp_path, {**tree, "a.css": ""})
    assert compiled.messages() == [
        f"error {tmp_path}/src/{folder}: this folder holds installed packages (3 files), which are not published",
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {"publish": "*"},
        {"publish": ["settings.py", "node_modules/"]},
        {"publish": ["*.py", "node_modules/a/*.js"]},
        {"ignore": ["*.py", "node_modules/"]},
    ],
    ids=str,
)
def test_what_a_pattern_allows_or_ignores_is_none(tmp_path: Path, settings: dict[str, Any]) -> None:
    compiled = compile_tree(tmp_path, {"settings.py": "", "node_modules/a/b.js": "", "a.css": ""}, **settings)
    assert compiled.messages() == []
    published = {"settings.py", "node_modules/a/b.js"} if "publish" in settings else set()
    assert {asset.name for asset in compiled.manifest} == {"a.css", *published}


def test_a_pattern_of_publish_brings_back_nothing_that_is_never_published(tmp_path: Path) -> None:
    compiled = compile_tree(tmp_path, {".env": "", "a.pyc": "", "a.css": ""}, publish="*")
    assert [asset.name for asset in compiled.manifest] == ["a.css"]


@pytest.mark.parametrize("name", ["happy", "a.py.js", "a.keys", "model.pyodide", "vendor/a.js", "env/sky.hdr", "a.dbf"])
def test_names_that_are_like_those_of_private_files_are_not(tmp_path: Path, name: str) -> None:
    assert compile_tree(tmp_path, {name: ""}).messages() == []


def test_a_source_may_be_a_folder_of_packages_itself(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "node_modules/bootstrap/dist", {"a.css": ""})
    assert compile_sources(tmp_path, Source(str(source))).messages() == []


def test_code_may_be_published_by_who_names_each_file_but_no_database(tmp_path: Path) -> None:
    source = str(
        write_tree(tmp_path / "src", {"site.py": "", "node_modules/a.js": "", "db.sqlite3": "", "other.key": ""})
    )
    files = frozenset({"site.py", "node_modules/a.js", "db.sqlite3"})
    compiled = compile_sources(tmp_path, Source(source, only=files))
    assert places(compiled) == [f"{source}/db.sqlite3"]


def test_a_whole_project_is_refused_with_a_line_for_each_kind(tmp_path: Path) -> None:
    tree: Tree = {"manage.py": "", "db.sqlite3": "", "static/a.css": "", "node_modules/a/index.js": ""}
    compiled = compile_tree(tmp_path, tree)
    assert places(compiled) == [f"{tmp_path}/src/{name}" for name in ("db.sqlite3", "manage.py", "node_modules")]
