"""Last-Modified: the source's date, until the bytes say otherwise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from servestatic_build import ConfigError, Source
from support.trees import MODIFIED, Compiled, Tree, compile_sources, compile_tree, write_tree

LATER = MODIFIED + 1_000
SITE: Tree = {
    "a.css": "a{b:url(a.png)}",
    "a.png": "a",
    "m.js": "import './n.js'",
    "n.js": "import './m.js'",
    "x.txt": "",
}


def dates(compiled: Compiled) -> dict[str, int]:
    return {asset.name: asset.modified - MODIFIED for asset in compiled.manifest}


def compile_later(tmp_path: Path, changes: Tree, touched: Tree | None = None) -> Compiled:
    """Compile the site again with changed files, whose date is later, as is that of the touched ones."""
    source = write_tree(tmp_path / "src", {**SITE, **changes})
    for name in {**changes, **(SITE if touched is None else touched)}:
        os.utime(source / name, (LATER, LATER))
    return compile_sources(tmp_path, Source(str(source)))


def test_a_file_has_the_date_of_its_source(tmp_path: Path) -> None:
    assert dates(compile_tree(tmp_path, SITE)) == dict.fromkeys(SITE, 0)


@pytest.mark.parametrize(
    ("changed", "later"),
    [
        pytest.param({}, set(), id="nothing"),
        pytest.param({"x.txt": "new"}, {"x.txt"}, id="one file"),
        pytest.param({"a.png": "new"}, {"a.png", "a.css"}, id="image, which changes the style sheet"),
        pytest.param({"m.js": "f();import './n.js'"}, {"m.js", "n.js"}, id="member of a cycle"),
        pytest.param({"new.txt": ""}, {"new.txt"}, id="new file"),
    ],
)
def test_a_fresh_checkout_makes_only_changed_bytes_new(tmp_path: Path, changed: Tree, later: set[str]) -> None:
    compile_tree(tmp_path, SITE)
    found = dates(compile_later(tmp_path, changed))
    assert found == {name: 1_000 if name in later else 0 for name in {**SITE, **changed}}


def test_a_changed_image_dates_the_style_sheet_that_names_it(tmp_path: Path) -> None:
    found = dates(compile_later(tmp_path, {"a.png": "new"}, touched={}))
    assert (found["a.css"], found["a.png"], found["x.txt"]) == (1_000, 1_000, 0)


def test_without_a_release_in_dist_the_sources_date_counts(tmp_path: Path) -> None:
    assert dates(compile_later(tmp_path, {})) == dict.fromkeys(SITE, 1_000)


@pytest.mark.parametrize(
    ("epoch", "expected"),
    [
        pytest.param(str(MODIFIED - 5), -5, id="earlier"),
        pytest.param(str(MODIFIED + 5), 0, id="later"),
        pytest.param("0", -MODIFIED, id="1970"),
        pytest.param("", 0, id="empty is not set"),
    ],
)
def test_source_date_epoch_is_the_latest_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: str, expected: int
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert dates(compile_tree(tmp_path, SITE)) == dict.fromkeys(SITE, expected)


def test_source_date_epoch_counts_for_kept_dates_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_tree(tmp_path, SITE)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(MODIFIED - 5))
    assert set(dates(compile_later(tmp_path, {})).values()) == {-5}


@pytest.mark.parametrize("epoch", ["now", "-1", "1.5", " 1", "1_0", "0x1", "\u0661", "253402300800", "9" * 5000])
def test_a_bad_source_date_epoch_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(ConfigError, match="SOURCE_DATE_EPOCH must be whole seconds since 1970"):
        compile_tree(tmp_path, SITE)


@pytest.mark.parametrize("damage", [b"", b"not a manifest"], ids=["empty", "something else"])
def test_a_damaged_old_manifest_is_a_warning_and_its_dates_are_lost(tmp_path: Path, damage: bytes) -> None:
    manifest = compile_tree(tmp_path, SITE).dist / "manifest.msgpack"
    manifest.unlink()  # it is read-only
    manifest.write_bytes(damage)
    compiled = compile_later(tmp_path, {})
    assert [message.partition(": ")[0] for message in compiled.messages()] == [f"warning {manifest}"]
    assert dates(compiled) == dict.fromkeys(SITE, 1_000)
