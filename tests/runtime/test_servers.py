"""Real servers: every URL in every coding over a socket, and connections that stay usable."""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest

from servestatic_build import Source
from servestatic_runtime.bodies import LARGEST_CACHED
from servestatic_runtime.paths import quote_path
from support.codings import DECODERS, decoded
from support.multipart import parts_of
from support.servers import gunicorn, running, uvicorn
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
APP = """
from servestatic_runtime import ServeStatic, ServeStaticASGI
wsgi = ServeStatic(None, "dist")
asgi = ServeStaticASGI(None, "dist")
"""
SERVERS = {
    "gunicorn": gunicorn("app:wsgi"),
    "uvicorn with h11": uvicorn("app:asgi", "--http", "h11", "--loop", "asyncio"),
    "uvicorn with httptools and uvloop": uvicorn("app:asgi", "--http", "httptools", "--loop", "uvloop"),
    "the preview": ["servestatic_runtime", "dist", "--port", "0"],
}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    root = write_tree(tmp_path_factory.mktemp("release"), {"app.py": APP})
    static = write_tree(root / "static", STATIC)
    public = write_tree(root / "public", {"index.html": "<h1>Home</h1>", "robots.txt": "User-agent: *\n"})
    return compile_sources(root, Source(str(static)), Source(str(public), "/"), codings=("gzip", "br", "zstd"))


@pytest.fixture(scope="module", params=list(SERVERS.values()), ids=list(SERVERS))
def port(request: pytest.FixtureRequest, release: Compiled) -> Iterator[int]:
    with running(request.param, cwd=release.dist.parent) as port:
        yield port


@pytest.fixture
def connection(port: int) -> Iterator[HTTPConnection]:
    made = HTTPConnection("127.0.0.1", port, timeout=20)
    yield made
    made.close()


class Got(NamedTuple):
    """An answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(connection: HTTPConnection, path: str, method: str = "GET", **fields: str) -> Got:
    """Send a request with these fields (``accept_encoding="br"``) and no others but Host."""
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in fields.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read()
    return Got(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


@pytest.mark.parametrize("coding", DECODERS)
def test_every_url_in_every_coding_is_what_the_manifest_says(
    connection: HTTPConnection, release: Compiled, coding: str
) -> None:
    for asset in release.manifest:
        sent = coding if coding in {variant.coding for variant in asset.variants} else "identity"
        for path in {asset.url, asset.plain_url, asset.directory} - {None}:
            got = ask(connection, quote_path(path or ""), accept_encoding=coding)
            assert (got.status, got.headers.get("content-encoding", "identity")) == (200, sent), path
            assert got.headers["content-length"] == str(len(got.body))
            assert sha256(decoded(got.body, sent)).digest() == asset.digest, path


@pytest.mark.parametrize("name", ["css/app.css", "large.bin", "large.txt"])
@pytest.mark.parametrize("range_", ["bytes=0-0", "bytes=7-", "bytes=-9", "bytes=100-300"])
def test_ranges_over_a_socket(connection: HTTPConnection, release: Compiled, name: str, range_: str) -> None:
    url = release.url(name)
    whole = ask(connection, url).body
    first, _, last = range_.removeprefix("bytes=").partition("-")
    expected = whole[int(first) : int(last) + 1 if last else None] if first else whole[-int(last) :]
    got = ask(connection, url, range=range_)
    assert (got.status, got.body) == (206, expected)
    assert got.headers["content-length"] == str(len(expected))


@pytest.mark.parametrize("name", ["large.bin", "large.txt"])
def test_several_ranges_over_a_socket(connection: HTTPConnection, release: Compiled, name: str) -> None:
    url = release.url(name)
    whole = ask(connection, url).body
    got = ask(connection, url, range="bytes=-9,0-0,600000-699999")
    assert (got.status, got.headers["content-length"]) == (206, str(len(got.body)))
    assert [part.body for part in parts_of(got.headers["content-type"], got.body)] == [
        whole[-9:],
        whole[:1],
        whole[600_000:700_000],
    ]


def test_a_connection_stays_usable_after_an_answer_of_any_kind(connection: HTTPConnection, release: Compiled) -> None:
    url, large = release.url("css/app.css"), release.url("large.bin")
    for path in (url, large):
        statuses = [
            ask(connection, path, if_none_match="*").status,
            ask(connection, path, "HEAD").status,
            ask(connection, path, range="bytes=99999999-").status,
            ask(connection, path, range="bytes=1-2").status,
            ask(connection, path, range="bytes=0-0,-1").status,
            ask(connection, path, "OPTIONS").status,
            ask(connection, path, if_match='"x"').status,
            ask(connection, path, "DELETE").status,
            ask(connection, path, accept_encoding="*;q=0").status,
            ask(connection, "/static/docs").status,
            ask(connection, "/static/nothing").status,
            ask(connection, "/static/nothing", "HEAD").status,
        ]
        assert statuses == [304, 200, 416, 206, 206, 204, 412, 405, 406, 301, 404, 404]
        assert sha256(ask(connection, path).body).digest() == next(
            asset.digest for asset in release.manifest if quote_path(asset.url) == path
        )


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
@pytest.mark.parametrize("name", ["css/app.css", "large.bin"])
@pytest.mark.parametrize("size", [5, 5000])  # what is longer a server may refuse to read
def test_a_request_s_body_does_not_break_the_next_request(
    connection: HTTPConnection, release: Compiled, name: str, method: str, size: int
) -> None:
    connection.request(method, release.url(name), body=b"GET /static/nothing HTTP/1.1\r\n\r\n".ljust(size))
    response = connection.getresponse()
    response.read()
    assert response.status == {"GET": 200, "HEAD": 200, "OPTIONS": 204, "POST": 405}[method]
    assert (
        sha256(ask(connection, release.url("img/dot.png")).body).digest()
        == release.manifest.asset("img/dot.png").digest
    )


def test_a_client_of_http_1_0_gets_what_it_accepts(connection: HTTPConnection, release: Compiled) -> None:
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined] # noqa: SLF001
    got = ask(connection, release.url("css/app.css"), accept_encoding="gzip")
    assert (got.status, got.headers["content-encoding"]) == (200, "gzip")
    assert sha256(decoded(got.body, "gzip")).digest() == release.manifest.asset("css/app.css").digest


def test_a_path_of_8_kb_is_not_found_or_refused_by_the_server_itself(connection: HTTPConnection) -> None:
    assert 400 <= ask(connection, "/static/" + "a" * 8192).status < 500


@pytest.mark.parametrize("server", ["gunicorn", "uvicorn with h11", "uvicorn with httptools and uvloop"])
def test_one_connection_serves_them_all(release: Compiled, server: str) -> None:
    with running(SERVERS[server], cwd=release.dist.parent) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=20)
        connection.connect()
        socket = connection.sock
        url = release.url("css/app.css")
        for fields in ({"if_none_match": "*"}, {"range": "bytes=99999-"}, {}):
            for method in ("HEAD", "GET"):
                ask(connection, url, method, **fields)
                assert connection.sock is socket, "the server closed the connection"
        connection.close()


def test_an_answer_without_a_body_claims_no_length_but_that_of_the_200(
    connection: HTTPConnection, release: Compiled
) -> None:
    url = release.url("css/app.css")
    length = ask(connection, url).headers["content-length"]
    assert ask(connection, url, "HEAD").headers["content-length"] == length
    assert ask(connection, url, if_none_match="*").headers.get("content-length", length) == length


@pytest.mark.parametrize(
    "path",
    [
        "/static/%00", "/static/%ff", "/static/%zz", "/static/%", "/static/../../etc/passwd", "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static/" + "a" * 3500, "/static/css%2fapp.css%00", "//etc/passwd", "/static/%C0%AE%C0%AE/",
    ],
    ids=lambda path: path[:40],
)  # fmt: skip
def test_a_hostile_path_is_404(connection: HTTPConnection, path: str) -> None:
    assert ask(connection, path).status == 404


def test_a_query_can_not_split_the_headers_of_a_redirect(connection: HTTPConnection) -> None:
    got = ask(connection, "/static/docs?a=%0d%0aSet-Cookie:b&c=<\"'>")
    assert got.headers["location"] == "./docs/?a=%0d%0aSet-Cookie:b&c=%3C%22'%3E"
    assert "set-cookie" not in got.headers


@pytest.mark.parametrize("path", ["//evil.com/static/docs", "/%5Cevil.com/..", "/\\evil.com/static/docs"])
def test_no_path_redirects_to_another_host(connection: HTTPConnection, path: str) -> None:
    got = ask(connection, path)
    assert (got.status, got.headers.get("location")) == (404, None)


def test_the_preview_says_what_is_wrong_with_its_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from servestatic_runtime.__main__ import main

    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"error: {tmp_path}/manifest.msgpack: No such file or directory"
        " (compile with: servestatic-build SOURCE... -o DIST)\n"
    )
