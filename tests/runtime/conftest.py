"""What several tests of the runtime need: both interfaces in process, and one release on every server."""

from __future__ import annotations

import random
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from servestatic_build import Source
from servestatic_runtime.bodies import LARGEST_CACHED
from support.clients import ASGIClient, Kind, WSGIClient
from support.connections import connected
from support.processes import Running, started
from support.servers import APP, SERVERS, Server
from support.trees import Compiled, Tree, compile_sources, write_tree

LARGE = random.Random(1).randbytes(LARGEST_CACHED + 300_000)
STATIC: Tree = {
    "css/app.css": '@import "base.css";\nh1 { background: url(../img/dot.png) }\n' * 20,
    "css/base.css": "body { color: red }\n" * 200,
    "js/app.js": 'import { one } from "./one.js";\nconsole.log(one);\n' * 20,
    "js/one.js": "export const one = 1;\n",
    "img/dot.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "empty.txt": "",
    "a b+c&d%e?f#g'h.txt": "odd" * 50,
    "café 😀.txt": "odd" * 50,
    "docs/index.html": "<h1>Docs</h1>" * 50,
    "large.bin": LARGE,
    "large.txt": LARGE.hex(),
}


@pytest.fixture(scope="session", params=[WSGIClient, ASGIClient], ids=["WSGI", "ASGI"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """The interfaces, one after the other."""
    interface: Kind = request.param
    return interface


@pytest.fixture(scope="session", params=list(SERVERS))
def server(request: pytest.FixtureRequest) -> Server:
    """The servers, one after the other: what asks for one runs on each of them."""
    return SERVERS[request.param].required()


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    root = write_tree(tmp_path_factory.mktemp("release"), APP)
    static = write_tree(root / "static", STATIC)
    public = write_tree(root / "public", {"index.html": "<h1>Home</h1>", "robots.txt": "User-agent: *\n"})
    return compile_sources(root, Source(str(static)), Source(str(public), "/"), codings=("gzip", "br", "zstd"))


@pytest.fixture(scope="session")
def running(server: Server, release: Compiled) -> Iterator[Running]:
    with started(server.command, cwd=release.dist.parent) as running:
        yield running


@pytest.fixture(scope="session")
def port(running: Running) -> int:
    return running.port


@pytest.fixture
def connection(port: int) -> Iterator[HTTPConnection]:
    connection = connected(port)
    yield connection
    connection.close()
