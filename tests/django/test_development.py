"""Under DEBUG: files from the finders, as they are now, with the headers of production."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

import pytest
from django.core.management import call_command
from django.test import override_settings

from servestatic_runtime.media_types import BY_SUFFIX
from support.clients import Client
from support.django_clients import INTERFACES, VIEW, DjangoWSGIClient, interfaces
from support.django_projects import STORAGES
from support.trees import write_tree

# All that there is, as it lies: keys, too.
WHOLE = {"CODINGS": "none", "MISSING": "ignore", "PUBLISH": "*"}
TREE = {
    "css/app.css": "a{}",
    "empty.txt": "",
    "docs/index.html": "<h1>Docs</h1>",
    ".hidden/a.css": "a{}",
    "css/.hidden.css": "a{}",
    ".well-known/security.txt": "Contact",
    "ä b.css": "a{}",
}


def add_headers(headers: Headers, path: str, url: str) -> None:
    """Stand for a project's own."""
    headers["X-From"] = f"{Path(path).name} {url}"


def developing(tmp_path: Path, **settings: Any) -> dict[str, Any]:
    """Write a project and return its settings under DEBUG."""
    write_tree(tmp_path / "static", TREE)
    return {"DEBUG": True, "STATICFILES_DIRS": [tmp_path / "static"], **settings}


@interfaces
@pytest.mark.parametrize(
    "keys",
    [
        {},
        {
            "ALLOW_ALL_ORIGINS": False,
            "MIMETYPES": {".css": "text/x-css", "a.svg": "image/x-svg"},
            "ADD_HEADERS_FUNCTION": add_headers,
            "HEADERS": [{"for": "*.js", "set": {"X-Script": "1", "Cache-Control": "max-age=9"}, "remove": ["ETag"]}],
        },
        {"ADD_HEADERS_FUNCTION": f"{__name__}:add_headers"},
    ],
    ids=["no settings", "settings", "a function by its name"],
)
def test_headers_are_those_of_production_but_for_the_life_of_a_file(
    tmp_path: Path, interface: str, keys: dict[str, Any]
) -> None:
    files = {f"a.{suffix}": "{}" for suffix in (*BY_SUFFIX, "unknown")}
    settings = developing(tmp_path, STORAGES=STORAGES, SERVESTATIC={**keys, **WHOLE})
    write_tree(tmp_path / "static", files)
    with override_settings(**{**settings, "STATIC_ROOT": tmp_path / "dist", "DEBUG": False}):
        call_command("collectstatic", "--noinput", verbosity=0)
    make: Any = INTERFACES[interface]
    developed, released = make(tmp_path, **settings), make(tmp_path / "dist", **{**settings, "DEBUG": False})
    for name in files:
        for fields in ([], [("If-None-Match", "*")], [("Range", "bytes=0-0")]):
            answers = [client.request("GET", f"/static/{name}", fields) for client in (developed, released)]
            assert comparable(answers[0].headers) == comparable(answers[1].headers), name
            assert (answers[0].status, answers[0].body) == (answers[1].status, answers[1].body)
            assert answers[0].headers["cache-control"] == "no-cache"
            assert ("etag" in answers[0].headers) is ("etag" in answers[1].headers)


def comparable(headers: Any) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in {"cache-control", "etag"}}


@pytest.fixture(params=INTERFACES)
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Client:
    client: Client = INTERFACES[request.param](tmp_path / "dist", **developing(tmp_path))
    return client


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/static/css/app.css", b"a{}"),
        ("/static/empty.txt", b""),
        ("/static/.well-known/security.txt", b"Contact"),
        ("/static/ä b.css", b"a{}"),
    ],
)
def test_what_the_finders_find_is_served(client: Client, path: str, body: bytes) -> None:
    answer = client.get(path)
    assert (answer.status, answer.body) == (200, body)


def test_an_app_s_files_are_served(client: Client) -> None:
    assert client.get("/static/admin/css/base.css").status == 200


def test_a_change_is_seen_at_once_and_nothing_is_sent_twice(client: Client, tmp_path: Path) -> None:
    before = client.get("/static/css/app.css")
    assert client.get("/static/css/app.css", if_none_match=before.headers["etag"]).status == 304
    file = tmp_path / "static/css/app.css"
    date = file.stat().st_mtime_ns
    file.write_text("b{}")
    os.utime(file, ns=(date, date + 1))  # within the second, and of the same size
    after = client.get("/static/css/app.css", if_none_match=before.headers["etag"])
    assert (after.status, after.body) == (200, b"b{}")
    (tmp_path / "static/new.css").write_text("")
    assert client.get("/static/new.css").status == 200
    file.unlink()
    assert client.get("/static/css/app.css").status == 404


def test_an_empty_file_that_grows_is_sent_whole(client: Client, tmp_path: Path) -> None:
    assert client.get("/static/empty.txt").body == b""
    (tmp_path / "static/empty.txt").write_text("more")
    assert client.get("/static/empty.txt").body == b"more"


@pytest.mark.parametrize(
    "path",
    [
        "/static/no.css", "/static/css", "/static/css/", "/static/css/.hidden.css", "/static/.hidden/a.css", "/static/",
        "/static/../static/css/app.css", "/static/css/../css/app.css", "/static//etc/passwd", "/static/css//app.css",
        "/static/../../../../etc/passwd", "/static/css/app.css/", "/static/docs/", "/static/\x00", "/static/%00",
    ],
)  # fmt: skip
def test_what_is_not_found_says_where_it_was_looked_for(client: Client, tmp_path: Path, path: str) -> None:
    answer = client.get(path)
    assert answer.status == 404
    assert "It was looked for in" in answer.body.decode()
    if path == "/static/no.css":
        assert f"{tmp_path}/static" in answer.body.decode()
        assert "contrib/admin/static" in answer.body.decode()


def test_all_other_paths_are_the_view_s(client: Client) -> None:
    assert {client.get(path).body for path in ("/", "/static", "/other/css/app.css")} == {VIEW}


@interfaces
def test_below_the_whole_site_what_is_not_found_is_the_view_s(tmp_path: Path, interface: str) -> None:
    client = INTERFACES[interface](tmp_path, **developing(tmp_path, STATIC_URL="/"))
    assert client.get("/css/app.css").body == b"a{}"
    assert client.get("/nothing").body == VIEW


@interfaces
def test_root_and_index_files_answer_as_they_do_in_production(tmp_path: Path, interface: str) -> None:
    public = write_tree(tmp_path / "public", {"robots.txt": "r", "sub/index.html": "sub", "static/css/app.css": "mine"})
    keys = {"ROOT": public, "INDEX_FILE": True}
    client = INTERFACES[interface](tmp_path, **developing(tmp_path, SERVESTATIC=keys))
    assert client.get("/robots.txt").body == b"r"
    assert client.get("/static/css/app.css").body == b"mine"
    assert client.get("/sub/").body == b"sub"
    assert client.get("/static/docs/").body == b"<h1>Docs</h1>"
    answer = client.request("GET", "/sub", query="a=1")
    assert (answer.status, answer.headers["location"]) == (301, "./sub/?a=1")
    assert answer.headers["cache-control"] == "no-cache"
    assert {client.get(path).body for path in ("/", "//etc/passwd", "/../etc/passwd", "/sub/../robots.txt")} == {VIEW}


@interfaces
def test_below_a_mount_files_are_found_too(tmp_path: Path, interface: str) -> None:
    client = INTERFACES[interface](tmp_path, **developing(tmp_path))
    assert client.request("GET", "/app/static/css/app.css", mount="/app").body == b"a{}"
    assert client.request("GET", "/app/static/no.css", mount="/app").status == 404


def test_no_compiler_is_needed_but_for_rules_with_patterns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "servestatic_build"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pathspec", None)
    assert DjangoWSGIClient(tmp_path, **developing(tmp_path)).get("/static/css/app.css").status == 200
    rules = {"HEADERS": [{"for": "*.js", "set": {"X-Script": "1"}}]}
    with pytest.raises(ImportError, match=r'pip install "servestatic-build\[build\]"'):
        DjangoWSGIClient(tmp_path, **developing(tmp_path, SERVESTATIC=rules))
