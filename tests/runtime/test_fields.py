"""A record is made of its fields by its own annotations and defaults: what its schema does not allow is an error."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from servestatic_runtime.fields import reader


class Inner(NamedTuple):
    """A record in a record."""

    name: str


class Sample(NamedTuple):
    """A record with a field of each kind, of which two were appended later."""

    text: str
    number: int | None
    flag: bool
    inner: Sequence[Inner]
    pairs: Sequence[tuple[str, str]]
    numbers: Sequence[int] = ()
    names: Sequence[str] | None = None


read = reader(Sample)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(["a", 1, True, [["x"]], [["a", "b"]], [1, 2], ["n"]], None, id="all"),
        pytest.param(["a", None, False, [], [], [], None], None, id="nil"),
        pytest.param(["a", 1, True, [], [], [1]], ["a", 1, True, [], [], [1], None], id="without the last"),
        pytest.param(["a", 1, True, [], []], ["a", 1, True, [], [], (), None], id="without any that came later"),
        pytest.param(["a", 1, True, [], [], [], None, 7, {}], ["a", 1, True, [], [], [], None], id="with later ones"),
    ],
)
def test_a_record_has_its_fields_and_the_defaults_of_those_that_came_later(
    fields: list[Any], expected: list[Any] | None
) -> None:
    assert read(fields) == Sample(*(fields if expected is None else expected))


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(["a", 1, True, []], id="one missing"),
        pytest.param([], id="nothing"),
        pytest.param([None, 1, True, [], []], id="nil that may not be"),
        pytest.param(["a", True, True, [], []], id="true for a number"),
        pytest.param(["a", 1, 1, [], []], id="a number for true"),
        pytest.param([b"a", 1, True, [], []], id="bytes for text"),
        pytest.param(["a", 1, True, "x", []], id="text for a list"),
        pytest.param(["a", 1, True, [], [], None], id="nil for a list"),
        pytest.param(["a", 1, True, [], [], [1, "2"]], id="one item of another type"),
        pytest.param(["a", 1, True, [], [], [True]], id="true for an item"),
        pytest.param(["a", 1, True, [], [], [], [None]], id="nil for an item"),
        pytest.param(["a", 1, True, [], [], [], {}], id="a map"),
    ],
)
def test_a_field_that_is_missing_or_of_another_type_is_an_error(fields: list[Any]) -> None:
    with pytest.raises(TypeError, match="of another type"):
        read(fields)
