"""Packages that read and write STATIC_ROOT, in the documented order: what they make is served, and their next run finds it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from servestatic_runtime import Manifest
from support.clients import WSGIClient
from support.package_projects import run_in
from support.releases import snapshot
from support.trees import Tree, write_tree

pytestmark = pytest.mark.slow

SETTINGS = """
from pathlib import Path

BASE = Path(__file__).parent
SECRET_KEY = "x" * 50
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["servestatic_runtime.django", "django.contrib.staticfiles", "compressor", "statici18n", "django_js_reverse"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic_runtime.django.middleware.ServeStaticMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [BASE / "templates"], "APP_DIRS": True}]
LANGUAGES = [("en", "English"), ("de", "German")]
USE_I18N = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE / "dist"
STATICFILES_DIRS = [BASE / "assets"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "compressor.finders.CompressorFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "servestatic_runtime.django.storage.ManifestStorage"},
}
SERVESTATIC = {"CODINGS": ["gzip"]}
COMPRESS_OFFLINE = OFFLINE
"""
PROJECT: Tree = {
    "urls.py": """
from django.shortcuts import render
from django.urls import path

urlpatterns = [path("page/", lambda request: render(request, "page.html"), name="page")]
""",
    "fetch.py": """
import sys
import django

django.setup()
from django.test import Client

for path in sys.argv[1:]:
    response = Client().get(path)
    print(response.status_code, b"".join(response).decode())
""",
    "fetch_in_tests.py": """
import django

django.setup()
from django.test.utils import setup_test_environment

setup_test_environment()
exec(open("fetch.py").read())
""",
    "templates/page.html": """{% load static compress %}
{% compress css %}<link rel="stylesheet" href="{% static 'css/app.css' %}">
<link rel="stylesheet" href="{% static 'css/more.css' %}">{% endcompress %}
{% compress js %}<script src="{% static 'js/app.js' %}"></script>{% endcompress %}
""",
    "assets/css/app.css": "h1 { background: url(../img/a.png) }",
    "assets/css/more.css": "h2 { color: red }",
    "assets/img/a.png": "png",
    "assets/js/app.js": "let long_name = 1;  // a comment",
}


def project(tmp_path: Path, *, offline: bool) -> Path:
    return write_tree(tmp_path, {**PROJECT, "project_settings.py": SETTINGS.replace("OFFLINE", str(offline))})


def linked(page: str) -> list[str]:
    return re.findall(r'(?:href|src)="([^"]*)"', page)


def serve(root: Path, *urls: str) -> list[tuple[int, str, str]]:
    """Return the status, the Cache-Control and the body of URLs, as a process that starts now serves them."""
    client = WSGIClient(root / "dist")
    answers = [client.get(url) for url in urls]
    return [(answer.status, answer.headers.get("cache-control", ""), answer.body.decode()) for answer in answers]


def test_django_compressor_offline(tmp_path: Path) -> None:
    root = project(tmp_path, offline=True)
    for command in (["collectstatic", "--noinput"], ["compress", "--force"], ["compilestatic", "--noinput"]):
        run_in(root, *command)
    links = linked(run_in(root, "fetch.py", "/page/"))
    assert [re.sub("[0-9a-f]{12}", "#", link) for link in links] == [
        "/static/CACHE/css/output.#.css",
        "/static/CACHE/js/output.#.js",
    ]
    assert linked(run_in(root, "fetch_in_tests.py", "/page/")) == links  # compressor knows blocks by their URLs
    (css, script) = serve(root, *links)
    assert css[0] == script[0] == 200
    assert "immutable" in css[1]
    (image,) = re.findall(r"url\(['\"]?([^)'\"?]*)", css[2])
    assert serve(root, image)[0][::2] == (200, "png")
    assert (root / "dist" / links[0].removeprefix("/static/")).is_file()  # for nginx
    before = snapshot(root / "dist")
    run_in(root, "compilestatic", "--clear", "--noinput")
    kept = {path for path in before if not path.startswith(".servestatic-build.releases/")}  # --clear forgets these
    assert snapshot(root / "dist").keys() == kept


def test_django_compressor_online(tmp_path: Path) -> None:
    root = project(tmp_path, offline=False)
    run_in(root, "collectstatic", "--noinput")
    links = linked(run_in(root, "fetch.py", "/page/"))
    assert all((root / "dist" / link.removeprefix("/static/")).is_file() for link in links)  # nginx serves it at once
    run_in(root, "compilestatic", "--noinput")
    assert [status for status, _, _ in serve(root, *links)] == [200, 200]


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (["compilejsi18n"], ["jsi18n/en/djangojs.js", "jsi18n/de/djangojs.js"]),
        (["collectstatic_js_reverse"], ["django_js_reverse/js/reverse.js"]),
    ],
    ids=["django-statici18n", "django-js-reverse"],
)
def test_what_packages_generate_is_served_at_its_plain_url(
    tmp_path: Path, command: list[str], names: list[str]
) -> None:
    root = project(tmp_path, offline=False)
    for each in (["collectstatic", "--noinput"], command, ["compilestatic", "--noinput"]):
        run_in(root, *each)
    urls = [f"/static/{name}" for name in names]
    manifest = Manifest.open(root / "dist")
    assert [manifest.url(name) for name in names] == urls
    assert {status for status, _, _ in serve(root, *urls)} == {200}
    run_in(root, *command)  # again: it finds what it wrote, and the next build is none
    assert "is up to date" in run_in(root, "compilestatic", "--noinput")
