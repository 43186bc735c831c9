"""Both interfaces in front of an application, behind other middleware, and on their own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from servestatic_runtime import ServeStatic, ServeStaticASGI
from support.asgi import http_scope
from support.clients import ASGIClient, WSGIClient
from support.trees import Compiled, compile_tree


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compile_tree(tmp_path_factory.mktemp("release"), {"css/app.css": "a{}" * 99, "docs/index.html": "docs"})


@pytest.mark.parametrize("path", ["/static/css/app.css", "/static/docs", "/static/nothing"])
def test_wsgi_middleware_may_change_the_headers_it_sees(release: Compiled, path: str) -> None:
    application = ServeStatic(None, release.dist)
    environ: dict[str, Any] = {"PATH_INFO": path}
    setup_testing_defaults(environ)
    seen: list[list[tuple[str, str]]] = []

    def start_response(_status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:
        seen.append(list(headers))
        headers.clear()

    for _ in range(3):
        application(environ, start_response)
    assert seen[0]
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize("path", ["/static/css/app.css", "/static/docs", "/static/nothing"])
def test_asgi_middleware_may_change_the_headers_it_sees(release: Compiled, path: str) -> None:
    application = ServeStaticASGI(None, release.dist)
    seen: list[list[tuple[bytes, bytes]]] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            seen.append(list(message["headers"]))
            message["headers"].clear()

    for _ in range(3):
        asyncio.run(application(http_scope(path), no_message, send))
    assert seen[0]
    assert seen[0] == seen[1] == seen[2]


async def no_message() -> Any:
    raise AssertionError("nothing here reads the request's body")


@pytest.mark.parametrize("path", ["/", "", "/static", "/nothing", "/caf\xe9", "/\x00", "*"])
def test_wsgi_hands_an_unlisted_path_on_untouched(tmp_path: Path, path: str) -> None:
    def inner(*called_with: Any) -> Any:
        calls.append(called_with)
        return body

    body, calls = [b"inner"], list[Any]()
    environ: dict[str, Any] = {"PATH_INFO": path, "REQUEST_METHOD": "POST", "HTTP_RANGE": "bytes=0-0"}
    before, start_response = dict(environ), object()
    release = compile_tree(tmp_path, {"a.txt": "a"})
    application: Any = ServeStatic(inner, release.dist)
    assert application(environ, start_response) is body
    ((given_environ, given_start_response),) = calls
    assert given_environ is environ
    assert given_environ == before
    assert given_start_response is start_response


@pytest.mark.parametrize(
    "scope",
    [
        pytest.param(http_scope("/nothing"), id="unlisted path"),
        pytest.param(http_scope(""), id="empty path"),
        pytest.param({"type": "websocket", "path": "/static/a.txt"}, id="websocket at a listed path"),
        pytest.param({"type": "lifespan"}, id="lifespan"),
        pytest.param({"type": "of tomorrow"}, id="unknown"),
    ],
)
def test_asgi_hands_an_unlisted_path_and_other_scopes_on_untouched(tmp_path: Path, scope: dict[str, Any]) -> None:
    async def inner(*called_with: Any) -> None:
        calls.append(called_with)

    async def send(_message: Any) -> None:
        raise AssertionError("the application answers")

    calls, before = list[Any](), dict(scope)
    application = ServeStaticASGI(inner, compile_tree(tmp_path, {"a.txt": "a"}).dist)
    asyncio.run(application(scope, no_message, send))
    ((given_scope, given_receive, given_send),) = calls
    assert given_scope is scope
    assert given_scope == before
    assert (given_receive, given_send) == (no_message, send)


OWN = (("Cache-Control", "max-age=5"),)
NO_STORE = (("Cache-Control", "no-store"),)
answers_of_the_application = pytest.mark.parametrize(
    ("mount", "path", "status", "headers", "expected"),
    [
        pytest.param("", "/static/nothing", 404, (), NO_STORE, id="a 404 below the prefix"),
        pytest.param("", "/static/café", 404, (), NO_STORE, id="not ASCII"),
        pytest.param("/app", "/app/static/nothing", 404, (), NO_STORE, id="below a mount"),
        pytest.param("/static", "/static/nothing", 404, (), NO_STORE, id="below a mount at the prefix"),
        pytest.param("", "/static/nothing", 404, OWN, OWN, id="a Cache-Control of its own"),
        pytest.param("", "/static/nothing", 200, (), (), id="another status"),
        pytest.param("", "/static/nothing", 410, (), (), id="gone"),
        pytest.param("", "/static", 404, (), (), id="beside the prefix"),
        pytest.param("", "/nothing", 404, (), (), id="elsewhere"),
    ],
)
Pairs = tuple[tuple[str, str], ...]


@answers_of_the_application
def test_wsgi_lets_no_cache_keep_the_404_of_what_may_be_a_file_tomorrow(
    release: Compiled, mount: str, path: str, status: int, headers: Pairs, expected: Pairs
) -> None:
    def inner(_environ: Any, start_response: Any) -> Any:
        start_response(f"{status} Some Reason", [("Content-Type", "text/plain"), *headers])
        return [b"inner"]

    answer = WSGIClient(release.dist, inner).request("GET", path, mount=mount)
    assert (answer.status, answer.body) == (status, b"inner")
    assert answer.headers == {"content-type": "text/plain", **{name.lower(): value for name, value in expected}}


@answers_of_the_application
def test_asgi_lets_no_cache_keep_the_404_of_what_may_be_a_file_tomorrow(
    release: Compiled, mount: str, path: str, status: int, headers: Pairs, expected: Pairs
) -> None:
    async def inner(_scope: Any, _receive: Any, send: Any) -> None:
        raw = [(name.lower().encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": b"inner"})

    answer = ASGIClient(release.dist, inner).request("GET", path, mount=mount)
    assert (answer.status, answer.body) == (status, b"inner")
    assert answer.headers == {name.lower(): value for name, value in expected}


@pytest.mark.parametrize(
    ("scope", "received", "sent"),
    [
        ("websocket", ["websocket.connect"], ["websocket.close"]),
        (
            "lifespan",
            ["lifespan.startup", "lifespan.shutdown"],
            ["lifespan.startup.complete", "lifespan.shutdown.complete"],
        ),
    ],
)
def test_asgi_on_its_own_takes_no_websocket_and_lives_quietly(
    release: Compiled, scope: str, received: list[str], sent: list[str]
) -> None:
    waiting, messages = [{"type": kind} for kind in received], list[str]()

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        messages.append(message["type"])

    asyncio.run(ServeStaticASGI(None, release.dist)({"type": scope, "path": "/static/css/app.css"}, receive, send))
    assert (waiting, messages) == ([], sent)
