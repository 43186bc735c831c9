"""Whole answers, over both interfaces: the same rules, the same bytes."""

from __future__ import annotations

import asyncio
import re
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit
from wsgiref.util import setup_testing_defaults

import pytest

from servestatic_build import Source
from servestatic_build.globs import Globs
from servestatic_build.headers import HeaderRule
from servestatic_runtime import ServeStatic, ServeStaticASGI
from support.clients import Answer, ASGIClient, Client, Kind, WSGIClient
from support.codings import DECODERS, decoded
from support.multipart import Part, parts_of
from support.trees import Compiled, Tree, compile_sources, compile_tree, write_tree

CSS = "h1 { color: red }\n" * 300
ODD_NAMES = {
    "space": "a b.txt",
    "plus": "a+b.txt",
    "ampersand and equals": "a&b=c.txt",
    "percent": "100%.txt",
    "percent and two digits": "a%20b.txt",
    "question mark": "what?.txt",
    "hash": "a#b.txt",
    "quotes": "'a\"b'.txt",
    "angle brackets": "<script>.txt",
    "semicolon": "a;b.txt",
    "colon": "a:b.txt",
    "backslash": "a\\b.txt",
    "line end": "a\r\nb.txt",
    "not ASCII": "café.txt",
    "decomposed": "cafe\u0301.txt",
    "emoji": "😀.txt",
    "right to left": "שלום.txt",
    "dots": "a..b.txt",
    "like a drive": "C:/a.txt",
    "directory with a space": "d e/f.txt",
}
STATIC: Tree = {
    "css/app.css": CSS,
    "js/digits.js": Random(1).randbytes(2000).hex(),  # in any coding longer than a part's head
    "empty.txt": "",
    "img/dot.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "docs/index.html": "<h1>Docs</h1>" * 100,
    "od d:é/index.html": "<h1>Odd</h1>",
    **dict.fromkeys(ODD_NAMES.values(), "odd"),
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


@pytest.fixture(scope="module", params=[WSGIClient, ASGIClient], ids=["WSGI", "ASGI"])
def kind(request: pytest.FixtureRequest) -> Kind:
    made: Kind = request.param
    return made


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
    ("path", "query", "location", "leads_to"),
    [
        pytest.param("/static/docs", "", "./docs/", "/app/static/docs/", id="plain"),
        pytest.param("/static/docs", "a=1&b=%20/?:@", "./docs/?a=1&b=%20/?:@", None, id="query kept"),
        pytest.param("/static/od d:é", "", "./od%20d%3A%C3%A9/", "/app/static/od%20d%3A%C3%A9/", id="odd name"),
        pytest.param("/static/docs", "a\r\nSet-Cookie: b", "./docs/?a%0D%0ASet-Cookie:%20b", None, id="line end"),
        pytest.param("/static/docs", "\0\x7f\t", "./docs/?%00%7F%09", None, id="control characters"),
        pytest.param("/static/docs", "é\xff", "./docs/?%E9%FF", None, id="bytes that are not ASCII"),
        pytest.param("/static/docs", '<">#\\', "./docs/?%3C%22%3E%23%5C", None, id="characters no URL has"),
    ],
)
def test_a_directory_redirects_relatively_and_keeps_the_query(
    client: Client, path: str, query: str, location: str, leads_to: str | None
) -> None:
    answer = client.request("GET", path, query=query)
    assert (answer.status, answer.headers["location"], answer.body) == (301, location, b"301 Moved Permanently\n")
    mounted_at = "http://host/app" + path.replace(" ", "%20")
    assert leads_to is None or urlsplit(urljoin(mounted_at, location)).path == leads_to


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


@pytest.mark.parametrize("fields", [{}, {"if-none-match": "*"}, {"if-match": '"x"'}, {"range": "bytes=999999-"}])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_vary_is_there_exactly_where_there_is_more_than_one_variant(
    client: Client, release: Compiled, method: str, fields: dict[str, str]
) -> None:
    for asset in release.manifest:
        answer = client.request(method, asset.url, fields.items())
        assert ("vary" in answer.headers) is (len(asset.variants) > 1), asset.name


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES.keys())
def test_an_odd_name_is_found_by_its_url_and_its_plain_url(client: Client, release: Compiled, name: str) -> None:
    for path in (unquote(release.url(name)), f"/static/{name}"):
        answer = client.get(path)
        assert (answer.status, answer.body) == (200, b"odd")


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES.keys())
def test_the_url_of_an_odd_name_is_a_path_and_nothing_more(release: Compiled, name: str) -> None:
    url = release.url(name)
    assert urlsplit(url)._replace(path="").geturl() == ""
    assert re.fullmatch(r"[\x21-\x7e]+", url)
    assert not set('<>"\\^`{|}') & set(url)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/static/../static/css/app.css", id="dot-dot"),
        pytest.param("/static/../../etc/passwd", id="out of the root"),
        pytest.param("/static/..\\..\\etc\\passwd", id="backslashes"),
        pytest.param("/static/%2e%2e/static/css/app.css", id="dot-dot encoded twice"),
        pytest.param("/static/./css/app.css", id="dot"),
        pytest.param("/static//css/app.css", id="two slashes"),
        pytest.param("//static/css/app.css", id="two slashes in front"),
        pytest.param("/static/css/app.css/", id="slash behind a file"),
        pytest.param("/static/css", id="directory without an index"),
        pytest.param("/static/docs//", id="two slashes behind an index"),
        pytest.param("/STATIC/css/app.css", id="case"),
        pytest.param("/static/css/app.css.br", id="a variant's file"),
        pytest.param("/manifest.msgpack", id="the manifest"),
        pytest.param("/files/static/css/app.css", id="a file of DIST"),
        pytest.param("/css/app.css", id="a logical name"),
        pytest.param("/static/100%25.txt", id="encoded twice"),
        pytest.param("/static/cafÃ©.txt", id="decoded twice"),
        pytest.param("/static/caf\udce9.txt", id="not UTF-8"),
        pytest.param("/static/\udced\udca0\udc80", id="a surrogate in UTF-8"),
        pytest.param("/static/\udcc0\udcae", id="overlong UTF-8"),
        pytest.param("/static/css/app.css\0", id="NUL"),
        pytest.param("/static/css/app.css\n", id="line end"),
        pytest.param("/static/" + "a" * 8192, id="8 kB"),
        pytest.param("/static" + "/.." * 4096, id="8 kB of dot-dot"),
    ],
)
def test_a_path_that_the_release_does_not_list_is_404(client: Client, path: str) -> None:
    assert client.get(path).status == 404


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


def http_scope(path: str) -> dict[str, Any]:
    return {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}


async def no_message() -> Any:
    raise AssertionError("nothing here reads the request's body")


@pytest.mark.parametrize("path", ["/", "", "/static/nothing", "/static/caf\xe9", "/static/\x00", "*"])
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
        pytest.param(http_scope("/static/nothing"), id="unlisted path"),
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
