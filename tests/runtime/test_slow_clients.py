"""Real servers and clients that read slowly, or not to the end, what is too large for any memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.connections import ask, connected, download
from support.manifests import sparse_release
from support.processes import Running, eventually, started
from support.servers import APP, Server
from support.trees import write_tree

GIGABYTE = 1 << 30
MEGABYTE = 1 << 20
LARGE = "/static/large.bin"
SMALL = "/static/small.txt"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_tree(tmp_path_factory.mktemp("slow"), APP)
    sparse_release(root / "dist", {LARGE: GIGABYTE, SMALL: 1000})
    return root


@pytest.fixture(scope="module")
def running(server: Server, root: Path) -> Iterator[Running]:
    with started(server.command, cwd=root) as running:
        yield running


def small_answers(running: Running, count: int) -> set[tuple[int, int]]:
    """Return the status and the length of answers for the small file, one connection each."""
    answers = set()
    for _ in range(count):
        connection = connected(running.port)
        got = ask(connection, SMALL)
        connection.close()
        answers.add((got.status, len(got.body)))
    return answers


def test_a_small_file_is_answered_while_a_large_one_is_on_its_way(running: Running) -> None:
    with download(running.port, LARGE) as response:
        assert len(response.read(MEGABYTE)) == MEGABYTE
        assert small_answers(running, 20) == {(200, 1000)}
        assert len(response.read(MEGABYTE)) == MEGABYTE


def test_a_download_that_is_broken_off_leaves_no_file_open(running: Running, root: Path) -> None:
    file = root / "dist/files/static/large.bin"
    for _ in range(3):
        with download(running.port, LARGE) as response:
            response.read(MEGABYTE)
            assert eventually(lambda: running.has_open(file))
    assert eventually(lambda: not running.has_open(file))
    assert small_answers(running, 6) == {(200, 1000)}


def test_a_slow_reader_costs_no_memory(server: Server, running: Running) -> None:
    if server.buffers_all:
        pytest.skip("this server takes whatever the application sends into its memory")
    assert small_answers(running, 6) == {(200, 1000)}
    before = running.memory()
    with download(running.port, LARGE) as response:
        for _ in range(32):
            response.read(MEGABYTE)
        assert settled(running) < before + 64 * MEGABYTE


def settled(running: Running) -> int:
    """Return the memory that the server has when that no longer changes."""
    seen = [0]

    def same_for_long() -> bool:
        seen.append(running.memory())
        return len(seen) > 20 and len(set(seen[-20:])) == 1

    assert eventually(same_for_long)
    return seen[-1]


def test_nothing_more_is_read_for_a_client_that_has_left(server: Server, running: Running, root: Path) -> None:
    if server.buffers_all:
        pytest.skip("this server takes whatever the application sends into its memory")
    before = running.bytes_read()
    with download(running.port, LARGE) as response:
        response.read(MEGABYTE)
    assert eventually(lambda: not running.has_open(root / "dist/files/static/large.bin"))
    assert running.bytes_read() - before < GIGABYTE // 2
