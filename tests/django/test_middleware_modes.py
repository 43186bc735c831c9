"""What the middleware does in its two modes, and with files that it sends."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import iscoroutinefunction
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, AsyncRequestFactory, Client, RequestFactory
from gunicorn.http.wsgi import FileWrapper as GunicornWrapper

from servestatic_build import Source
from servestatic_runtime.django import middleware as middleware_module
from servestatic_runtime.django.middleware import ServeStaticMiddleware
from servestatic_runtime.django.responses import StaticFileResponse
from servestatic_runtime.errors import BodyError
from support.asgi import Sent, http_scope
from support.django_clients import (
    CHUNK,
    INTERFACES,
    LARGE,
    MIDDLEWARE,
    VIEW,
    DjangoASGIClient,
    interfaces,
    settings_for,
)
from support.trees import Compiled, compile_sources, write_tree

pytestmark = pytest.mark.usefixtures("small_sizes", "every_file_is_closed")


def in_async_mode(release: Compiled) -> ServeStaticMiddleware:
    async def get_response(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(VIEW)

    with settings_for(release.dist):
        middleware = ServeStaticMiddleware(get_response)
    assert iscoroutinefunction(middleware)
    return middleware


def in_sync_mode(release: Compiled) -> ServeStaticMiddleware:
    with settings_for(release.dist):
        middleware = ServeStaticMiddleware(lambda _request: HttpResponse(VIEW))
    assert not iscoroutinefunction(middleware)
    return middleware


def without_waiting(coroutine: Any) -> Any:
    """Return what a coroutine returns that has nothing to wait for, which would need an event loop."""
    with pytest.raises(StopIteration) as stop:
        coroutine.send(None)
    return stop.value.value


@pytest.mark.parametrize("path", ["/static/app.css", "/nothing", "/static/docs"])
def test_in_async_mode_what_is_in_memory_waits_for_nothing(release: Compiled, path: str) -> None:
    middleware = in_async_mode(release)
    asyncio.run(awaited(middleware(AsyncRequestFactory().get("/static/app.css"))))
    response = without_waiting(middleware(AsyncRequestFactory().get(path)))
    assert response.content == in_sync_mode(release)(RequestFactory().get(path)).content


async def awaited(awaitable: Any) -> Any:
    return await awaitable


def test_in_sync_mode_nothing_goes_to_a_thread(release: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(middleware_module, "run_in_thread")
    response = in_sync_mode(release)(RequestFactory().get("/static/large.bin"))
    assert b"".join(response) == LARGE
    response.close()


def test_in_async_mode_files_are_read_beside_the_event_loop(release: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[int] = set()
    pread = os.pread

    def pread_and_note(*arguments: int) -> bytes:
        threads.add(threading.get_ident())
        return pread(*arguments)

    monkeypatch.setattr(os, "pread", pread_and_note)
    assert DjangoASGIClient(release.dist).get("/static/large.bin").body == LARGE
    assert threads
    assert threading.get_ident() not in threads


def sync_only(get_response: Any) -> Any:
    return get_response


def async_only(get_response: Any) -> Any:
    async def middleware(request: HttpRequest) -> Any:
        return await get_response(request)

    return middleware


async_only.sync_capable, async_only.async_capable = False, True  # type: ignore[attr-defined] # Django's marks


@interfaces
@pytest.mark.parametrize("before", ["sync_only", "async_only", None])
@pytest.mark.parametrize("behind", ["sync_only", "async_only", None])
def test_a_large_file_is_streamed_whichever_mode_other_middleware_runs_in(
    release: Compiled, interface: str, before: str | None, behind: str | None
) -> None:
    chain = [f"{__name__}.{name}" if name != MIDDLEWARE else name for name in (before, MIDDLEWARE, behind) if name]
    client = INTERFACES[interface](release.dist, MIDDLEWARE=chain)
    for _ in range(2):
        assert client.get("/static/large.bin").body == LARGE
        assert client.get("/static/empty.txt").status == 200


def test_django_s_test_clients_get_the_bytes(release: Compiled) -> None:
    with settings_for(release.dist):
        assert Client().get("/static/large.bin").getvalue() == LARGE
        response = asyncio.run(AsyncClient().get("/static/app.css"))
        assert response.content == release.read("app.css")


# Files


def wsgi_body(release: Compiled, wrapper: Any, **environ: Any) -> Any:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/static/large.bin", "SERVER_NAME": "test", **environ}
    environ |= {"SERVER_PORT": "80", "wsgi.url_scheme": "http", "wsgi.input": BytesIO(), "wsgi.errors": None}
    if wrapper:
        environ["wsgi.file_wrapper"] = wrapper
    with settings_for(release.dist):
        return WSGIHandler()(environ, lambda *_: None)


@pytest.mark.parametrize(
    ("range_", "wrapped"),
    [("", LARGE), ("bytes=50000-", LARGE[50_000:]), ("bytes=7-50006", LARGE[7:50_007]), ("bytes=0-0,-1", None)],
)
def test_a_server_that_sends_files_gets_the_file(
    release: Compiled, finished: list[Any], range_: str, wrapped: bytes | None
) -> None:
    body = wsgi_body(release, GunicornWrapper, HTTP_RANGE=range_)
    assert isinstance(body, GunicornWrapper) is (wrapped is not None)
    if wrapped is not None:
        descriptor = body.filelike.fileno()
        start = os.lseek(descriptor, 0, os.SEEK_CUR)
        assert os.pread(descriptor, len(wrapped), start) == wrapped  # as sendfile with Content-Length does
        assert b"".join(body) == wrapped  # as a server without sendfile does
    assert finished == []
    body.close()
    assert finished == [WSGIHandler]


@pytest.mark.parametrize(
    "wrapper", [GunicornWrapper, None], ids=["a server that sends files", "a server that does not"]
)
def test_an_answer_that_nobody_read_is_finished(release: Compiled, finished: list[Any], wrapper: Any) -> None:
    body = wsgi_body(release, wrapper)
    next(iter(body))
    body.close()
    assert finished == [WSGIHandler]


@pytest.fixture
def file(tmp_path: Path) -> tuple[Compiled, Path]:
    static = write_tree(tmp_path / "static", {"large.bin": LARGE, "small.txt": "small"})
    release = compile_sources(tmp_path, Source(str(static)))
    return release, release.dist / release.manifest.asset("large.bin").variants[0].file


def test_a_server_that_sent_too_little_hears_of_it(file: tuple[Compiled, Path], finished: list[Any]) -> None:
    release, path = file
    body = wsgi_body(release, GunicornWrapper)
    os.truncate(path, 10)
    with pytest.raises(BodyError, match="became shorter"):
        body.close()
    assert finished == [WSGIHandler]


def test_under_wsgi_a_file_that_shrinks_breaks_the_answer_off(file: tuple[Compiled, Path]) -> None:
    release, path = file
    body = wsgi_body(release, None)
    chunks = iter(body)
    next(chunks)
    os.truncate(path, CHUNK)
    with pytest.raises(BodyError, match="became shorter"):
        list(chunks)
    body.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # Django leaves the request's body open then
def test_under_asgi_a_file_that_shrinks_breaks_the_answer_off(file: tuple[Compiled, Path]) -> None:
    release, path = file
    sent = Sent()

    async def send(message: Any) -> None:
        await sent.send(message)
        if len(sent) == 2:
            os.truncate(path, CHUNK)

    with settings_for(release.dist), pytest.raises(BodyError, match="became shorter"):
        asyncio.run(DjangoASGIClient(release.dist).app(http_scope("/static/large.bin"), receive_once(), send))
    gc.collect()


@interfaces
@pytest.mark.parametrize("name", ["large.bin", "small.txt"])
def test_a_file_that_is_gone_is_500_that_nobody_keeps(
    file: tuple[Compiled, Path], caplog: pytest.LogCaptureFixture, interface: str, name: str
) -> None:
    release, _ = file
    (release.dist / release.manifest.asset(name).variants[0].file).unlink()
    answer = INTERFACES[interface](release.dist).get(f"/static/{name}")
    assert (answer.status, answer.headers["cache-control"]) == (500, "no-store")
    assert "No such file or directory" in caplog.text


def receive_once(*later: Any) -> Any:
    """Be a client that sends a request, and these messages some time later."""
    messages = iter([{"type": "http.request", "body": b""}])
    waiting = iter(later)

    async def receive() -> Any:
        if message := next(messages, None):
            return message
        if event := next(waiting, None):
            await event.wait()
            return {"type": "http.disconnect"}
        return await asyncio.Event().wait()

    return receive


def test_a_client_that_leaves_ends_the_reading_and_the_request(release: Compiled, finished: list[Any]) -> None:
    import django

    if django.VERSION < (5, 0):
        pytest.skip("Django 4.2 does not look whether the client has left")
    sent = Sent()

    async def main() -> None:
        leaving = asyncio.Event()

        async def send(message: Any) -> None:
            await sent.send(message)
            if len(sent) == 3:
                leaving.set()
                await asyncio.Event().wait()

        app = DjangoASGIClient(release.dist).app
        await app(http_scope("/static/large.bin"), receive_once(leaving), send)

    with settings_for(release.dist):
        asyncio.run(main())
    assert len(sent) == 3
    assert len(finished) == 1


def test_a_response_whose_body_other_middleware_replaced_is_not_left_to_the_server(release: Compiled) -> None:
    response = in_sync_mode(release)(
        RequestFactory().get("/static/large.bin", **{"wsgi.file_wrapper": GunicornWrapper})
    )
    assert isinstance(response, StaticFileResponse)
    assert response.file_to_stream is not None
    response.streaming_content = (chunk.upper() for chunk in response.streaming_content)
    assert response.file_to_stream is None
    assert b"".join(response) == LARGE.upper()
    response.close()
