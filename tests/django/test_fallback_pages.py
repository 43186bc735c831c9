"""Pages for unknown paths around Django: from the middleware, under DEBUG too, and from the wrapper around its handlers."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler

from support.clients import Answer, ASGIClient, Client, WSGIClient
from support.django_clients import INTERFACES, LARGE, VIEW, settings_for
from support.django_projects import project, run
from support.trees import write_tree

HTML = [("Accept", "text/html,*/*;q=0.8")]
PAGE, NOT_FOUND = "<!doctype html><title>the page</title>" * 40, "<!doctype html><title>nothing here</title>" * 40
SITE: dict[str, str | bytes] = {"index.html": PAGE, "404.html": NOT_FOUND, "large.html": LARGE}
Compiled = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.usefixtures("small_sizes", "every_file_is_closed")


@pytest.fixture
def compiled(tmp_path: Path) -> Compiled:
    """Compile a project with these settings, and return all of its settings."""

    def compile_project(**settings: Any) -> dict[str, Any]:
        write_tree(tmp_path, {f"public/{name}": content for name, content in SITE.items()})
        assets = write_tree(tmp_path / "assets", {"app.js": "1"})
        whole = {"ROOT": tmp_path / "public", "CODINGS": ["gzip"], "EFFORT": "fast", **settings}
        given = {"SERVESTATIC": whole, "STATICFILES_DIRS": [assets]}
        with project(tmp_path / "dist", **given):
            run("compilestatic")
        return given

    return compile_project


def middleware(interface: str, dist: Path, settings: dict[str, Any]) -> Client:
    client: Client = INTERFACES[interface](dist, **settings)
    return client


def wrapper(interface: str, dist: Path, settings: dict[str, Any]) -> Client:
    with settings_for(dist, MIDDLEWARE=[], **settings):
        return WSGIClient(dist, WSGIHandler()) if interface == "WSGI" else ASGIClient(dist, ASGIHandler())


WAYS = pytest.mark.parametrize("way", [middleware, wrapper])
interfaces = pytest.mark.parametrize("interface", INTERFACES)


def asked(client: Client, dist: Path, method: str = "GET", path: str = "/users/7", fields: Any = HTML) -> Answer:
    with settings_for(dist, MIDDLEWARE=[]):  # whose URLs the wrapped handler has
        return client.request(method, path, fields, query="status=404")


@interfaces
@WAYS
def test_a_navigation_to_an_unknown_path_gets_the_page(
    compiled: Compiled, tmp_path: Path, way: Any, interface: str
) -> None:
    client, dist = way(interface, tmp_path / "dist", compiled(SPA="/=index.html")), tmp_path / "dist"
    answer = asked(client, dist)
    assert (answer.status, answer.body.decode()) == (200, PAGE)
    assert answer.headers["vary"] == "Accept-Encoding, Accept"
    assert answer.headers["cache-control"] == "no-cache"
    coded = asked(client, dist, fields=[*HTML, ("Accept-Encoding", "gzip")])
    assert gzip.decompress(coded.body).decode() == PAGE
    again = asked(client, dist, fields=[*HTML, ("If-None-Match", answer.headers["etag"])])
    assert (again.status, again.body) == (304, b"")
    head = asked(client, dist, "HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(PAGE)))


@interfaces
@WAYS
@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        pytest.param("GET", "/users", [("Accept", "application/json")], id="a script"),
        pytest.param("GET", "/users", [], id="a program"),
        pytest.param("POST", "/users", HTML, id="a form"),
        pytest.param("GET", "/static/missing.js", HTML, id="an asset"),
    ],
)
def test_nothing_else_gets_it(
    compiled: Compiled, tmp_path: Path, way: Any, interface: str, method: str, path: str, fields: Any
) -> None:
    dist = tmp_path / "dist"
    answer = asked(way(interface, dist, compiled(SPA="/=index.html")), dist, method, path, fields)
    assert (answer.status, answer.body) == (404, VIEW)


@interfaces
@WAYS
def test_what_django_answers_is_left_alone(compiled: Compiled, tmp_path: Path, way: Any, interface: str) -> None:
    client = way(interface, tmp_path / "dist", compiled(SPA="/=index.html"))
    with settings_for(tmp_path / "dist", MIDDLEWARE=[]):
        answers = [client.request("GET", "/users", HTML, query=f"status={status}") for status in (200, 403, 500)]
    assert [(answer.status, answer.body) for answer in answers] == [(200, VIEW), (403, VIEW), (500, VIEW)]


@interfaces
@WAYS
def test_a_page_may_say_404_or_be_large(compiled: Compiled, tmp_path: Path, way: Any, interface: str) -> None:
    settings = compiled(NOT_FOUND="404.html", SPA=["/large/=large.html"], CODINGS="none")
    client = way(interface, tmp_path / "dist", settings)
    answer = asked(client, tmp_path / "dist")
    assert (answer.status, answer.body.decode()) == (404, NOT_FOUND)
    assert asked(client, tmp_path / "dist", path="/large/one").body == LARGE


@interfaces
@pytest.mark.parametrize("name", ["index.html", "/index.html"])
def test_under_debug_the_page_is_sent_as_it_is_now(tmp_path: Path, interface: str, name: str) -> None:
    public = write_tree(tmp_path / "public", {"index.html": "old"})
    settings = {"SERVESTATIC": {"ROOT": public, "SPA": [f"/={name}"], "NOT_FOUND": ["/api/=404.html"]}}
    client = INTERFACES[interface](tmp_path / "dist", DEBUG=True, STATICFILES_DIRS=[], **settings)
    for content in ("old", "changed"):
        (public / "index.html").write_text(content)
        answer = client.request("GET", "/users/7", HTML, query="status=404")
        assert (answer.status, answer.body.decode()) == (200, content)
    assert client.request("GET", "/api/none", HTML, query="status=404").body == VIEW  # there is no such page
    (public / "404.html").write_text("404")
    assert client.request("GET", "/api/none", HTML, query="status=404").status == 404
