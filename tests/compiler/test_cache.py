"""The cache: what was put in comes out whole or not at all, and nothing that happens to it fails a build."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servestatic_build.cache import directory as cache_directory
from servestatic_build.cache.directory import CacheDirectory
from servestatic_build.cache.items import Key, key_of, sealed, unsealed
from servestatic_build.cache.layered import Cache, Uses
from servestatic_build.cache.location import open_cache
from servestatic_build.platform_files import replace_file

MIB = 2**20
KEY = key_of("coded", b"a", b"b")


def cache_in(path: Path, limit: int = MIB) -> Cache:
    return Cache(CacheDirectory(str(path), limit))


def items_in(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file() and file.name != "written")


@pytest.mark.parametrize("data", [b"", b"a", b"\x00" * 100_000], ids=["empty", "one byte", "many"])
def test_what_was_put_in_is_found_by_the_next_build(tmp_path: Path, data: bytes) -> None:
    cache_in(tmp_path).put(KEY, data)
    assert cache_in(tmp_path).get(KEY) == data


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(key_of("coded", b"a", b"c"), id="another part"),
        pytest.param(key_of("coded", b"ab"), id="the same bytes as one part"),
        pytest.param(key_of("coded", b"a", b"b", b""), id="one empty part more"),
        pytest.param(key_of("extraction", b"a", b"b"), id="another kind"),
    ],
)
def test_another_key_finds_nothing(tmp_path: Path, other: Key) -> None:
    cache = cache_in(tmp_path)
    cache.put(KEY, b"data")
    assert cache.get(other) is None


def test_uses_are_counted_by_kind(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    cache.put(KEY, b"data")
    for key in (KEY, KEY, key_of("coded"), key_of("extraction")):
        cache.get(key)
    assert cache.uses == {"coded": Uses(hits=2, misses=1), "extraction": Uses(hits=0, misses=1)}


def test_without_a_directory_nothing_is_kept_and_nothing_counted() -> None:
    cache = Cache()
    cache.put(KEY, b"data")
    assert (cache.get(KEY), dict(cache.uses), cache.close()) == (None, {}, ())


@given(st.binary(max_size=50), st.data())
def test_an_item_with_any_one_bit_flipped_is_no_item(data: bytes, choice: st.DataObject) -> None:
    item = bytearray(sealed(KEY, data))
    bit = choice.draw(st.integers(0, len(item) * 8 - 1))
    item[bit // 8] ^= 1 << bit % 8
    assert unsealed(KEY, bytes(item)) is None


DAMAGE: dict[str, Callable[[Path, Path], object]] = {
    "truncated": lambda path, _: os.truncate(path, path.stat().st_size - 1),
    "emptied": lambda path, _: os.truncate(path, 0),
    "longer": lambda path, _: path.write_bytes(path.read_bytes() + b"\0"),
    "flipped": lambda path, _: path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:]),
    "swapped": lambda path, other: path.write_bytes(other.read_bytes()),
    "deleted": lambda path, _: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_item_is_a_miss_and_is_replaced(tmp_path: Path, damage: Callable[[Path, Path], object]) -> None:
    cache = cache_in(tmp_path)
    cache.put(KEY, b"data")
    (path,) = items_in(tmp_path)
    cache.put(key_of("coded", b"other"), b"other")
    (other,) = set(items_in(tmp_path)) - {path}
    damage(path, other)
    assert cache.get(KEY) is None
    cache.put(KEY, b"data")
    assert cache.get(KEY) == b"data"
    assert cache.close() == ()


def test_an_unknown_layout_is_left_alone(tmp_path: Path) -> None:
    foreign = tmp_path / "0" / "coded" / "x"
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(bytes(2 * MIB))
    cache = cache_in(tmp_path)
    cache.put(KEY, b"data")
    assert cache.close() == ()
    assert foreign.stat().st_size == 2 * MIB
    assert cache.get(KEY) == b"data"


def test_nothing_is_made_before_something_is_put_in(tmp_path: Path) -> None:
    cache = cache_in(tmp_path / "cache")
    cache.get(KEY)
    assert cache.close() == ()
    assert not (tmp_path / "cache").exists()


# What is least recently used goes


def used_at(path: Path, age: int) -> None:
    """Have a file look as if it had been used this many days ago."""
    then = path.stat().st_mtime - age * 24 * 60 * 60
    os.utime(path, (then, then))


def filled(tmp_path: Path, limit: int) -> tuple[Cache, list[Key]]:
    """Put in ten items of 1,000 bytes each, the first of which was used longest ago."""
    cache = cache_in(tmp_path, limit)
    keys = [key_of("coded", bytes([number])) for number in range(10)]
    for age, key in enumerate(reversed(keys)):
        cache.put(key, bytes(1_000 - len(sealed(key, b""))))
        used_at(tmp_path / key.path, age)
    return cache, keys


def test_what_was_used_longest_ago_goes_when_there_are_too_many_bytes(tmp_path: Path) -> None:
    cache, keys = filled(tmp_path, 5_000)
    cache.close()
    kept = [key for key in keys if (tmp_path / key.path).exists()]
    assert kept == keys[-4:]  # some room is left, or the next build would have to look again


def test_a_use_keeps_an_item(tmp_path: Path) -> None:
    cache, keys = filled(tmp_path, 5_000)
    assert cache.get(keys[0]) is not None
    cache.close()
    assert (tmp_path / keys[0].path).exists()


def test_a_use_is_noted_once_a_day(tmp_path: Path) -> None:
    cache = cache_in(tmp_path)
    cache.put(KEY, b"data")
    (path,) = items_in(tmp_path)
    for age, noted in ((0.9, False), (1.1, True)):
        used_at(path, 0)
        then = path.stat().st_mtime - age * 24 * 60 * 60
        os.utime(path, (then, then))
        cache.get(KEY)
        assert (path.stat().st_mtime > then + 1) is noted


def test_what_a_killed_build_left_aside_goes_too(tmp_path: Path) -> None:
    cache, keys = filled(tmp_path, 5_000)
    aside = tmp_path / (keys[0].path + ".0123456789abcdef")
    aside.write_bytes(bytes(1_000))
    used_at(aside, 30)
    cache.close()
    assert not aside.exists()


def test_all_builds_together_keep_to_the_limit(tmp_path: Path) -> None:
    for number in range(30):
        cache = cache_in(tmp_path, 5_000)
        cache.put(key_of("coded", bytes([number])), bytes(968))
        cache.close()
    assert sum(path.stat().st_size for path in items_in(tmp_path)) <= 5_000


def test_a_build_that_writes_nothing_walks_through_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path, 5_000)[0].close()
    monkeypatch.setattr(cache_directory, "_trim", lambda *_: pytest.fail("it walked"))
    cache = cache_in(tmp_path, 100)
    cache.get(KEY)
    assert cache.close() == ()


# What can't be used is one warning


def read_only(path: Path) -> Path:
    path.mkdir()
    path.chmod(0o555)
    return path


def closed(path: Path) -> Path:
    path.mkdir()
    path.chmod(0)
    return path


def a_file(path: Path) -> Path:
    path.write_text("no directory")
    return path


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(read_only, "Permission denied", id="read-only"),
        pytest.param(closed, "Permission denied", id="somebody else's"),
        pytest.param(a_file, "Not a directory", id="a file"),
    ],
)
def test_a_directory_that_can_t_be_used_is_one_problem(
    unprivileged: Path, make: Callable[[Path], Path], reason: str
) -> None:
    directory = make(unprivileged / "cache")
    cache = cache_in(directory)
    for key in (KEY, key_of("coded", b"x")):
        assert cache.get(key) is None
        cache.put(key, b"data")
        assert cache.get(key) is None
    (problem,) = cache.close()
    assert (problem.place, problem.message) == (str(directory), f"the cache can't be used: {reason}")
    directory.chmod(0o700)


def test_what_is_in_a_read_only_directory_is_used(unprivileged: Path) -> None:
    cache_in(unprivileged / "cache").put(KEY, b"data")
    for directory in [unprivileged / "cache", *(unprivileged / "cache").rglob("*")]:
        directory.chmod(0o555 if directory.is_dir() else 0o444)
    cache = cache_in(unprivileged / "cache")
    assert cache.get(KEY) == b"data"
    assert cache.close() == ()
    for directory in sorted((unprivileged / "cache").rglob("*")):
        directory.chmod(0o700)


def test_a_full_disk_is_one_problem_and_leaves_no_part_of_an_item(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = cache_in(tmp_path)
    cache.put(KEY, b"data")
    tried = []

    def full(aside: str, _path: str) -> None:
        tried.append(aside)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache_directory, "replace_file", full)
    for number in range(3):
        cache.put(key_of("coded", bytes([number])), b"data")
    assert [problem.message for problem in cache.close()] == ["the cache can't be used: No space left on device"]
    assert len(tried) == 1
    assert len(items_in(tmp_path)) == 1


def test_a_cache_that_is_emptied_during_a_build_is_no_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def emptied(aside: str, path: str) -> None:
        Path(aside).unlink()
        replace_file(aside, path)

    monkeypatch.setattr(cache_directory, "replace_file", emptied)
    cache = cache_in(tmp_path)
    cache.put(KEY, b"data")
    assert (cache.get(KEY), cache.close()) == (None, ())


def test_threads_and_builds_that_write_one_item_at_once_leave_it_whole(tmp_path: Path) -> None:
    caches = [cache_in(tmp_path) for _ in range(4)]
    data = bytes(300_000)
    found: list[bytes | None] = []

    def use(cache: Cache) -> None:
        for _ in range(20):
            cache.put(KEY, data)
            found.append(cache.get(KEY))

    threads = [threading.Thread(target=use, args=(cache,)) for cache in caches for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [data] * 160
    assert [cache.close() for cache in caches] == [()] * 4
    assert len(items_in(tmp_path)) == 1


# Where it is


def test_the_cache_is_where_the_environment_says_unless_the_settings_say_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVESTATIC_CACHE", str(tmp_path / "environment"))
    open_cache(None, MIB).put(KEY, b"")
    open_cache(str(tmp_path / "setting"), MIB).put(KEY, b"")
    assert [len(items_in(tmp_path / name)) for name in ("environment", "setting")] == [1, 1]


def test_the_cache_is_the_user_s_where_nothing_says_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVESTATIC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    open_cache(None, MIB).put(KEY, b"")
    assert len(items_in(tmp_path / "servestatic-build")) == 1
