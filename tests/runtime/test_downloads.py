"""Downloads of a large file from real servers: clients that leave, clients that wait, and a file that shrinks."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from support.servers import gunicorn, running, uvicorn
from support.trees import Compiled, compile_tree, write_tree

SIZE = 64 * 1024 * 1024
URL = "/static/large.bin"
APP = """
import os, resource
from servestatic_runtime import ServeStatic, ServeStaticASGI

def state():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f"{len(os.listdir('/dev/fd'))} {peak}".encode()

def inner_wsgi(environ, start_response):
    body = state()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]

async def inner_asgi(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": state()})

wsgi = ServeStatic(inner_wsgi, "dist")
asgi = ServeStaticASGI(inner_asgi, "dist")
"""
SERVERS = {
    "gunicorn": gunicorn("app:wsgi"),
    "gunicorn without sendfile": gunicorn("app:wsgi", "--no-sendfile"),
    "uvicorn with h11": uvicorn("app:asgi", "--http", "h11", "--loop", "asyncio", "--lifespan", "off"),
    "uvicorn with httptools and uvloop": uvicorn(
        "app:asgi", "--http", "httptools", "--loop", "uvloop", "--lifespan", "off"
    ),
}
RANGES = {"whole": "", "a range": f"bytes=9-{SIZE - 9}", "several ranges": f"bytes=0-9,4000-{SIZE - 9}"}

servers = pytest.mark.parametrize("server", list(SERVERS.values()), ids=list(SERVERS))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    root = write_tree(tmp_path_factory.mktemp("release"), {"app.py": APP})
    return compile_tree(root, {"large.bin": bytes(SIZE), "small.txt": "small"})


@pytest.fixture(scope="module", params=list(SERVERS.values()), ids=list(SERVERS))
def port(request: pytest.FixtureRequest, release: Compiled) -> Iterator[int]:
    with running(request.param, cwd=release.dist.parent) as port:
        yield port


def get(port: int, path: str) -> bytes:
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path, headers={"Connection": "close"})
        return connection.getresponse().read()


class State:
    """What the server's process says of itself: its open descriptors, and the most memory that it had, in KiB."""

    def __init__(self, port: int) -> None:
        self.descriptors, self.peak = map(int, get(port, "/state").split())


@contextmanager
def download(port: int, range_: str) -> Iterator[socket.socket]:
    """Ask for the large file and read its first bytes, through a window that the rest does not fit in."""
    with socket.socket() as client:
        client.settimeout(20)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.connect(("127.0.0.1", port))
        client.sendall(f"GET {URL} HTTP/1.1\r\nHost: x\r\nRange: {range_}\r\n\r\n".encode())
        head = client.recv(1024)
        assert head.startswith(b"HTTP/1.1 20")
        while b"\r\n\r\n" not in head:
            head += client.recv(1024)
        yield client


@pytest.mark.parametrize("range_", RANGES.values(), ids=RANGES.keys())
def test_a_client_that_leaves_leaves_no_file_open(port: int, range_: str) -> None:
    before = State(port).descriptors
    for _ in range(10):
        with download(port, range_) as client:
            # Without a word: a reset, as from a phone that goes into a tunnel.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    deadline = time.monotonic() + 20
    while State(port).descriptors > before:
        assert time.monotonic() < deadline, "files of downloads that nobody reads stay open"


@pytest.mark.parametrize("range_", RANGES.values(), ids=RANGES.keys())
def test_a_client_that_waits_holds_up_nobody_and_fills_no_memory(port: int, range_: str) -> None:
    before = State(port)
    with download(port, range_), download(port, range_):
        for _ in range(50):
            assert get(port, "/static/small.txt") == b"small"
        assert State(port).peak - before.peak < 16 * 1024


@servers
def test_a_file_that_shrinks_while_it_is_sent_ends_the_connection(
    release: Compiled, tmp_path: Path, server: list[str]
) -> None:
    shutil.copytree(release.dist.parent, tmp_path / "app")
    (file,) = (tmp_path / "app/dist/files/static").glob("large.*")
    with running(server, cwd=tmp_path / "app") as port:
        with download(port, "") as client:
            os.truncate(file, 1000)
            client.sendall(b"GET /static/small.txt HTTP/1.1\r\nHost: x\r\n\r\n")
            rest = received(client)
            assert len(rest) < SIZE
            assert rest.strip(b"\0") == b"", "the next answer was sent where the client expects the file"
        assert get(port, "/static/small.txt") == b"small"
        assert get(port, URL) == b"500 Internal Server Error\n"


def received(client: socket.socket) -> bytes:
    """Return all that comes until the server ends the connection, by a reset if it likes."""
    chunks = []
    with suppress(ConnectionResetError):
        while chunk := client.recv(65536):
            chunks.append(chunk)
    return b"".join(chunks)


@servers
def test_a_failure_leaves_the_connection_usable(release: Compiled, tmp_path: Path, server: list[str]) -> None:
    shutil.copytree(release.dist.parent, tmp_path / "app")
    for file in (tmp_path / "app/dist/files/static").iterdir():
        file.unlink()
    with (
        running(server, cwd=tmp_path / "app") as port,
        closing(HTTPConnection("127.0.0.1", port, timeout=20)) as client,
    ):
        client.connect()
        connected = client.sock
        for path in ("/static/small.txt", URL) * 2:
            client.request("GET", path)
            response = client.getresponse()
            assert (response.status, response.read()) == (500, b"500 Internal Server Error\n")
            assert response.headers.get_all("Cache-Control") == ["no-store"]
            assert client.sock is connected
