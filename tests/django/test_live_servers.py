"""Servers that a project's own tests start: with a release in STATIC_ROOT, an old one too, they serve what the finders find."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import required
from support.trees import Tree, write_tree

pytestmark = pytest.mark.slow

PROJECT: Tree = {
    "project_settings.py": """
from pathlib import Path

BASE = Path(__file__).parent
SECRET_KEY = "x" * 50
ROOT_URLCONF = "urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE / "db.sqlite3"}}
INSTALLED_APPS = ["servestatic_runtime.django", "django.contrib.staticfiles"]
MIDDLEWARE = ["servestatic_runtime.django.middleware.ServeStaticMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [BASE / "templates"]}]
STATIC_URL = "static/"
STATIC_ROOT = BASE / "dist"
STATICFILES_DIRS = [BASE / "assets"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "servestatic_runtime.django.storage.ManifestStorage"},
}
SERVESTATIC = {"CODINGS": "none", "KEEP_ONLY_HASHED_FILES": True}
""",
    "urls.py": """
from django.shortcuts import render
from django.urls import path

urlpatterns = [path("page/", lambda request: render(request, "page.html"))]
""",
    "templates/page.html": "{% load static servestatic %}{% asset_script 'app.js' %}<img src=\"{% static 'new.png' %}\">",
    "assets/app.js": "old",
    "fetched.py": """
import re
from urllib.request import urlopen


def fetched(url):
    page = urlopen(f"{url}/page/").read().decode()
    return [urlopen(url + link).read() for link in re.findall('src="(.*?)"', page)]
""",
    "tests.py": """
from django.contrib.staticfiles.testing import StaticLiveServerTestCase
from django.test import SimpleTestCase
from fetched import fetched


class Live(StaticLiveServerTestCase):
    def test_page(self):
        self.assertEqual(fetched(self.live_server_url), [b"changed", b"new"])


class InProcess(SimpleTestCase):
    def test_page(self):
        for path, body in (("app.js", b"changed"), ("new.png", b"new")):
            self.assertEqual(b"".join(self.client.get(f"/static/{path}")), body)
""",
    "test_live.py": """
from fetched import fetched


def test_page(live_server):
    assert fetched(live_server.url) == [b"changed", b"new"]
""",
}


def python(root: Path, *command: str) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "project_settings", "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["django", "test", "tests"], id="StaticLiveServerTestCase"),
        pytest.param(["pytest", "-q", "-p", "pytest_django", "-p", "no:xdist", "test_live.py"], id="live_server"),
    ],
)
@pytest.mark.parametrize("has_release", [True, False])
def test_a_live_server_serves_what_the_finders_find(tmp_path: Path, command: list[str], *, has_release: bool) -> None:
    required.packages("pytest_django")
    root = write_tree(tmp_path, PROJECT)
    if has_release:
        python(root, "django", "collectstatic", "--noinput")
    write_tree(root, {"assets/app.js": "changed", "assets/new.png": "new"})
    python(root, *command)
