"""Problems as values: what the collector makes of them, and where in a file they are."""

from __future__ import annotations

import builtins
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from diagnostic_examples import EXAMPLES
from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError, ConfigError, Diagnostics, Severity
from servestatic_build.model import Position
from servestatic_build.places import places_in
from support.trees import compile_tree


@pytest.mark.parametrize("code", Code)
def test_a_code_is_of_lower_case_words_and_says_what_it_means_and_what_to_do(code: Code) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    assert code.name.lower().replace("_", "-") == code
    assert code.meaning.endswith(".")
    assert code.advice.endswith(".")


@pytest.mark.parametrize("code", Code)
def test_each_code_has_an_example_and_all_but_notes_say_what_to_do(code: Code) -> None:
    problem = next(each for each in EXAMPLES[code].problems() if each["code"] == code)
    assert problem["severity"] == "note" or problem["hint"] or code is Code.UNPUBLISHED_FILE


@pytest.mark.parametrize(
    ("strict", "severities", "failed"),
    [
        (False, [Severity.NOTE, Severity.WARNING], False),
        (True, [Severity.NOTE, Severity.ERROR], True),
    ],
)
def test_a_strict_build_takes_warnings_for_errors(strict: bool, severities: list[Severity], failed: bool) -> None:
    diagnostics = Diagnostics(strict=strict)
    diagnostics.note(Code.REPLACED_FILE, "a.css", "replaces b.css")
    diagnostics.warning(Code.NO_FILES, "src", "there is no file")
    assert [each.severity for each in diagnostics.located()] == severities
    assert diagnostics.failed == failed


def test_what_is_told_twice_counts_once() -> None:
    diagnostics = Diagnostics()
    for message in ("one", "two", "one"):
        diagnostics.error(Code.FILE_SYSTEM, "a.css", message)
    assert [each.message for each in diagnostics.located()] == ["one", "two"]


def test_an_error_that_ends_a_build_keeps_its_code() -> None:
    error = BuildError(Code.FILE_CHANGED, "a.css", "this file changed", "compile again")
    assert (error.code, error.place, str(error), error.hint) == (
        "file-changed",
        "a.css",
        "this file changed",
        "compile again",
    )
    said = ConfigError("jobs must be at least 1").diagnostic("servestatic-build")
    assert (said.severity, said.code, said.place) == ("error", "invalid-setting", "servestatic-build")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"@", (1, 1), id="the first byte"),
        pytest.param(b"ab@", (1, 3), id="in the first line"),
        pytest.param(b"a\nb\n@", (3, 1), id="a line's start"),
        pytest.param(b"a\r\nb@", (2, 2), id="CRLF"),
        pytest.param("äö@".encode(), (1, 3), id="columns are characters"),
        pytest.param(b"\xff\xfe@", (1, 3), id="bytes that are no UTF-8 count one each"),
    ],
)
def test_a_byte_has_a_line_and_a_column(data: bytes, expected: tuple[int, int]) -> None:
    offset = data.index(b"@")
    assert places_in(data, [offset]) == {offset: expected}


def test_places_are_the_same_together_as_one_by_one() -> None:
    data = "ä { b: url(1) url(2) }\n\r\n.ü { c: url(3) } url(4)".encode()
    offsets = [data.index(digit) for digit in (b"4", b"1", b"3", b"2")]
    assert places_in(data, offsets) == {offset: places_in(data, [offset])[offset] for offset in offsets}


def test_a_file_is_read_once_for_all_its_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    style_sheet = tmp_path / "a.css"
    style_sheet.write_text("a { b: url(x.png) }\n" * 100)
    diagnostics = Diagnostics()
    for number in range(100):
        diagnostics.warning(Code.MISSING_REFERENCE, Position("a.css", str(style_sheet), number * 20), "gone")
    opened: Counter[str] = Counter()
    open_file = builtins.open

    def counted(path: Any, *arguments: Any, **options: Any) -> Any:
        opened[str(path)] += 1
        return open_file(path, *arguments, **options)

    monkeypatch.setattr(builtins, "open", counted)
    lines = [each.line for each in diagnostics.located()]
    assert (lines, opened) == ([*range(1, 101)], {str(style_sheet): 1})


def test_each_byte_is_passed_once_for_all_places() -> None:
    class Counting(bytes):
        passed = 0

        def __getitem__(self, key: Any) -> Any:
            Counting.passed += len(range(*key.indices(len(self))))
            return super().__getitem__(key)

    data = Counting(b"a { b: url(x.png) }" * 1000)
    places_in(data, range(0, len(data), 19))
    assert Counting.passed <= len(data)


def test_a_file_that_is_gone_leaves_a_place_without_a_line(tmp_path: Path) -> None:
    diagnostics = Diagnostics()
    diagnostics.warning(Code.UNREADABLE, Position("a.css", str(tmp_path / "a.css"), 7), "cut off")
    assert [each.place for each in diagnostics.located()] == ["a.css"]


def test_a_check_says_that_dist_is_outdated(tmp_path: Path) -> None:
    results = [
        compile_tree(tmp_path, {"a.css": text}, check=check).result
        for text, check in (("a{}", False), ("a{}", True), ("b{}", True), ("b{}", False))
    ]
    assert [result.outdated for result in results] == [False, False, True, False]
    assert [each.code for result in results for each in result.diagnostics] == [Code.OUT_OF_DATE]
