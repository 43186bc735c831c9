"""Where all is as the last build left it, a build ends behind the scan; whatever may change the release has it done."""

from __future__ import annotations

import os
import random
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import time
from typing import Any

import pytest

from servestatic_build import Asset, Source
from servestatic_build import compilation as stages
from servestatic_build.cache import code_digest
from servestatic_build.codecs import gzip
from servestatic_build.inspection.rollback import rollback
from servestatic_build.store.prune import GRACE_MINUTES
from support.releases import snapshot
from support.trees import FORGETTING, MODIFIED, Compiled, Tree, compile_sources, write_tree

TREE: Tree = {
    "app.css": "@import 'base.css'; a { background: url(a.png) }",
    "base.css": "i { color: red }\n" * 40,
    "broken.css": "\n a { background: url(no.png) }",
    "a.png": b"\x89PNG",
    "a.js": "import './b.js'; navigator.serviceWorker.register('sw.js')",
    "b.js": "import './a.js'",
    "sw.js": "self.addEventListener('fetch', () => 1)",
    "docs/index.html": "<link rel=stylesheet href=../app.css>{% url 'x' %}",
    ".hidden": "",
}
BASE_CSS = "static/base.*.css"


class Builds:
    """One tree, compiled as often as a test wants; ``done`` counts the builds that were more than a scan."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.sources = write_tree(path / "src", TREE)
        self.done = 0
        compile_scanned = stages.compile_scanned

        def counted(*arguments: Any) -> None:
            self.done += 1
            compile_scanned(*arguments)

        monkeypatch.setattr(stages, "compile_scanned", counted)

    def compile(self, **settings: Any) -> Compiled:
        settings = {"cache": str(self.path / "cache"), "codings": ("gzip",), "keep_releases": 5, **settings}
        return compile_sources(self.path, Source(str(self.sources)), **settings)

    def is_done(self, **settings: Any) -> bool:
        """Compile and return whether that took more than a scan."""
        before = self.done
        self.compile(**settings)
        return self.done > before

    def file(self, pattern: str) -> Path:
        (path,) = (self.path / "dist").glob(pattern)
        return path


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Builds:
    return Builds(tmp_path, monkeypatch)


LAYOUTS: dict[str, dict[str, Any]] = {
    "as it is by default": {},
    "urls": {"layout": "urls"},
    "deltas": {"deltas": 2},
    "labelled": {"label": "v1"},
    "import map": {"modules": "importmap", "plain_urls": False},
    "patterns": {"missing": {"*": "ignore"}, "plain": ("*.png",), "compress": {"*.css": "gzip"}},
}


@pytest.mark.parametrize("settings", LAYOUTS.values(), ids=LAYOUTS)
def test_a_build_that_is_not_done_comes_to_what_the_last_one_came_to(builds: Builds, settings: dict[str, Any]) -> None:
    builds.compile(**settings)
    write_tree(builds.sources, {"base.css": "b { color: blue }\n" * 40})
    first = builds.compile(**settings)
    released = snapshot(first.dist)
    second = builds.compile(**settings)
    assert builds.done == 2
    assert second.result.up_to_date
    assert second.messages() == first.messages()
    assert (second.result.totals, second.result.skipped) == (first.result.totals, first.result.skipped)
    assert (second.result.missing_ignored, second.result.placeholders) == (
        first.result.missing_ignored,
        first.result.placeholders,
    )
    assert [*second.result.assets] == [*map(without_staged, first.result.assets)]
    assert not builds.compile(**settings, check=True).result.outdated
    assert builds.done == 2
    assert builds.compile(**settings, verify_content=True).result.up_to_date, "it would have come to the same"
    assert snapshot(first.dist) == released


def without_staged(asset: Asset) -> Asset:
    files = (replace(variant.file, staged=None) for variant in asset.variants)
    variants = tuple(replace(variant, file=file) for variant, file in zip(asset.variants, files, strict=True))
    return replace(asset, variants=variants)


def test_warnings_are_told_again_and_are_errors_where_the_build_is_strict(builds: Builds) -> None:
    first = builds.compile()
    assert builds.compile().messages() == first.messages()
    assert any(each.startswith("warning broken.css:2:") for each in first.messages())
    assert not builds.compile(strict=True).result.ok
    assert not builds.is_done()


SETTINGS: dict[str, dict[str, Any]] = {
    "a header": {"max_age": 7},
    "a pattern": {"plain": ("base.css",)},
    "codings": {"codings": ("gzip", "br")},
    "the effort": {"effort": "default"},
    "broken references": {"missing": "ignore"},
    "a label": {"label": "v2"},
    "the layout": {"layout": "urls"},
    "fewer releases": {"keep_releases": 0, "keep_days": 0},
    "a hook": {"headers_hook": lambda *_: None},
    "a look at all content": {"verify_content": True},
    "no cache": {"cache": False},
    "budgets": {"budgets": ({"for": "*.css", "max": "1 MB"},)},
    "another DIST before": {"previous": ("other",)},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_other_settings_have_a_build_done(builds: Builds, settings: dict[str, Any]) -> None:
    builds.compile()
    assert builds.is_done(**settings)


def rewrite_keeping_size_and_date(path: Path) -> None:
    date, data = path.stat().st_mtime_ns, bytearray(path.read_bytes())
    data[-1] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    os.utime(path, ns=(date, date))


def touch(path: Path) -> None:
    os.utime(path, (MODIFIED + 60, MODIFIED + 60))


def replace_by_a_copy(path: Path) -> None:
    data, status = path.read_bytes(), path.stat()
    (path.parent / "copy").write_bytes(data)
    os.utime(path.parent / "copy", ns=(status.st_mtime_ns, status.st_mtime_ns))
    (path.parent / "copy").replace(path)


CHANGES: dict[str, Callable[[Builds], object]] = {
    "a source is written": lambda builds: touch(builds.sources / "a.png"),
    "a source is replaced": lambda builds: replace_by_a_copy(builds.sources / "a.png"),
    "a source is new": lambda builds: write_tree(builds.sources, {"new.css": ""}),
    "a source is gone": lambda builds: (builds.sources / "a.png").unlink(),
    "a source is hidden": lambda builds: (builds.sources / "a.png").rename(builds.sources / ".a.png"),
    "a file of the release is gone": lambda builds: builds.file(f"files/{BASE_CSS}").unlink(),
    "a variant is gone": lambda builds: builds.file(f"files/{BASE_CSS}.gz").unlink(),
    "a file of the release is written": lambda builds: touch(builds.file(f"files/{BASE_CSS}")),
    "a file of the release is shorter": lambda builds: builds.file(f"files/{BASE_CSS}").write_text("b"),
    "the manifest is damaged": lambda builds: rewrite_keeping_size_and_date(builds.file("manifest.msgpack")),
    "the manifest is gone": lambda builds: builds.file("manifest.msgpack").unlink(),
    "DIST is gone": lambda builds: shutil.rmtree(builds.path / "dist"),
    "a killed build left something": lambda builds: (builds.path / "dist/.servestatic-build-x").mkdir(),
    "a killed build left a list": lambda builds: write_tree(builds.path / "dist", {".servestatic-build.files.new": ""}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_has_a_build_done(builds: Builds, change: Callable[[Builds], object]) -> None:
    builds.compile()
    change(builds)
    assert builds.is_done()
    assert not builds.is_done(), "the next one finds nothing to do"
    assert builds.compile(verify_content=True).result.up_to_date


@pytest.mark.parametrize("change", [Path.unlink, touch], ids=["gone", "written"])
def test_a_change_of_a_plain_name_has_a_build_done(builds: Builds, change: Callable[[Path], object]) -> None:
    builds.compile(layout="urls")
    change(builds.path / "dist/static/base.css")
    assert builds.is_done(layout="urls")
    assert (builds.path / "dist/static/base.css").read_text() == TREE["base.css"]


def test_a_build_is_done_when_a_file_may_be_deleted(builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    builds.compile(**FORGETTING)
    replaced = builds.file(f"files/{BASE_CSS}")
    write_tree(builds.sources, {"base.css": "b { color: blue }"})
    builds.compile(**FORGETTING)
    assert not builds.is_done(**FORGETTING)
    later = time() + GRACE_MINUTES * 60 + 1
    monkeypatch.setattr("time.time", lambda: later)
    monkeypatch.setattr("servestatic_build.cache.last_outcome.time", lambda: later)
    assert builds.is_done(**FORGETTING)
    assert not replaced.exists()
    assert not builds.is_done(**FORGETTING)


def test_a_release_that_was_made_current_again_has_a_build_done(builds: Builds) -> None:
    builds.compile()
    write_tree(builds.sources, {"base.css": "b { color: blue }"})
    first, *_ = reversed(builds.compile().manifest.releases())
    assert [*rollback(str(builds.path / "dist"), first.id)]
    assert builds.is_done()
    assert not builds.is_done()


def test_another_dist_has_a_build_done(builds: Builds) -> None:
    builds.compile()
    assert builds.is_done(out=str(builds.path / "other"))
    assert not builds.is_done()


@pytest.mark.parametrize(("name", "value"), [("SOURCE_DATE_EPOCH", str(MODIFIED - 1)), ("SERVESTATIC_LABEL", "v3")])
def test_the_environment_has_a_build_done(
    builds: Builds, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    builds.compile()
    monkeypatch.setenv(name, value)
    assert builds.is_done()


def test_another_version_of_a_codec_has_a_build_done(builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    builds.compile()
    recipe = gzip.recipe
    monkeypatch.setattr(gzip, "recipe", lambda size, effort: recipe(size, effort) + " of tomorrow")
    assert builds.is_done()


@pytest.mark.parametrize("package", [0, 1], ids=["compiler", "runtime"])
def test_other_code_has_a_build_done(
    builds: Builds, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: int
) -> None:
    packages = [str(write_tree(tmp_path / name, {"a.py": ""})) for name in ("compiler", "runtime")]
    monkeypatch.setattr(code_digest, "_PACKAGES", packages)
    code_digest.code_digest.cache_clear()
    builds.compile()
    Path(packages[package], "a.py").write_text("# changed")
    code_digest.code_digest.cache_clear()
    assert builds.is_done()
    code_digest.code_digest.cache_clear()


def test_a_source_that_is_as_young_as_the_last_build_has_one_done(builds: Builds) -> None:
    """Behind its date it may have been written once more."""
    now = time()
    os.utime(builds.sources / "a.png", (now, now))
    builds.compile()
    assert builds.is_done()


def test_a_release_that_could_not_be_read_is_told_of_once(builds: Builds) -> None:
    builds.compile()
    manifest = builds.file("manifest.msgpack")
    manifest.chmod(stat.S_IRUSR | stat.S_IWUSR)
    manifest.write_bytes(b"no manifest")
    assert any("manifest" in message for message in builds.compile().messages())
    assert not any("manifest" in message for message in builds.compile().messages())


def test_a_build_with_an_error_is_done_each_time(builds: Builds) -> None:
    write_tree(builds.sources, {"broken.js": "import './no.js'"})
    assert not builds.compile().result.ok
    assert builds.is_done()


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_item_has_a_build_done(builds: Builds, seed: int) -> None:
    builds.compile()
    chance = random.Random(seed)
    for item in (builds.path / "cache").rglob("outcome/*/*"):
        data = bytearray(item.read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        item.write_bytes(data)
    assert builds.is_done()
    assert not builds.is_done()
