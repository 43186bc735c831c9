"""One real page of each package that many projects have: every file that it asks for is there, and cached as it should be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from support import required
from support.clients import Answer, WSGIClient
from support.package_projects import PACKAGES, fetched, needed, run_in, write_project

pytestmark = pytest.mark.slow

_URL = re.compile(r"""url\(\s*['"]?([^)'"\s]+)""")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def below_static_url(path: str) -> str:
    """Return the logical name that a path has, if it has a fingerprint or not."""
    return re.sub(r"\.[0-9a-f]{12}(?=\.\w+$)", "", path).removeprefix("/static/")


def style_urls(path: str, answer: Answer) -> Iterator[str]:
    """Yield the paths that a style sheet leads to."""
    text = _COMMENT.sub("", answer.body.decode()) if path.endswith(".css") else ""
    for url in _URL.findall(text):
        if not urlsplit(url).scheme and not url.startswith("#"):
            yield unquote(urlsplit(urljoin(path, url)).path)


@pytest.mark.parametrize("name", PACKAGES)
def test_every_url_on_a_page_of_a_package_is_served(tmp_path: Path, name: str) -> None:
    package = PACKAGES[name]
    required.packages(*package.modules)
    write_project(tmp_path, package)
    for command in package.commands:
        run_in(tmp_path, *command)
    (page,) = fetched(tmp_path, package.path)
    assert page.status == 200
    paths = needed(page.text, package.path)
    made_on_request = [path for path in paths if not path.startswith("/static/")]
    assert {answer.status for answer in fetched(tmp_path, *made_on_request)} <= {200}

    client = WSGIClient(tmp_path / "dist")
    files = {path: client.get(path) for path in paths if path not in made_on_request}
    assert {*package.expected} <= {below_static_url(path) for path in files}
    assert [path for path, answer in files.items() if answer.status != 200] == []
    revalidated = {path for path, answer in files.items() if "immutable" not in answer.headers["cache-control"]}
    assert {below_static_url(path) for path in revalidated} == {*package.revalidated}
    led_to = [url for path, answer in files.items() for url in style_urls(path, answer)]
    assert [path for path in led_to if client.get(path).status != 200] == []
