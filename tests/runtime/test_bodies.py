"""Bodies: what is kept in memory, what is streamed, and what happens when a file is not as the manifest says."""

from __future__ import annotations

import asyncio
import builtins
import logging
import os
import random
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from servestatic_runtime import ServeStaticASGI, bodies
from servestatic_runtime.bodies import BodyCache
from servestatic_runtime.platform_files import open_nonblocking, opener_in
from servestatic_runtime.response import FileBody, Span
from support.asgi import Sent, both_loops, http_scope, receive
from support.clients import Client, Kind, WSGIClient
from support.multipart import Part, parts_of
from support.trees import Compiled, compile_tree

SMALL = b"small"
LARGE = random.Random(1).randbytes(10_000)
LIMIT = 1000  # of what is cached, in these tests
CHUNK = 4096
URLS = {"small": "/static/small.bin", "large": "/static/large.bin"}


@pytest.fixture(autouse=True)
def _small_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LARGEST_CACHED", LIMIT)
    monkeypatch.setattr(bodies, "CHUNK_BYTES", CHUNK)


@pytest.fixture
def release(tmp_path: Path) -> Compiled:
    return compile_tree(tmp_path, {"small.bin": SMALL, "large.bin": LARGE})


@pytest.fixture
def client(kind: Kind, release: Compiled) -> Client:
    return kind(release.dist)


@dataclass
class Opened:
    """The files that the runtime opened, and the threads that it did it in."""

    files: list[BinaryIO] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)

    def __call__(self, path: str, mode: str, **how: Any) -> BinaryIO:
        file: BinaryIO = builtins.open(path, mode, **how)  # type: ignore[assignment] # noqa: SIM115
        self.files.append(file)
        self.threads.add(threading.get_ident())
        return file


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    opened = Opened()
    monkeypatch.setattr(bodies, "open", opened, raising=False)
    return opened


class Files:
    """Files of any size, as bodies to ask a cache for."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, name: str, size: int) -> FileBody:
        path = self.root / name
        path.write_bytes(name.encode()[:1] * size)
        return FileBody(str(path), size)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def kept(cache: BodyCache, file_bodies: Iterable[FileBody]) -> str:
    """Return the first letters of the files in memory. To ask is to use, so ask last."""
    return "".join(Path(file_body.path).name for file_body in file_bodies if cache.get(file_body) is not None)


# The cache.


@pytest.mark.parametrize(
    ("size", "limit", "admitted"),
    [
        pytest.param(LIMIT, 10**6, True, id="the largest"),
        pytest.param(LIMIT + 1, 10**6, False, id="a byte larger"),
        pytest.param(100, 100, True, id="as large as the cache"),
        pytest.param(101, 100, False, id="larger than the cache"),
        pytest.param(1, 0, False, id="no cache"),
        pytest.param(0, 0, True, id="an empty file"),
    ],
)
def test_only_what_fits_is_admitted(files: Files, size: int, limit: int, admitted: bool) -> None:
    assert BodyCache(limit).admits(files("a", size)) is admitted


def test_the_cache_is_bounded_in_bytes(files: Files) -> None:
    cache = BodyCache(1000)
    file_bodies = [files(str(n), n) for n in range(1, 200)]
    for file_body in file_bodies:
        assert cache.load(file_body) == Path(file_body.path).read_bytes()
        assert cache.used <= 1000
    assert cache.used == sum(file_body.size for file_body in file_bodies if cache.get(file_body) is not None)


def test_the_one_read_first_goes_first(files: Files) -> None:
    cache = BodyCache(300)
    a, b, c, d = file_bodies = [files(name, 100) for name in "abcd"]
    for file_body in (b, a, c):
        cache.load(file_body)
    cache.load(b)
    cache.load(d)
    assert kept(cache, file_bodies) == "bcd"
    cache.load(files("e", 250))
    assert kept(cache, file_bodies) == ""


def test_a_file_that_is_loaded_twice_counts_once(files: Files) -> None:
    cache, file_body = BodyCache(1000), files("a", 100)
    cache.load(file_body)
    cache.load(file_body)
    assert cache.used == 100


def test_a_range_loads_and_finds_the_whole_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    cache, file_body = BodyCache(1000), FileBody(str(tmp_path / "a"), 10, (Span(2, 5), b"-", Span(0, 1)))
    assert cache.load(file_body) == b"234-0"
    assert cache.get(file_body) == b"234-0"
    assert cache.get(file_body._replace(parts=None)) == b"0123456789"


def test_many_threads_share_one_cache(files: Files) -> None:
    cache = BodyCache(2000)
    file_bodies = [files(chr(ord("a") + n), 50 + 10 * n) for n in range(20)]

    def work(seed: int) -> bool:
        order = random.Random(seed)
        return all(
            (cache.get(file_body) or cache.load(file_body)) == Path(file_body.path).read_bytes() and cache.used <= 4000
            for file_body in order.choices(file_bodies, k=100)
        )

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(32)))
    assert cache.used <= 2000
    assert cache.used == sum(file_body.size for file_body in file_bodies if cache.get(file_body) is not None)


# Both interfaces.


def test_the_second_request_for_a_small_file_opens_none(client: Client, opened: Opened) -> None:
    for fields in ({}, {}, {"range": "bytes=1-2"}):
        client.get(URLS["small"], **fields)
    assert len(opened.files) == 1


def test_a_cache_of_no_bytes_keeps_nothing(release: Compiled, opened: Opened, kind: Kind) -> None:
    client = kind(release.dist, cache_bytes=0)
    assert client.get(URLS["small"]).body == client.get(URLS["small"]).body == SMALL
    assert len(opened.files) == 2


@pytest.mark.parametrize(
    ("method", "fields"),
    [("HEAD", {}), ("GET", {"if-none-match": "*"}), ("GET", {"range": "bytes=99999-"}), ("POST", {})],
    ids=["HEAD", "304", "416", "405"],
)
@pytest.mark.parametrize("url", URLS.values(), ids=URLS.keys())
def test_an_answer_without_the_file_opens_none(
    client: Client, opened: Opened, url: str, method: str, fields: dict[str, str]
) -> None:
    client.request(method, url, fields.items())
    assert opened.files == []


@pytest.mark.parametrize(
    ("range_", "start", "end"),
    [
        pytest.param("bytes=0-", 0, None, id="whole"),
        pytest.param("bytes=0-0", 0, 1, id="the first byte"),
        pytest.param("bytes=-1", -1, None, id="the last byte"),
        pytest.param("bytes=4096-8191", 4096, 8192, id="a whole chunk"),
        pytest.param("bytes=4095-8192", 4095, 8193, id="a chunk and a byte at each end"),
        pytest.param("bytes=9000-99999", 9000, None, id="clipped"),
        pytest.param("bytes=-5000", -5000, None, id="suffix"),
    ],
)
def test_any_range_of_a_large_file(client: Client, opened: Opened, range_: str, start: int, end: int | None) -> None:
    answer = client.get(URLS["large"], range=range_)
    assert (answer.status, answer.body) == (206, LARGE[start:end])
    assert all(file.closed for file in opened.files)


def test_several_ranges_of_a_large_file(client: Client, opened: Opened) -> None:
    answer = client.get(URLS["large"], range="bytes=9999-,0-4999")
    assert answer.headers["content-length"] == str(len(answer.body))
    assert parts_of(answer.headers["content-type"], answer.body) == [
        Part("application/octet-stream", 9999, 10_000, LARGE[-1:]),
        Part("application/octet-stream", 0, 5000, LARGE[:5000]),
    ]
    assert [file.closed for file in opened.files] == [True]


def test_a_large_file_is_sent_and_closed_and_not_kept(client: Client, opened: Opened) -> None:
    for _ in range(2):
        answer = client.get(URLS["large"])
        assert (answer.body, answer.headers["content-length"]) == (LARGE, "10000")
    assert [file.closed for file in opened.files] == [True, True]


def test_where_no_directory_can_be_held_files_are_opened_by_their_paths(tmp_path: Path) -> None:
    assert opener_in(str(tmp_path / "none")) is open_nonblocking


def rewritten(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(change(path.read_bytes()))


def replaced_by_a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replaced_by_a_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def replaced_by_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(Path.unlink, id="gone"),
        pytest.param(rewritten(lambda body: body[:-1]), id="a byte shorter"),
        pytest.param(rewritten(lambda body: body + b"x"), id="a byte longer"),
        pytest.param(rewritten(lambda _: b""), id="empty"),
        pytest.param(replaced_by_a_directory, id="a directory"),
        pytest.param(replaced_by_a_loop, id="a link to itself"),
        pytest.param(replaced_by_a_pipe, id="a pipe that nobody writes to"),
    ],
)
@pytest.mark.parametrize("fields", [{}, {"range": "bytes=0-0"}], ids=["whole", "range"])
@pytest.mark.parametrize("name", ["small.bin", "large.bin"])
def test_a_file_that_is_not_as_it_was_compiled_is_500_and_one_line_in_the_log(
    client: Client,
    release: Compiled,
    caplog: pytest.LogCaptureFixture,
    name: str,
    fields: dict[str, str],
    damage: Callable[[Path], object],
) -> None:
    asset = release.manifest.asset(name)
    file = release.dist / asset.variants[0].file
    damage(file)
    answer = client.request("GET", asset.url, fields.items())
    assert (answer.status, answer.body) == (500, b"500 Internal Server Error\n")
    assert answer.headers == {
        "content-type": "text/plain; charset=utf-8",
        "content-length": "26",
        "cache-control": "no-store",
    }
    ((logger, level, message),) = caplog.record_tuples
    assert (logger, level) == ("servestatic_runtime", logging.ERROR)
    assert message.startswith(f"{file}: ")


def test_many_threads_share_one_application(release: Compiled) -> None:
    client = WSGIClient(release.dist, cache_bytes=len(SMALL))
    with ThreadPoolExecutor(16) as pool:
        got = pool.map(lambda n: client.get([URLS["small"], URLS["large"]][n % 2]).body, range(400))
        assert list(got) == [SMALL, LARGE] * 200


def test_a_failure_is_logged_once_and_again_when_the_file_was_well_in_between(
    client: Client, release: Compiled, caplog: pytest.LogCaptureFixture
) -> None:
    file = release.dist / release.manifest.asset("large.bin").variants[0].file
    for times in (1, 2):
        file.rename(file.with_suffix(".aside"))
        for range_ in ("", "bytes=0-0", "bytes=0-0,-1"):
            assert client.get(URLS["large"], range=range_).status == 500
        assert caplog.messages == [f"{file}: No such file or directory"] * times
        file.with_suffix(".aside").rename(file)
        assert client.get(URLS["large"]).body == LARGE


def test_a_small_file_that_is_put_right_is_served_again(client: Client, release: Compiled) -> None:
    file = release.dist / release.manifest.asset("small.bin").variants[0].file
    file.unlink()
    assert client.get(URLS["small"]).status == 500
    file.write_bytes(SMALL)
    assert client.get(URLS["small"]).body == SMALL


def test_each_file_that_fails_is_logged(client: Client, release: Compiled, caplog: pytest.LogCaptureFixture) -> None:
    files = [release.dist / asset.variants[0].file for asset in release.manifest]
    for file in files:
        file.unlink()
    for url in (*URLS.values(), *URLS.values()):
        assert client.get(url).status == 500
    assert sorted(caplog.messages) == [f"{file}: No such file or directory" for file in sorted(files)]


# ASGI: an event loop that nothing here may hold up.


def test_asgi_sends_a_cached_body_in_two_messages_and_never_waits(release: Compiled) -> None:
    app = ServeStaticASGI(None, release.dist)
    asyncio.run(app(http_scope(URLS["small"]), receive, Sent().send))
    sent = Sent()
    with pytest.raises(StopIteration):  # it ends at once, with no event loop to make a task or a thread in
        app(http_scope(URLS["small"]), receive, sent.send).send(None)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[1] == {"type": "http.response.body", "body": SMALL}


@both_loops
@pytest.mark.parametrize(("name", "body"), [("small", SMALL), ("large", LARGE)])
def test_asgi_opens_files_beside_the_event_loop(
    release: Compiled, opened: Opened, run: Callable[[Any], None], name: str, body: bytes
) -> None:
    sent = Sent()
    run(ServeStaticASGI(None, release.dist)(http_scope(URLS[name]), receive, sent.send))
    assert sent.body == body
    assert threading.get_ident() not in opened.threads
    assert [file.closed for file in opened.files] == [True]
