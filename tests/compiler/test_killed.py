"""Builds, prunes and rollbacks that are killed at any moment, or have no room on the disk: DIST stays whole."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from servestatic_build.names import OURS
from servestatic_build.platform_files import write_new
from servestatic_build.stages import Silent
from servestatic_build.store.locks import locked_output
from servestatic_build.store.prune import prune
from servestatic_build.verification.verify import verify
from support.releases import snapshot
from support.trees import FORGETTING, Tree, compile_tree, write_tree

# How often the suite kills; with KILLS=200 in the environment it takes its time.
KILLS = int(os.environ.get("KILLS", "40"))

TREES: list[Tree] = [
    {
        **{f"css/{name}.css": f"a{{b:url(../img/{name}.svg)}} /* {number} */" * 20 for name in range(6)},
        **{f"img/{name}.svg": f"<svg><text>{number if name % 2 else 0}</text>{'<g/>' * 99}</svg>" for name in range(6)},
        f"only{number}.txt": "x" * 99,
        "page.html": f'<link rel=stylesheet href="css/1.css"><p>{number}',
    }
    for number in range(3)
]

# One process that forks others: to start Python and to import the compiler would take longer than all the rest. Nothing
# is left running when it forks.
KILLING = """
import json, os, random, signal, sys, time
from servestatic_build import Config, Source, build
from servestatic_build.stages import Silent
from servestatic_build.releases.history import Clock
from servestatic_build.store.prune import prune
from servestatic_build.store.rollback import roll_back
from servestatic_build.verification.verify import verify
from servestatic_runtime import Manifest

root, layout, kills = sys.argv[1], sys.argv[2], int(sys.argv[3])
dist, numbers = f"{root}/dist", random.Random(kills)

def compiled(number):
    source = Source(f"{root}/{number}")
    settings = dict(codings=("gzip",), effort="fast", cache=False, keep_releases=2, keep_days=0, grace_minutes=0)
    result = build(Config(sources=(source,), out=dist, layout=layout, jobs=1, **settings))
    assert result.ok and not result.diagnostics, result.diagnostics

def work(number):
    compiled(number)
    prune(dist, grace_minutes=0)
    roll_back(dist, Manifest.open(dist).releases()[-1].id, Clock(None))

def problems(severities):
    found = verify(dist, sample=None, missing="error", progress=Silent()).problems
    return [f"{each.severity} {each.place}: {each.message}" for each in found if each.severity in severities]

def left():
    '''Return what is in DIST and should not be: what no release needs, and what was staged.'''
    manifest = Manifest.open(dist)
    kept = [manifest, *(Manifest.open(f"{dist}/.servestatic-build.releases/{each.id}.msgpack")
                        for each in manifest.releases()[1:])]
    files = {variant.file for release in kept for asset in release for variant in asset.bodies}
    files |= {variant.file for url in manifest.retired() for variant in url.variants}
    there = {os.path.relpath(os.path.join(above, name), dist) for above, _, names in os.walk(dist) for name in names}
    ours = {name for name in there if "/" not in name and name.startswith(".servestatic-build")}
    ours |= {name for name in there if name.startswith(".servestatic-build.releases/")}
    expected = len(kept) - 1 + (".servestatic-build.files" in ours)
    assert files <= there, files - there
    plain = {asset.plain_url.removeprefix("/static/") + (".gz" if variant.coding == "gzip" else "")
             for asset in manifest for variant in asset.variants} if layout == "prefix" else set()
    return [*sorted(there - files - ours - plain - {"manifest.msgpack"}), *(sorted(ours) if len(ours) != expected else ())]

for number in range(3):
    compiled(number)
start = time.monotonic()
for number in range(3):
    work(number)
seconds = (time.monotonic() - start) / 3
killed, wrong = 0, []
for number in range(kills):
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        work(number % 3)
        os._exit(0)
    time.sleep(numbers.random() * seconds * 1.1)
    os.kill(child, signal.SIGKILL)
    killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
    wrong += [f"{number}: {each}" for each in problems({"error"})]
    compiled((number + numbers.randrange(3)) % 3)
    wrong += [f"{number}, behind the next build: {each}" for each in [*problems({"error", "warning", "note"}), *left()]]
print(json.dumps({"killed": killed, "wrong": wrong}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is killed in the midst of its work")
@pytest.mark.parametrize("layout", ["files", "prefix"])
def test_killed_at_random_moments_dist_is_whole_and_the_next_build_cleans_up(tmp_path: Path, layout: str) -> None:
    for number, tree in enumerate(TREES):
        write_tree(tmp_path / str(number), tree)
    command = [sys.executable, "-c", KILLING, str(tmp_path), layout, str(KILLS // 2)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["killed"] > KILLS // 8, "most are killed before they are done"


class NoRoom:
    """Opens and writes files, and from a certain one on the disk is full for those that are written."""

    def __init__(self, at: int) -> None:
        self._left = at
        self.struck = False

    def __call__(self, path: str, mode: str = "r", **options: Any) -> Any:
        if mode == "wb":
            self._take(path)
        return open(path, mode, **options)

    def write_new(self, path: str, pieces: Iterable[bytes]) -> int:
        self._take(path)
        return write_new(path, pieces)

    def _take(self, path: str) -> None:
        self._left -= 1
        if self._left < 0:
            self.struck = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


OLD: Tree = {"a.css": "a", "b.txt": "b"}
NEW: Tree = {"a.css": "new", "b.txt": "b", "c.txt": "c"}


def with_files_to_delete(root: Path) -> Path:
    compile_tree(root, {**OLD, "old.txt": "old"})
    (root / "src/old.txt").unlink()
    return compile_tree(root, OLD, **FORGETTING).dist


def test_a_full_disk_does_not_keep_prune_from_making_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dist = with_files_to_delete(tmp_path)
    write_tree(
        dist, {f"{OURS}.files": (dist / f"{OURS}.files").read_bytes() + b"files/kept.txt\x009999999999\x00-\x00"}
    )
    with monkeypatch.context() as patch:
        patch.setattr("servestatic_build.store.file_list.open", NoRoom(0), raising=False)
        with pytest.raises(OSError, match="No space left"):
            prune(str(dist), grace_minutes=0)
    assert not [name for name in snapshot(dist) if "old" in name]
    assert prune(str(dist), grace_minutes=0) == ()


@pytest.mark.parametrize("layout", ["files", "prefix"])
def test_a_build_on_a_full_disk_leaves_dist_as_it_was_or_is_live_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    results = []
    for at in count():
        root = tmp_path / str(at)
        compile_tree(root, OLD, layout=layout)
        before, room = snapshot(root / "dist"), NoRoom(at)
        with monkeypatch.context() as patch:
            patch.setattr("servestatic_build.store.staging.write_new", room.write_new)
            patch.setattr("servestatic_build.store.file_list.open", room, raising=False)
            done = compile_tree(root, NEW, layout=layout)
        if not room.struck:
            break
        results.append(done.result.ok)
        if done.result.ok:
            assert [each.code for each in done.result.diagnostics] == ["undeleted-file"]
        else:
            after = snapshot(root / "dist")
            if (
                layout != "files"
            ):  # then there is a list, and no room to write it as it was: it says more than it has to
                after[f"{OURS}.files"] = before[f"{OURS}.files"]
            assert after == before
        assert compile_tree(root, NEW, layout=layout).messages() == []
    assert results == sorted(results), "once the manifest is there, nothing is an error"


COMPILE = """
import sys
from servestatic_build import Config, Source, build

for number in range(3):
    with open(f"{sys.argv[1]}/a.txt", "w") as file:
        file.write(f"{sys.argv[1][-1]} {number % 4}" * (number % 4))
    result = build(Config(sources=(Source(sys.argv[1]),), out=sys.argv[2], codings=(), keep_releases=1, keep_days=0,
                          grace_minutes=0, cache=False, jobs=1))
    assert result.ok, result.diagnostics
"""


def problems(dist: Path) -> list[str]:
    """Return what verify has to say, notes too, while nobody publishes."""
    with locked_output(str(dist)):
        found = verify(str(dist), sample=None, missing="error", progress=Silent()).problems
    return [f"{each.severity} {each.place}: {each.message}" for each in found]


@pytest.mark.slow
def test_two_builds_and_a_prune_at_once(tmp_path: Path) -> None:
    tree = {**{f"{n}.css": f"a{{b:url(a.txt?{n})}}" for n in range(6)}, "a.txt": ""}
    dist = compile_tree(tmp_path, tree).dist
    sources = [write_tree(tmp_path / f"src{number}", tree) for number in range(2)]
    builds = [subprocess.Popen([sys.executable, "-c", COMPILE, str(source), str(dist)]) for source in sources]
    while any(build.poll() is None for build in builds):
        prune(str(dist), grace_minutes=0)
        assert problems(dist) == []
    assert [build.returncode for build in builds] == [0, 0]
    compile_tree(tmp_path, tree, grace_minutes=0)
    prune(str(dist), grace_minutes=0)
    assert problems(dist) == []
    assert {name.partition("/")[0] for name in snapshot(dist)} == {"files", "manifest.msgpack", f"{OURS}.releases"}
