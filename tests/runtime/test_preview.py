"""The preview server: HTTP/1.1 over connections that stay open, whatever a client does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from threading import Thread
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from servestatic_runtime import ServeStatic
from servestatic_runtime.preview import preview_server
from support.trees import Compiled

PATH = "/static/css/app.css"


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
    """Answer; on one path fail behind the headers."""
    if environ["PATH_INFO"] == "/fails":
        start_response("200 OK", [("Content-Length", "10")])
        return iter([b"abc", 1])
    start_response("200 OK", [("Content-Length", "3")])
    return [b"app"]


@pytest.fixture
def port(release: Compiled) -> Iterator[int]:
    with preview_server(ServeStatic(application, release.dist), "127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def connection(port: int) -> Iterator[HTTPConnection]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.auto_open = 0  # one connection, or an error
    connection.connect()
    yield connection
    connection.close()


def answer(connection: HTTPConnection, method: str, path: str, **fields: str) -> tuple[HTTPResponse, bytes]:
    connection.request(method, path, headers=fields)
    response = connection.getresponse()
    return response, response.read()


def raw(port: int, sent: bytes) -> bytes:
    """Return all that the server sends until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(sent)
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_a_connection_serves_one_request_after_another(connection: HTTPConnection, release: Compiled) -> None:
    whole, body = answer(connection, "GET", PATH)
    assert (whole.version, whole.status, body) == (11, 200, release.read("css/app.css"))
    assert whole.getheader("Connection") is None
    etag = whole.getheader("ETag") or ""
    statuses = [
        answer(connection, "GET", PATH, **{"If-None-Match": etag}),
        answer(connection, "HEAD", PATH),
        answer(connection, "GET", PATH, Range="bytes=0-0"),
        answer(connection, "OPTIONS", PATH),
        answer(connection, "GET", "/static/docs"),
        answer(connection, "GET", "/app"),
        answer(connection, "DELETE", PATH),
        answer(connection, "GET", PATH),
    ]
    assert [response.status for response, _ in statuses] == [304, 200, 206, 204, 301, 200, 405, 200]
    assert statuses[-1][1] == body


@pytest.mark.parametrize(
    "request_head",
    [
        pytest.param(f"GET {PATH} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", id="asked for"),
        pytest.param(f"GET {PATH} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", id="HTTP/1.0"),
        pytest.param(f"POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nGET", id="a body that nobody reads"),
        pytest.param(
            f"POST {PATH} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="a body in chunks"
        ),
    ],
)
def test_a_connection_is_closed_and_says_so(port: int, request_head: str) -> None:
    head = raw(port, request_head.encode()).partition(b"\r\n\r\n")[0]
    assert head.startswith(b"HTTP/1.1 ")
    assert b"\r\nConnection: close" in head
    assert head.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"nonsense\r\n\r\n", b"Error code: 400"), (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"), (b"", b"")],
    ids=["no request", "a long line", "nothing"],
)
def test_what_is_no_request_ends_the_connection(port: int, sent: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        try:
            got = b"".join(iter(lambda: client.recv(65536), b""))
        except ConnectionResetError:  # it had more to read
            return
    assert status in got


def test_an_answer_that_was_cut_short_ends_the_connection(port: int) -> None:
    got = raw(port, b"GET /fails HTTP/1.1\r\nHost: a\r\n\r\n")
    assert got.endswith(b"\r\n\r\nabc")
