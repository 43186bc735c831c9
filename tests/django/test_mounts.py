"""A site below a path: with the relative STATIC_URL of startproject every link leads to where this request found the site."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import django
import pytest
from django.urls import set_script_prefix

from servestatic_build import Source
from servestatic_runtime.django.assets import PageAssets
from support.django_projects import project
from support.releases import unfingerprinted
from support.servers import gunicorn, running, uvicorn
from support.trees import compile_sources, write_tree

PROJECT = {
    "project_settings.py": """
import os
from pathlib import Path

BASE = Path(__file__).parent
SECRET_KEY = "x" * 50
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
FORCE_SCRIPT_NAME = os.environ.get("FORCED")
INSTALLED_APPS = ["servestatic_runtime.django", "django.contrib.staticfiles"]
MIDDLEWARE = [] if "WRAPPED" in os.environ else ["servestatic_runtime.django.middleware.ServeStaticMiddleware"]
STATIC_URL = "static/"
STATIC_ROOT = BASE / "dist"
STATICFILES_DIRS = [BASE / "assets"]
STORAGES = {"staticfiles": {"BACKEND": "servestatic_runtime.django.storage.ManifestStorage"}}
SERVESTATIC = {"CODINGS": "none", "ROOT": BASE / "public"}
""",
    "urls.py": """
from django.http import HttpResponse
from django.templatetags.static import static
from django.urls import path

urlpatterns = [path("page/", lambda request: HttpResponse(static("app.css")))]
""",
    "application.py": """
import os

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from servestatic_runtime import ServeStatic, ServeStaticASGI

wsgi, asgi = get_wsgi_application(), get_asgi_application()
if "WRAPPED" in os.environ:
    wsgi, asgi = ServeStatic(wsgi, "dist"), ServeStaticASGI(asgi, "dist")


def two_mounts(environ, start_response):
    _, mount, path = environ["PATH_INFO"].split("/", 2)
    return wsgi({**environ, "SCRIPT_NAME": f"/{mount}", "PATH_INFO": f"/{path}"}, start_response)
""",
    "assets/app.css": "a{}",
    "public/robots.txt": "all",
}
HYPERCORN = ["hypercorn", "application:asgi", "--bind", "127.0.0.1:0", "--workers", "0", "--root-path", "/app"]
# The server, its environment, and the path that the proxy before it takes away.
SERVERS = {
    "gunicorn": (gunicorn("application:wsgi"), {"SCRIPT_NAME": "/app"}, ""),
    "gunicorn, a name that is forced": (gunicorn("application:wsgi"), {"FORCED": "/app"}, "/app"),
    "uvicorn, which puts the path before what it gets": (
        uvicorn("application:asgi", "--root-path", "/app", "--lifespan", "off"),
        {},
        "/app",
    ),
    "uvicorn, a name that is forced": (uvicorn("application:asgi", "--lifespan", "off"), {"FORCED": "/app"}, ""),
    "hypercorn, path kept": (HYPERCORN, {}, ""),
    "hypercorn, path stripped": (HYPERCORN, {}, "/app"),
    "two mounts of one process": (gunicorn("application:two_mounts"), {}, ""),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_tree(tmp_path_factory.mktemp("site"), PROJECT)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "project_settings"}
    command = [sys.executable, "-m", "django", "collectstatic", "--noinput"]
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    return root


# Before Django 5 a path is looked for below the name that the server gives, whatever name is forced.
_MARKS = {
    "uvicorn, a name that is forced": pytest.mark.skipif(
        django.VERSION < (5, 0), reason="Django 4.2 finds no page there"
    )
}
# A name that only Django knows, in a path that is kept: there the wrapper does not find the files.
ROWS = [
    pytest.param(server, environment, id=f"{server}, {form}", marks=_MARKS.get(server, ()))
    for server in SERVERS
    for form, environment in (("middleware", {}), ("wrapped", {"WRAPPED": "1"}))
    if not (environment and server == "uvicorn, a name that is forced")
]


@pytest.mark.slow
@pytest.mark.parametrize(("server", "wrapped"), ROWS)
def test_links_lead_to_the_files_below_every_mount(site: Path, server: str, wrapped: dict[str, str]) -> None:
    command, environment, stripped = SERVERS[server]
    mounts = ("/one", "/two", "/one") if command[1].endswith("two_mounts") else ("/app",)
    with running(command, {"DJANGO_SETTINGS_MODULE": "project_settings", **environment, **wrapped}, site) as port:

        def get(path: str) -> bytes:
            with urlopen(f"http://127.0.0.1:{port}{path.removeprefix(stripped)}", timeout=10) as response:
                body: bytes = response.read()
            return body

        for mount in mounts:
            link = get(f"{mount}/page/").decode()
            assert re.fullmatch(rf"{mount}/static/app\.[0-9a-f]{{12}}\.css", link)
            assert get(link) == b"a{}"
            assert get(f"{mount}/robots.txt") == b"all"


@pytest.fixture
def at() -> Iterator[Callable[[str], None]]:
    """Set where the request at hand finds the site."""
    yield lambda mount: set_script_prefix(f"{mount}/")
    set_script_prefix("/")


@pytest.mark.parametrize("debug", [False, True])
def test_each_request_has_the_links_of_its_mount(tmp_path: Path, at: Callable[[str], None], *, debug: bool) -> None:
    dist = compile_sources(tmp_path, Source(str(write_tree(tmp_path / "static", {"app.css": "a{}"})))).dist
    with project(dist, DEBUG=debug) as storage:
        for mount, front in (("", ""), ("/a", "/a"), ("/café", "/caf%C3%A9"), ("//b.test", "/b.test"), ("/a", "/a")):
            at(mount)
            links = [storage.url("app.css"), storage.url("css/"), PageAssets().url("app.css")]
            short = [unfingerprinted(link.encode()).decode().replace(".#", "") for link in links]
            if not debug:
                assert short == [f"{front}/static/app.css", f"{front}/static/css/", f"{front}/static/app.css"]
            elif mount in {"", "/a"}:  # Django writes the others as they are
                assert short == [f"{mount}/static/app.css", f"{mount}/static/css/", f"{mount}/static/app.css"]


@pytest.mark.parametrize("static_url", ["/static/", "https://cdn.test/static/"])
def test_an_absolute_static_url_stands_wherever_the_site_is_mounted(
    tmp_path: Path, at: Callable[[str], None], static_url: str
) -> None:
    dist = compile_sources(tmp_path, Source(str(write_tree(tmp_path / "static", {"app.css": "a{}"})))).dist
    with project(dist, STATIC_URL=static_url) as storage:
        at("/a")
        assert storage.url("app.css").startswith(f"{static_url}app.")
