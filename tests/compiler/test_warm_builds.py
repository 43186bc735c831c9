"""Builds that know the last one: what has not changed is not read, and DIST has the bytes of a build that knows nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from servestatic_build import Source
from servestatic_build.cache.layered import Cache
from servestatic_build.platform_files import read_regular
from support.releases import snapshot
from support.trees import MODIFIED, Compiled, Tree, compile_sources, write_tree

TREE: Tree = {
    "app.css": "@import 'base.css'; a { background: url(a.png) }",
    "base.css": "b { color: red }",
    "a.png": b"\x89PNG",
    "a.js": "import './b.js'; export const a = 1",
    "b.js": "import './a.js'; export const b = 1",
    "map.js": "import('./a.js')\n//# sourceMappingURL=map.js.map",
    "map.js.map": '{"version":3,"sources":["m.ts"],"names":[],"mappings":"AAAA,OAAO"}',
    "page.html": "<link rel=stylesheet href=app.css integrity=sha384-x><script>import('./a.js')</script>",
    "broken.css": "a { background: url(no.png) }",
}
# A wrong integrity hash is told each time, and that takes a look at both files.
READ_EACH_TIME = {"page.html", "app.css"}
LONG = "i { color: red }\n" * 40  # which compresses


class Site:
    """A tree, compiled as often as a test wants with one cache."""

    def __init__(self, path: Path, files: Tree = TREE) -> None:
        self.path = path
        self.sources = write_tree(path / "src", files)

    def compile(self, dist: str = "dist", **settings: Any) -> Compiled:
        settings = {"cache": str(self.path / "cache"), **settings}
        return compile_sources(self.path, Source(str(self.sources)), out=str(self.path / dist), **settings)

    def write(self, name: str, content: str) -> None:
        """Change a file, a minute later."""
        (self.sources / name).write_text(content)
        os.utime(self.sources / name, (MODIFIED + 60, MODIFIED + 60))

    def cold(self, **settings: Any) -> dict[str, bytes]:
        """Return DIST as a build makes it that knows nothing."""
        self.compile("cold", cache=False, **settings)
        return snapshot(self.path / "cold")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@contextmanager
def sources_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Yield the names of the sources that are opened."""
    opened: list[str] = []

    def note(path: str, *arguments: Any, **options: Any) -> Any:
        opened.append(os.path.basename(path))
        return read_regular(path, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr("servestatic_build.source_files.read_regular", note)
        yield opened


def test_a_build_for_which_no_source_has_changed_reads_none_without_a_problem(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = site.compile()
    with sources_read(monkeypatch) as opened:
        second = site.compile(max_age=7)
    assert second.messages() == first.messages() != []
    assert set(opened) == READ_EACH_TIME


def test_another_dist_gets_the_bytes_of_a_cold_build(site: Site) -> None:
    site.compile()
    site.compile("other")
    assert snapshot(site.path / "other") == site.cold()


@pytest.mark.parametrize(
    ("name", "content", "read"),
    [
        pytest.param("base.css", "b { color: blue }", {"base.css", "app.css"}, id="a file and what names it"),
        pytest.param("a.png", "other", {"a.png", "app.css"}, id="a file that no extractor reads"),
        pytest.param("b.js", "import './a.js'; export const b = 2", {"a.js", "b.js", "map.js"}, id="a cycle"),
        pytest.param("map.js", "\nimport('./a.js')\n//# sourceMappingURL=map.js.map", {"map.js", "map.js.map"}, id="a map"),
    ],
)  # fmt: skip
def test_a_change_is_read_and_what_follows_from_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, name: str, content: str, read: set[str]
) -> None:
    site.compile()
    site.write(name, content)
    with sources_read(monkeypatch) as opened:
        site.compile()
    assert read <= set(opened) <= read | READ_EACH_TIME
    assert_as_cold(site)


def assert_as_cold(site: Site) -> None:
    """Check that DIST has all that a cold build makes; older files may lie beside that."""
    cold, warm = site.cold(), snapshot(site.path / "dist")
    assert {name: warm.get(name) for name in cold if name != "manifest.msgpack"} == {
        name: data for name, data in cold.items() if name != "manifest.msgpack"
    }


def test_a_change_that_keeps_size_and_date_is_found_by_verify_content(site: Site) -> None:
    site.compile()
    write_tree(site.sources, {"base.css": "b { color: 123 }"})
    assert site.compile().result.up_to_date
    assert not site.compile(verify_content=True).result.up_to_date
    assert_as_cold(site)


def test_a_file_written_as_the_last_build_began_is_read_again(tmp_path: Path) -> None:
    site = Site(tmp_path, {"a.css": "a { color: red }"})
    os.utime(site.sources / "a.css")  # now: the next change may get the same date
    date = (site.sources / "a.css").stat().st_mtime_ns
    site.compile()
    (site.sources / "a.css").write_text("a { color: 123 }")
    os.utime(site.sources / "a.css", ns=(date, date))
    assert not site.compile().result.up_to_date


def test_what_was_found_unchanged_and_is_not_fails_once(tmp_path: Path) -> None:
    site = Site(tmp_path, {"a.css": "a { color: red }"})
    site.compile()
    write_tree(site.sources, {"a.css": "a { color: 123 }"})  # the same size and date
    (failed,) = site.compile("other").messages()
    assert failed == f"error {site.sources}/a.css: this file changed during the build"
    assert site.compile("other").result.ok


@pytest.mark.parametrize("damage", ["", "x", "longer than it was"], ids=["emptied", "shorter", "longer"])
def test_a_file_of_dist_with_another_size_is_written_again(site: Site, damage: str) -> None:
    compiled = site.compile()
    path = compiled.dist / compiled.manifest.asset("base.css").variants[0].file
    date = path.stat().st_mtime_ns
    path.write_text(damage)
    os.utime(path, ns=(date, date))
    site.compile()
    assert path.read_text() == "b { color: red }"


def test_a_file_of_dist_that_was_written_since_is_written_again(site: Site) -> None:
    compiled = site.compile()
    path = compiled.dist / compiled.manifest.asset("base.css").variants[0].file
    path.write_text("b { color: 123 }")
    later = (compiled.dist / "manifest.msgpack").stat().st_mtime_ns + 1
    os.utime(path, ns=(later, later))
    site.compile()
    assert path.read_text() == "b { color: red }"


def test_a_file_of_dist_with_its_size_and_date_is_read_under_verify_content(site: Site) -> None:
    compiled = site.compile()
    path = compiled.dist / compiled.manifest.asset("base.css").variants[0].file
    date = path.stat().st_mtime_ns
    path.write_text("b { color: 123 }")
    os.utime(path, ns=(date, date))
    site.compile(verify_content=True)
    assert path.read_text() == "b { color: red }"


def test_variants_are_made_again_where_the_cache_has_lost_them(tmp_path: Path) -> None:
    site = Site(tmp_path, {"a.css": LONG})
    site.compile(codings=("gzip",))
    for item in (tmp_path / "cache").rglob("coded/*/*"):
        item.unlink()
    site.compile("other", codings=("gzip",))
    assert snapshot(tmp_path / "other") == site.cold(codings=("gzip",))


@contextmanager
def nothing_lexed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        for module in ("reading", "extracting"):
            patch.setattr(
                f"servestatic_build.references.{module}.found_in", lambda *_: pytest.fail("it was lexed again")
            )
        yield


def test_a_checkout_at_another_path_is_read_and_not_lexed_again(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.compile()
    other = Site(tmp_path / "other")
    with nothing_lexed(monkeypatch), sources_read(monkeypatch) as opened:
        compiled = other.compile(cache=str(site.path / "cache"))
    assert set(opened) == set(TREE)
    assert snapshot(compiled.dist) == site.cold()


def test_sources_of_the_same_name_have_each_its_own_last_build(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.compile()
    Site(tmp_path / "other", {"a.css": "a { color: red }"}).compile(cache=str(site.path / "cache"))
    with nothing_lexed(monkeypatch), sources_read(monkeypatch) as opened:
        site.compile("second")
    assert set(opened) == set(TREE), "DIST lacks them all"


def test_what_the_last_build_knew_is_not_written_again_where_nothing_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path, {"a.css": "@import 'b.css'", "b.css": "b { color: red }"})
    site.compile()
    monkeypatch.setattr(Cache, "put", lambda *_: pytest.fail("it was written"))
    assert site.compile().result.up_to_date
