"""Last-Modified: the source's date, until the bytes say otherwise."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from servestatic_build import ConfigError, Source
from servestatic_runtime.dates import format_date, parse_date
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


# Where the bytes of a URL may change, a date that others may have had is not sent: it would tell them for the same.

PLAIN = "/static/a.txt"


def last_modified(compiled: Compiled, url: str) -> str | None:
    match = compiled.manifest.find(url)
    assert match is not None
    return dict(match.ok_headers(match.variants[0])).get("Last-Modified")


def compile_text(tmp_path: Path, text: str, modified: int, **settings: Any) -> Compiled:
    source = write_tree(tmp_path / "src", {"a.txt": text})
    os.utime(source / "a.txt", (modified, modified))
    return compile_sources(tmp_path, Source(str(source)), **settings)


DAY = 86_400
ZIP, NPM = 315_532_800, 499_162_500  # 1980-01-01, the first date that ZIP has; 1985-10-26, which npm gives to all files


@pytest.mark.parametrize(
    "date",
    [-5, 0, 1, ZIP - DAY // 2, ZIP, ZIP + DAY // 2, NPM],
    ids=["before 1970", "0", "1", "ZIP, in the east", "ZIP", "ZIP, in the west", "npm"],
)
def test_a_date_that_tools_give_to_all_they_pack_is_sent_for_bytes_that_never_change_only(
    tmp_path: Path, date: int
) -> None:
    compiled = compile_text(tmp_path, "a", date)
    assert last_modified(compiled, PLAIN) is None
    assert last_modified(compiled, compiled.url("a.txt")) == format_date(max(date, 0))


@pytest.mark.parametrize("settings", [{"plain": "*"}, {"hashed": "*"}], ids=lambda settings: next(iter(settings)))
def test_where_there_is_one_url_its_kind_decides(tmp_path: Path, settings: dict[str, str]) -> None:
    sent = format_date(NPM) if "hashed" in settings else None
    assert last_modified(compile_text(tmp_path, "a", NPM, **settings), PLAIN) == sent


def test_a_date_of_the_nineties_is_sent(tmp_path: Path) -> None:
    assert last_modified(compile_text(tmp_path, "a", 700_000_000), PLAIN) == format_date(700_000_000)


@pytest.mark.parametrize(("epoch", "sent"), [(MODIFIED - 1, False), (MODIFIED, True), (MODIFIED + 1, True)])
def test_a_date_that_source_date_epoch_cut_short_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: int, *, sent: bool
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(epoch))
    compiled = compile_text(tmp_path, "a", MODIFIED)
    assert last_modified(compiled, PLAIN) == (format_date(MODIFIED) if sent else None)
    assert last_modified(compiled, compiled.url("a.txt")) == format_date(min(epoch, MODIFIED))


Build = tuple[str, int]  # what the file holds, and seconds after the first build


@pytest.mark.parametrize(
    ("builds", "sent"),
    [
        pytest.param([("a", 0), ("b", 0)], None, id="other bytes of the same date"),
        pytest.param([("a", 0), ("b", -9)], None, id="other bytes of an earlier date"),
        pytest.param([("a", 0), ("b", 9)], 9, id="other bytes of a later date"),
        pytest.param([("a", 0), ("a", 9)], 0, id="the same bytes"),
        pytest.param([("a", 0), ("b", 0), ("b", 0)], None, id="the same bytes once more, that have had none"),
        pytest.param([("a", 0), ("b", 9), ("c", 0)], None, id="the date of bytes before the last ones"),
        pytest.param([("a", 0), ("b", -9), ("c", 0)], None, id="the same, where the last ones had none"),
        pytest.param([("a", 0), ("b", 0), ("c", 9)], 9, id="a later date, where the last ones had none"),
    ],
)
def test_a_date_that_other_bytes_may_have_had_is_not_sent(
    tmp_path: Path, builds: list[Build], sent: int | None
) -> None:
    for text, seconds in builds:
        compiled = compile_text(tmp_path, text, MODIFIED + seconds)
    date = last_modified(compiled, PLAIN)
    assert (date and parse_date(date)) == (None if sent is None else MODIFIED + sent)


def test_a_date_is_not_sent_before_it_has_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = compile_text(tmp_path, "a", MODIFIED)
    sent = []
    for now in (MODIFIED - 0.5, MODIFIED):
        monkeypatch.setattr("servestatic_runtime.records.time", lambda now=now: now)
        sent += [last_modified(compiled, url) for url in (PLAIN, compiled.url("a.txt"))]
    assert sent == [None, None, format_date(MODIFIED), format_date(MODIFIED)]
