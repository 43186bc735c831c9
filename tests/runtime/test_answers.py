"""Whole answers, over both interfaces: the same rules, the same bytes."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from servestatic_build import Source
from servestatic_build.settings.globs import Globs
from servestatic_build.settings.header_rules import HeaderRule
from support.clients import Answer, ASGIClient, Client, Kind, WSGIClient
from support.codings import DECODERS, decoded
from support.multipart import Part, parts_of
from support.trees import Compiled, Tree, compile_sources, compile_tree, write_tree

CSS = "h1 { color: red }\n" * 300
STATIC: Tree = {
    "css/app.css": CSS,
    "js/digits.js": Random(1).randbytes(2000).hex(),  # in any coding longer than a part's head
    "empty.txt": "",
    "img/dot.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "docs/index.html": "<h1>Docs</h1>" * 100,
    "od d:é/index.html": "<h1>Odd</h1>",
}
PUBLIC = {"index.html": "<h1>Home</h1>", "robots.txt": "User-agent: *\n"}

TYPE_OF_ERRORS = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}
EVERYWHERE = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "*",
    "x-content-type-options": "nosniff",
}
MODIFIED = "Tue, 14 Nov 2023 22:13:20 GMT"
IMMUTABLE = "public, max-age=31536000, immutable"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    root = tmp_path_factory.mktemp("release")
    static, public = write_tree(root / "static", STATIC), write_tree(root / "public", PUBLIC)
    return compile_sources(root, Source(str(static)), Source(str(public), "/"), codings=("gzip", "br", "zstd"))


@pytest.fixture(scope="module")
def client(kind: Kind, release: Compiled) -> Client:
    return kind(release.dist)


@pytest.fixture(scope="module")
def css(release: Compiled) -> str:
    return release.manifest.asset("css/app.css").url


def tag(stored: bytes) -> str:
    return f'"{sha256(stored).hexdigest()[:24]}"'


def error(status: int, words: str, **headers: str) -> Answer:
    """Return the whole answer that an error is, its headers sorted."""
    body = f"{status} {words}\n".encode()
    fields = {**TYPE_OF_ERRORS, "content-length": str(len(body)), **headers}
    return Answer(status, tuple(sorted(fields.items())), body)


def ordered(answer: Answer) -> Answer:
    return Answer(answer.status, tuple(sorted(answer.raw_headers)), answer.body)


codings = pytest.mark.parametrize("coding", DECODERS)


@codings
def test_200_has_the_headers_of_its_coding_and_decodes_to_the_source(
    client: Client, release: Compiled, css: str, coding: str
) -> None:
    answer = client.get(css, accept_encoding=coding)
    stored = release.read("css/app.css", coding)
    assert answer.status == 200
    assert answer.headers == {
        "content-type": "text/css; charset=utf-8",
        "content-length": str(len(stored)),
        **({} if coding == "identity" else {"content-encoding": coding}),
        "etag": tag(stored),
        "last-modified": MODIFIED,
        "cache-control": IMMUTABLE,
        "vary": "Accept-Encoding",
        "accept-ranges": "bytes",
        **EVERYWHERE,
    }
    assert answer.body == stored
    assert decoded(answer.body, coding) == CSS.encode()


def test_200_of_a_file_with_one_variant(client: Client, release: Compiled) -> None:
    answer = client.get(release.manifest.asset("img/dot.png").url, accept_encoding="gzip, br, zstd")
    assert answer.body == STATIC["img/dot.png"]
    assert answer.headers == {
        "content-type": "image/png",
        "content-length": "264",
        "etag": tag(answer.body),
        "last-modified": MODIFIED,
        "cache-control": IMMUTABLE,
        "accept-ranges": "bytes",
        **EVERYWHERE,
    }


def test_200_of_an_empty_file(client: Client) -> None:
    answer = client.get("/static/empty.txt")
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")


@pytest.mark.parametrize(
    ("path", "cache_control"),
    [
        pytest.param("/static/css/app.css", "public, max-age=60", id="plain URL"),
        pytest.param("/static/docs/index.html", "no-cache", id="page"),
        pytest.param("/static/docs/", "no-cache", id="index"),
        pytest.param("/static/docs", "public, max-age=60", id="redirect to an index"),
        pytest.param("/robots.txt", "public, max-age=60", id="file at an absolute URL"),
        pytest.param("/", "no-cache", id="root"),
    ],
)
def test_how_long_an_answer_may_be_kept(client: Client, path: str, cache_control: str) -> None:
    assert client.get(path).headers["cache-control"] == cache_control


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("/static/docs/", STATIC["docs/index.html"], id="below the prefix"),
        pytest.param("/static/docs/index.html", STATIC["docs/index.html"], id="by its own name"),
        pytest.param("/static/od d:é/", STATIC["od d:é/index.html"], id="odd name"),
        pytest.param("/", PUBLIC["index.html"], id="root"),
        pytest.param("/robots.txt", PUBLIC["robots.txt"], id="a file of URL=DIR"),
    ],
)
def test_index_files_and_files_at_absolute_urls(client: Client, path: str, body: str) -> None:
    answer = client.get(path)
    assert (answer.status, answer.body) == (200, body.encode())


@pytest.mark.parametrize(
    "path",
    [
        "/static/css/app.css",
        "/static/docs/",
        pytest.param("/static/docs", id="a redirect"),
        pytest.param("/static/nothing", id="a 404"),
    ],
)
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="plain"),
        pytest.param({"accept-encoding": "br"}, id="br"),
        pytest.param({"accept-encoding": "identity;q=0"}, id="406"),
        pytest.param({"if-match": '"x"'}, id="412"),
        pytest.param({"if-none-match": "*"}, id="304"),
    ],
)
def test_head_is_get_without_the_body(client: Client, path: str, fields: dict[str, str]) -> None:
    head, get = (client.request(method, path, fields.items()) for method in ("HEAD", "GET"))
    assert head == Answer(get.status, get.raw_headers, b"")


def test_head_takes_no_notice_of_range(client: Client, css: str) -> None:
    answer = client.request("HEAD", css, [("Range", "bytes=0-0")])
    assert (answer.status, answer.headers["content-length"]) == (200, str(len(CSS)))


@codings
@pytest.mark.parametrize("field", ["if-none-match", "if-modified-since"])
def test_304_has_exactly_these_headers(client: Client, release: Compiled, css: str, coding: str, field: str) -> None:
    etag = tag(release.read("css/app.css", coding))
    value = {"if-none-match": f'W/"x", W/{etag}', "if-modified-since": MODIFIED}[field]
    answer = client.request("GET", css, [("accept-encoding", coding), (field, value)])
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers == {
        "etag": etag,
        "last-modified": MODIFIED,
        "cache-control": IMMUTABLE,
        "vary": "Accept-Encoding",
        **EVERYWHERE,
    }


@codings
def test_304_has_what_the_rules_say_of_the_200_but_for_what_describes_its_body(
    tmp_path: Path, kind: Kind, coding: str
) -> None:
    kept = {
        "Expires": "Thu, 01 Jan 2037 00:00:00 GMT",
        "Content-Location": "/static/a.css",
        "Content-Security-Policy": "default-src 'none'",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Timing-Allow-Origin": "*",
        "Link": "</b>; rel=preload",
    }
    rule = HeaderRule(Globs.of("*"), set={**kept, "Content-Language": "en"})
    release = compile_tree(tmp_path, {"a.css": CSS}, codings=("gzip", "br", "zstd"), headers=(rule,))
    client = kind(release.dist)
    ok = client.get("/static/a.css", accept_encoding=coding)
    answer = client.get("/static/a.css", accept_encoding=coding, if_none_match=ok.headers["etag"])
    of_the_body = {"content-type", "content-length", "content-encoding", "content-language", "accept-ranges"}
    assert answer.status == 304
    assert answer.headers == {name: value for name, value in ok.headers.items() if name not in of_the_body}
    assert {name.lower(): value for name, value in kept.items()}.items() <= answer.headers.items()


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({"if-match": "TAG", "if-none-match": "TAG"}, 304, id="If-Match holds, If-None-Match matches"),
        pytest.param({"if-match": '"x"', "if-none-match": "TAG"}, 412, id="If-Match first"),
        pytest.param(
            {"if-unmodified-since": "Tue, 14 Nov 2023 22:13:19 GMT", "if-none-match": "TAG"}, 412, id="date first"
        ),
        pytest.param({"if-match": "W/TAG"}, 412, id="a weak tag is no strong one"),
        pytest.param({"if-none-match": '"a,b", W/TAG'}, 304, id="a comma in a tag, and weak comparison"),
        pytest.param({"if-none-match": "garbage"}, 200, id="garbage matches nothing"),
        pytest.param({"if-none-match": f'"{"x" * 10_000}"'}, 200, id="a very long tag"),
        pytest.param({"if-none-match": '"x"', "if-modified-since": MODIFIED}, 200, id="If-None-Match over its date"),
        pytest.param({"if-none-match": "TAG", "if-modified-since": MODIFIED}, 304, id="both, as browsers send them"),
        pytest.param({"if-modified-since": "Tuesday, 14-Nov-23 22:13:20 GMT"}, 304, id="the date as in RFC 850"),
        pytest.param({"if-modified-since": "Tue Nov 14 22:13:20 2023"}, 304, id="the date as asctime"),
        pytest.param({"if-modified-since": "14.11.2023"}, 200, id="a date of another kind"),
        pytest.param({"if-unmodified-since": "Tue, 14 Nov 2023 22:13:19 GMT"}, 412, id="changed since"),
        pytest.param(
            {"if-match": "TAG", "if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200, id="If-Match over it"
        ),
        pytest.param({"if-match": '"x"', "range": "bytes=0-0"}, 412, id="preconditions before Range"),
        pytest.param({"if-none-match": "TAG", "range": "bytes=0-0"}, 304, id="304 before Range"),
        pytest.param({"if-match": "TAG", "range": "bytes=0-0"}, 206, id="Range after preconditions"),
        pytest.param({"if-range": "TAG", "range": "bytes=0-0"}, 206, id="If-Range with the tag"),
        pytest.param({"if-range": "W/TAG", "range": "bytes=0-0"}, 200, id="If-Range with a weak tag"),
        pytest.param({"if-range": MODIFIED, "range": "bytes=0-0"}, 206, id="If-Range with the date"),
        pytest.param({"if-range": '"x"', "range": "bytes=999999-"}, 200, id="no 416 where If-Range does not hold"),
        pytest.param({"if-range": '"x"'}, 200, id="If-Range alone is nothing"),
    ],
)
@codings
def test_the_precedence_of_conditions(
    client: Client, release: Compiled, css: str, coding: str, fields: dict[str, str], status: int
) -> None:
    etag = tag(release.read("css/app.css", coding))
    sent = {name: value.replace("TAG", etag) for name, value in fields.items()}
    assert client.request("GET", css, [("accept-encoding", coding), *sent.items()]).status == status


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        pytest.param("gzip;q=0.501, br;q=0.499", "gzip", id="three digits"),
        pytest.param("x-gzip", "gzip", id="x-gzip"),
        pytest.param("GZIP", "gzip", id="case"),
        pytest.param("br;q=high, gzip", "gzip", id="a malformed member"),
        pytest.param("brotli, gzi, gzipped", None, id="names match whole"),
        pytest.param("br;q=0", None, id="q=0"),
        pytest.param("identity;q=0, gzip", "gzip", id="no identity"),
        pytest.param("*", "gzip", id="what scripts send"),
        pytest.param("", None, id="empty"),
    ],
)
def test_which_coding_is_sent(client: Client, css: str, accept_encoding: str, coding: str | None) -> None:
    assert client.get(css, accept_encoding=accept_encoding).headers.get("content-encoding") == coding


def test_the_tag_of_one_coding_does_not_validate_another(client: Client, release: Compiled, css: str) -> None:
    etag = tag(release.read("css/app.css", "gzip"))
    assert client.get(css, accept_encoding="br", if_none_match=etag).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_405_names_the_methods_there_are(client: Client, css: str, method: str) -> None:
    expected = error(405, "Method Not Allowed", allow="GET, HEAD, OPTIONS", vary="Accept-Encoding", **EVERYWHERE)
    assert ordered(client.request(method, css)) == expected


PREFLIGHT = {
    "access-control-allow-methods": "GET, HEAD, OPTIONS",
    "access-control-allow-headers": "if-match, if-none-match, if-modified-since, if-unmodified-since, if-range, range",
    "access-control-max-age": "86400",
}


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="plain"),
        pytest.param({"origin": "https://a.example", "access-control-request-method": "GET"}, id="preflight"),
        pytest.param({"if-match": '"x"', "range": "bytes=99999-", "accept-encoding": "*;q=0"}, id="with conditions"),
    ],
)
@pytest.mark.parametrize(
    ("path", "vary"),
    [
        pytest.param("/static/css/app.css", {"vary": "Accept-Encoding"}, id="several variants"),
        pytest.param("/static/img/dot.png", {}, id="one variant"),
        pytest.param("/static/docs", {}, id="a redirect"),
    ],
)
def test_options_says_the_methods_and_to_other_origins_the_fields(
    client: Client, path: str, vary: dict[str, str], fields: dict[str, str]
) -> None:
    answer = client.request("OPTIONS", path, fields.items())
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers == {"allow": "GET, HEAD, OPTIONS", **vary, **PREFLIGHT, **EVERYWHERE}


def test_options_allows_other_origins_nothing_where_they_may_not_read(tmp_path: Path, kind: Kind) -> None:
    client = kind(compile_tree(tmp_path, {"a.txt": "a"}, cross_origin=False).dist)
    answer = client.request("OPTIONS", "/static/a.txt", [("origin", "https://a.example")])
    assert answer.headers == {"allow": "GET, HEAD, OPTIONS", "x-content-type-options": "nosniff"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/static/a.txt", "/static/docs", "/static/docs/"])
def test_a_listed_path_never_reaches_the_application(tmp_path: Path, kind: Kind, method: str, path: str) -> None:
    release = compile_tree(tmp_path, {"a.txt": "a", "docs/index.html": "b"})
    assert kind(release.dist, "an application that can't even be called").request(method, path).status < 500


def test_406_when_every_variant_is_refused(client: Client, css: str) -> None:
    expected = error(406, "Not Acceptable", vary="Accept-Encoding", **EVERYWHERE)
    assert ordered(client.get(css, accept_encoding="identity;q=0, gzip;q=0, br;q=0, zstd;q=0")) == expected


@pytest.mark.parametrize("accept_encoding", ["identity;q=0", "*;q=0"])
def test_a_file_without_variants_is_sent_even_if_refused(client: Client, accept_encoding: str) -> None:
    assert client.get("/static/img/dot.png", accept_encoding=accept_encoding) == client.get("/static/img/dot.png")


@pytest.mark.parametrize(
    ("field", "value"), [("if-match", 'W/"x"'), ("if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT")]
)
def test_412_when_a_precondition_fails(client: Client, css: str, field: str, value: str) -> None:
    expected = error(412, "Precondition Failed", vary="Accept-Encoding", **EVERYWHERE)
    assert ordered(client.request("GET", css, [(field, value)])) == expected


def test_404_is_kept_by_nobody(client: Client) -> None:
    assert ordered(client.get("/static/nothing")) == error(404, "Not Found")


def test_416_says_how_long_the_variant_is(client: Client, release: Compiled, css: str) -> None:
    content_range = {"content-range": f"bytes */{len(release.read('css/app.css', 'gzip'))}"}
    expected = error(416, "Range Not Satisfiable", vary="Accept-Encoding", **content_range, **EVERYWHERE)
    assert ordered(client.get(css, accept_encoding="gzip", range="bytes=999999-")) == expected


@codings
@pytest.mark.parametrize(
    ("field", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=3-9", 3, 10), ("bytes=5-", 5, None), ("bytes=-4", -4, None)],
)
def test_206_is_the_200_but_for_the_bytes_of_that_very_coding(
    client: Client, css: str, coding: str, field: str, start: int, end: int | None
) -> None:
    whole = client.get(css, accept_encoding=coding)
    part = client.get(css, accept_encoding=coding, range=field)
    size, first = len(whole.body), start % len(whole.body)
    assert (part.status, part.body) == (206, whole.body[start:end])
    assert part.headers == {
        **whole.headers,
        "content-length": str(len(part.body)),
        "content-range": f"bytes {first}-{first + len(part.body) - 1}/{size}",
    }


@codings
def test_several_ranges_are_parts_of_that_very_coding(client: Client, release: Compiled, coding: str) -> None:
    url = release.manifest.asset("js/digits.js").url
    whole = client.get(url, accept_encoding=coding)
    last = len(whole.body) - 1
    answer = client.get(url, accept_encoding=coding, range=f"bytes={last}-,0-0 , 0-2")
    assert answer.status == 206
    assert answer.headers == {
        **whole.headers,
        "content-type": f"multipart/byteranges; boundary={whole.headers['etag'][1:-1]}",
        "content-length": str(len(answer.body)),
    }
    assert parts_of(answer.headers["content-type"], answer.body) == [
        Part("text/javascript; charset=utf-8", last, last + 1, whole.body[-1:]),
        Part("text/javascript; charset=utf-8", 0, 3, whole.body[:3]),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"range": "bytes=" + ",".join(f"{n}-{n}" for n in range(51))}, id="too many ranges"),
        pytest.param({"range": "bytes=5-4"}, id="malformed range"),
        pytest.param({"range": "lines=0-0"}, id="another unit"),
        pytest.param({"range": "bytes=0-0", "if-range": '"old"'}, id="If-Range of another release"),
        pytest.param({"range": "bytes=0-0", "if-range": "Mon, 13 Nov 2023 22:13:20 GMT"}, id="If-Range of another day"),
    ],
)
def test_the_whole_is_sent_when_a_range_is_not_to_be_honoured(client: Client, css: str, fields: dict[str, str]) -> None:
    assert client.request("GET", css, fields.items()) == client.get(css)


def test_if_range_with_the_tag_of_another_coding_gets_the_whole(client: Client, release: Compiled, css: str) -> None:
    etag = tag(release.read("css/app.css", "gzip"))
    assert client.get(css, accept_encoding="br", range="bytes=0-0", if_range=etag).status == 200
    assert client.get(css, accept_encoding="gzip", range="bytes=0-0", if_range=etag).status == 206


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="200"),
        pytest.param({"if-none-match": "*"}, id="304"),
        pytest.param({"if-match": '"x"'}, id="412"),
        pytest.param({"range": "bytes=0-0"}, id="206"),
        pytest.param({"range": "bytes=0-0,-1"}, id="206 of several ranges"),
        pytest.param({"range": "bytes=999999-"}, id="416"),
        pytest.param({"accept-encoding": "*;q=0"}, id="406"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_vary_is_there_exactly_where_there_is_more_than_one_variant(
    client: Client, release: Compiled, method: str, fields: dict[str, str]
) -> None:
    for asset in release.manifest:
        answer = client.request(method, asset.url, fields.items())
        assert ("vary" in answer.headers) is (len(asset.variants) > 1), asset.name


@pytest.mark.parametrize(
    ("method", "path", "fields", "query"),
    [
        ("GET", "/static/css/app.css", [], ""),
        ("GET", "/static/css/app.css", [("accept-encoding", "gzip, deflate, br, zstd")], ""),
        pytest.param(
            "GET", "/static/css/app.css", [("accept-encoding", "gzip"), ("accept-encoding", "br")], "", id="field twice"
        ),
        ("HEAD", "/static/css/app.css", [("accept-encoding", "zstd")], ""),
        ("POST", "/static/css/app.css", [], ""),
        ("GET", "/static/css/app.css", [("if-none-match", "*")], ""),
        pytest.param(
            "GET", "/static/css/app.css", [("if-none-match", '"x"'), ("if-none-match", "W/*")], "", id="list twice"
        ),
        pytest.param(
            "GET",
            "/static/css/app.css",
            [("if-match", tag(CSS.encode())), ("if-match", "")],
            "",
            id="list, then nothing",
        ),
        ("GET", "/static/css/app.css", [("if-match", '"x"')], ""),
        ("GET", "/static/css/app.css", [("range", "bytes=1-2")], ""),
        pytest.param("GET", "/static/css/app.css", [("range", "bytes=1-2")] * 2, "", id="range twice"),
        ("GET", "/static/css/app.css", [("range", "bytes=99999-")], ""),
        ("GET", "/static/css/app.css", [("range", "bytes=1-2,5000-5001")], ""),
        ("OPTIONS", "/static/css/app.css", [], ""),
        ("GET", "/static/css/app.css", [("accept-encoding", "*;q=0")], ""),
        pytest.param("GET", "/static/css/app.css", [("accept-encoding", "\xff\x00, br")], "", id="odd bytes"),
        ("GET", "/static/docs", [("if-none-match", "*")], "a=é"),
        ("DELETE", "/static/docs", [], ""),
        ("GET", "/static/docs/", [], "a=1"),
        ("GET", "/static/nothing", [], ""),
        ("HEAD", "/static/nothing", [], ""),
    ],
)
def test_both_interfaces_give_the_same_answer(
    release: Compiled, method: str, path: str, fields: list[tuple[str, str]], query: str
) -> None:
    wsgi, asgi = (kind(release.dist).request(method, path, fields, query) for kind in (WSGIClient, ASGIClient))
    assert wsgi == asgi


def test_a_refusal_keeps_the_headers_that_it_shares_however_a_rule_spells_them(tmp_path: Path, kind: Kind) -> None:
    rule = HeaderRule(Globs.of("*"), set={"access-control-allow-origin": "https://a.example", "vary": "Origin"})
    release = compile_tree(tmp_path, {"a.txt": "a"}, headers=(rule,))
    answer = kind(release.dist).request("POST", "/static/a.txt")
    assert answer.headers["access-control-allow-origin"] == "https://a.example"
    assert answer.headers["vary"] == "Origin"
