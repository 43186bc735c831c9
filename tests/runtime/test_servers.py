"""Real servers: every URL in every coding over a socket, and connections that stay usable."""

from __future__ import annotations

from contextlib import closing
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path

import pytest

from servestatic_runtime.paths import quote_path
from support.codings import DECODERS, decoded
from support.connections import Got, ask, connected, tell
from support.multipart import parts_of
from support.servers import LONG_PATH, RAW_QUERY, Server
from support.trees import Compiled


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
    # Of the large file there is one variant, which is sent even to a client that refuses it.
    for path, refused in ((url, 406), (large, 200)):
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
        assert statuses == [304, 200, 416, 206, 206, 204, 412, 405, refused, 301, 404, 404]
        assert sha256(ask(connection, path).body).digest() == next(
            asset.digest for asset in release.manifest if quote_path(asset.url) == path
        )


def test_a_connection_serves_on_after_every_status(port: int, release: Compiled, server: Server) -> None:
    url = release.url("css/app.css")
    closed = set()
    fields: dict[str, str]
    for fields in ({"if_none_match": "*"}, {"range": "bytes=99999-"}, {}):
        for method in ("HEAD", "GET"):
            with closing(connected(port)) as connection:
                connection.connect()
                socket = connection.sock
                status = ask(connection, url, method, **fields).status
                ask(connection, url)
                if connection.sock is not socket:
                    closed.add(status)
    assert closed == server.closes_after


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
        LONG_PATH, "/static/%00", "/static/%ff", "/static/%zz", "/static/%", "/static/../../etc/passwd", "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static/css%2fapp.css%00", "//etc/passwd", "/static/%C0%AE%C0%AE/",
    ],
    ids=lambda path: path[:40],
)  # fmt: skip
def test_a_hostile_path_is_404(connection: HTTPConnection, server: Server, path: str) -> None:
    assert ask(connection, path).status == server.refuses.get(path, 404)


def test_a_query_can_not_split_the_headers_of_a_redirect(connection: HTTPConnection, server: Server) -> None:
    got = ask(connection, RAW_QUERY)
    assert got.status == server.refuses.get(RAW_QUERY, 301)
    assert got.headers.get("location") in {"./docs/?a=%0d%0aSet-Cookie:b&c=%3C%22'%3E", None}
    assert ("location" in got.headers) == (got.status == 301)
    assert "set-cookie" not in got.headers


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"x", id="a byte"),
        pytest.param(b"x" * 300_000, id="large"),
        pytest.param(b"GET /static/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", id="a request"),
    ],
)
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_body_on_a_get_is_not_taken_for_the_next_request(
    connection: HTTPConnection, release: Compiled, server: Server, body: bytes, chunked: bool
) -> None:
    url = release.url("css/app.css")
    fields = {"transfer_encoding": "chunked"} if chunked else {"content_length": str(len(body))}
    framed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    try:
        assert ask(connection, url, "GET", framed, **fields).body == release.read("css/app.css")
    except ConnectionError:  # a server need not wait for all of it, and closes the connection then
        connection.close()
    if chunked and server.leaves_chunks:
        connection.close()
    got = ask_again(connection, url)
    assert (got.status, got.body) == (200, release.read("css/app.css"))


def ask_again(connection: HTTPConnection, path: str) -> Got:
    """Ask as clients do: if the server has closed the connection meanwhile, over a new one (RFC 9112 9.3.1)."""
    try:
        return ask(connection, path)
    except ConnectionError:
        connection.close()
        return ask(connection, path)


def test_a_client_of_http_1_0_gets_gzip(port: int, release: Compiled) -> None:
    url = release.url("css/app.css")
    got = tell(port, f"GET {url} HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n".encode())
    assert (got.status, got.headers["content-encoding"]) == (200, "gzip")
    assert got.body == release.read("css/app.css", "gzip")
    assert "transfer-encoding" not in got.headers


@pytest.mark.parametrize("path", ["//evil.com/static/docs", "/%5Cevil.com/..", "/\\evil.com/static/docs"])
def test_no_path_redirects_to_another_host(connection: HTTPConnection, path: str) -> None:
    got = ask(connection, path)
    assert got.status // 100 != 3  # some servers refuse to read it, and uWSGI takes ".." away
    assert "location" not in got.headers


def test_the_preview_prints_no_control_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from servestatic_runtime.__main__ import main

    assert main([str(tmp_path / "a\x1b[31m\n")]) == 1
    assert "a\\x1b[31m\\n/manifest.msgpack: " in capsys.readouterr().err


def test_the_preview_says_what_is_wrong_with_its_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from servestatic_runtime.__main__ import main

    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"error: {tmp_path}/manifest.msgpack: No such file or directory"
        " (compile with: servestatic-build SOURCE... -o DIST)\n"
    )
