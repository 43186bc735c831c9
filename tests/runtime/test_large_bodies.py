"""Bodies too large to keep: left to the server where it can send a file, else read in chunks, beside the event loop."""

from __future__ import annotations

import asyncio
import os
import random
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper, setup_testing_defaults

import pytest
import trio
from gunicorn.http.wsgi import FileWrapper as GunicornWrapper

from servestatic_runtime import ServeStatic, ServeStaticASGI, bodies, wsgi
from servestatic_runtime.errors import BodyError
from servestatic_runtime.release import Release
from support.asgi import Sent, both_loops, http_scope, receive
from support.multipart import parts_of
from support.opened import opened_by_the_runtime
from support.trees import Compiled, compile_tree

LARGE = random.Random(1).randbytes(100_000)
URL = "/static/large.bin"
CHUNK = 10_000
PATHSEND, ZEROCOPY = "http.response.pathsend", "http.response.zerocopysend"

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(autouse=True)
def _small_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LARGEST_CACHED", 1000)
    monkeypatch.setattr(bodies, "CHUNK_BYTES", CHUNK)
    monkeypatch.setattr(wsgi, "CHUNK_BYTES", CHUNK)


@pytest.fixture
def release(tmp_path: Path) -> Compiled:
    return compile_tree(tmp_path, {"large.bin": LARGE, "small.bin": b"small"})


@pytest.fixture
def file(release: Compiled) -> Path:
    return release.dist / release.manifest.asset("large.bin").variants[0].file


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The threads of all reads of a chunk."""
    threads: list[int] = []

    def pread(*arguments: int) -> bytes:
        threads.append(threading.get_ident())
        return read(*arguments)

    read = os.pread
    monkeypatch.setattr(os, "pread", pread)
    return threads


@pytest.fixture(autouse=True)
def _every_file_is_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    opened = opened_by_the_runtime(monkeypatch)
    yield
    assert [file.name for file in opened if not file.closed] == []


# WSGI


def wsgi_body(release: Compiled, wrapper: Any, range_: str, **fields: str) -> Any:
    environ: dict[str, Any] = {"PATH_INFO": URL, "HTTP_RANGE": range_, **fields}
    if wrapper is not None:
        environ["wsgi.file_wrapper"] = wrapper
    setup_testing_defaults(environ)
    return ServeStatic(None, release.dist)(environ, lambda *_: None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrapper", "range_", "wrapped"),
    [
        pytest.param(GunicornWrapper, "", LARGE, id="gunicorn: whole"),
        pytest.param(GunicornWrapper, "bytes=0-", LARGE, id="gunicorn: whole as a range"),
        pytest.param(GunicornWrapper, "bytes=50000-", LARGE[50_000:], id="gunicorn: from the middle on"),
        pytest.param(GunicornWrapper, "bytes=7-50006", LARGE[7:50_007], id="gunicorn: from the middle to the middle"),
        pytest.param(GunicornWrapper, "bytes=0-0", LARGE[:1], id="gunicorn: the first byte"),
        pytest.param(GunicornWrapper, "bytes=0-0,-1", None, id="gunicorn: several ranges"),
        pytest.param(FileWrapper, "", LARGE, id="another: whole"),
        pytest.param(FileWrapper, "bytes=0-", LARGE, id="another: whole as a range"),
        pytest.param(FileWrapper, "bytes=50000-", None, id="another: from the middle on"),
        pytest.param(FileWrapper, "bytes=0-0", None, id="another: the first byte"),
        pytest.param(None, "", None, id="none: whole"),
        pytest.param(None, "bytes=7-50006", None, id="none: range"),
    ],
)
def test_wsgi_leaves_to_the_server_what_its_wrapper_is_known_to_send(
    release: Compiled, wrapper: Any, range_: str, wrapped: bytes | None
) -> None:
    body = wsgi_body(release, wrapper, range_)
    assert isinstance(body, wrapper or ()) is (wrapped is not None)
    if wrapped is not None:
        descriptor = body.filelike.fileno()
        start = os.lseek(descriptor, 0, os.SEEK_CUR)
        assert os.pread(descriptor, len(wrapped), start) == wrapped  # as sendfile with Content-Length does
        assert b"".join(body) == wrapped  # as a server without sendfile does
    body.close()


@pytest.mark.parametrize(
    "fields",
    [{"REQUEST_METHOD": "HEAD"}, {"HTTP_IF_NONE_MATCH": "*"}, {"PATH_INFO": "/static/small.bin"}],
    ids=["HEAD", "304", "a small file"],
)
def test_wsgi_leaves_nothing_else_to_the_server(release: Compiled, fields: dict[str, str]) -> None:
    assert isinstance(wsgi_body(release, GunicornWrapper, "", **fields), tuple)


def test_wsgi_reads_in_chunks_where_there_is_no_wrapper(release: Compiled) -> None:
    body = wsgi_body(release, None, "bytes=5-60004")
    assert [len(chunk) for chunk in body] == [CHUNK] * 6
    body.close()


def test_wsgi_closes_a_file_that_nobody_read(release: Compiled) -> None:
    for wrapper in (GunicornWrapper, FileWrapper, None):
        wsgi_body(release, wrapper, "").close()


@pytest.mark.parametrize("wrapper", [GunicornWrapper, FileWrapper, None], ids=["gunicorn", "another", "none"])
def test_wsgi_breaks_off_where_a_file_shrinks_while_it_is_read(release: Compiled, file: Path, wrapper: Any) -> None:
    body = wsgi_body(release, wrapper, "")
    chunks = iter(body)
    next(chunks)
    os.truncate(file, CHUNK)
    with pytest.raises(BodyError, match="became shorter while it was sent"):
        list(chunks)
    if wrapper is None:
        body.close()
    else:
        with pytest.raises(BodyError, match="became shorter"):
            body.close()


def test_wsgi_says_at_the_end_that_sendfile_sent_too_little(release: Compiled, file: Path) -> None:
    body = wsgi_body(release, GunicornWrapper, "bytes=0-50000")
    os.truncate(file, 10)
    with pytest.raises(BodyError, match="became shorter"):
        body.close()


# ASGI


@pytest.mark.parametrize(
    ("url", "extensions", "range_", "types"),
    [
        pytest.param(URL, [PATHSEND], "", ["pathsend"], id="pathsend: whole"),
        pytest.param(URL, [PATHSEND, ZEROCOPY], "bytes=0-", ["pathsend"], id="pathsend: whole as a range"),
        pytest.param(URL, [PATHSEND], "bytes=0-0", ["body"] * 2, id="pathsend: a range it can't"),
        pytest.param(URL, [PATHSEND, ZEROCOPY], "bytes=0-0", ["zerocopysend", "body"], id="both: range"),
        pytest.param(URL, [ZEROCOPY], "", ["zerocopysend", "body"], id="zerocopysend: whole"),
        pytest.param(URL, [ZEROCOPY], "bytes=7-50006", ["zerocopysend", "body"], id="zerocopysend: range"),
        pytest.param(
            URL,
            [ZEROCOPY],
            "bytes=0-0,-1",
            ["body", "zerocopysend", "body", "zerocopysend", "body", "body"],
            id="zerocopysend: several ranges",
        ),
        pytest.param("/static/small.bin", [PATHSEND, ZEROCOPY], "", ["body"], id="a small file"),
        pytest.param(URL, ["http.response.trailers"], "", ["body"] * 11, id="another extension"),
        pytest.param(URL, [], "", ["body"] * 11, id="no extension"),
    ],
)
@both_loops
def test_asgi_leaves_to_the_server_what_it_offers_to_send(
    release: Compiled, run: Run, url: str, extensions: list[str], range_: str, types: list[str]
) -> None:
    sent, plain = FileSender(), FileSender()
    app = ServeStaticASGI(None, release.dist)
    run(app(http_scope(url, *extensions, range=range_), receive, sent.send))
    run(app(http_scope(url, range=range_), receive, plain.send))
    assert sent.types == ["start", *types]
    assert sent[0] == plain[0]
    assert sent.sent == plain.sent
    assert dict(sent[0]["headers"])[b"content-length"] == str(len(sent.sent)).encode()
    assert [message.get("more_body", False) for message in sent[1:]] == [True] * (len(types) - 1) + [False]


def no_longer_there(file: Path) -> object:
    return file.rename(file.with_name("moved"))


def another_there(file: Path) -> object:
    no_longer_there(file)
    return file.write_bytes(b"another")


@pytest.mark.parametrize("change", [no_longer_there, another_there])
def test_asgi_names_no_path_that_leads_elsewhere_by_now(
    release: Compiled, file: Path, change: Callable[[Path], object]
) -> None:
    sent = FileSender()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            change(file)
        await sent.send(message)

    asyncio.run(ServeStaticASGI(None, release.dist)(http_scope(URL, PATHSEND), receive, send))
    assert sent.sent == LARGE


class FileSender(Sent):
    """Does what the extensions say: sends a path, or a part of an open file."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""

    async def send(self, message: Any) -> None:
        await super().send(message)
        self.sent += SENDERS[message["type"]](message)


SENDERS: dict[str, Callable[[Any], bytes]] = {
    "http.response.start": lambda _: b"",
    "http.response.body": lambda message: message["body"],
    PATHSEND: lambda message: Path(message["path"]).read_bytes(),
    ZEROCOPY: lambda message: os.pread(message["file"].fileno(), message["count"], message["offset"]),
}


def test_asgi_sends_several_ranges_by_descriptor(release: Compiled) -> None:
    sent = FileSender()
    scope = http_scope(URL, ZEROCOPY, range="bytes=-5,0-2,50000-59999")
    asyncio.run(ServeStaticASGI(None, release.dist)(scope, receive, sent.send))
    parts = parts_of(dict(sent[0]["headers"])[b"content-type"].decode(), sent.sent)
    assert [part.body for part in parts] == [LARGE[-5:], LARGE[:3], LARGE[50_000:60_000]]


@both_loops
def test_asgi_reads_beside_the_event_loop(release: Compiled, reads: list[int], run: Run) -> None:
    sent = Sent()
    run(ServeStaticASGI(None, release.dist)(http_scope(URL), receive, sent.send))
    assert [len(message["body"]) for message in sent[1:]] == [CHUNK] * 10 + [0]
    assert sent.body == LARGE
    assert threading.get_ident() not in reads


@pytest.mark.parametrize("extensions", [[], [ZEROCOPY]], ids=["chunks", "zerocopysend"])
@both_loops
def test_asgi_breaks_off_where_a_file_shrinks_while_it_is_sent(
    release: Compiled, file: Path, run: Run, extensions: list[str]
) -> None:
    sent = Sent()

    async def send(message: Any) -> None:
        await sent.send(message)
        if len(sent) == 2:
            os.truncate(file, CHUNK)

    with pytest.RaisesGroup(BodyError, allow_unwrapped=True, flatten_subgroups=True):  # a nursery makes groups
        run(ServeStaticASGI(None, release.dist)(http_scope(URL, *extensions), receive, send))
    assert len(sent) == 2
    assert sent[-1]["more_body"]


@pytest.mark.parametrize(
    "before",
    [
        pytest.param([], id="at once"),
        pytest.param([{"type": "http.request"}], id="after a request without a body"),
        pytest.param(
            [{"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.request", "body": b"y"}],
            id="after a body",
        ),
    ],
)
@both_loops
def test_asgi_stops_reading_when_the_client_has_left(
    release: Compiled, reads: list[int], run: Run, before: list[Any]
) -> None:
    sent = Sent()
    messages = iter([*before, {"type": "http.disconnect"}])

    async def receive_until_left() -> Any:
        while len(sent) < 3:
            await checkpoint()
        return next(messages)

    async def send(message: Any) -> None:
        await sent.send(message)
        await checkpoint()

    async def main() -> None:
        await ServeStaticASGI(None, release.dist)(http_scope(URL), receive_until_left, send)
        assert trio.lowlevel.in_trio_run() or len(asyncio.all_tasks()) == 1

    run(main())
    assert len(reads) < 10
    assert sent[-1]["more_body"]


async def checkpoint() -> None:
    """Let everything else go a step on."""
    if trio.lowlevel.in_trio_run():
        await trio.lowlevel.checkpoint()
    else:
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([{"type": "http.request"}] * 2, id="a server that says twice that there is no body"),
        pytest.param([{"type": "http.request"}, {"type": "http.of.tomorrow"}], id="a message of tomorrow"),
    ],
)
@both_loops
def test_asgi_takes_nothing_but_a_disconnect_for_one(release: Compiled, run: Run, messages: list[Any]) -> None:
    waiting, sent = iter(messages), Sent()

    async def receive_those() -> Any:
        return next(waiting, None) or await receive()

    run(ServeStaticASGI(None, release.dist)(http_scope(URL), receive_those, sent.send))
    assert sent.body == LARGE


@both_loops
def test_asgi_reads_no_further_than_the_client_does(release: Compiled, reads: list[int], run: Run) -> None:
    sent = Sent()

    async def slow_send(message: Any) -> None:
        for _ in range(20):
            await checkpoint()
            assert len(reads) <= max(len(sent), 1), "read ahead of what the server took"
        await sent.send(message)

    run(ServeStaticASGI(None, release.dist)(http_scope(URL), receive, slow_send))
    assert sent.body == LARGE


def test_asgi_closes_the_file_when_send_fails(release: Compiled) -> None:
    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise OSError("gone")

    async def main() -> None:
        with pytest.raises(OSError, match="gone"):
            await ServeStaticASGI(None, release.dist)(http_scope(URL), receive, send)
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def test_asgi_closes_the_file_and_ends_its_watch_when_it_is_cancelled(release: Compiled) -> None:
    async def main() -> None:
        sending = asyncio.Event()

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                sending.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(ServeStaticASGI(None, release.dist)(http_scope(URL), receive, send))
        await sending.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def test_asgi_closes_the_file_that_is_opened_when_nobody_waits_for_it_any_more(
    release: Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening, cancelled = threading.Event(), threading.Event()
    fetch = Release.fetch

    def fetch_late(*arguments: Any) -> Any:
        opening.set()
        cancelled.wait()
        return fetch(*arguments)

    monkeypatch.setattr(Release, "fetch", fetch_late)

    async def main() -> None:
        task = asyncio.create_task(ServeStaticASGI(None, release.dist)(http_scope(URL), receive, Sent().send))
        await asyncio.to_thread(opening.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        cancelled.set()

    asyncio.run(main())
