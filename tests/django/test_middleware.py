"""The middleware under both of Django's handlers: the answers of the other interfaces, and Django's own customs."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.test import RequestFactory

from servestatic_build.codecs import dcz
from servestatic_runtime import ManifestError
from servestatic_runtime import format as schema
from servestatic_runtime.django.middleware import ServeStaticMiddleware
from servestatic_runtime.manifest import Manifest
from support.clients import ASGIClient, WSGIClient
from support.django_clients import (
    INTERFACES,
    LARGE,
    MIDDLEWARE,
    VIEW,
    DjangoASGIClient,
    DjangoWSGIClient,
    interfaces,
    settings_for,
    view,
)
from support.django_projects import STORAGES
from support.trees import Compiled, compile_tree

pytestmark = pytest.mark.usefixtures("small_sizes", "every_file_is_closed")

DATE = "Tue, 14 Nov 2023 22:13:20 GMT"


CASES: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("GET", "/static/app.css", []),
    ("GET", "/static/app.css", [("Accept-Encoding", "br, gzip")]),
    ("GET", "/static/app.css", [("Accept-Encoding", "gzip"), ("If-None-Match", "*")]),
    ("GET", "/static/app.css", [("Accept-Encoding", "identity;q=0")]),
    ("GET", "/static/app.css", [("If-None-Match", '"x"'), ("If-None-Match", "*")]),
    ("GET", "/static/app.css", [("If-Modified-Since", DATE)]),
    ("GET", "/static/app.css", [("If-Match", '"x"')]),
    ("GET", "/static/app.css", [("Range", "bytes=0-0"), ("If-Range", DATE)]),
    ("GET", "/static/app.css", [("Range", "bytes=0-9,-9")]),
    ("GET", "/static/app.css", [("Range", "bytes=99999-")]),
    ("HEAD", "/static/app.css", [("Accept-Encoding", "br"), ("Range", "bytes=0-0")]),
    ("HEAD", "/static/app.css", [("If-None-Match", "*")]),
    ("OPTIONS", "/static/app.css", [("Origin", "https://other.test")]),
    ("POST", "/static/app.css", []),
    ("GET", "/static/dot.png", [("Accept-Encoding", "gzip")]),
    ("GET", "/static/dot.png", [("Accept-Encoding", "gzip"), ("Range", "bytes=1-900")]),
    ("GET", "/static/docs", []),
    ("GET", "/static/docs/", []),
    ("GET", "/static/empty.txt", []),
    ("GET", "/static/café.txt", []),
    ("GET", "/static/bare.txt", [("Accept-Encoding", "gzip")]),
    ("GET", "/static/bare.txt", []),
    ("GET", "/robots.txt", []),
    ("GET", "/static/large.bin", [("Accept-Encoding", "gzip")]),
    ("HEAD", "/static/large.bin", []),
    ("GET", "/static/large.bin", [("Range", "bytes=5-60004")]),
    ("GET", "/static/large.bin", [("Range", "bytes=0-0,-1"), ("Accept-Encoding", "gzip")]),
    ("GET", "/static/large.bin", [("If-None-Match", "*")]),
]
cases = pytest.mark.parametrize(
    ("method", "path", "fields"),
    CASES,
    ids=[f"{m} {p} {dict(f)}".encode().decode("ascii", "replace") for m, p, f in CASES],
)

# Each changes a response that comes by, unless it finds that there is nothing for it to do.
MEDDLERS = [
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.common.CommonMiddleware",
]


@cases
@pytest.mark.parametrize("before", [[], MEDDLERS], ids=["alone", "behind middleware that changes responses"])
@interfaces
def test_it_answers_as_the_wsgi_application_does(
    release: Compiled,
    finished: list[Any],
    interface: str,
    before: list[str],
    method: str,
    path: str,
    fields: list[tuple[str, str]],
) -> None:
    expected = WSGIClient(release.dist).request(method, path, fields, "a=1")
    client = INTERFACES[interface](release.dist, MIDDLEWARE=[*before, MIDDLEWARE])
    assert client.request(method, path, fields, "a=1") == expected
    assert client.request(method, path, fields, "a=1") == expected, "from memory"
    assert finished == [type(client.app)] * 2


@interfaces
def test_headers_of_one_name_are_one_list(release: Compiled, interface: str) -> None:
    answer = INTERFACES[interface](release.dist).get("/static/linked.txt")
    assert answer.headers["link"] == "<a>; rel=x, <b>; rel=y"


@interfaces
@pytest.mark.parametrize("path", ["/", "/static/", "/static/nothing.css", "/static/app.css/", "/STATIC/app.css"])
def test_what_is_not_listed_is_the_view_s(release: Compiled, interface: str, path: str) -> None:
    assert INTERFACES[interface](release.dist).get(path).body == VIEW


@interfaces
@pytest.mark.parametrize(
    ("mount", "path", "query", "cache_control"),
    [
        pytest.param("", "/static/nothing", "status=404", "no-store", id="a 404 below the prefix"),
        pytest.param("/app", "/app/static/nothing", "status=404", "no-store", id="below a mount"),
        pytest.param("", "/static/nothing", "status=404&cache=public", "public", id="a Cache-Control of its own"),
        pytest.param("", "/static/nothing", "status=410", None, id="another status"),
        pytest.param("", "/nothing", "status=404", None, id="elsewhere"),
    ],
)
def test_no_cache_keeps_the_404_of_what_may_be_a_file_tomorrow(
    release: Compiled, interface: str, mount: str, path: str, query: str, cache_control: str | None
) -> None:
    answer = INTERFACES[interface](release.dist).request("GET", path, query=query, mount=mount)
    assert (answer.body, answer.headers.get("cache-control")) == (VIEW, cache_control)


@interfaces
def test_a_claimed_prefix_leaves_the_view_nothing_below_it(release: Compiled, interface: str) -> None:
    client = INTERFACES[interface](release.dist, SERVESTATIC={"CLAIM_PREFIX": True})
    plain = WSGIClient(release.dist, claim_prefix=True)
    for method in ("GET", "HEAD", "POST"):
        assert client.request(method, "/static/nothing") == plain.request(method, "/static/nothing")
    assert client.request("GET", "/app/static/nothing", mount="/app").status == 404
    assert client.get("/static").body == VIEW
    assert client.get("/robots.txt").body == b"User-agent: *\n"


@interfaces
@pytest.mark.parametrize(
    ("mount", "path", "body"),
    [
        pytest.param("/app", "/app/static/empty.txt", b"", id="below the mount"),
        pytest.param("/static", "/static/empty.txt", b"", id="the whole path"),
        pytest.param("/app", "/app/nothing", VIEW, id="not listed"),
        pytest.param("/äpp", "/äpp/static/café.txt", "café".encode(), id="not ASCII"),
    ],
)
def test_the_whole_path_is_looked_up_and_then_the_path_below_the_mount(
    release: Compiled, interface: str, mount: str, path: str, body: bytes
) -> None:
    assert INTERFACES[interface](release.dist).request("GET", path, mount=mount).body == body


@interfaces
def test_force_script_name_is_a_mount(release: Compiled, interface: str) -> None:
    client = INTERFACES[interface](release.dist, FORCE_SCRIPT_NAME="/app")
    assert client.get("/static/empty.txt").status == 200


def test_what_is_not_listed_costs_one_probe(release: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    probed: list[str] = []
    find = Manifest.find

    def find_and_note(manifest: Manifest, path: str) -> Any:
        probed.append(path)
        return find(manifest, path)

    monkeypatch.setattr(Manifest, "find", find_and_note)
    DjangoWSGIClient(release.dist).get("/nothing")
    assert probed == ["/nothing"]


# The start


def test_a_missing_manifest_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"manifest.msgpack: No such file .*manage.py collectstatic"):
        DjangoWSGIClient(tmp_path)


@pytest.mark.parametrize("reload", [True, False])
def test_templates_and_the_middleware_share_one_mapping(
    release: Compiled, monkeypatch: pytest.MonkeyPatch, *, reload: bool
) -> None:
    opens: list[str] = []
    real = Manifest.open

    def counted(path: str, **options: Any) -> Manifest:
        opens.append(path)
        return real(path, **options)

    monkeypatch.setattr(Manifest, "open", counted)
    with settings_for(release.dist, STORAGES=STORAGES, SERVESTATIC={"RELOAD": reload}):
        middleware = ServeStaticMiddleware(view)
        assert middleware(RequestFactory().get(static("app.css"))).status_code == 200
    assert opens == [str(release.dist / "manifest.msgpack")]


@interfaces
def test_a_release_that_is_newer_than_the_runtime_says_what_to_do_about_that(tmp_path: Path, interface: str) -> None:
    tmp_path.joinpath("manifest.msgpack").write_bytes(schema.MAGIC + bytes((schema.VERSION + 1,)) + bytes(500))
    with pytest.raises(ManifestError, match=r"is newer than .*upgrade servestatic-build"):
        INTERFACES[interface](tmp_path)
    with settings_for(tmp_path, STORAGES=STORAGES), pytest.raises(ManifestError, match="upgrade servestatic-build"):
        static("app.css")


@interfaces
def test_a_lenient_project_runs_without_a_manifest_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, interface: str
) -> None:
    client = INTERFACES[interface](tmp_path, SERVESTATIC={"MANIFEST_STRICT": False})
    assert client.get("/static/app.css").body == VIEW
    assert "manage.py collectstatic" in caplog.text


@interfaces
@pytest.mark.usefixtures("in_tests")
@pytest.mark.parametrize("static_root", ["nothing/there", None])
def test_a_project_s_own_tests_need_no_release(tmp_path: Path, interface: str, static_root: str | None) -> None:
    client = INTERFACES[interface](tmp_path, STATIC_ROOT=static_root and tmp_path / static_root)
    assert client.get("/static/app.css").body == VIEW
    assert client.get("/static/admin/css/base.css").status == 200


@pytest.mark.usefixtures("in_tests")
def test_in_a_project_s_own_tests_a_release_that_is_there_makes_no_difference(
    release: Compiled, tmp_path: Path
) -> None:
    client = DjangoWSGIClient(release.dist)
    assert client.get("/static/admin/css/base.css").status == 200
    assert client.get(release.url("app.css")).body == VIEW
    tmp_path.joinpath("manifest.msgpack").write_bytes(b"damaged")
    assert DjangoWSGIClient(tmp_path).get("/static/admin/css/base.css").status == 200


@pytest.mark.parametrize("has_app", [True, False])
def test_the_log_says_where_the_middleware_stands_wrong(
    release: Compiled, caplog: pytest.LogCaptureFixture, *, has_app: bool
) -> None:
    apps = [name for name in settings.INSTALLED_APPS if has_app or name != "servestatic_runtime.django"]
    behind = "django.middleware.gzip.GZipMiddleware"
    DjangoWSGIClient(release.dist, INSTALLED_APPS=apps)
    assert caplog.text == ""
    DjangoWSGIClient(release.dist, INSTALLED_APPS=apps, MIDDLEWARE=[behind, MIDDLEWARE])
    assert f"ServeStaticMiddleware stands behind {behind}. Move it directly behind" in caplog.text
    caplog.clear()
    wrong = [behind, MIDDLEWARE]
    DjangoWSGIClient(release.dist, INSTALLED_APPS=apps, MIDDLEWARE=wrong, SILENCED_SYSTEM_CHECKS=["servestatic.W001"])
    assert caplog.text == ""


def test_without_static_root_there_is_no_release(release: Compiled) -> None:
    with pytest.raises(ImproperlyConfigured, match="STATIC_ROOT"):
        DjangoWSGIClient(release.dist, STATIC_ROOT=None)


@interfaces
@pytest.mark.parametrize(("reload", "body"), [(True, b"two"), (False, b"one")])
def test_a_new_release_is_served_at_once_where_the_settings_say_reload(
    tmp_path: Path, interface: str, *, reload: bool, body: bytes
) -> None:
    release = compile_tree(tmp_path, {"a.txt": "one"})
    client = INTERFACES[interface](release.dist, SERVESTATIC={"RELOAD": reload})
    assert client.get("/static/a.txt").body == b"one"
    compile_tree(tmp_path, {"a.txt": "two"})
    assert client.get("/static/a.txt").body == body


# Without the middleware


def test_a_wrapped_django_serves_the_same_before_django_sees_the_request(
    release: Compiled, finished: list[Any]
) -> None:
    settings: dict[str, Any] = {"MIDDLEWARE": []}
    wrapped = (
        WSGIClient(release.dist, DjangoWSGIClient(release.dist, **settings).app),
        ASGIClient(release.dist, DjangoASGIClient(release.dist, **settings).app),
    )
    with settings_for(release.dist, **settings):
        for client in wrapped:
            assert client.get("/static/large.bin").body == LARGE
            assert finished == []
            assert client.get("/nothing").body == VIEW
            assert len(finished) == 1
            finished.clear()


@interfaces
def test_who_has_the_last_release_gets_a_delta(tmp_path: Path, interface: str) -> None:
    old, new = ("".join(f"export const name{number} = {number};\n" for number in range(end)) for end in (900, 901))
    for text in (old, new):
        release = compile_tree(tmp_path, {"app.js": text}, codings=("gzip", "br"), deltas=1)
    dictionary = f":{b64encode(sha256(old.encode()).digest()).decode()}:"
    fields = {"accept_encoding": "br, dcz", "available_dictionary": dictionary}
    answer = INTERFACES[interface](release.dist).get(release.manifest.asset("app.js").url, **fields)
    assert (answer.status, answer.headers["content-encoding"]) == (200, "dcz")
    assert dcz.decode(answer.body, old.encode()) == new.encode()
