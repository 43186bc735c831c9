"""A release in DIST of which one record is damaged: the next build takes its place, and nothing is deleted by a guess."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from servestatic_build.store.prune import prune
from servestatic_runtime import ManifestError
from servestatic_runtime import format as schema
from servestatic_runtime.format import MANIFEST_NAME, Layout
from support.trees import Compiled, compile_tree

LAYOUTS = ["files", "urls"]


def record(table: int, number: int) -> Callable[[bytes], int]:
    return lambda data: schema.OFFSET.unpack_from(data, table + number * schema.OFFSET.size)[0]


# What is damaged, each with where it begins.
PARTS: Mapping[str, Callable[[bytes, Layout], int]] = {
    "the list of releases": lambda _data, layout: layout.releases,
    "retired URL 0": lambda data, layout: record(layout.retired_offsets, 0)(data),
    "asset 0": lambda data, layout: record(layout.asset_offsets, 0)(data),
    "asset 1": lambda data, layout: record(layout.asset_offsets, 1)(data),
}


def built(tmp_path: Path, number: int, layout: str) -> Compiled:
    tree = {"a.css": f"a{{b:{number}}}", "b.css": "b{c:d}", "page.html": f"<p>{number}"}
    return compile_tree(tmp_path, tree, layout=layout)


def damage(path: Path, part: str) -> None:
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    layout = schema.unpack_head(bytes(data))
    assert layout
    data[PARTS[part](bytes(data), layout) + 3] ^= 0x55
    path.write_bytes(data)


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("part", PARTS)
def test_a_build_takes_the_place_of_a_damaged_release(tmp_path: Path, layout: str, part: str) -> None:
    for number in (1, 2):
        damaged = built(tmp_path, number, layout)
    damage(damaged.dist / MANIFEST_NAME, part)
    compiled = built(tmp_path, 3, layout)
    assert compiled.messages() == [
        f"warning {damaged.dist / MANIFEST_NAME}: the earlier release can't be read: {part} is damaged"
    ]
    assert len(compiled.manifest.releases()) == 1
    assert all(Path(compiled.manifest.body_path(asset.variants[0])).is_file() for asset in compiled.manifest)


@pytest.mark.parametrize("part", PARTS)
def test_nothing_is_pruned_where_nobody_knows_all_that_is_listed(tmp_path: Path, layout: str, part: str) -> None:
    for number in (1, 2):
        damaged = built(tmp_path, number, layout)
    damage(damaged.dist / MANIFEST_NAME, part)
    with pytest.raises(ManifestError, match=f"{part} is damaged"):
        prune(str(damaged.dist), grace_minutes=0)
