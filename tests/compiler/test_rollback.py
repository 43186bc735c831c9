"""A release that is kept can be made current again, and the one before forward again; nothing of either is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import Any

import pytest

from servestatic_build.inspection.cli import main
from servestatic_build.releases.history import Clock
from servestatic_build.stages import Silent
from servestatic_build.store.file_list import FileList, Unlisted
from servestatic_build.store.own_files import OwnFiles
from servestatic_build.store.rollback import roll_back
from servestatic_build.verification.verify import verify
from servestatic_runtime import Manifest, ManifestError
from support.clients import WSGIClient
from support.commands import run_command
from support.releases import release, snapshot
from support.trees import Compiled, Tree, compile_tree, write_tree

APP = "".join(f".c{Random(number).randbytes(6).hex()} {{}}\n" for number in range(300))
TREES: dict[str, Tree] = {
    "v1": {"app.css": APP, "page.html": '<link rel=stylesheet href="app.css">', "old.txt": "old"},
    "v2": {"app.css": f"{APP}b{{}}", "page.html": '<link rel=stylesheet href="app.css"><p>', "new.js": "1"},
    "v3": {"app.css": f"{APP}i{{}}", "page.html": "<p>3", "new.js": "1"},
}
TIME = Clock(1_800_000_000)


@pytest.fixture(params=["files", "urls", "prefix"])
def dist(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a DIST that has three releases."""
    for label in TREES:
        dist = compiled(tmp_path, label, layout=request.param).dist
    return dist


def compiled(tmp_path: Path, label: str, **settings: Any) -> Compiled:
    rmtree(tmp_path / "src", ignore_errors=True)
    settings = {"label": label, "codings": ("gzip",), "deltas": 1, "grace_minutes": 0, **settings}
    done = compile_tree(tmp_path, TREES[label], **settings)
    assert done.result.ok, done.messages()
    return done


def labels(dist: Path) -> list[str | None]:
    return [each.label for each in Manifest.open(dist).releases()]


def own_part(dist: Path) -> list[tuple[Any, ...]]:
    """Return what the manifest says of its own release, but for deltas, which lead from others."""
    manifest = Manifest.open(dist)
    return [
        (*asset[: asset._fields.index("headers")], manifest.header_set(asset.headers), asset.variants)
        for asset in manifest
    ]


def problems(dist: Path) -> list[str]:
    """Return what verify has to say, notes too."""
    found = verify(str(dist), sample=None, missing="error", progress=Silent()).problems
    return [f"{each.severity} {each.place}: {each.message}" for each in found]


def plain_names(dist: Path) -> dict[str, bytes]:
    """Return the files of DIST that have no fingerprint, manifests and lists left out."""
    return {
        name: data
        for name, data in snapshot(dist).items()
        if not name.startswith((".", "files/")) and len(name.split(".")) == 2 and name != "manifest.msgpack"
    }


def test_a_release_is_current_again_with_all_it_had(tmp_path: Path, dist: Path) -> None:
    alone = compiled(tmp_path / "alone", "v1", layout="files").dist
    expected = {asset.name: (asset.url, asset.digest) for asset in Manifest.open(alone)}
    assert roll_back(str(dist), "v1", TIME).label == "v1"
    assert labels(dist) == ["v1", "v3", "v2"]
    assert {asset.name: (asset.url, asset.digest) for asset in Manifest.open(dist)} == expected
    assert set(release(dist)) == set(TREES["v1"])  # whose files are what the manifest says
    assert problems(dist) == []


def test_rolling_back_and_forward_leads_to_what_was_there(dist: Path) -> None:
    before = own_part(dist), plain_names(dist)
    for label in ("v1", "v2", "v3", "v1", "v3"):
        roll_back(str(dist), label, TIME)
        assert problems(dist) == []
    assert (own_part(dist), plain_names(dist)) == before


def test_verify_finds_any_damage_of_what_only_a_rollback_needs(dist: Path) -> None:
    assert problems(dist) == []
    names = [*OwnFiles.of_dist(str(dist)).kept, *(str(each.relative_to(dist)) for each in dist.glob(".*.releases/*"))]
    assert len(names) > 3
    for name in names:
        path = dist / name
        data = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        assert [each for each in problems(dist) if name in each], name
        path.write_bytes(data[:-1])
        sample = verify(str(dist), sample=1, missing="error", progress=Silent())
        assert not sample.ok
        path.write_bytes(data)
    assert problems(dist) == []


def test_the_urls_of_the_release_rolled_back_from_stay_served(dist: Path) -> None:
    urls = [asset.url for asset in Manifest.open(dist) if asset.immutable]
    before = [WSGIClient(dist).get(url, accept_encoding="gzip") for url in urls]
    roll_back(str(dist), "v1", TIME)
    assert [WSGIClient(dist).get(url, accept_encoding="gzip") for url in urls] == before


def test_deltas_come_back_where_their_dictionaries_are_there(dist: Path) -> None:
    for label in ("v1", "v2"):
        roll_back(str(dist), label, TIME)
    (delta,) = Manifest.open(dist).asset("app.css").deltas
    assert (dist / delta.variant.file).stat().st_size == delta.variant.size


def test_the_next_build_goes_on_from_there(tmp_path: Path, dist: Path) -> None:
    root_url = Manifest.open(dist).root_url
    layout = {None: "files", "/": "urls", "/static/": "prefix"}[root_url]
    roll_back(str(dist), "v1", TIME)
    compiled(tmp_path, "v1", layout=layout)  # which may add the delta that leads back
    assert labels(dist) == ["v1", "v3", "v2"]
    assert compiled(tmp_path, "v1", layout=layout).result.up_to_date
    compiled(tmp_path, "v2", layout=layout)
    assert labels(dist) == ["v2", "v1", "v3"]
    assert problems(dist) == []


def test_nothing_is_deleted_however_long_ago_it_was_needed(dist: Path) -> None:
    files = FileList(str(dist))
    write_tree(dist, {"files/old.txt": ""})
    files.write({**files.read(), "files/old.txt": Unlisted(0, "-")})
    roll_back(str(dist), "v1", TIME)
    assert (dist / "files/old.txt").exists()


def test_to_roll_back_to_the_current_release_changes_nothing(dist: Path) -> None:
    before = snapshot(dist)
    assert roll_back(str(dist), "v3", TIME).label == "v3"
    assert snapshot(dist) == before


def test_a_release_has_the_names_that_people_give_it(dist: Path) -> None:
    ids = {each.label: each.id for each in Manifest.open(dist).releases()}
    for name, label in ((ids["v1"], "v1"), (ids["v2"][:8], "v2"), ("v3", "v3")):
        done = run_command(main, "rollback", str(dist), name)
        assert (done.exit_code, done.stdout) == (0, f"release {ids[label]} ({label}) is current\n")


@pytest.mark.parametrize("name", ["v9", "", "zz"])
def test_an_unknown_release_is_an_error_that_says_which_there_are(dist: Path, name: str) -> None:
    before = snapshot(dist)
    done = run_command(main, "rollback", str(dist), name)
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"no release {name} is kept" in done.stderr
    assert all(f"{each.id} ({each.label})" in done.stderr for each in Manifest.open(dist).releases())
    assert snapshot(dist) == before


def test_two_releases_of_one_label_are_told_apart_by_their_ids(tmp_path: Path) -> None:
    for label in TREES:
        dist = compiled(tmp_path, label).dist
    compile_tree(tmp_path, {**TREES["v3"], "x.txt": ""}, label="v1")
    with pytest.raises(ManifestError, match="more than one release is called v1"):
        roll_back(str(dist), "v1", TIME)


def _remove_page(dist: Path) -> None:
    kept = Manifest.open(dist / f".servestatic-build.releases/{Manifest.open(dist).releases()[1].id}.msgpack")
    (dist / kept.asset("page.html").variants[0].file).unlink()


def _remove_manifests(dist: Path) -> None:
    for path in (dist / ".servestatic-build.releases").iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(_remove_page, "No such file", id="a file is missing"),
        pytest.param(_remove_manifests, "DIST keeps only the URLs of release", id="only URLs are kept"),
    ],
)
def test_what_is_not_whole_does_not_become_current(dist: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(dist)
    before = snapshot(dist)
    done = run_command(main, "rollback", str(dist), "v2")
    assert (done.exit_code, done.stdout) == (1, "")
    assert message in done.stderr
    assert snapshot(dist) == before


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    for label in TREES:
        dist = compiled(tmp_path, label, layout="prefix").dist
    write_tree(dist, {"old.txt": "theirs"})
    before = snapshot(dist)
    assert "no build wrote" in run_command(main, "rollback", str(dist), "v1").stderr
    assert snapshot(dist) == before


# One process that forks others, for to start Python for each step would take longer than all the rest.
DYING = """
import itertools, json, os, signal, sys
from servestatic_build.releases.history import Clock
from servestatic_build.stages import Silent
from servestatic_build.store.rollback import roll_back
from servestatic_build.verification.verify import verify
from servestatic_runtime import Manifest

dist, clock, wrong = sys.argv[1], Clock(1_800_000_000), []

def roll_back_and_die(left):
    for name in ("replace", "unlink", "link", "fsync"):
        def dying(*args, function=getattr(os, name)):
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args)

        setattr(os, name, dying)
    roll_back(dist, "v1", clock)
    os._exit(0)

def look(when, *severities):
    found = verify(dist, sample=None, missing="error", progress=Silent()).problems
    wrong.extend(f"{when}: {each.severity} {each.place}: {each.message}" for each in found if each.severity in severities)

for steps in itertools.count():
    child = os.fork()
    if not child:
        roll_back_and_die(steps)
    status = os.waitpid(child, 0)[1]
    look(f"killed at step {steps}", "error")
    if Manifest.open(dist).releases()[0].label not in ("v1", "v3"):
        wrong.append(f"{steps}: another release")
    if status == 0:
        break
    for label in ("v1", "v3"):
        roll_back(dist, label, clock)
        look(f"{label} behind step {steps}", "error", "warning", "note")
print(json.dumps({"steps": steps, "wrong": wrong}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is killed in the midst of its work")
@pytest.mark.parametrize("dist", ["prefix"], indirect=True)
def test_killed_at_any_step_it_leaves_one_release_or_the_other(dist: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DYING, str(dist)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["steps"] > 10
    assert not [name for name in os.listdir(dist) if name.startswith(".servestatic-build-")]
