"""An application that is mounted below a path (WSGI's SCRIPT_NAME, ASGI's root_path), and the prefix it claims."""

from __future__ import annotations

from typing import Any

import pytest

from servestatic_build import Source
from support.clients import ASGIClient, Client, Kind, WSGIClient
from support.trees import Compiled, compile_sources, write_tree


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    root = tmp_path_factory.mktemp("release")
    static = write_tree(
        root / "static", {"a.txt": "a", "static/a.txt": "deeper", "docs/index.html": "docs", "ä.txt": "ä"}
    )
    public = write_tree(root / "public", {"robots.txt": "robots"})
    return compile_sources(root, Source(str(static)), Source(str(public), "/"))


@pytest.fixture(scope="module")
def client(kind: Kind, release: Compiled) -> Client:
    return kind(release.dist)


@pytest.mark.parametrize(
    ("mount", "path", "body"),
    [
        pytest.param("/static", "/static/a.txt", b"a", id="mounted at the prefix"),
        pytest.param("/static", "/static/static/a.txt", b"deeper", id="the whole path wins over the path below"),
        pytest.param("/static", "/static/docs/", b"docs", id="an index below the prefix"),
        pytest.param("/app", "/app/static/a.txt", b"a", id="behind a proxy that leaves its path on"),
        pytest.param("/app", "/app/robots.txt", b"robots", id="a file at an absolute URL"),
        pytest.param("/app", "/app/static/ä.txt", "ä".encode(), id="a name that is not ASCII"),
        pytest.param("/äpp", "/äpp/static/a.txt", b"a", id="a mount that is not ASCII"),
        pytest.param("/a b", "/a b/static/a.txt", b"a", id="a mount with a space"),
        pytest.param("/app/v2", "/app/v2/static/a.txt", b"a", id="a mount of two segments"),
        pytest.param("", "/static/a.txt", b"a", id="no mount"),
    ],
)
def test_the_whole_path_is_looked_up_and_then_the_path_below_the_mount(
    client: Client, mount: str, path: str, body: bytes
) -> None:
    answer = client.request("GET", path, mount=mount)
    assert (answer.status, answer.body) == (200, body)


@pytest.mark.parametrize(
    ("mount", "path"),
    [
        pytest.param("/app", "/app/a.txt", id="the prefix is missing"),
        pytest.param("/app", "/app", id="the mount itself"),
        pytest.param("/app", "/app/app/static/a.txt", id="the mount twice"),
        pytest.param("/static", "/static", id="the prefix itself"),
        pytest.param("/app", "/app/static/a.txt\udcff", id="not UTF-8"),
    ],
)
def test_what_is_listed_under_neither_is_404(client: Client, mount: str, path: str) -> None:
    assert client.request("GET", path, mount=mount).status == 404


@pytest.mark.parametrize(
    ("root_path", "path", "status"),
    [
        pytest.param("/app/", "/app/static/a.txt", 200, id="slash behind root_path"),
        pytest.param("/app", "/static/a.txt", 200, id="a server that leaves root_path out of path"),
        pytest.param("/app", "/apple/static/a.txt", 404, id="half a segment"),
        pytest.param("/st", "/static/a.txt", 200, id="half a segment of a listed path"),
        pytest.param("/", "/static/a.txt", 200, id="the root"),
    ],
)
def test_root_path_is_taken_off_in_whole_segments(release: Compiled, root_path: str, path: str, status: int) -> None:
    assert ASGIClient(release.dist).request("GET", path, mount=root_path).status == status


def test_a_redirect_holds_below_a_mount(client: Client) -> None:
    for mount, path in (("/static", "/static/docs"), ("/app", "/app/static/docs")):
        answer = client.request("GET", path, mount=mount)
        assert (answer.status, answer.headers["location"]) == (301, "./docs/")


INNER = b"the application's own"


async def _asgi_inner(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"cache-control", b"max-age=3600")]})
    await send({"type": "http.response.body", "body": INNER})


def _wsgi_inner(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("404 Not Found", [("Cache-Control", "max-age=3600"), ("Content-Type", "text/plain")])
    return [INNER]


INNER_APPLICATIONS = {WSGIClient: _wsgi_inner, ASGIClient: _asgi_inner}


@pytest.fixture(scope="module")
def claiming(kind: Kind, release: Compiled) -> Client:
    return kind(release.dist, INNER_APPLICATIONS[kind], claim_prefix=True)  # type: ignore[index] # one of the two


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
@pytest.mark.parametrize(
    ("mount", "path"),
    [
        pytest.param("", "/static/nothing", id="nothing"),
        pytest.param("", "/static/", id="the prefix"),
        pytest.param("", "/static/css/app.000000000000.css", id="a file of another release"),
        pytest.param("", "/static/caf\udce9", id="not UTF-8"),
        pytest.param("/static", "/static/nothing", id="mounted at the prefix"),
        pytest.param("/app", "/app/static/nothing", id="below another mount"),
    ],
)
def test_a_claimed_path_is_404_that_nobody_keeps(claiming: Client, method: str, mount: str, path: str) -> None:
    answer = claiming.request(method, path, mount=mount)
    assert answer.headers == {
        "content-type": "text/plain; charset=utf-8",
        "content-length": "14",
        "cache-control": "no-store",
    }
    assert (answer.status, answer.body) == (404, b"" if method == "HEAD" else b"404 Not Found\n")


@pytest.mark.parametrize(
    ("mount", "path"),
    [
        pytest.param("", "/", id="the root"),
        pytest.param("", "/static", id="the prefix without its slash"),
        pytest.param("", "/statics/nothing", id="a longer word"),
        pytest.param("", "/STATIC/nothing", id="case"),
        pytest.param("", "/x/static/nothing", id="deeper down"),
        pytest.param("/app", "/app/nothing", id="below a mount"),
    ],
)
def test_the_application_keeps_all_other_paths(claiming: Client, mount: str, path: str) -> None:
    assert claiming.request("GET", path, mount=mount).body == INNER


def test_what_is_listed_is_served_from_a_claimed_prefix(claiming: Client) -> None:
    assert claiming.get("/static/a.txt").body == b"a"
    assert claiming.get("/robots.txt").body == b"robots"


def test_without_a_claim_the_application_answers(kind: Kind, release: Compiled) -> None:
    client = kind(release.dist, INNER_APPLICATIONS[kind])  # type: ignore[index] # one of the two
    assert client.get("/static/nothing").body == INNER
