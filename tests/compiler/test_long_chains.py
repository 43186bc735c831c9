"""Chains of files as long as a tree can make them: nothing recurses along them, no path is quadratic in them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from servestatic_build.inspection.explain import explained_data
from servestatic_runtime import Manifest
from servestatic_runtime.document import Document
from support.manifests import chain_manifest
from support.trees import compile_tree

pytestmark = pytest.mark.slow

COUNT = 100_000


def test_a_chain_of_a_hundred_thousand_modules_is_read() -> None:
    manifest = Manifest(Document(chain_manifest(COUNT), "/dist/manifest.msgpack"))
    preloads = manifest.module_preload("js/0000000.js")
    assert len(preloads) == COUNT
    assert preloads[-1] == (manifest.url("js/0099999.js"), manifest.integrity("js/0099999.js"))

    explained = explained_data(manifest, manifest.asset("js/0077777.js"))
    assert (explained["referenced_by"], explained["references"]) == (["js/0077776.js"], ["js/0077778.js"])


@pytest.mark.parametrize("modules", ["rewrite", "importmap"])
@pytest.mark.parametrize("specifier", ["./{}.js", "chain/{}.js"], ids=["relative", "bare"])
def test_a_chain_longer_than_the_stack_is_compiled(tmp_path: Path, specifier: str, modules: str) -> None:
    count = 2 * sys.getrecursionlimit()
    tree = {f"{number}.js": f"import '{specifier.format(number + 1)}';" for number in range(count)}
    release = compile_tree(tmp_path, {**tree, f"{count}.js": ""}, modules=modules, imports={"chain/": ""})
    assert release.messages() == []
    assert [preload.url for preload in release.manifest.module_preload("0.js")] == [
        release.url(f"{number}.js") for number in range(count + 1)
    ]
    # The first is imported by nobody; rewritten modules need no map to find each other.
    mapped = 0 if specifier.startswith(".") and modules == "rewrite" else count
    assert len(json.loads(release.manifest.import_map().text)["imports"]) == mapped
