"""Random trees of style sheets, scripts, pages and drawings that refer to each other, in cycles and across kinds."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeAlias
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servestatic_build import Source
from servestatic_runtime import Manifest
from servestatic_runtime.records import Asset
from support.releases import unfingerprinted
from support.trees import Compiled, compile_sources, compile_tree, write_tree

pytestmark = pytest.mark.slow

ORIGIN = "https://www.example.com"

# By suffix: how a file of this kind refers to another, and the text around its references.
KINDS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "css": (('@import "{}";', 'a {{ b: url("{}") }}', 'a {{ b: image-set("{}" 1x) }}'), "{}/* end */"),
    "js": (('import "{}";', 'import("{}");', 'new URL("{}", import.meta.url);'), "{}// end"),
    "html": (('<img src="{}">', '<script type="module">import "{}"</script>'), "<!doctype html>{}<!-- end -->"),
    "svg": (
        ('<image href="{}"/>', '<g fill="none" clip-path="url({})"/>'),
        '<svg xmlns="http://www.w3.org/2000/svg">{}</svg><!-- end -->',
    ),
}
STYLES: Mapping[str, Callable[[str, str], str]] = {
    "relative": lambda name, target: "./" + posixpath.relpath(target, posixpath.dirname(name) or "."),
    "absolute": lambda _, target: f"/static/{target}",
    "with an origin": lambda _, target: f"{ORIGIN}/static/{target}",
}


class Edge(NamedTuple):
    """A reference to be: to which file, in which form of the kind, in which style of URL."""

    target: str
    form: str
    style: str


Graph: TypeAlias = Mapping[str, list[Edge]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    suffixes = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=8))
    names = [f"{'d/' * (number % 2)}{number}.{suffix}" for number, suffix in enumerate(suffixes)]
    return {name: draw(st.lists(edges(name, names), max_size=4)) for name in names}


def edges(name: str, names: list[str]) -> st.SearchStrategy[Edge]:
    forms, _ = KINDS[name.rpartition(".")[2]]
    return st.builds(Edge, st.sampled_from(names), st.sampled_from(forms), st.sampled_from(sorted(STYLES)))


def as_tree(graph: Graph) -> dict[str, str]:
    """Return the files. Each reference has its number as its query, so that it is found again whatever becomes of it."""
    return {name: text(name, found) for name, found in graph.items()}


def text(name: str, found: list[Edge]) -> str:
    _, around = KINDS[name.rpartition(".")[2]]
    written = [edge.form.format(f"{STYLES[edge.style](name, edge.target)}?{n}") for n, edge in enumerate(found)]
    return around.format("\n".join(written))


REFERENCE = re.compile(r"""["(]([^"()?]+)\?(\d+)[")]""")


def graph_of(release: Compiled) -> dict[str, dict[str, str]]:
    """Return which asset each numbered reference of each asset leads to; empty for nowhere."""
    manifest = release.manifest
    return {
        asset.name: {
            number: target_of(manifest, urljoin(asset.url, url))
            for url, number in REFERENCE.findall(release.read(asset.name).decode())
        }
        for asset in manifest
    }


def target_of(manifest: Manifest, url: str) -> str:
    match = manifest.find(urlsplit(url).path)
    return match.asset.name if match and isinstance(match.asset, Asset) else ""


def leading_to(graph: Graph, name: str, modules: str) -> set[str]:
    """Return the files whose bytes hang on a file: those that rewritten references lead from."""
    rewritten = {
        source: {edge.target for edge in found if not edge.target.endswith(".html")}
        for source, found in graph.items()
        if modules == "rewrite" or not source.endswith(".js")
    }
    reached = {name}
    while more := {source for source, targets in rewritten.items() if targets & reached} - reached:
        reached |= more
    return reached


def files(release: Compiled) -> dict[str, str]:
    """Return the file of each logical name in DIST: named by its content, a page too."""
    assert release.messages() == []
    return {asset.name: asset.variants[0].file for asset in release.manifest}


def compiled(directory: str, tree: Mapping[str, str], modules: str = "rewrite") -> Compiled:
    # Without plain URLs, a reference that stayed as it was leads nowhere.
    settings = {"origins": (ORIGIN,), "modules": modules, "plain_urls": modules == "importmap"}
    return compile_tree(Path(directory), tree, **settings)


@settings(max_examples=50)
@given(graphs())
def test_a_release_has_the_graph_of_its_sources_and_no_other_byte_changes(graph: Graph) -> None:
    tree = as_tree(graph)
    with TemporaryDirectory() as directory:
        release = compiled(directory, tree)
        assert graph_of(release) == {
            name: {str(number): edge.target for number, edge in enumerate(found)} for name, found in graph.items()
        }
        assert {name: unfingerprinted(release.read(name)).replace(b".#", b"").decode() for name in tree} == tree


@pytest.mark.parametrize("modules", ["rewrite", "importmap"])
@settings(max_examples=50)
@given(graph=graphs(), data=st.data())
def test_an_edit_renames_exactly_the_files_that_lead_to_it(graph: Graph, data: st.DataObject, modules: str) -> None:
    edited = data.draw(st.sampled_from(sorted(graph)))
    tree = as_tree(graph)
    with TemporaryDirectory() as directory:
        change = {edited: tree[edited].replace("end", "edited")}
        before = files(compiled(f"{directory}/before", tree, modules))
        after = files(compiled(f"{directory}/after", {**tree, **change}, modules))
    assert {name for name in graph if before[name] != after[name]} == leading_to(graph, edited, modules)


@settings(max_examples=50)
@given(graphs(), st.data())
def test_names_depend_on_nothing_but_what_files_lead_to(graph: Graph, data: st.DataObject) -> None:
    """Not on the order of the walk, the sources that the files are in, the number of jobs, or what else is there."""
    names = data.draw(st.permutations(sorted(graph)))
    sources = data.draw(st.lists(st.integers(0, 2), min_size=len(names), max_size=len(names)))
    order = data.draw(st.permutations(range(3)))
    tree, others = as_tree(graph), {"more.css": "".join(f"@import '/static/{name}';" for name in names)}
    with TemporaryDirectory() as directory:
        for name, number in zip(names, sources, strict=True):
            write_tree(Path(directory, str(number)), {name: tree[name]})
        roots = [Source(str(write_tree(Path(directory, str(number)), others))) for number in order]
        jobs = data.draw(st.integers(1, 4))
        spread = compile_sources(Path(directory, "spread"), *roots, jobs=jobs, origins=(ORIGIN,), codings=("gzip",))
        assert {name: spread.url(name) for name in tree} == {
            asset.name: asset.url for asset in compiled(directory, tree).manifest
        }
