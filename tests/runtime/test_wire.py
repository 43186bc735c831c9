"""What clients may write on the wire and servers read in ways of their own; rows after the rules that other projects hold.

Go's net/http (fs_test.go), nginx-tests (range.t, not_modified.t, http_keepalive.t), Starlette and WhiteNoise have rows
like these. Ours are written from the RFCs.
"""

from __future__ import annotations

import re
from http.client import HTTPConnection

import pytest

from support.connections import ask, exchange, tell
from support.servers import ABSOLUTE, Server
from support.trees import Compiled

CSS = "css/app.css"
PLAIN = "/static/css/app.css"


@pytest.mark.parametrize("name", [CSS, "large.bin"])
def test_a_range_is_clipped_refused_or_ignored(connection: HTTPConnection, release: Compiled, name: str) -> None:
    url, whole = release.url(name), release.read(name)
    size = len(whole)
    part = {"0-": whole, f"{size - 1}-": whole[-1:], f"5-{size + 5}": whole[5:], f"-{size + 1}": whole}
    for range_, expected in part.items():
        got = ask(connection, url, range=f"bytes={range_}")
        assert (got.status, got.body == expected) == (206, True), range_
    for range_ in (f"{size}-", f"{size}-{size + 1}", "-0", f"{size + 9}-{size + 99}"):
        got = ask(connection, url, range=f"bytes={range_}")
        assert (got.status, got.headers["content-range"]) == (416, f"bytes */{size}"), range_
    for range_ in ("bytes=5-4", "bytes=A-Z", "bytes=0-1-2", "bytes=", "bytes", "lines=0-1", "bytes=--1"):
        got = ask(connection, url, range=range_)
        assert (got.status, got.body == whole) == (200, True), range_


@pytest.mark.parametrize(
    ("target", "fields", "status", "coding"),
    [
        pytest.param(PLAIN, ["If-None-Match: TAG", 'If-None-Match: "x"'], 304, "", id="a list in two fields"),
        pytest.param(PLAIN, ['If-None-Match: "x"', "If-None-Match: TAG"], 304, "", id="the tag in the second"),
        pytest.param(PLAIN, ["If-Match: TAG", 'If-Match: "x"'], 200, "", id="If-Match in two fields"),
        pytest.param(
            PLAIN, ["Accept-Encoding: br;q=0", "Accept-Encoding: gzip"], 200, "gzip", id="codings in two fields"
        ),
        pytest.param(
            PLAIN, ["Accept-Encoding: gzip", "Accept-Encoding: br;q=0"], 200, "gzip", id="a zero in the second"
        ),
        pytest.param(PLAIN, ["rANGE:bytes=0-1\t "], 206, "", id="white space around a value and none before it"),
        pytest.param(PLAIN, ["If-None-Match: TAG \t"], 304, "", id="white space behind a tag"),
        pytest.param(
            PLAIN, ["If-Modified-Since: \tTue, 14 Nov 2023 22:13:20 GMT\t "], 304, "", id="white space around a date"
        ),
        pytest.param(PLAIN, ["Range: bytes=0-1", "If-Range: TAG "], 206, "", id="white space behind If-Range"),
        pytest.param(PLAIN, ["accept-encoding: GZIP"], 200, "gzip", id="case"),
        pytest.param("/%73tatic/css/%61pp%2ecss", [], 200, "", id="letters percent-encoded"),
        pytest.param(f"{PLAIN}?", [], 200, "", id="an empty query"),
        pytest.param(f"{PLAIN}?a=%00&b=/../", [], 200, "", id="a query that is none of our business"),
        pytest.param(ABSOLUTE, [], 200, "", id="absolute form"),
    ],
)
def test_the_same_request_written_another_way(
    port: int, release: Compiled, server: Server, target: str, fields: list[str], status: int, coding: str
) -> None:
    tag = release.manifest.asset(CSS).variants[0].etag or ""
    lines = [f"GET {target} HTTP/1.1", "Host: 127.0.0.1", *(field.replace("TAG", tag) for field in fields), "", ""]
    got = tell(port, "\r\n".join(lines).encode())
    assert got.status == server.refuses.get(target, status)
    assert got.headers.get("content-encoding", "") == coding
    if status == 200 == got.status and not coding:
        assert got.body == release.read(CSS)


def test_a_client_that_asks_before_it_sends_a_body_is_answered(port: int, release: Compiled) -> None:
    head = f"GET {PLAIN} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    got = tell(port, f"{head}body".encode())
    assert (got.status, got.body) == (200, release.read(CSS))


def test_an_answer_to_head_ends_with_its_head_in_http_1_0_too(port: int, release: Compiled) -> None:
    head, _, body = exchange(port, f"HEAD {PLAIN} HTTP/1.0\r\n\r\n".encode()).partition(b"\r\n\r\n")
    assert f"content-length: {len(release.read(CSS))}" in head.decode().lower()
    assert body == b""


def test_requests_sent_at_once_are_answered_in_their_order(port: int, release: Compiled, server: Server) -> None:
    requests = [("GET", PLAIN), ("HEAD", PLAIN), ("GET", "/static/nothing"), ("GET", "/static/js/app.js")]
    heads = "\r\n".join(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n" for method, path in requests)
    answers = exchange(port, f"{heads}Connection: close\r\n\r\n".encode())
    bodies = [answer.partition(b"\r\n\r\n")[2] for answer in re.split(rb"HTTP/1\.[01] ", answers)[1:]]
    expected = [release.read(CSS), b"", b"404 Not Found\n", release.read("js/app.js")]
    assert bodies == (expected if server.pipelines else expected[:1])
