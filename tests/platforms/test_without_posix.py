"""Windows and macOS, as far as they can be tried here: the suites run where Python lacks what those systems lack."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from support.manifests import two_releases
from support.servers import running
from support.trees import write_tree
from support.without_posix import PLATFORMS

TESTS = Path(__file__).parent.parent
SUITES = sorted((TESTS / "platforms/suites").glob("*.py"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="finds the open files in /proc"),
]


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases, for suites without the compiler."""
    return two_releases(tmp_path_factory.mktemp("releases"))


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.stem)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_suite_passes(platform: str, suite: Path, releases: Path, tmp_path: Path) -> None:
    options = ["-p", "no:xdist", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'inner'}"]
    command = [sys.executable, "-m", "support.without_posix", platform, "pytest", *options, str(suite)]
    variables = {**os.environ, "RELEASES": str(releases)}
    done = subprocess.run(command, cwd=TESTS, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


SETTINGS = """
DEBUG = True
SECRET_KEY = "x" * 50
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["servestatic_runtime.django", "django.contrib.staticfiles"]
ROOT_URLCONF = "urls"
STATIC_URL = "/static/"
STATICFILES_DIRS = ["assets"]
"""


@pytest.mark.parametrize("platform", PLATFORMS)
def test_runserver_serves_what_the_finders_find(platform: str, tmp_path: Path) -> None:
    files = {"project_settings.py": SETTINGS, "urls.py": "urlpatterns = []", "assets/app.css": "a{}"}
    write_tree(tmp_path, files)
    variables = {"DJANGO_SETTINGS_MODULE": "project_settings", "PYTHONPATH": str(TESTS)}
    command = ["support.without_posix", platform, "django", "runserver", "--noreload", "--skip-checks", "127.0.0.1:0"]
    with running(command, variables, tmp_path) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        answer = client.get("/static/app.css")
        assert (answer.status_code, answer.text) == (200, "a{}")
