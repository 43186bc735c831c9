"""Splicing: the spans change, and nothing else."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servestatic_build.render.splice import Edit, splice


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        pytest.param([], b"0123456789", id="none"),
        pytest.param([Edit(2, 4, b"xyz")], b"01xyz456789", id="longer"),
        pytest.param([Edit(2, 4, b"")], b"01456789", id="removed"),
        pytest.param([Edit(5, 5, b"x")], b"01234x56789", id="empty span"),
        pytest.param([Edit(0, 1, b"x"), Edit(9, 10, b"y")], b"x12345678y", id="both ends"),
        pytest.param([Edit(2, 4, b"x"), Edit(4, 6, b"y")], b"01xy6789", id="neighbours"),
        pytest.param([Edit(8, 9, b"y"), Edit(1, 2, b"x")], b"0x234567y9", id="in any order"),
    ],
)
def test_an_edit_replaces_its_span(edits: list[Edit], expected: bytes) -> None:
    assert splice(b"0123456789", edits) == expected


@given(st.lists(st.tuples(st.binary(), st.binary(min_size=1), st.binary())), st.binary(), st.randoms())
def test_every_byte_outside_the_spans_survives(
    pieces: list[tuple[bytes, bytes, bytes]], end: bytes, random: Random
) -> None:
    data, expected, edits = b"", b"", []
    for kept, old, new in pieces:
        start = len(data) + len(kept)
        data += kept + old
        expected += kept + new
        edits.append(Edit(start, len(data), new))
    random.shuffle(edits)
    assert splice(data + end, edits) == expected + end
