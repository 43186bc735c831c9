"""The tables that answers are found in: what they make once, and how much of it they keep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from servestatic_runtime import Manifest
from servestatic_runtime import resources as resources_module
from servestatic_runtime.records import Headers
from servestatic_runtime.resources import LONGEST_CHOICE, MOST_CHOICES, Resources
from support.trees import compile_tree

FILES = {name: name * 99 for name in ("a.txt", "b.txt", "c.txt")}


@pytest.fixture(scope="module")
def resources(tmp_path_factory: pytest.TempPathFactory) -> Resources[Headers]:
    return resources_of(tmp_path_factory.mktemp("release"))


def resources_of(root: Path) -> Resources[Headers]:
    return Resources(Manifest.open(compile_tree(root, FILES, codings=("gzip", "br")).dist), lambda headers: headers)


def test_a_resource_is_made_once_for_its_path_and_a_path_that_is_not_listed_is_not_kept(
    resources: Resources[Headers],
) -> None:
    assert resources["/static/a.txt"] is resources["/static/a.txt"] is not None
    assert resources["/static/nothing.txt"] is None
    assert "/static/nothing.txt" not in resources


def test_the_resource_made_first_leaves_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources_module, "MOST_RESOURCES", 2)
    resources = resources_of(tmp_path)
    for path in ("/static/a.txt", "/static/b.txt", "/static/a.txt", "/static/c.txt"):
        assert resources[path] is not None
    assert list(resources) == ["/static/b.txt", "/static/c.txt"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("gzip", b"gzip", id="text and bytes"),
        pytest.param("br;q=1, gzip;q=0.5", b"br", id="two values, one outcome"),
        pytest.param(None, b"", id="no field and an empty one"),
    ],
)
def test_values_of_one_outcome_share_one_representation(
    tmp_path: Path, one: str | bytes | None, other: str | bytes | None
) -> None:
    resource = resources_of(tmp_path)["/static/a.txt"]
    assert resource is not None
    assert resource[one] is resource[other] is not None


@pytest.mark.parametrize("kind", [str.encode, str], ids=["bytes", "text"])
def test_what_accept_encoding_leads_to_is_remembered_within_bounds(
    resources: Resources[Headers], kind: Callable[[str], str | bytes]
) -> None:
    resource = resources["/static/b.txt"]
    assert resource is not None
    values = [f"gzip, x-{number}" for number in range(3 * MOST_CHOICES)]
    for value in (*values, "gzip, " + "x" * LONGEST_CHOICE):
        assert resource[kind(value)] is resource["gzip"]
        assert len(resource) <= MOST_CHOICES
    assert max(len(value or "") for value in resource) <= LONGEST_CHOICE
