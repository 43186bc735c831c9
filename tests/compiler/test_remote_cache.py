"""A team's cache behind the directory: S3's protocol over real HTTP, and what goes wrong with it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from fsspec.core import url_to_fs
from fsspec.implementations.memory import MemoryFileSystem

from servestatic_build.cache import remote as remote_cache
from servestatic_build.cache.directory import CacheDirectory
from servestatic_build.cache.items import Problem, key_of
from servestatic_build.cache.layered import Cache, Uses
from servestatic_build.cache.location import open_cache
from servestatic_build.cache.remote import Patience, RemoteCache
from support.object_store import URL, ObjectStore, environment, object_store

MIB = 2**20
KEYS = [key_of("coded", bytes([number])) for number in range(40)]
KEY = KEYS[0]
OF_A_MACHINE = key_of("sources", shared=False)


def machine(tmp_path: Path, name: str, url: str, time_out: float = 60) -> Cache:
    """Return the cache of a machine that shares a remote with others."""
    return Cache(CacheDirectory(str(tmp_path / name), MIB), RemoteCache(url, time_out))


@pytest.fixture
def memory() -> Iterator[str]:
    """A store in this process."""
    yield "memory://cache"
    MemoryFileSystem.store.clear()


@pytest.fixture(scope="module")
def running() -> Iterator[ObjectStore]:
    with object_store() as store:
        yield store


@pytest.fixture
def s3(running: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A store behind HTTP, empty."""
    found_by(monkeypatch, running.environment)
    yield URL
    files, root = url_to_fs(URL, skip_instance_cache=True)
    with suppress(FileNotFoundError):
        files.rm(root, recursive=True)


def found_by(monkeypatch: pytest.MonkeyPatch, variables: Any) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(params=["memory", pytest.param("s3", marks=pytest.mark.slow)])
def remote(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def test_one_machine_finds_what_another_put_in(tmp_path: Path, remote: str) -> None:
    first = machine(tmp_path, "first", remote)
    for key in KEYS:
        first.put(key, key.digest)
    assert first.close() == ()
    second = machine(tmp_path, "second", remote)
    second.expect(KEYS)
    assert [second.get(key) for key in KEYS] == [key.digest for key in KEYS]
    assert second.uses == {"coded": Uses(hits=40, misses=0)}
    assert second.close() == ()


def test_what_came_from_afar_stays_near(tmp_path: Path, remote: str) -> None:
    for name in ("first", "second"):
        cache = machine(tmp_path, name, remote)
        if name == "first":
            cache.put(KEY, b"data")
        assert cache.get(KEY) == b"data"
        cache.close()
    assert Cache(CacheDirectory(str(tmp_path / "second"), MIB)).get(KEY) == b"data"


def test_what_nobody_put_in_is_a_miss(tmp_path: Path, remote: str) -> None:
    cache = machine(tmp_path, "first", remote)
    cache.expect(KEYS[:3])
    assert [cache.get(key) for key in KEYS[:5]] == [None] * 5
    assert cache.close() == ()


def test_a_damaged_object_is_a_miss_and_is_replaced(tmp_path: Path, remote: str) -> None:
    files, root = url_to_fs(remote, skip_instance_cache=True)
    files.pipe_file(f"{root}/{KEY.path}", b"damaged")
    cache = machine(tmp_path, "first", remote)
    assert cache.get(KEY) is None
    cache.put(KEY, b"data")
    assert cache.close() == ()
    assert machine(tmp_path, "second", remote).get(KEY) == b"data"


def test_what_is_of_one_machine_is_not_sent(tmp_path: Path, memory: str) -> None:
    cache = machine(tmp_path, "first", memory)
    cache.put(OF_A_MACHINE, b"data")
    cache.expect([OF_A_MACHINE])
    assert cache.get(OF_A_MACHINE) == b"data"
    assert cache.close() == ()
    assert machine(tmp_path, "second", memory).get(OF_A_MACHINE) is None
    assert MemoryFileSystem.store == {}


def test_the_directory_before_a_remote_is_the_environment_s(
    tmp_path: Path, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVESTATIC_CACHE", str(tmp_path / "near"))
    cache = open_cache(memory, MIB)
    cache.put(KEY, b"data")
    assert cache.close() == ()
    assert (tmp_path / "near" / KEY.path).exists()
    assert list(MemoryFileSystem.store) == [f"/cache/{KEY.path}"]


def test_the_directory_before_the_environment_s_remote_is_the_user_s(
    tmp_path: Path, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVESTATIC_CACHE", memory)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache = open_cache(None, MIB)
    cache.put(KEY, b"data")
    assert cache.close() == ()
    assert (tmp_path / "servestatic-build" / KEY.path).exists()


# A remote that does not work is one problem, and a build goes on with the directory


def used(tmp_path: Path, url: str, time_out: float = 60) -> Problem:
    """Return what a build says that asked for items, made them, and put them in."""
    cache = machine(tmp_path, "near", url, time_out)
    cache.expect(KEYS)
    for key in KEYS:
        assert cache.get(key) is None
        cache.put(key, b"data")
        assert cache.get(key) == b"data"
    (problem,) = cache.close()
    assert problem.place == url
    return problem


@pytest.mark.slow
def test_a_server_that_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    found_by(monkeypatch, environment(port))
    assert "Could not connect to the endpoint URL" in used(tmp_path, URL).message


@pytest.mark.slow
def test_a_server_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        found_by(monkeypatch, environment(silent.getsockname()[1]))
        assert used(tmp_path, URL, time_out=0.1).message == "the remote cache can't be used: timed out"


@pytest.mark.slow
def test_a_server_that_goes_down_during_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with object_store() as store:
        found_by(monkeypatch, store.environment)
        cache = machine(tmp_path, "near", URL)
        assert cache.get(KEY) is None
        cache.put(KEY, b"data")
    for key in KEYS[1:]:
        assert cache.get(key) is None
        cache.put(key, b"data")
    assert len(cache.close()) == 1


@pytest.mark.slow
def test_a_bucket_that_is_not_there(tmp_path: Path, s3: str) -> None:
    assert "bucket" in used(tmp_path, s3.replace("builds", "nowhere")).message


def test_a_store_whose_package_is_missing(tmp_path: Path) -> None:
    problem = used(tmp_path, "gs://bucket/cache")
    assert problem.message.startswith("the remote cache can't be used: Please install gcsfs")
    assert problem.hint == 'pip install "servestatic-build[remote-cache]"'


def test_a_scheme_that_there_is_not(tmp_path: Path) -> None:
    assert "Protocol not known: x3" in used(tmp_path, "x3://bucket/cache").message


def test_what_a_build_waits_for_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = 0.0
    monkeypatch.setattr(remote_cache, "monotonic", lambda: seconds)
    patience = Patience(10)
    with patience.waiting() as left:
        assert left == 10
        seconds += 4
        with patience.waiting() as left_to_another_thread:
            assert left_to_another_thread == 6
            seconds += 1
    seconds += 100  # in which nobody waits
    with patience.waiting() as left:
        assert left == 5
        seconds += 7
    with patience.waiting() as left:
        assert left == 0
