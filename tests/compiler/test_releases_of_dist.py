"""servestatic-manifest releases and prune: what DIST keeps, and what it no longer needs."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import rmtree

import pytest

from servestatic_build.inspection.cli import main
from servestatic_build.names import OURS
from support.commands import run_command
from support.releases import snapshot
from support.trees import FORGETTING, compile_tree, write_tree

FIRST, SECOND = {"app.css": "a{}", "same.css": "b{}"}, {"app.css": "a{color:red}", "same.css": "b{}"}


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a DIST that has two releases, the first replaced a day after it was made."""
    for epoch, label, tree in ((1_700_000_000, "v1", FIRST), (1_700_086_400, "v2", SECOND)):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(epoch))
        dist = compile_tree(tmp_path, tree, label=label).dist
    return dist


def test_the_releases_are_listed_with_what_is_kept_for_each(dist: Path) -> None:
    done = run_command(main, "releases", str(dist), "--json")
    releases = json.loads(done.stdout)["releases"]
    assert [(each["label"], each["urls"], each["bytes"]) for each in releases] == [("v2", 2, 15), ("v1", 1, 3)]
    assert [(each["time"], each["replaced"]) for each in releases] == [
        (1_700_086_400, None),
        (1_700_000_000, 1_700_086_400),
    ]


def test_a_release_that_can_be_rolled_back_to_is_told_from_one_of_which_urls_are_kept(dist: Path) -> None:
    def answers() -> list[bool]:
        done = run_command(main, "releases", str(dist), "--json")
        return [each["rollback"] for each in json.loads(done.stdout)["releases"]]

    assert answers() == [True, True]
    rmtree(dist / f"{OURS}.releases")
    assert answers() == [True, False]
    assert "its URLs only  v1" in run_command(main, "releases", str(dist)).stdout


def test_what_stays_for_a_rollback_alone_counts_too(tmp_path: Path) -> None:
    for text in ("<p>old", "<p>new"):
        dist = compile_tree(tmp_path, {**FIRST, "page.html": text, "x.css": text}).dist
    releases = json.loads(run_command(main, "releases", str(dist), "--json").stdout)["releases"]
    assert [(each["urls"], each["bytes"]) for each in releases] == [(4, 18), (1, 12)]


def test_the_list_is_for_people_too(dist: Path) -> None:
    current, earlier = run_command(main, "releases", str(dist)).stdout.splitlines()
    assert "2 URLs, 15 bytes  current  v2" in current
    assert "2023-11-14 22:13:20 UTC" in earlier
    assert earlier.endswith("replaced 2023-11-15 22:13:20 UTC  v1")


def test_prune_deletes_what_no_kept_release_needs(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, FIRST).dist
    old = compile_tree(tmp_path, FIRST).manifest.asset("app.css").variants[0].file
    compile_tree(tmp_path, SECOND, **FORGETTING)
    before = snapshot(dist)
    dry = run_command(main, "prune", str(dist), "--dry-run", "--grace-minutes", "0")
    assert dry.stdout.splitlines() == [old, "1 file to delete, which no kept release needs"]
    assert snapshot(dist) == before
    assert run_command(main, "prune", str(dist)).stdout == "0 files deleted, which no kept release needs\n"
    done = run_command(main, "prune", str(dist), "--grace-minutes", "0")
    assert done.stdout == "1 file deleted, which no kept release needs\n"
    assert snapshot(dist) == {name: data for name, data in before.items() if name not in {old, f"{OURS}.files"}}


def test_prune_names_what_it_leaves_alone_if_asked_to(dist: Path) -> None:
    write_tree(dist, {"files/theirs.txt": ""})
    done = run_command(main, "prune", str(dist), "--verbose")
    assert done.stdout.splitlines() == [
        "files/theirs.txt: left alone, no release has listed it",
        "0 files deleted, which no kept release needs",
    ]


def test_prune_leaves_what_a_kept_release_lists(dist: Path) -> None:
    before = snapshot(dist)
    assert run_command(main, "prune", str(dist)).stdout == "0 files deleted, which no kept release needs\n"
    assert snapshot(dist) == before


def test_prune_without_a_release_is_one_line(tmp_path: Path) -> None:
    done = run_command(main, "prune", str(tmp_path))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{tmp_path}/manifest.msgpack: error: ")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param([], "0 new, 0 gone, 1 changed", id="the current release with the one before"),
        pytest.param(["--from", "v1"], "0 new, 0 gone, 1 changed", id="with an earlier one"),
        pytest.param(["--from", "v2", "--to", "v1"], "0 new, 0 gone, 1 changed", id="the other way round"),
        pytest.param(["--from", "v1", "--to", "v1"], "no difference", id="with itself"),
        pytest.param(["{dist}", "--from", "v1"], "0 new, 0 gone, 1 changed", id="with another DIST"),
    ],
)
def test_releases_of_one_dist_are_compared(dist: Path, arguments: list[str], expected: str) -> None:
    done = run_command(main, "diff", str(dist), *(each.format(dist=dist) for each in arguments))
    assert (done.exit_code, done.stderr) == (0, "")
    assert expected in done.stdout


def test_a_change_between_two_releases_of_one_dist_has_its_cause(dist: Path) -> None:
    assert "(+9): its own content" in run_command(main, "diff", str(dist), "--from", "v1", "--to", "v2").stdout


def test_a_release_that_is_not_kept_is_an_error(tmp_path: Path, dist: Path) -> None:
    done = run_command(main, "diff", str(dist), "--from", "v9")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no release v9 is kept" in done.stderr
    alone = compile_tree(tmp_path / "alone", FIRST).dist
    assert "no earlier release is kept" in run_command(main, "diff", str(alone)).stderr
