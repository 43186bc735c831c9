"""One Django for all tests here: a project with the admin, which override_settings turns into what a test needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import django
import pytest
from django.conf import settings
from django.core.signals import request_finished
from django.test.utils import setup_test_environment, teardown_test_environment
from django.urls import clear_script_prefix

from servestatic_build import Source
from servestatic_build.settings.globs import Globs
from servestatic_build.settings.header_rules import HeaderRule
from servestatic_runtime import bodies
from support.django_clients import CHUNK, LARGE
from support.opened import opened_by_the_runtime
from support.trees import Compiled, compile_sources, write_tree

if not settings.configured:
    settings.configure(
        SECRET_KEY="x" * 50,
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=[
            "servestatic_runtime.django",
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "django.contrib.staticfiles",
        ],
        STATIC_URL="static/",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        USE_TZ=True,
    )
    django.setup()


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    root = tmp_path_factory.mktemp("release")
    static = write_tree(
        root / "static",
        {
            "app.css": "h1 { color: red }\n" * 300,
            "dot.png": b"\x89PNG" + bytes(1000),
            "docs/index.html": "<h1>Docs</h1>",
            "empty.txt": "",
            "café.txt": "café",
            "large.bin": LARGE,
            "bare.txt": "no validators" * 99,
            "linked.txt": "two of one name",
        },
    )
    public = write_tree(root / "public", {"robots.txt": "User-agent: *\n"})
    rules = (
        HeaderRule(Globs(("bare.txt",)), remove=("ETag", "Last-Modified")),
        HeaderRule(Globs(("linked.txt",)), add={"Link": "<a>; rel=x"}),
        HeaderRule(Globs(("linked.txt",)), add={"Link": "<b>; rel=y"}),
    )
    sources = Source(str(static)), Source(str(public), "/")
    return compile_sources(root, *sources, codings=("gzip", "br"), headers=rules)


@pytest.fixture(autouse=True)
def _script_prefix() -> Iterator[None]:
    """Forget where the last request was mounted: Django remembers that for the thread."""
    clear_script_prefix()
    yield
    clear_script_prefix()


@pytest.fixture
def small_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LARGEST_CACHED", 10_000)
    monkeypatch.setattr(bodies, "CHUNK_BYTES", CHUNK)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[BinaryIO]:
    """All files that the runtime opened."""
    return opened_by_the_runtime(monkeypatch)


@pytest.fixture
def every_file_is_closed(opened: list[BinaryIO]) -> Iterator[None]:
    yield
    assert [file.name for file in opened if not file.closed] == []


@pytest.fixture
def in_tests() -> Iterator[None]:
    """Be in the tests of a project, as its runner sets them up."""
    setup_test_environment()
    yield
    teardown_test_environment()


@pytest.fixture
def finished() -> Iterator[list[Any]]:
    """The senders of request_finished."""
    senders: list[Any] = []

    def note(sender: Any, **_: Any) -> None:
        senders.append(sender)

    request_finished.connect(note)
    yield senders
    request_finished.disconnect(note)
