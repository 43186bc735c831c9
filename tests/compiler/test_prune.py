"""Deleting what no kept release needs: never a file that is listed or not ours, whatever else happens in DIST."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from servestatic_build.names import OURS
from servestatic_build.store.file_list import FileList, Unlisted
from servestatic_build.store.own_files import OwnFiles
from servestatic_build.store.prune import Pruning, prune
from servestatic_build.store.staging import staging_in
from servestatic_runtime import Manifest, ManifestError
from support.releases import release, snapshot
from support.trees import FORGETTING, Tree, compile_tree, write_tree

TREE: Tree = {"css/app.css": "a{b:url(a.png)}", "css/a.png": "a"}
NEW: Tree = {**TREE, "css/a.png": "new"}
START = 1_700_000_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time that it is, for a test to change."""
    now = [float(START)]
    monkeypatch.setattr("time.time", lambda: now[0])
    return now


def listed(dist: Path) -> set[str]:
    """Return the files of the release in DIST, and its manifest."""
    return {"manifest.msgpack", *(variant.file for asset in Manifest.open(dist) for variant in asset.variants)}


def leave(dist: Path, *names: str) -> None:
    """Have files in DIST that a release has left, long ago."""
    write_tree(dist, dict.fromkeys(names, "left"))
    files = FileList(str(dist))
    files.write({**files.read(), **dict.fromkeys(names, Unlisted(0, "0123456789ab"))})


@pytest.mark.parametrize(
    "others",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"css/app.css": "", "staticfiles.json": "", "files/static/css/old.css": ""}, id="files"),
        pytest.param({"files/static/css/app.0123456789ab.css": ""}, id="a name with a fingerprint"),
        pytest.param({".hidden": "", "files/.git/config": ""}, id="hidden files"),
        pytest.param({"files/.servestatic-build-x": ""}, id="the name of a staging directory, elsewhere"),
        pytest.param({"manifest.msgpack.bak": "", "files/manifest.msgpack": ""}, id="manifests that are none"),
    ],
)
def test_what_no_release_has_listed_stays(tmp_path: Path, others: dict[str, str]) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    write_tree(dist, others)
    before = snapshot(dist)
    assert prune(str(dist), grace_minutes=0) == ()
    assert snapshot(dist) == before


def test_files_of_earlier_releases_are_deleted(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    compile_tree(tmp_path, NEW, **FORGETTING)
    assert len(prune(str(dist), grace_minutes=0)) == 2
    assert set(snapshot(dist)) == listed(dist)


def test_a_file_stays_as_long_as_a_process_may_read_it(tmp_path: Path, clock: list[float]) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    compile_tree(tmp_path, NEW, **FORGETTING)
    for seconds, deleted in ((0, 0), (599, 0), (600, 2), (601, 0)):
        clock[0] = START + seconds
        assert (seconds, len(prune(str(dist)))) == (seconds, deleted)
    assert set(snapshot(dist)) == listed(dist)


def test_each_build_deletes_what_is_due_when_its_manifest_is_there(tmp_path: Path, clock: list[float]) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    compile_tree(tmp_path, NEW, **FORGETTING)
    assert len(set(snapshot(dist)) - listed(dist) - {f"{OURS}.files"}) == 2
    clock[0] += 600
    assert compile_tree(tmp_path, NEW, **FORGETTING).result.up_to_date
    assert set(snapshot(dist)) == listed(dist)


def test_who_sets_no_grace_period_has_files_deleted_at_once(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    compile_tree(tmp_path, NEW, **FORGETTING, grace_minutes=0)
    assert set(snapshot(dist)) == listed(dist)


def test_what_is_listed_again_stays_and_its_time_begins_anew(tmp_path: Path, clock: list[float]) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    for tree in (NEW, TREE, NEW):
        clock[0] += 300
        compile_tree(tmp_path, tree, **FORGETTING)
    clock[0] += 599
    assert prune(str(dist)) == ()
    clock[0] += 1
    assert len(prune(str(dist))) == 2


def test_files_of_kept_releases_stay_those_too_that_have_no_url_any_more(tmp_path: Path) -> None:
    page = {**TREE, "page.html": "<p>old"}
    compile_tree(tmp_path, page, grace_minutes=0)
    before = listed(tmp_path / "dist")
    dist = compile_tree(tmp_path, {**NEW, "page.html": "<p>new"}, grace_minutes=0).dist
    assert prune(str(dist), grace_minutes=0) == ()
    assert before < set(snapshot(dist))
    compile_tree(tmp_path, {**NEW, "page.html": "<p>new"}, grace_minutes=0, **FORGETTING)
    assert set(snapshot(dist)) == listed(dist)


def test_a_dry_run_names_what_is_due(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    old = listed(dist)
    compile_tree(tmp_path, NEW, **FORGETTING)
    before = snapshot(dist)
    assert set(prune(str(dist), grace_minutes=0, dry_run=True)) == old - listed(dist)
    assert snapshot(dist) == before


def test_directories_that_are_empty_then_go(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    before = snapshot(dist)
    leave(dist, "files/a/b/c/old.txt", "files/a/old.txt", "files/static/css/old.txt", f"files{'/d' * 150}/old.txt")
    write_tree(dist, {"files/a/theirs.txt": ""})
    assert len(prune(str(dist))) == 4
    assert snapshot(dist) == {**before, "files/a/theirs.txt": b""}


def test_links_are_not_followed_but_to_listed_files(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    (dist / "files").rename(tmp_path / "disk")
    (dist / "files").symlink_to(tmp_path / "disk")
    leave(dist, "files/old.txt", "link")
    (dist / "link").unlink()
    (dist / "link").symlink_to(write_tree(tmp_path / "elsewhere", {"x.txt": "x"}))
    assert len(prune(str(dist))) == 2
    assert set(release(dist)) == set(TREE)
    assert snapshot(tmp_path / "elsewhere") == {"x.txt": b"x"}


@pytest.mark.parametrize(
    "name",
    ["../elsewhere.txt", "files/../../elsewhere.txt", "/etc/elsewhere", "", "files//x", f"{OURS}.lock", "a\\b"],
)
def test_a_list_that_somebody_has_changed_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    elsewhere = write_tree(tmp_path, {"elsewhere.txt": ""}) / "elsewhere.txt"
    (dist / f"{OURS}.files").write_text(f"{name}\0{0}\0-\0")
    assert prune(str(dist), grace_minutes=0) == ()
    assert elsewhere.exists()


def test_a_listed_file_stays_under_a_spelling_that_the_file_system_takes_for_the_same(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    (file,) = (dist / "files/static/css").glob("app.*")
    leave(dist, "files/static/css/A.PNG", f"files/static/css/{file.name.upper()}")
    (file.parent / file.name.upper()).unlink()
    (file.parent / file.name.upper()).hardlink_to(file)  # as close as a file system with case comes to it
    assert prune(str(dist)) == ("files/static/css/A.PNG",)
    assert set(release(dist)) == set(TREE)


def test_where_the_manifest_can_not_be_read_for_now_nothing_is_deleted(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    compile_tree(tmp_path, NEW)
    leave(dist, "files/old.txt")
    before = snapshot(dist)
    Pruning(str(dist), OwnFiles(str(dist), None), 0, publication_ended=True).delete()
    assert snapshot(dist) == before


def test_one_file_that_can_not_be_deleted_keeps_no_other_one(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    leave(dist, "files/a.txt", "files/b.txt")
    (dist / "files/a.txt").unlink()
    (dist / "files/a.txt").mkdir()
    with pytest.raises(OSError, match="directory"):
        prune(str(dist))
    assert not (dist / "files/b.txt").exists()
    assert [*FileList(str(dist)).read()] == ["files/a.txt"]


def test_a_build_says_what_it_can_not_delete_and_has_published(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    leave(dist, "files/a.txt")
    (dist / "files/a.txt").unlink()
    (dist / "files/a.txt").mkdir()
    done = compile_tree(tmp_path, NEW, strict=True)
    assert (done.result.ok, [each.code for each in done.result.diagnostics]) == (True, ["undeleted-file"])
    assert set(release(dist)) == set(NEW)


def test_what_a_running_build_has_staged_stays_and_what_a_killed_one_left_goes(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, TREE).dist
    write_tree(
        dist, {".servestatic-build-dead/0": "x", ".servestatic-build-dead.lock": "", ".servestatic-build.lock": ""}
    )
    with staging_in(str(dist)) as staging:
        staging.write([b"x"])
        assert len(prune(str(dist), grace_minutes=0)) == 0
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
        prune(str(dist), grace_minutes=0)
    assert snapshot(dist) == before


COMPILE = """
import os, sys
from servestatic_build import Config, Source, build
from servestatic_runtime import Manifest

for number in range(8):
    with open(f"{sys.argv[1]}/a.txt", "w") as file:
        file.write(str(number % 3))
    result = build(Config(sources=(Source(sys.argv[1]),), out=sys.argv[2], codings=(), keep_releases=0, keep_days=0))
    assert result.ok, result.diagnostics
    for asset in Manifest.open(sys.argv[2]):
        assert os.path.exists(f"{sys.argv[2]}/{asset.variants[0].file}")
"""
PRUNE = """
import sys, time
from servestatic_build.store.prune import prune

print("pruning", flush=True)
while True:
    prune(sys.argv[1], grace_minutes=0)
    time.sleep(0.005)  # or nobody else would get the lock
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
    prune(str(dist), grace_minutes=0)
    assert sorted(os.listdir(dist)) == ["files", "manifest.msgpack"]
