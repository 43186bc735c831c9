"""Django on a system without POSIX: collectstatic compiles, also while a release is served, and DEBUG needs none.

``test_without_posix`` runs it; on Windows itself ``make test`` does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings
from django.templatetags.static import static
from django.test import override_settings

if not settings.configured:
    settings.configure(
        SECRET_KEY="x" * 50,
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=["servestatic_runtime.django", "django.contrib.staticfiles"],
        STATIC_URL="static/",
    )
    django.setup()

from support.django_clients import VIEW, DjangoASGIClient, DjangoWSGIClient
from support.django_projects import QUICK, STORAGES, run
from support.trees import Tree, write_tree

TREE: Tree = {"css/app.css": "a{background:url(../img/a.png)}", "img/a.png": b"png" * 300_000, "empty.txt": ""}


@pytest.fixture
def project(tmp_path: Path) -> dict[str, Any]:
    """Return the settings of a project with a few files."""
    write_tree(tmp_path / "assets", TREE)
    return {
        "STATICFILES_DIRS": [tmp_path / "assets"],
        "STATIC_ROOT": tmp_path / "dist",
        "STORAGES": STORAGES,
        "SERVESTATIC": {**QUICK, "RELOAD": True},
    }


def collected(project: dict[str, Any]) -> list[str]:
    """Compile, and return the URLs of TREE."""
    with override_settings(**project):
        run("collectstatic", clear=True)
        return [static(name) for name in TREE]


@pytest.mark.parametrize("kind", [DjangoWSGIClient, DjangoASGIClient], ids=["WSGI", "ASGI"])
def test_a_project_is_compiled_served_and_compiled_anew(project: dict[str, Any], kind: Any, tmp_path: Path) -> None:
    style_sheet, image, empty = collected(project)
    client = kind(tmp_path / "dist", **project)
    assert (client.get(image).body, client.get(empty).body) == (TREE["img/a.png"], b"")
    write_tree(tmp_path / "assets", {"css/app.css": "b{}"})
    following, *others = collected(project)
    assert (following != style_sheet, others) == (True, [image, empty])
    assert (client.get(following).body, client.get(style_sheet).body) == (b"b{}", VIEW)


@pytest.mark.parametrize("kind", [DjangoWSGIClient, DjangoASGIClient], ids=["WSGI", "ASGI"])
def test_under_debug_files_are_served_as_they_are(project: dict[str, Any], kind: Any, tmp_path: Path) -> None:
    client = kind(tmp_path / "dist", **{**project, "DEBUG": True})
    for path, body in TREE.items():
        assert client.get(f"/static/{path}").body == (body.encode() if isinstance(body, str) else body)
    write_tree(tmp_path / "assets", {"empty.txt": "more"})
    assert client.get("/static/empty.txt").body == b"more"
    answer = client.get("/static/no.css")
    assert (answer.status, b"It was looked for in" in answer.body) == (404, True)
