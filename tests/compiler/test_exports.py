"""servestatic-manifest export: servers without an application answer as ours, but for what the export's head names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from servestatic_build import Source
from servestatic_build.inspection.cli import main
from servestatic_build.settings.globs import Globs
from servestatic_build.settings.header_rules import HeaderRule
from servestatic_runtime import ServeStatic
from support.commands import run_command
from support.static_servers import STATIC_SERVERS
from support.trees import Compiled, Tree, compile_sources, write_tree

STATIC: Tree = {
    "css/app.css": "body { background: url(../img/a.png) }\n" * 50,
    "css/APP.css": "a { color: red }\n" * 50,
    "img/a.png": b"\x89PNG",
    "docs/index.html": "<!doctype html><h1>Docs</h1>\n" * 20,
    "odd/a b$c;{d}\"'%#?.txt": "odd " * 50,
    "doc.pdf": b"%PDF",
    "empty.txt": b"",
}
HEADERS = (
    HeaderRule(Globs.of(["*.pdf"]), set={"Content-Disposition": 'attachment; filename="$x {y}.pdf"'}),
    HeaderRule(Globs.of(["empty.txt"]), add={"Link": "</a>; rel=preload"}, remove=("Access-Control-Allow-Origin",)),
)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    root = tmp_path_factory.mktemp("release $ {")
    sources = (
        Source(str(write_tree(root / "static", STATIC))),
        Source(str(write_tree(root / "public", {"robots.txt": "User-agent: *\n", "index.html": "<h1>Home</h1>"})), "/"),
    )
    return compile_sources(root, *sources, codings=("gzip", "br", "zstd"), headers=HEADERS)


def exported(release: Compiled, to: str) -> str:
    done = run_command(main, "export", str(release.dist), "--to", to)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module", params=STATIC_SERVERS)
def server(
    request: pytest.FixtureRequest, release: Compiled, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, httpx.Client]]:
    directory = tmp_path_factory.mktemp(request.param)
    with (
        STATIC_SERVERS[request.param](exported(release, request.param), directory) as running,
        httpx.Client(base_url=f"http://127.0.0.1:{running.port}", headers={"Accept-Encoding": ""}) as client,
    ):
        yield request.param, client


class Row(NamedTuple):
    """A request, and what an export may answer otherwise, by server."""

    name: str  # of an asset, or a path that begins with a slash
    fields: dict[str, str] = {}  # noqa: RUF012
    method: str = "GET"
    not_by: tuple[str, ...] = ()


ROWS = [
    *(Row(name, not_by=("caddy",) if "{" in name else ()) for name in STATIC),
    Row("/"),
    Row("/robots.txt"),
    Row("/static/docs/"),
    Row("/static/docs"),
    Row("/static/docs?a=1"),
    Row("/static/css/app.css"),
    Row("/static/css/APP.css"),
    Row("/static/css/App.css"),
    Row("/static/nothing.css"),
    Row("/static/"),
    Row("/manifest.msgpack"),
    Row("/static/css/../../manifest.msgpack"),
    Row("css/app.css", {"Accept-Encoding": "br"}),
    Row("css/app.css", {"Accept-Encoding": "gzip"}),
    Row("css/app.css", {"Accept-Encoding": "x-gzip"}, not_by=("caddy",)),
    Row("css/app.css", {"Accept-Encoding": "zstd"}),
    Row("css/app.css", {"Accept-Encoding": "gzip, deflate, br, zstd"}),
    Row("css/app.css", {"Accept-Encoding": "br;q=0, gzip"}),
    Row("css/app.css", {"Accept-Encoding": "br;q=0.0,gzip;q=0.5"}),
    Row("css/app.css", {"Accept-Encoding": "brx, xgzip"}),
    Row("css/app.css", {"Accept-Encoding": "identity"}),
    Row("img/a.png", {"Accept-Encoding": "gzip, br"}),
    Row("css/app.css", {"Range": "bytes=0-4"}),
    Row("css/app.css", {"Range": "bytes=-5", "Accept-Encoding": "br"}),
    Row("css/app.css", {"Range": "bytes=0-4", "If-Range": '"stale"'}),
    Row("css/app.css", {"If-None-Match": '"stale"'}),
    Row("css/app.css", {"If-None-Match": '"stale", {etag}'}, not_by=("caddy",)),
    Row("css/app.css", {"If-None-Match": "W/{etag}"}, not_by=("caddy",)),
    Row("css/app.css", {"If-None-Match": "*"}),
    Row("css/app.css", {"If-None-Match": "{etag}", "Accept-Encoding": "br"}),
    Row("css/app.css", {"If-Modified-Since": "Tue, 14 Nov 2023 22:13:20 GMT"}, not_by=("caddy",)),
    Row("css/app.css", {"If-Modified-Since": "Tue, 14 Nov 2023 22:13:19 GMT"}),
    Row("css/app.css", method="HEAD"),
    Row("css/app.css", {"Accept-Encoding": "br"}, method="HEAD", not_by=("caddy",)),
    Row("css/app.css", method="POST"),
    Row("/static/nothing.css", method="HEAD"),
]
# What an export says in its head that its server sends otherwise: not compared.
NAVIGATION = {"Accept": "text/html,*/*;q=0.8"}
PAGE_ROWS = [
    *(Row(path, NAVIGATION) for path in ("/users/7", "/admin/x", "/admin/", "/", "/robots.txt", "/café", "/ADMINS")),
    *(Row(path, NAVIGATION) for path in ("/static/nothing.js", "/static/", "/static/css/App.css")),
    Row("/users/7", {"Accept": "application/json"}),
    Row("/users/7", {"Accept": "TEXT/HTML"}),
    Row("/users/7", NAVIGATION, method="HEAD"),
    Row("/users/7", NAVIGATION | {"Accept-Encoding": "br"}),
    Row("/users/7", NAVIGATION | {"If-None-Match": "{etag}"}, not_by=("caddy",)),
]
OTHERWISE = {"nginx": {"server"}, "caddy": {"server", "etag", "last-modified"}}
PER_CONNECTION = {"date", "connection", "keep-alive", "transfer-encoding"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.name} {row.fields}")
def test_a_server_with_an_export_answers_as_ours(server: tuple[str, httpx.Client], release: Compiled, row: Row) -> None:
    same_answer(*server, release, row, "css/app.css")


def same_answer(name: str, client: httpx.Client, release: Compiled, row: Row, tagged: str) -> None:
    """Compare a server's answer with ours; ``{etag}`` is that of the asset ``tagged``."""
    if name in row.not_by:
        pytest.skip("the head of the export says that this server can't")
    path = row.name if row.name.startswith("/") else release.url(row.name)
    etag = release.manifest.asset(tagged).variants[0].etag
    fields = {"Accept-Encoding": "identity"} | {key: value.replace("{etag}", etag) for key, value in row.fields.items()}
    ours = httpx.Client(
        transport=httpx.WSGITransport(ServeStatic(None, release.dist)), base_url="http://127.0.0.1", headers=fields
    ).request(row.method, path)
    theirs = client.request(row.method, path, headers=fields)
    assert theirs.status_code == ours.status_code
    if ours.status_code < 400:
        assert theirs.content == ours.content or ours.status_code == 301  # with words for a person
        assert compared(name, theirs) == compared(name, ours)
    else:
        assert theirs.headers["cache-control"] == "no-store"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    root = tmp_path_factory.mktemp("pages")
    public = {"index.html": "<h1>Home</h1>" * 20, "admin/app.html": "<h1>Admin</h1>" * 20, "robots.txt": "all"}
    sources = Source(str(write_tree(root / "static", STATIC))), Source(str(write_tree(root / "public", public)), "/")
    spa = ["/=index.html", "/admin/=/admin/app.html"]
    return compile_sources(root, *sources, codings=("gzip", "br"), spa=spa, not_found=["/old/=index.html"])


@pytest.fixture(scope="module", params=STATIC_SERVERS)
def page_server(
    request: pytest.FixtureRequest, pages: Compiled, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, httpx.Client]]:
    directory = tmp_path_factory.mktemp(request.param)
    with (
        STATIC_SERVERS[request.param](exported(pages, request.param), directory) as running,
        httpx.Client(base_url=f"http://127.0.0.1:{running.port}", headers={"Accept-Encoding": ""}) as client,
    ):
        yield request.param, client


@pytest.mark.parametrize("row", PAGE_ROWS, ids=lambda row: f"{row.method} {row.name} {row.fields}")
def test_a_server_with_an_export_sends_the_page_of_an_application_as_ours(
    page_server: tuple[str, httpx.Client], pages: Compiled, row: Row
) -> None:
    same_answer(*page_server, pages, row, "/index.html")


def test_the_head_says_which_pages_for_unknown_paths_a_server_sends(pages: Compiled, release: Compiled) -> None:
    for to in ("nginx", "caddy"):
        head = exported(pages, to).partition("\n\n")[0]
        assert "not the page of not-found" in head
        assert "not-found" not in exported(release, to)
    assert "#   /admin/* /admin/app.html 200\n" in exported(pages, "headers")


def compared(server: str, response: httpx.Response) -> dict[str, str]:
    left_out = PER_CONNECTION | OTHERWISE[server]
    if response.status_code == 301:
        left_out |= {"content-length", "content-type"}  # of the words for a person
    if response.status_code == 304:
        left_out |= {"content-length"}
    if response.status_code == 206:
        left_out |= {"accept-ranges"}  # which the answer shows
    if "location" in response.headers:
        response.headers["location"] = urlsplit(urljoin(str(response.url), response.headers["location"])).path
    if "vary" in response.headers:  # Caddy says it twice
        response.headers["vary"] = ", ".join(dict.fromkeys(response.headers["vary"].split(", ")))
    return {name: value for name, value in sorted(response.headers.items()) if name not in left_out}


def test_the_head_of_an_export_names_what_its_server_cannot(release: Compiled) -> None:
    for to, words in (("nginx", "Weights"), ("caddy", "ETag"), ("headers", "first 100 rules")):
        head = exported(release, to).partition("\n\n")[0]
        assert all(line.startswith("#") for line in head.splitlines())
        assert words in head


def test_header_lines_have_every_url_with_its_cache_life(release: Compiled) -> None:
    text = exported(release, "headers")
    url = release.url("css/app.css")
    assert f"\n{url}\n  Cache-Control: public, max-age=31536000, immutable\n" in text
    assert "\n/robots.txt\n  Cache-Control: public, max-age=60\n" in text
    assert "Content-Encoding" not in text


def test_objects_come_in_an_order_in_which_no_page_misses_a_file(release: Compiled) -> None:
    lines = [json.loads(line) for line in exported(release, "s3").splitlines()]
    keys = [each["Key"] for each in lines]
    assert keys.index(release.url("css/app.css")[1:]) < keys.index("static/css/app.css") < keys.index("index.html")
    assert len(keys) == len({*keys})
    (coded,) = (each for each in lines if each["Key"] == release.url("css/app.css")[1:] + ".br")
    assert coded == {
        "Key": coded["Key"],
        "File": f"files{release.url('css/app.css')}.br",
        "ContentType": "text/css; charset=utf-8",
        "ContentEncoding": "br",
        "CacheControl": "public, max-age=31536000, immutable",
    }
    assert all((Path(release.dist) / each["File"]).is_file() for each in lines)
