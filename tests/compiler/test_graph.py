"""Components: files that refer to each other, in the order in which they can be named."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servestatic_build.references.graph import components


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        pytest.param([], (), id="nothing"),
        pytest.param([[]], ((0,),), id="alone"),
        pytest.param([[0]], ((0,),), id="itself"),
        pytest.param([[1], [2], []], ((2,), (1,), (0,)), id="chain"),
        pytest.param([[], [0], [1]], ((0,), (1,), (2,)), id="chain the other way"),
        pytest.param([[1, 2], [3], [3], []], ((3,), (1,), (2,), (0,)), id="diamond"),
        pytest.param([[2], [0], [1]], ((0, 1, 2),), id="cycle, members ascending"),
        pytest.param([[1], [0, 2], [3], [2]], ((2, 3), (0, 1)), id="cycle that leads to a cycle"),
    ],
)
def test_what_is_referred_to_comes_first(edges: list[list[int]], expected: tuple[tuple[int, ...], ...]) -> None:
    assert components(edges) == expected


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    size = draw(st.integers(0, 8))
    return [sorted(draw(st.sets(st.integers(0, size - 1)))) for _ in range(size)]


def reachable(edges: list[list[int]]) -> set[tuple[int, int]]:
    """Return which node reaches which, by Warshall's algorithm."""
    pairs = {(node, target) for node, targets in enumerate(edges) for target in targets}
    nodes = range(len(edges))
    for middle, start, end in product(nodes, repeat=3):
        if (start, middle) in pairs and (middle, end) in pairs:
            pairs.add((start, end))
    return pairs


@given(graphs())
def test_two_nodes_share_a_component_where_each_reaches_the_other(edges: list[list[int]]) -> None:
    found, reaches, nodes = components(edges), reachable(edges), range(len(edges))
    together = {pair for members in found for pair in product(members, repeat=2)}
    assert sorted(node for members in found for node in members) == list(nodes)
    assert together == {
        (a, b) for a, b in product(nodes, repeat=2) if a == b or ((a, b) in reaches and (b, a) in reaches)
    }


@given(graphs())
def test_no_component_refers_to_a_later_one(edges: list[list[int]]) -> None:
    position = {node: number for number, members in enumerate(components(edges)) for node in members}
    assert all(position[target] <= position[node] for node, targets in enumerate(edges) for target in targets)


def test_a_chain_of_a_hundred_thousand_needs_no_recursion() -> None:
    size = 100_000
    edges = [[node + 1] for node in range(size - 1)] + [[]]
    assert components(edges) == tuple((node,) for node in reversed(range(size)))


def test_a_cycle_of_two_thousand_is_one_component() -> None:
    size = 2_000
    assert components([[(node + 1) % size] for node in range(size)]) == (tuple(range(size)),)
