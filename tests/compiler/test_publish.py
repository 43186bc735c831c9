"""Publishing: DIST holds the old release or the new one, whole, whatever happens in between."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from servestatic_build import Source
from servestatic_build.codecs import CODECS
from servestatic_build.names import OURS
from servestatic_build.platform_files import open_regular
from servestatic_build.store.locks import locked
from support.codings import StubCodec
from support.releases import release, snapshot
from support.trees import Compiled, Tree, compile_sources, compile_tree, write_tree

OLD: Tree = {"a.css": "a{b:url(a.png)}", "a.png": "old", "same.txt": "same " * 50}
NEW: Tree = {**OLD, "a.png": "new", "docs/new.txt": "new " * 50}
MANIFEST = "manifest.msgpack"
LIST, KEPT = f"{OURS}.files", f"{OURS}.releases"


def compile_new(tmp_path: Path, tree: Tree = NEW, **settings: Any) -> Compiled:
    """Compile a tree over the release in DIST."""
    return compile_tree(tmp_path, tree, **settings)


def stamps(dist: Path) -> dict[str, tuple[int, int]]:
    """Return what changes when a file is written or replaced."""
    return {str(p): ((s := p.stat()).st_ino, s.st_mtime_ns) for p in dist.rglob("*") if p.is_file()}


def test_the_manifest_is_replaced_last_and_after_a_sync_of_all_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    replace, fsync = os.replace, os.fsync

    def recorded_replace(source: str, target: str) -> None:
        events.append(os.path.relpath(target, tmp_path / "dist"))
        replace(source, target)

    def recorded_fsync(descriptor: int) -> None:
        events.append("sync")
        fsync(descriptor)

    monkeypatch.setattr(os, "replace", recorded_replace)
    monkeypatch.setattr(os, "fsync", recorded_fsync)
    files = [variant.file for asset in compile_tree(tmp_path, OLD).manifest for variant in asset.variants]
    directories = ["dist", "files", "static"]
    moved = len(files) + 1
    noted, events = events[:3], events[3:]
    assert noted == ["sync", LIST, "sync"]  # what comes in
    assert events[:moved] == ["sync"] * moved
    assert sorted(events[moved : 2 * moved - 1]) == sorted(files)
    assert events[2 * moved - 1 :] == ["sync"] * len(directories) + [MANIFEST, "sync"]


def test_the_files_of_the_release_before_stay(tmp_path: Path) -> None:
    old = snapshot(compile_tree(tmp_path, OLD).dist / "files")
    new = snapshot(compile_new(tmp_path).dist / "files")
    assert old.items() < new.items()


@pytest.mark.parametrize(
    "efforts",
    [("fast", "best"), ("fast", "best", "fast"), ("fast", "default", "best"), ("best", "fast", "default", "best")],
    ids=" then ".join,
)
def test_no_file_is_ever_rewritten_with_other_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, efforts: tuple[str, ...]
) -> None:
    monkeypatch.setitem(CODECS, "br", StubCodec(lambda _data, effort: effort.encode()))
    before: dict[str, bytes] = {}
    for effort in efforts:
        compiled = compile_tree(tmp_path, OLD, codings=("br",), effort=effort)
        after = snapshot(compiled.dist / "files")
        assert compiled.read("same.txt", "br").decode() == effort
        assert before.items() <= after.items()
        before = after


class Fault:
    """Calls a function, and once, at a certain call, raises an error instead."""

    def __init__(self, function: Callable[..., Any], at: int, error: BaseException) -> None:
        self._function, self._left, self._error = function, at, error

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        self._left -= 1
        if self._left == -1:
            raise self._error
        return self._function(*args, **keywords)

    @property
    def struck(self) -> bool:
        return self._left < 0


@pytest.mark.parametrize("old", [{}, OLD], ids=["first release", "second release"])
@pytest.mark.parametrize(
    ("module", "name", "code"),
    [
        pytest.param("os", "replace", errno.EIO, id="rename"),
        pytest.param("os", "fsync", errno.EIO, id="sync"),
        pytest.param("os", "mkdir", errno.EACCES, id="new directory"),
        pytest.param("servestatic_build.store.staging", "write_new", errno.ENOSPC, id="staging"),
    ],
)
def test_a_build_that_fails_at_any_step_leaves_dist_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: Tree, module: str, name: str, code: int
) -> None:
    dist = tmp_path / "dist"
    if old:
        compile_tree(tmp_path, old)
    source = Source(str(write_tree(tmp_path / "src", NEW)))
    before = (dist.exists(), snapshot(dist))
    for at in count():
        fault = Fault(getattr(import_module(module), name), at, OSError(code, os.strerror(code), "the place"))
        with monkeypatch.context() as patch:
            patch.setattr(f"{module}.{name}", fault)
            compiled = compile_sources(tmp_path, source)
        if not fault.struck or (name == "fsync" and compiled.result.ok):  # the last sync, when the release is live
            break
        assert (at, compiled.messages()) == (
            at,
            [f"error the place: this path can't be read or written: {os.strerror(code)}"],
        )
        assert (at, dist.exists(), snapshot(dist)) == (at, *before)
    assert at > 0
    assert compiled.result.ok


def test_an_interrupted_build_leaves_dist_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(compile_tree(tmp_path, OLD).dist)
    monkeypatch.setattr(os, "replace", Fault(os.replace, 1, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        compile_new(tmp_path)
    assert snapshot(tmp_path / "dist") == before


@pytest.mark.parametrize(
    ("moves", "tree"),
    [
        pytest.param(0, OLD, id="list of files"),
        pytest.param(1, OLD, id="manifest that is kept"),
        pytest.param(4, OLD, id="file"),
        pytest.param(5, NEW, id="manifest, which makes it live"),
    ],
)
def test_an_interrupt_right_behind_a_move_leaves_the_old_release_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int, tree: Tree
) -> None:
    expected = release(compile_tree(tmp_path / "expected", tree).dist)
    before = snapshot(compile_tree(tmp_path, OLD).dist)
    replace, left = os.replace, count(moves, -1)

    def interrupted(source: str, target: str) -> None:
        replace(source, target)
        if next(left) == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compile_new(tmp_path)
    assert release(tmp_path / "dist") == expected
    assert tree is NEW or snapshot(tmp_path / "dist") == before


@pytest.mark.parametrize(
    "settings", [{"missing": "error"}, {"strict": True}, {"check": True}], ids=["error", "strict", "check"]
)
def test_a_build_with_an_error_leaves_dist_as_it_was(tmp_path: Path, settings: dict[str, Any]) -> None:
    before = snapshot(compile_tree(tmp_path, OLD).dist)
    compiled = compile_new(tmp_path, {**NEW, "b.css": "a{b:url(no.png)}"}, **settings)
    assert not compiled.result.ok
    assert snapshot(compiled.dist) == before


COMPILE_AND_DIE = """
import os, signal, sys
from servestatic_build import Config, Source, build

replace, moves = os.replace, int(sys.argv[3])

def die_behind_the_last_move(*args):
    global moves
    if moves:
        replace(*args)
        moves -= 1
    if not moves:
        os.kill(os.getpid(), signal.SIGKILL)

os.replace = die_behind_the_last_move
build(Config(sources=(Source(sys.argv[1]),), out=sys.argv[2], codings=()))
"""


def kill_while_compiling(source: Path, dist: Path, moves: int) -> None:
    """Compile in a process that is killed behind so many moves into DIST."""
    command = [sys.executable, "-c", COMPILE_AND_DIE, str(source), str(dist), str(moves)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("moves", "tree"),
    [
        pytest.param(0, OLD, id="before the list of files"),
        pytest.param(1, OLD, id="before the manifest that is kept"),
        pytest.param(2, OLD, id="before the first file"),
        pytest.param(4, OLD, id="between files"),
        pytest.param(5, OLD, id="before the manifest"),
        pytest.param(6, NEW, id="behind the manifest"),
    ],
)
def test_a_killed_build_leaves_the_old_release_or_the_new_one(tmp_path: Path, moves: int, tree: Tree) -> None:
    expected = release(compile_tree(tmp_path / "expected", tree).dist)
    dist = compile_tree(tmp_path, OLD).dist
    kill_while_compiling(write_tree(tmp_path / "src", NEW), dist, moves)
    assert release(dist) == expected


def test_the_build_behind_a_killed_one_finishes_and_sweeps(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, OLD).dist
    kill_while_compiling(write_tree(tmp_path / "src", NEW), dist, moves=4)
    assert [name for name in os.listdir(dist) if name.startswith(".")]
    compile_new(tmp_path)
    assert sorted(os.listdir(dist)) == [KEPT, "files", MANIFEST]
    assert set(release(dist)) == set(NEW)


def test_a_directory_that_another_build_makes_first_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mkdir, dist = os.mkdir, tmp_path / "some/dist"

    def outrun(path: str, *mode: int) -> None:
        if Path(path) in {dist.parent, dist}:
            mkdir(path)
        mkdir(path, *mode)

    source = Source(str(write_tree(tmp_path / "src", OLD)))
    monkeypatch.setattr(os, "mkdir", outrun)
    assert compile_sources(tmp_path, source, out=str(dist)).messages() == []
    assert set(release(dist)) == set(OLD)


def test_a_build_does_not_sweep_what_one_that_ends_is_removing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, beside = (Source(str(write_tree(tmp_path / name, OLD))) for name in ("src", "beside"))
    rmtree = shutil.rmtree
    built: list[list[str]] = []

    def compile_first(path: str, **options: Any) -> None:
        if not built:
            built.append([])  # it ends, too, but not into this
            built.append(compile_sources(tmp_path, beside).messages())
        rmtree(path, **options)

    monkeypatch.setattr(shutil, "rmtree", compile_first)
    assert compile_sources(tmp_path, source).messages() == []
    assert built == [[], []]


def is_locked(dist: Path) -> bool:
    try:
        with locked(str(dist / OURS), wait=False):
            return False
    except BlockingIOError:
        return True


def test_no_other_build_publishes_between_the_look_at_dist_and_the_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dist = compile_tree(tmp_path, OLD).dist
    replace, locks = os.replace, []

    def look(path: str) -> object:
        locks.append(is_locked(dist))
        return open_regular(path)

    def look_into(directory: str) -> bool:
        locks.append(is_locked(dist))
        return not os.path.isdir(directory)

    def move(source: str, target: str) -> None:
        locks.append(is_locked(dist))
        replace(source, target)

    monkeypatch.setattr("servestatic_build.store.place.open_regular", look)
    monkeypatch.setattr("servestatic_build.store.place._is_empty", look_into)
    monkeypatch.setattr("servestatic_build.store.publish.open_regular", look)
    monkeypatch.setattr(os, "replace", move)
    assert compile_new(tmp_path).result.new_files == 3
    # Looks into two directories and at two files of the one that is there, and moves: two that note it, and the manifest last.
    assert locks == [True] * (2 + 2 + 2 + 3 + 1)
    assert not is_locked(dist)


def test_a_staging_directory_of_another_user_stops_no_check(
    unprivileged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_tree(unprivileged, OLD)
    temporary = unprivileged / "tmp"
    (temporary / ".servestatic-build-other").mkdir(parents=True)
    (temporary / ".servestatic-build-other").chmod(0)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert compile_tree(unprivileged, OLD, check=True).messages() == []


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(b"x"), id="other bytes"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-1]), id="cut off"),
        pytest.param(lambda path: path.unlink(), id="gone"),
    ],
)
@pytest.mark.parametrize("coding", ["identity", "br"])
def test_a_damaged_file_is_healed(tmp_path: Path, damage: Callable[[Path], object], coding: str) -> None:
    compiled = compile_tree(tmp_path, OLD, codings=("br",))
    before = snapshot(compiled.dist)
    variants = compiled.manifest.asset("same.txt").variants
    damage(compiled.dist / next(variant.file for variant in variants if variant.coding == coding))
    healed = compile_tree(tmp_path, OLD, codings=("br",))
    assert (healed.result.new_files, snapshot(healed.dist)) == (1, before)


def test_an_unchanged_release_is_not_written_again(tmp_path: Path) -> None:
    before = stamps(compile_tree(tmp_path, OLD).dist)
    again = compile_tree(tmp_path, OLD)
    assert (again.result.up_to_date, again.result.new_files, stamps(again.dist)) == (True, 0, before)


@pytest.mark.parametrize("name", ["same.txt", MANIFEST], ids=["file", "manifest"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for_and_replaced(tmp_path: Path, name: str) -> None:
    compiled = compile_tree(tmp_path, OLD)
    expected = snapshot(compiled.dist)
    place = compiled.dist / (name if name == MANIFEST else compiled.manifest.asset(name).variants[0].file)
    place.unlink()
    os.mkfifo(place)
    assert compile_tree(tmp_path, OLD).result.ok
    assert snapshot(compiled.dist) == expected


@pytest.mark.parametrize("name", ["same.txt", MANIFEST], ids=["file", "manifest"])
def test_a_directory_in_the_place_of_a_file_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    compiled = compile_tree(tmp_path, OLD)
    place = compiled.dist / (name if name == MANIFEST else compiled.manifest.asset(name).variants[0].file)
    place.unlink()
    place.mkdir()
    before = snapshot(compiled.dist)
    assert (
        compile_tree(tmp_path, OLD).messages()[-1]
        == f"error {place}: this path can't be read or written: Is a directory"
    )
    assert snapshot(compiled.dist) == before


LONGEST = "a" * (255 - len(".0123456789ab.txt"))  # with its fingerprint it is as long as a name may be


def test_a_coding_whose_suffix_is_too_long_is_left_out_with_a_note(tmp_path: Path) -> None:
    tree = {f"css/{LONGEST[:-3]}.txt": "same " * 50}
    settings = {"codings": ("gzip", "zstd")}  # .gz and .zst
    compiled = compile_tree(tmp_path, tree, **settings)
    (asset,) = compiled.manifest
    assert [variant.coding for variant in asset.variants] == ["identity", "gzip"]
    (note,) = compiled.result.diagnostics
    assert (note.severity, note.code) == ("note", "name-too-long")
    assert note.name == str(tmp_path / "src" / asset.name)
    name = f"{asset.url.rpartition('/')[2]}.zst"
    too_long = f"the file name {name} is too long for the file system of {compiled.dist}"
    assert note.message == f"{too_long}, so the file is not served as zstd"
    assert compile_tree(tmp_path, tree, check=True, **settings).result.ok


@pytest.mark.parametrize("check", [False, True])
def test_a_name_that_is_too_long_with_its_fingerprint_is_an_error_that_names_the_source(
    tmp_path: Path, *, check: bool
) -> None:
    assert compile_tree(tmp_path / "fits", {f"{LONGEST}.txt": ""}).messages() == []
    compiled = compile_tree(tmp_path, {f"{LONGEST}b.txt": ""}, check=check)
    (error,) = compiled.result.diagnostics
    assert (error.severity, error.code) == ("error", "name-too-long")
    assert error.name == str(tmp_path / f"src/{LONGEST}b.txt")
    assert error.hint == "rename the file: the build adds a fingerprint to its name"
    assert not compiled.dist.exists()


def test_the_manifest_is_read_only_and_is_replaced_all_the_same(tmp_path: Path) -> None:
    manifest = compile_tree(tmp_path, OLD).dist / MANIFEST
    for _ in range(2):
        assert not manifest.stat().st_mode & 0o222
        assert compile_new(tmp_path).result.ok
    shutil.rmtree(tmp_path / "dist")


def test_a_release_can_be_moved(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, OLD).dist
    expected = release(dist)
    shutil.move(dist, tmp_path / "elsewhere")
    assert release(tmp_path / "elsewhere") == expected


@pytest.mark.parametrize(
    ("change", "settings", "says"),
    [
        pytest.param({}, {}, True, id="nothing"),
        pytest.param({"a.png": "new"}, {}, False, id="file"),
        pytest.param({"new.txt": ""}, {}, False, id="new file"),
        pytest.param({}, {"max_age": 1}, False, id="setting"),
        pytest.param({}, {"jobs": 1}, True, id="number of jobs"),
    ],
)
def test_check_says_whether_dist_is_what_would_be_written_and_writes_nothing(
    tmp_path: Path, change: Tree, settings: dict[str, Any], *, says: bool
) -> None:
    before = stamps(compile_tree(tmp_path, OLD).dist)
    checked = compile_new(tmp_path, {**OLD, **change}, check=True, **settings)
    assert (checked.result.ok, stamps(checked.dist)) == (says, before)


@pytest.mark.parametrize("left", [None, MANIFEST], ids=["nothing", "a manifest without its files"])
def test_check_says_no_to_what_is_no_release(tmp_path: Path, left: str | None) -> None:
    dist = compile_tree(tmp_path, OLD).dist
    shutil.rmtree(dist / "files" if left else dist)
    before = snapshot(tmp_path)
    assert compile_tree(tmp_path, OLD, check=True).messages() == [f"error {dist}: DIST is out of date"]
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("tree", [OLD, NEW], ids=["small", "larger"])
def test_the_same_input_gives_the_same_bytes_wherever_it_lies(tmp_path: Path, tree: Tree) -> None:
    settings = {"codings": tuple(CODECS), "effort": "default"}
    one = compile_tree(tmp_path / "one", tree, jobs=1, **settings)
    many = compile_tree(tmp_path / "some/where/else", tree, jobs=8, **settings)
    assert snapshot(one.dist) == snapshot(many.dist)


def test_the_same_input_gives_the_same_bytes_under_every_hash_seed(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "src", {**NEW, "x.js": "import './y.js'", "y.js": "import './x.js'"})
    command = "from servestatic_build.cli import main; main()"
    for seed in ("1", "2"):
        options = [str(source), f"/={source}", "--quiet", "--prefix=/s/", "-o", str(tmp_path / seed)]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", command, *options], env=environment, cwd=tmp_path, check=True)
    assert snapshot(tmp_path / "1") == snapshot(tmp_path / "2")
