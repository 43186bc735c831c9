"""Pages for paths that nobody knows: single-page applications, and pages that say 404, alone and around applications."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from servestatic_build import Source
from support.clients import Answer, ASGIClient, Kind, WSGIClient
from support.trees import Compiled, compile_sources, write_tree

HTML = [("Accept", "text/html,application/xhtml+xml;q=0.9")]
PAGE = "<!doctype html><title>the page</title>" * 40
NOT_FOUND = "<!doctype html><title>nothing here</title>" * 40
SITE = {"index.html": PAGE, "404.html": NOT_FOUND, "admin/index.html": "<p>admin", "favicon.ico": "icon"}


def compiled(tmp_path: Path, **settings: Any) -> Compiled:
    static, site = write_tree(tmp_path / "static", {"app.js": "1"}), write_tree(tmp_path / "site", SITE)
    return compile_sources(tmp_path, Source(str(static)), Source(str(site), "/"), codings=("gzip",), **settings)


@pytest.fixture(scope="module")
def spa(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compiled(tmp_path_factory.mktemp("spa"), spa=["/=index.html", "/admin/=/admin/index.html"])


@pytest.fixture(scope="module")
def not_found(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compiled(tmp_path_factory.mktemp("not_found"), not_found="404.html")


def wsgi(status: int, *, is_generator: bool) -> Callable[..., Any]:
    """Return an application that answers everything alike."""

    def application(_environ: Any, start_response: Any) -> Any:
        start_response(f"{status} Said", [("Content-Type", "text/plain"), ("Content-Length", "4")])
        return [b"said"]

    def generator(environ: Any, start_response: Any) -> Iterator[bytes]:
        yield from application(environ, start_response)

    return generator if is_generator else application


def asgi(status: int) -> Callable[..., Any]:
    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"sa", "more_body": True})
        await send({"type": "http.response.body", "body": b"id"})

    return application


AROUND = pytest.mark.parametrize(
    "around",
    [
        pytest.param(lambda dist, _: WSGIClient(dist), id="WSGI, alone"),
        pytest.param(lambda dist, _: ASGIClient(dist), id="ASGI, alone"),
        pytest.param(lambda dist, status: WSGIClient(dist, wsgi(status, is_generator=False)), id="WSGI"),
        pytest.param(lambda dist, status: WSGIClient(dist, wsgi(status, is_generator=True)), id="WSGI, a generator"),
        pytest.param(lambda dist, status: ASGIClient(dist, asgi(status)), id="ASGI"),
    ],
)


@AROUND
@pytest.mark.parametrize("path", ["/users/7", "/nothing", "/deep/er/", "/café"])
def test_a_navigation_to_an_unknown_path_gets_the_page_of_the_application(
    spa: Compiled, around: Any, path: str
) -> None:
    answer = around(spa.dist, 404).request("GET", path, HTML)
    assert (answer.status, answer.body.decode()) == (200, PAGE)
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["vary"] == "Accept-Encoding, Accept"


@AROUND
def test_the_page_is_answered_as_any_other(spa: Compiled, around: Any) -> None:
    client = around(spa.dist, 404)
    coded = client.request("GET", "/users", [*HTML, ("Accept-Encoding", "gzip")])
    assert gzip.decompress(coded.body).decode() == PAGE
    again = client.request(
        "GET", "/users", [*HTML, ("If-None-Match", client.request("GET", "/users", HTML).headers["etag"])]
    )
    assert (again.status, again.body) == (304, b"")
    head = client.request("HEAD", "/users", HTML)
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(PAGE)))


@AROUND
def test_the_page_of_the_longest_url_counts(spa: Compiled, around: Any) -> None:
    assert around(spa.dist, 404).request("GET", "/admin/users", HTML).body == b"<p>admin"
    assert around(spa.dist, 404).request("GET", "/app/admin/users", HTML, mount="/app").body == b"<p>admin"


UNANSWERED = [
    pytest.param("GET", "/users", [("Accept", "application/json")], id="a script"),
    pytest.param("GET", "/users", [], id="a program"),
    pytest.param("POST", "/users", HTML, id="a form"),
    pytest.param("GET", "/static/missing.js", HTML, id="an asset"),
    pytest.param("GET", "/static/", HTML, id="the prefix"),
]


@pytest.mark.parametrize(("method", "path", "fields"), UNANSWERED)
@AROUND
def test_nothing_else_gets_the_page(spa: Compiled, around: Any, method: str, path: str, fields: Any) -> None:
    answer: Answer = around(spa.dist, 404).request(method, path, fields)
    assert answer.status == 404
    assert PAGE not in answer.body.decode()


@pytest.mark.parametrize("status", [200, 403, 500])
@pytest.mark.parametrize("is_generator", [False, True])
def test_what_the_application_answers_is_left_alone(spa: Compiled, status: int, *, is_generator: bool) -> None:
    for client in (WSGIClient(spa.dist, wsgi(status, is_generator=is_generator)), ASGIClient(spa.dist, asgi(status))):
        answer = client.request("GET", "/users", HTML)
        assert (answer.status, answer.body) == (status, b"said")


@AROUND
def test_listed_files_are_served_as_ever(spa: Compiled, around: Any) -> None:
    client = around(spa.dist, 404)
    assert client.request("GET", "/favicon.ico", HTML).body == b"icon"
    assert client.request("GET", "/", HTML).headers["vary"] == "Accept-Encoding"


@AROUND
def test_a_page_that_says_404_is_sent_whole(not_found: Compiled, around: Any) -> None:
    client = around(not_found.dist, 404)
    for fields in (HTML, [*HTML, ("If-None-Match", "*")], [*HTML, ("Range", "bytes=0-1")]):
        answer = client.request("GET", "/nothing", fields)
        assert (answer.status, answer.body.decode()) == (404, NOT_FOUND)
    assert client.request("HEAD", "/nothing", HTML).status == 404


def test_a_release_without_such_pages_asks_nothing(kind: Kind, tmp_path: Path) -> None:
    answer = kind(compiled(tmp_path).dist).request("GET", "/nothing", HTML)
    assert answer.status == 404
    assert "nothing here" not in answer.body.decode()


@pytest.mark.parametrize("file", ["none.html", "static/app.js", "/"])
def test_a_page_that_is_not_published_is_an_error(tmp_path: Path, file: str) -> None:
    result = compiled(tmp_path, spa=f"/={file}")
    assert [diagnostic.code for diagnostic in result.result.diagnostics] == ["missing-fallback"]
    assert not result.dist.exists()


def test_the_application_of_the_documents_serves_deep_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs/howto/single-page-apps.md").read_text()
    block = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)[0]
    compiled(tmp_path, spa="/=index.html")
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": "documents"}
    exec(compile(block, "single-page-apps.md", "exec"), namespace)
    client = ASGIClient(tmp_path / "dist", namespace["api"])
    assert client.request("GET", "/users/7", HTML).body.decode() == PAGE
    assert client.request("GET", "/api/users/7", HTML).body == b'{"number":7}'
    assert client.get("/api/nothing", accept="application/json").status == 404
