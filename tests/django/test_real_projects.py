"""A whole project, compiled by its own command and really started; a browser looks at its pages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from servestatic_runtime import Manifest
from support.browser import Browser, Visit, chromium
from support.servers import gunicorn, running, uvicorn
from support.trees import Tree, write_tree

pytestmark = pytest.mark.slow

ICON = (Path(__file__).parents[2] / "docs/demo/public/favicon.ico").read_bytes()  # browsers ask for it unasked
LARGE = b"0123456789" * 1_600_000  # more than the buffers of a socket hold

SETTINGS = """
import os
from pathlib import Path

BASE = Path(__file__).parent
DEBUG = False
SECRET_KEY = "x" * 50
ALLOWED_HOSTS = ["*"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE / "db.sqlite3"}}
INSTALLED_APPS = [
    "servestatic_runtime.django",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "debug_toolbar",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    *(["servestatic_runtime.django.middleware.ServeStaticMiddleware"] if "WRAPPED" not in os.environ else []),
    "django.middleware.gzip.GZipMiddleware",
    "debug_toolbar.middleware.DebugToolbarMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE / "dist"
STATICFILES_DIRS = [BASE / "assets"]
STORAGES = {"staticfiles": {"BACKEND": "servestatic_runtime.django.storage.ManifestStorage"}}
SERVESTATIC = {
    "ROOT": BASE / "public",
    "KEEP_ONLY_HASHED_FILES": True,  # so that each reference that was missed is a 404
    "IMPORTS": {"lit": "vendor/lit.js"},
    "EFFORT": "fast",
}
# Shown without DEBUG, too: what it loads comes from the release.
DEBUG_TOOLBAR_CONFIG = {"SHOW_TOOLBAR_CALLBACK": lambda request: True, "IS_RUNNING_TESTS": False}
"""
URLS = """

import os

from django.contrib import admin
from django.core.signals import request_finished
from django.http import JsonResponse
from django.shortcuts import render
from django.urls import include, path

from servestatic_runtime.django.assets import PageAssets

finished = []
request_finished.connect(lambda **_: finished.append(1), weak=False)


def state(request):
    opened = [os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]
    return JsonResponse({"finished": len(finished), "open": [name for name in opened if "large" in name]})


def page(request):
    response = render(request, "page.html")
    policy = f"default-src 'self'; script-src 'self' {PageAssets().import_map().csp_hash}"
    response.headers["Content-Security-Policy"] = policy
    return response


urlpatterns = [
    path("admin/", admin.site.urls),
    path("__debug__/", include("debug_toolbar.urls")),
    path("page/", page),
    path("state/", state),
]
"""
PROJECT: Tree = {
    "project_settings.py": SETTINGS,
    "urls.py": URLS,
    "wsgi.py": """
from django.core.wsgi import get_wsgi_application
from servestatic_runtime import ServeStatic

django = get_wsgi_application()
wrapped = ServeStatic(django, "dist")
""",
    "asgi.py": """
from django.core.asgi import get_asgi_application
from servestatic_runtime import ServeStaticASGI

django = get_asgi_application()
wrapped = ServeStaticASGI(django, "dist")
""",
    "templates/page.html": """{% load servestatic %}<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>not loaded</title>
    {% import_map %}
    {% module_preload "js/app.js" %}
    {% asset_style "css/app.css" %}
    {% asset_script "js/classic.js" defer=True %}
    {% asset_script "js/app.js" type="module" %}
  </head>
  <body><h1>Heading</h1></body>
</html>
""",
    "assets/css/app.css": "h1 { background: url(../img/dot.svg) }",
    "assets/img/dot.svg": "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'/>",
    "assets/js/classic.js": "document.documentElement.dataset.classic = 'classic';",
    "assets/js/app.js": """
        import { part } from "./part.js";
        import { lit } from "lit";
        document.title = `${part} ${lit} ${document.documentElement.dataset.classic}`;
    """,
    "assets/js/part.js": "export const part = 'part';",
    "assets/vendor/lit.js": "export const lit = 'lit';",
    "assets/large.bin": LARGE,
    "public/favicon.ico": ICON,
}
SERVERS = {
    "gunicorn, middleware": (gunicorn("wsgi:django"), {}),
    "gunicorn, wrapped": (gunicorn("wsgi:wrapped"), {"WRAPPED": "1"}),
    "uvicorn, middleware": (uvicorn("asgi:django", "--lifespan", "off"), {}),
    "uvicorn, wrapped": (uvicorn("asgi:wrapped", "--lifespan", "off"), {"WRAPPED": "1"}),
}
ENV = {"DJANGO_SETTINGS_MODULE": "project_settings"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, compiled."""
    root = write_tree(tmp_path_factory.mktemp("project"), PROJECT)
    for command in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput"]):
        manage(root, *command)
    return root


def manage(root: Path, *command: str) -> str:
    """Run a management command and return what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "django", *command],
        cwd=root,
        env={**os.environ, **ENV},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module", params=list(SERVERS.values()), ids=list(SERVERS))
def port(request: pytest.FixtureRequest, project: Path) -> Iterator[int]:
    command, env = request.param
    with running(command, {**ENV, **env}, project) as port:
        yield port


def loaded(visit: Visit, project: Path) -> set[str]:
    """Return the logical names of what a page loaded, after a check that nothing went wrong."""
    assert visit.problems == []
    names = {asset.url: asset.name for asset in Manifest.open(project / "dist")}
    paths = {urlsplit(url).path for _, url in visit.requests}
    return {names[path] for path in paths if path in names}


def test_a_browser_finds_nothing_wrong_with_the_admin_s_page(browser: Browser, port: int, project: Path) -> None:
    visit = browser.visit(f"http://127.0.0.1:{port}/admin/login/")
    assert visit.title.startswith("Log in")
    assert loaded(visit, project) >= {
        "admin/css/base.css",
        "admin/css/login.css",
        "admin/js/theme.js",
        "debug_toolbar/css/toolbar.css",
        "debug_toolbar/js/toolbar.js",  # a module
        "debug_toolbar/js/utils.js",  # which it imports
    }


def test_a_browser_checks_what_the_tags_say_and_finds_it_right(browser: Browser, port: int, project: Path) -> None:
    visit = browser.visit(f"http://127.0.0.1:{port}/page/")
    assert visit.title == "part lit classic"
    assert loaded(visit, project) >= {
        "css/app.css", "img/dot.svg", "js/app.js", "js/classic.js", "js/part.js", "vendor/lit.js"
    }  # fmt: skip


def test_a_large_file_goes_over_the_socket_whole_and_in_parts(port: int, project: Path) -> None:
    url = Manifest.open(project / "dist").url("large.bin")
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    for range_, status, body in ((None, 200, LARGE), ("bytes=5-600004", 206, LARGE[5:600_005])):
        for _ in range(2):
            connection.request("GET", url, headers={"Range": range_} if range_ else {})
            response = connection.getresponse()
            assert (response.status, response.read()) == (status, body)
            assert response.headers["Content-Length"] == str(len(body))
    connection.close()


@pytest.mark.parametrize("server", ["gunicorn, middleware", "uvicorn, middleware"])
@pytest.mark.parametrize("range_", [{}, {"Range": "bytes=1-"}, {"Range": "bytes=0-9,1000-"}])
def test_a_download_that_is_left_is_finished_and_its_file_closed(
    project: Path, server: str, range_: dict[str, str]
) -> None:
    url = Manifest.open(project / "dist").url("large.bin")
    command, _ = SERVERS[server]
    with running(command, ENV, project) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", url, headers=range_)
        assert len(connection.getresponse().read(10)) == 10
        before = state(port)
        assert (before.finished, len(before.open)) == (0, 1)
        connection.close()
        # At the second question the first one has finished, and, some time, the download; and so on.
        deadline, asked = monotonic() + 20, 2
        while (after := state(port)).open or after.finished < asked:
            assert monotonic() < deadline, after
            asked += 1


class State(NamedTuple):
    """What a server says of itself: how many requests have finished, and which files it has open."""

    finished: int
    open: list[str]


def state(port: int) -> State:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/state/")
    said = json.load(connection.getresponse())
    connection.close()
    return State(**said)


def test_the_project_passes_its_own_checks(project: Path) -> None:
    assert "no issues" in manage(project, "check")
