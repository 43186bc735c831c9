"""Locks: one holder at a time, whatever a killed one has left behind, and nothing left in DIST."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from filelock import lock_descriptor

from servestatic_build.store import locks
from servestatic_build.store.locks import locked, locked_output
from support.releases import release
from support.trees import write_tree


def test_a_lock_s_file_is_there_while_it_is_held_and_nobody_else_gets_it(tmp_path: Path) -> None:
    with locked_output(str(tmp_path)):
        assert os.listdir(tmp_path) == [".servestatic-build.lock"]
        with pytest.raises(BlockingIOError), locked(str(tmp_path / ".servestatic-build"), wait=False):
            pass
        assert os.listdir(tmp_path) == [".servestatic-build.lock"]
    assert os.listdir(tmp_path) == []


def test_who_waits_gets_it_next(tmp_path: Path) -> None:
    order: list[str] = []

    def wait() -> None:
        with locked_output(str(tmp_path)):
            order.append("second")

    with locked_output(str(tmp_path)):
        waiting = Thread(target=wait)
        waiting.start()
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]
    assert os.listdir(tmp_path) == []


def test_a_file_that_is_removed_before_it_is_locked_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".servestatic-build.lock"
    removed: list[bool] = []

    def lock_when_removed(descriptor: int, *, blocking: bool) -> bool:
        if len(removed) < 3:
            file.unlink()
            removed.append(True)
        if len(removed) == 2:  # another holder's
            file.touch()
            removed.append(True)
        return lock_descriptor(descriptor, blocking=blocking)

    monkeypatch.setattr(locks, "lock_descriptor", lock_when_removed)
    with locked_output(str(tmp_path)):
        assert removed == [True] * 3
        with pytest.raises(BlockingIOError), locked(str(tmp_path / ".servestatic-build"), wait=False):
            pass


HOLD = """
import os, signal, sys
from servestatic_build.store.locks import locked_output

with locked_output(sys.argv[1]):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_holder_leaves_is_free_and_goes(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", HOLD, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert os.listdir(tmp_path) == [".servestatic-build.lock"]
    with locked(str(tmp_path / ".servestatic-build"), wait=False):
        pass
    assert os.listdir(tmp_path) == []


COMPILE = """
import sys
from servestatic_build import Config, Source, build

settings = dict(sources=(Source(sys.argv[1]),), out=sys.argv[2], codings=())
for _ in range(5):
    assert not build(Config(missing="error", **settings)).ok  # it makes DIST and removes it, if it is the first there
    result = build(Config(missing="ignore", **settings))
    assert result.ok, result.diagnostics
"""


@pytest.mark.slow
def test_builds_at_once_in_a_new_place_all_finish_and_leave_one_release_whole(tmp_path: Path) -> None:
    trees = [{"a.css": "a{b:url(no.png)}", **{f"{n}.txt": f"{tree} {n}" for n in range(20)}} for tree in range(3)]
    sources = [write_tree(tmp_path / f"src{number}", tree) for number, tree in enumerate(trees)]
    dist = tmp_path / "some/new/dist"
    builds = [subprocess.Popen([sys.executable, "-c", COMPILE, str(source), str(dist)]) for source in sources]
    assert [build.wait() for build in builds] == [0, 0, 0]
    assert set(release(dist)) == set(trees[0])
    assert sorted(os.listdir(dist)) == [".servestatic-build.releases", "files", "manifest.msgpack"]
