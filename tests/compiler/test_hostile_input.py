"""Input made to keep a reader busy: the work grows as the input does, and nothing ends in a traceback."""

from __future__ import annotations

from functools import partial

import pytest

from servestatic_build.references.extractors import EXTRACTORS
from support.hostile import REPEATED, Repeated
from support.steps import calls


@pytest.mark.parametrize("repeated", REPEATED, ids=str)
def test_twice_the_input_is_twice_the_work(repeated: Repeated) -> None:
    extract = EXTRACTORS[repeated.media_type]
    extract(repeated.text(1))  # what is made once for all
    once, twice = (calls(partial(extract, repeated.text(count))) for count in (1000, 2000))
    assert twice <= 2.2 * once


@pytest.mark.slow
@pytest.mark.parametrize("repeated", REPEATED, ids=str)
def test_half_a_megabyte_is_read(repeated: Repeated) -> None:
    """A pattern that looks at every byte for every other one calls no function, but would take hours."""
    EXTRACTORS[repeated.media_type](repeated.text(500_000 // len(repeated.unit)))
