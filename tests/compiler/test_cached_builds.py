"""Builds with a cache: the bytes of DIST are the same, wherever what was cached comes from and whatever happens to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from servestatic_build import BuildResult, Source
from servestatic_build.cache.layered import Uses
from servestatic_build.codecs import CODECS
from support.codings import StubCodec
from support.object_store import URL, object_store
from support.releases import snapshot
from support.trees import compile_sources, write_tree

RULES = "".join(f".rule-{number} {{ color: #{number:06x}; margin: {number % 7}px }}\n" for number in range(200))
PATH = "<path d='M0 0'/>"
TREE: dict[str, str | bytes] = {
    "css/app.css": f"@import 'base.css';\n{RULES}a {{ background: url(../img/a.svg) }}\n",
    "css/base.css": f"{RULES[:5000]}\n/*# sourceMappingURL=base.css.map */",
    "css/base.css.map": '{"version":3,"sources":["base.scss"],"names":[],"mappings":"AAAA"}',
    "img/a.svg": f"<svg xmlns='http://www.w3.org/2000/svg'>{PATH * 90}</svg>",
    "img/noise.bin": Random(13).randbytes(9_000),  # which no coding makes smaller
    "js/a.js": "import './b.js';\n" + "export const a = 1;\n" * 300,
    "js/b.js": "import './a.js';\n" + "export const b = 1;\n" * 300,
    "page.html": "<!doctype html><link rel=stylesheet href=css/app.css>" + "<p>text</p>" * 200,
}
ALL = {"codings": tuple(CODECS), "effort": "fast"}
FILES_TIMES_CODINGS = len(TREE) * len(CODECS)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(str(write_tree(tmp_path / "src", TREE)))


@pytest.fixture
def cold(tmp_path: Path, source: Source) -> dict[str, bytes]:
    """DIST of a build without a cache."""
    return snapshot(compile_sources(tmp_path / "cold", source, **ALL).dist)


def compiled(
    tmp_path: Path, source: Source, name: str, cache: object, **settings: Any
) -> tuple[dict[str, bytes], BuildResult]:
    """Compile into a DIST of this name and return what is in it, and the result."""
    done = compile_sources(tmp_path / name, source, **{**ALL, "cache": cache, **settings})
    return snapshot(done.dist), done.result


def checkout(source: Source, path: Path) -> Source:
    """Return a copy of a source, of which the last build knows nothing."""
    return Source(
        str(
            write_tree(
                path,
                {
                    str(each.relative_to(source.directory)): each.read_bytes()
                    for each in Path(source.directory).rglob("*")
                    if each.is_file()
                },
            )
        )
    )


def items_in(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file() and path.name != "written")


def test_the_bytes_are_the_same_cold_and_warm_and_for_any_number_of_jobs(
    tmp_path: Path, source: Source, cold: dict[str, bytes]
) -> None:
    cache = tmp_path / "cache"
    for name, jobs in (("first", 1), ("second", 8), ("first", 8), ("third", 1)):
        assert compiled(tmp_path, source, name, cache, jobs=jobs)[0] == cold


def test_what_one_build_has_coded_another_does_not_code_again(
    tmp_path: Path, source: Source, cold: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    first = compiled(tmp_path, source, "first", cache)[1]
    assert first.cache["coded"] == Uses(hits=0, misses=FILES_TIMES_CODINGS)
    for coding, codec in CODECS.items():
        monkeypatch.setattr(codec, "encode", lambda *_: pytest.fail("it was coded again"))
        assert coding
    files, second = compiled(tmp_path, checkout(source, tmp_path / "copy"), "second", cache)
    assert files == cold
    assert second.cache["coded"] == Uses(hits=FILES_TIMES_CODINGS, misses=0)


def test_a_changed_file_is_coded_again_and_so_is_what_names_it(tmp_path: Path, source: Source) -> None:
    cache = tmp_path / "cache"
    compiled(tmp_path, source, "dist", cache)
    write_tree(Path(source.directory), {"img/a.svg": "<svg xmlns='http://www.w3.org/2000/svg'></svg>"})
    uses = compiled(tmp_path, source, "dist", cache)[1].cache["coded"]
    assert uses.misses == len(["img/a.svg", "css/app.css", "page.html"]) * len(CODECS)


@pytest.mark.parametrize("coding", CODECS)
def test_another_version_of_a_codec_makes_its_own_items_anew_and_no_others(
    tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch, coding: str
) -> None:
    cache = tmp_path / "cache"
    compiled(tmp_path, source, "dist", cache)
    codec = CODECS[coding]
    monkeypatch.setitem(CODECS, coding, StubCodec(codec.encode, "of tomorrow"))
    uses = compiled(tmp_path, checkout(source, tmp_path / "copy"), "dist", cache)[1].cache["coded"]
    assert uses == Uses(hits=len(TREE) * 2, misses=len(TREE))


@pytest.mark.parametrize("efforts", [("fast", "default"), ("default", "fast")])
def test_each_effort_has_its_own_items(tmp_path: Path, source: Source, efforts: tuple[str, str]) -> None:
    cache = tmp_path / "cache"
    for effort in efforts:
        uses = compiled(tmp_path, source, effort, cache, effort=effort)[1].cache["coded"]
        assert uses == Uses(hits=0, misses=FILES_TIMES_CODINGS)


def test_where_efforts_do_the_same_they_share_their_items(tmp_path: Path, source: Source) -> None:
    cache = tmp_path / "cache"
    compiled(tmp_path, source, "default", cache, codings=("br", "zstd"), effort="default")
    uses = compiled(tmp_path, source, "best", cache, codings=("br", "zstd"), effort="best")[1].cache["coded"]
    assert uses == Uses(hits=len(TREE) * 2, misses=0)


# A team's cache


@pytest.fixture
def memory() -> Iterator[str]:
    yield "memory://cache"
    MemoryFileSystem.store.clear()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with object_store() as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        yield URL


@pytest.mark.parametrize("remote", ["memory", pytest.param("s3", marks=pytest.mark.slow)])
def test_the_bytes_are_the_same_from_a_remote_cache(
    tmp_path: Path,
    source: Source,
    cold: dict[str, bytes],
    remote: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = request.getfixturevalue(remote)
    large = sum(len(data) >= 4096 for data in TREE.values())
    for machine, hits in (("first", 0), ("second", large * len(CODECS))):
        monkeypatch.setenv("SERVESTATIC_CACHE", str(tmp_path / f"cache of the {machine}"))
        files, result = compiled(tmp_path, source, machine, url)
        assert files == cold
        assert result.cache["coded"].hits == hits
        assert result.diagnostics == ()


# Whatever happens to the cache


def truncate(path: Path, random: Random) -> None:
    os.truncate(path, random.randrange(path.stat().st_size))


def flip(path: Path, random: Random) -> None:
    data = bytearray(path.read_bytes())
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    path.write_bytes(data)


def swap(path: Path, random: Random) -> None:
    other = random.choice(items_in(path.parent.parent))
    data = path.read_bytes()
    path.write_bytes(other.read_bytes())
    other.write_bytes(data)


def delete(path: Path, _random: Random) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [truncate, flip, swap, delete])
def test_damage_to_any_items_changes_no_byte(
    tmp_path: Path, source: Source, cold: dict[str, bytes], damage: Callable[[Path, Random], None]
) -> None:
    cache, random = tmp_path / "cache", Random(damage.__name__)
    compiled(tmp_path, source, "first", cache)
    for path in random.sample(items_in(cache), 10):
        damage(path, random)
    files, result = compiled(tmp_path, source, "second", cache)
    assert files == cold
    assert 0 < result.cache["coded"].misses <= 20
    assert compiled(tmp_path, source, "third", cache)[1].cache["coded"].misses == 0, "they were replaced"


def test_damage_during_the_build_changes_no_byte(tmp_path: Path, source: Source, cold: dict[str, bytes]) -> None:
    cache, random, done = tmp_path / "cache", Random(1), False
    compiled(tmp_path, source, "dist", cache)

    def damage() -> None:
        while not done:
            try:
                random.choice([truncate, flip, swap, delete])(random.choice(items_in(cache)), random)
            except (OSError, IndexError, ValueError):  # the build is faster
                continue

    thread = Thread(target=damage)
    thread.start()
    try:
        for number in range(5):
            files, result = compiled(tmp_path, source, f"dist {number}", cache)
            assert files == cold
            assert result.diagnostics == ()
    finally:
        done = True
        thread.join()


def test_two_builds_use_one_cache_at_once(tmp_path: Path, source: Source, cold: dict[str, bytes]) -> None:
    found: dict[int, dict[str, bytes]] = {}

    def build(number: int) -> None:
        found[number] = compiled(tmp_path, source, f"dist {number}", tmp_path / "cache", jobs=4)[0]

    threads = [Thread(target=build, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(found.values()) == [cold] * 4


COMPILE = """
import sys
from servestatic_build import Config, Source, build

_, source, dist, cache, codings = sys.argv
for _ in range(3):
    result = build(Config(sources=(Source(source),), out=dist, cache=cache, codings=codings.split(","), effort="fast", jobs=2))
    assert result.ok and not result.diagnostics, result.diagnostics
"""


def test_processes_use_one_cache_at_once(tmp_path: Path, source: Source, cold: dict[str, bytes]) -> None:
    dists = [tmp_path / f"dist {number}" for number in range(3)]
    arguments = [str(tmp_path / "cache"), ",".join(CODECS)]
    builds = [
        subprocess.Popen([sys.executable, "-c", COMPILE, source.directory, str(dist), *arguments]) for dist in dists
    ]
    assert [build.wait() for build in builds] == [0, 0, 0]
    assert [snapshot(dist) for dist in dists] == [cold] * 3


def test_a_cache_that_holds_next_to_nothing_changes_no_byte(
    tmp_path: Path, source: Source, cold: dict[str, bytes]
) -> None:
    for name in ("first", "second"):
        files, result = compiled(tmp_path, source, name, tmp_path / "cache", cache_size=1_000)
        assert files == cold
        assert result.diagnostics == ()
    assert sum(path.stat().st_size for path in items_in(tmp_path / "cache")) <= 1_000


def test_a_cache_that_can_t_be_used_is_one_warning_even_if_the_build_is_strict(
    tmp_path: Path, source: Source, cold: dict[str, bytes]
) -> None:
    (tmp_path / "cache").write_text("no directory")
    files, result = compiled(tmp_path, source, "dist", tmp_path / "cache", strict=True)
    assert files == cold
    assert result.ok
    assert [(each.severity, each.code, each.place) for each in result.diagnostics] == [
        ("warning", "cache-unusable", str(tmp_path / "cache"))
    ]


def test_a_check_uses_the_cache(tmp_path: Path, source: Source) -> None:
    cache = tmp_path / "cache"
    compiled(tmp_path, source, "dist", cache)
    result = compiled(tmp_path, source, "dist", cache, check=True)[1]
    assert result.ok
    assert "coded" not in result.cache, "the last build knew what would come out"
