"""Deleting what a release does not list: never a file that is listed, whatever else happens in DIST."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from servestatic_build.store.prune import prune
from servestatic_build.store.staging import staging_in
from servestatic_runtime import Manifest, ManifestError
from support.releases import release, snapshot
from support.trees import FORGETTING, Tree, compile_tree, write_tree

TREE: Tree = {"css/app.css": "a{b:url(a.png)}", "css/a.png": "a"}


def listed(dist: Path) -> set[str]:
    """Return the files of the release in DIST, and its manifest."""
    return {"manifest.msgpack", *(variant.file for asset in Manifest.open(dist) for variant in asset.variants)}


@pytest.mark.parametrize(
    ("others", "deleted"),
    [
        pytest.param({}, 0, id="nothing"),
        pytest.param({"css/app.css": "", "staticfiles.json": "", "files/static/css/old.css": ""}, 3, id="files"),
        pytest.param({".hidden": "", "files/.git/config": ""}, 2, id="hidden files"),
        pytest.param({"files/.servestatic-build-x": ""}, 1, id="the name of a staging directory, elsewhere"),
        pytest.param({"manifest.msgpack.bak": "", "files/manifest.msgpack": ""}, 2, id="manifests that are none"),
    ],
)
def test_what_the_release_does_not_list_is_deleted(tmp_path: Path, others: dict[str, str], deleted: int) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    before = snapshot(dist)
    write_tree(dist, others)
    assert len(prune(str(dist))) == deleted
    assert snapshot(dist) == before


def test_directories_may_be_deeper_than_calls(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    before, path = snapshot(dist), str(dist)
    for _ in range(sys.getrecursionlimit()):
        path += "/d"
        os.mkdir(path)
    assert len(prune(str(dist))) == 0
    assert snapshot(dist) == before


def test_files_of_earlier_releases_are_deleted(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    compile_tree(tmp_path, {**TREE, "css/a.png": "new"}, **FORGETTING)
    assert len(prune(str(dist))) == 2
    assert set(snapshot(dist)) == listed(dist)


def test_files_of_retired_urls_stay(tmp_path: Path) -> None:
    compile_tree(tmp_path, TREE)
    dist = compile_tree(tmp_path, {**TREE, "css/a.png": "new"}).dist
    assert len(prune(str(dist))) == 0
    retired = [url.variants[0].file for url in Manifest.open(dist).retired()]
    assert [(dist / file).is_file() for file in retired] == [True, True]


def test_empty_directories_are_deleted_and_links_are_not_followed(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    elsewhere = write_tree(tmp_path / "elsewhere", {"x.txt": "x"})
    (dist / "files/empty/more").mkdir(parents=True)
    (dist / "files/link").symlink_to(elsewhere)
    (dist / "broken").symlink_to("nothing")
    assert len(prune(str(dist))) == 2
    assert set(snapshot(dist)) == listed(dist)
    assert snapshot(elsewhere) == {"x.txt": b"x"}


def test_listed_files_behind_a_link_stay(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    (dist / "files").rename(tmp_path / "disk")
    (dist / "files").symlink_to(tmp_path / "disk")
    write_tree(tmp_path / "disk", {"old.txt": ""})
    assert len(prune(str(dist))) == 1
    assert set(release(dist)) == set(TREE)


def test_a_listed_file_stays_under_a_spelling_that_the_file_system_takes_for_the_same(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    (file,) = (dist / "files/static/css").glob("app.*")
    (file.parent / file.name.upper()).hardlink_to(file)  # as close as a file system with case comes to it
    write_tree(dist, {"files/static/css/A.PNG": ""})
    assert len(prune(str(dist))) == 1
    assert set(release(dist)) == set(TREE)


def test_what_a_running_build_has_staged_stays_and_what_a_killed_one_left_goes(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    write_tree(
        dist, {".servestatic-build-dead/0": "x", ".servestatic-build-dead.lock": "", ".servestatic-build.lock": ""}
    )
    with staging_in(str(dist)) as staging:
        staging.write([b"x"])
        assert len(prune(str(dist))) == 0
        assert (Path(staging.path) / "0").read_bytes() == b"x"
    assert set(snapshot(dist)) == listed(dist)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param({}, id="no manifest"),
        pytest.param({"manifest.msgpack": "x" * 2000}, id="damaged manifest"),
    ],
)
def test_without_a_release_nothing_is_deleted(tmp_path: Path, damage: Tree) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    (dist / "manifest.msgpack").unlink()
    write_tree(dist, damage)
    before = snapshot(dist)
    with pytest.raises(ManifestError):
        prune(str(dist))
    assert snapshot(dist) == before


COMPILE = """
import os, sys
from servestatic_build import Config, Source, build
from servestatic_runtime import Manifest

for number in range(8):
    with open(f"{sys.argv[1]}/a.txt", "w") as file:
        file.write(str(number % 3))
    result = build(Config(sources=(Source(sys.argv[1]),), out=sys.argv[2], codings=()))
    assert result.ok, result.diagnostics
    for asset in Manifest.open(sys.argv[2]):
        assert os.path.exists(f"{sys.argv[2]}/{asset.variants[0].file}")
"""
PRUNE = """
import sys
from servestatic_build.store.prune import prune

print("pruning", flush=True)
while True:
    prune(sys.argv[1])
"""


@pytest.mark.slow
def test_prune_and_publish_at_once_never_lose_a_listed_file(tmp_path: Path) -> None:
    tree = {**{f"{n}.css": f"a{{b:url(a.txt?{n})}}" for n in range(40)}, "a.txt": ""}
    dist = compile_tree(tmp_path, tree).dist
    command = [sys.executable, "-c", PRUNE, str(dist)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as pruning:
        try:
            assert pruning.stdout is not None
            assert pruning.stdout.readline() == "pruning\n"
            subprocess.run([sys.executable, "-c", COMPILE, str(tmp_path / "src"), str(dist)], check=True)
            assert pruning.poll() is None
        finally:
            pruning.kill()
    assert set(release(dist)) == set(tree)
    prune(str(dist))
    assert sorted(os.listdir(dist)) == ["files", "manifest.msgpack"]
