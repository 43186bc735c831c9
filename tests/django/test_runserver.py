"""``runserver``, really started: static files from our middleware, whatever the project has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from servestatic_runtime.django.middleware_order import MIDDLEWARE, placed
from support.servers import running
from support.trees import Tree, write_tree

pytestmark = pytest.mark.slow

SECURITY = "django.middleware.security.SecurityMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"

SETTINGS = """
import os
DEBUG = True
SECRET_KEY = "x" * 50
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = os.environ["APPS"].split()
MIDDLEWARE = os.environ.get("MIDDLEWARE", "").split()
ROOT_URLCONF = "urls"
STATIC_URL = "/static/"
STATICFILES_DIRS = ["assets"]
"""
PROJECT: Tree = {
    "project_settings.py": SETTINGS,
    "urls.py": "from django.urls import path; urlpatterns = [path('page', lambda request: None)]",
    "assets/app.css": "a{}",
    "other/__init__.py": "",
    "other/management/__init__.py": "",
    "other/management/commands/__init__.py": "",
    "other/management/commands/runserver.py": """
from django.core.management.commands import runserver

class Command(runserver.Command):
    def inner_run(self, *args, **options):
        print("the other app's")
        super().inner_run(*args, **options)
""",
}
OURS, STATICFILES = "servestatic_runtime.django", "django.contrib.staticfiles"


def answers(tmp_path: Path, *options: str, **env: str) -> tuple[httpx.Response, httpx.Response]:
    """Run the server and return the answers for a file and for none."""
    write_tree(tmp_path, PROJECT)
    command = ["django", "runserver", "--noreload", "--skip-checks", *options, "127.0.0.1:0"]
    env = {"DJANGO_SETTINGS_MODULE": "project_settings", **env}
    with running(command, env, tmp_path) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}/static/") as client:
        return client.get("app.css"), client.get("no.css")


@pytest.mark.parametrize(
    "env",
    [
        pytest.param({"APPS": f"{OURS} {STATICFILES}"}, id="the app"),
        pytest.param({"APPS": OURS}, id="the app without Django's"),
        pytest.param({"APPS": f"{OURS} {STATICFILES}", "MIDDLEWARE": f"{SECURITY} {MIDDLEWARE}"}, id="both"),
        pytest.param({"APPS": f"{OURS} other"}, id="an app that has a runserver of its own"),
    ],
)
def test_runserver_serves_what_the_finders_find(tmp_path: Path, env: dict[str, str]) -> None:
    answer, missing = answers(tmp_path, **env)
    assert (answer.status_code, answer.text, answer.headers["cache-control"]) == (200, "a{}", "no-cache")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert missing.status_code == 404
    assert "It was looked for in" in missing.text


def test_nostatic_leaves_the_middleware_as_it_is(tmp_path: Path) -> None:
    answer, _ = answers(tmp_path, "--nostatic", APPS=f"{OURS} {STATICFILES}")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("middleware", "expected"),
    [
        ([], [MIDDLEWARE]),
        ([COMMON], [MIDDLEWARE, COMMON]),
        ([SECURITY, COMMON], [SECURITY, MIDDLEWARE, COMMON]),
        ([COMMON, MIDDLEWARE], [COMMON, MIDDLEWARE]),
    ],
)
def test_the_middleware_stands_behind_security(middleware: list[str], expected: list[Any]) -> None:
    assert placed(middleware) == expected
