"""Patterns for names: they match what pathspec says, and in time that grows with the name alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from servestatic_build.diagnostics import ConfigError
from servestatic_build.settings.globs import Globs

PIECES = (
    "a",
    "b",
    "c",
    "*",
    "*",
    "**",
    "/",
    "/**/",
    "?",
    "[ab]",
    "[b-]",
    "[]a]",
    r"\*",
    r"\[",
    ".",
    "-",
    "(",
    "+",
    "|",
    " ",
)
PATTERNS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=9).map("".join)
NAMES = st.lists(st.text("abc.*-[](+| ", min_size=1, max_size=5), min_size=1, max_size=4).map("/".join)


@given(st.lists(st.tuples(st.sampled_from(["", "!"]), PATTERNS).map("".join), max_size=3), NAMES)
def test_a_name_matches_as_in_gitignore(patterns: list[str], name: str) -> None:
    try:
        globs = Globs.of(patterns)
    except ConfigError:
        return
    assert globs.match(name) == GitIgnoreSpec.from_lines(patterns, backend="simple").match_file(name)


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("a[!b]c", "a/c", False),
        ("a[!b]c", "axc", True),
        ("*[!a]*b", "x/yb", True),
        ("[^b]*", "a/b", True),
        ("x[+-0]y", "x/y", False),
    ],
)
def test_a_class_has_no_slash_in_it(pattern: str, name: str, *, matches: bool) -> None:
    assert Globs.of([pattern]).match(name) is matches


# To try every way to share these names out would take longer than anyone waits.
@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        pytest.param("*a" * 12 + "b", "a" * 2000, id="stars"),
        pytest.param("*?" * 12 + "b", "a" * 2000, id="stars and single characters"),
        pytest.param("[ab]*" * 12 + "c", "a" * 2000, id="stars and classes"),
        pytest.param("**" * 12 + "b", "a" * 2000, id="stars side by side"),
        pytest.param("**/a/" * 12 + "b", "a/" * 1000 + "c", id="directories"),
        pytest.param("/a" + "/**/*a*a" * 8 + "/b", "aaa/" * 500 + "c", id="stars in directories"),
    ],
)
def test_a_pattern_of_many_stars_takes_no_time(pattern: str, name: str) -> None:
    assert not Globs.of([pattern]).match(name)
