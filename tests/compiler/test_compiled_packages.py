"""Real front ends compiled whole: an independent reader finds the same graph in the release as in the source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest

from servestatic_build import Source
from servestatic_build.references.graph import components
from support.oracles import ask, installed
from support.releases import unfingerprinted
from support.trees import compile_sources
from support.wheels import unpacked

pytestmark = pytest.mark.slow

Edges = dict[str, list[str | None]]


def npm(package: str) -> Callable[[], Path]:
    return lambda: installed() / "node_modules" / package


def wheel(directory: str) -> Callable[[], Path]:
    return lambda: unpacked() / directory


# What each holds: modules, references from one to another or to any file of the package, the largest cycle's members.
PACKAGES = [
    pytest.param(wheel("gradio/templates/frontend"), 767, 3653, 434, id="gradio"),
    pytest.param(wheel("streamlit/static"), 317, 2141, 99, id="streamlit"),
    pytest.param(npm("@babylonjs/core"), 3393, 15057, 1, id="babylon"),
    pytest.param(npm("@shoelace-style/shoelace"), 1079, 7835, 1, id="shoelace"),
]


@pytest.mark.parametrize(("find", "modules", "references", "cycle"), PACKAGES)
def test_a_compiled_package_refers_to_what_its_source_does(
    tmp_path: Path, find: Callable[[], Path], modules: int, references: int, cycle: int
) -> None:
    source = find()
    release = compile_sources(tmp_path, Source(str(source)), missing="warn")
    assert release.result.ok
    urls = {asset.name: asset.url for asset in release.manifest}
    plain = {name: f"/static/{name}" for name in urls}
    before = {name: (source / name).read_bytes() for name in urls if name.endswith((".js", ".mjs"))}
    after = {name: release.read(name) for name in before}
    expected = edges(before, plain)
    assert edges(after, urls) == expected
    for name, text in before.items():
        assert plain_names(after[name]) == plain_names(text), name
    found = [target for targets in expected.values() for target in targets if target is not None]
    assert (len(before), len(found), largest_cycle(expected)) == (modules, references, cycle)


def edges(texts: Mapping[str, bytes], urls: Mapping[str, str]) -> Edges:
    """Return the files that each module refers to, in order; None for what is no file of the package."""
    names = {url: name for name, url in urls.items()}
    answers = zip(texts, ask("imports.mjs", texts.values()), strict=True)
    return {
        name: [names.get(resolved(value, urls[name])) for _, _, value, _, bare in items or () if not bare]
        for name, items in answers
    }


def plain_names(text: bytes) -> bytes:
    return unfingerprinted(text).replace(b".#", b"")


def resolved(value: str, base: str) -> str:
    return unquote(urlsplit(urljoin(quote(base), value)).path)


def largest_cycle(found: Edges) -> int:
    numbers = {name: number for number, name in enumerate(found)}
    targets = [sorted({numbers[target] for target in each if target in numbers}) for each in found.values()]
    return max(map(len, components(targets)))
