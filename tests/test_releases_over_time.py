"""Releases follow each other in one DIST, and the servers never stop: what is kept is served, and what is not is gone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import django
import pytest

from servestatic_build import Source
from servestatic_build.releases.history import Clock
from servestatic_build.stages import Silent
from servestatic_build.store.rollback import roll_back
from servestatic_build.verification.verify import verify
from servestatic_runtime import Manifest
from support.browser import chromium
from support.connections import Got, ask, connected
from support.nginx import nginx
from support.servers import gunicorn, running, uvicorn
from support.trees import Compiled, Tree, compile_sources, compile_tree, write_tree

pytestmark = pytest.mark.slow

APPS = {
    "app.py": """
from servestatic_runtime import ServeStatic, ServeStaticASGI
wsgi = ServeStatic(None, "dist", reload=True)
asgi = ServeStaticASGI(None, "dist", reload=True)
""",
    "project.py": """
from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    STATIC_URL="/static/",
    MIDDLEWARE=["servestatic_runtime.django.middleware.ServeStaticMiddleware"],
    SERVESTATIC={"MANIFEST": "dist", "RELOAD": True},
)
urlpatterns = []
application = get_wsgi_application()
""",
}
SERVERS = {
    "uvicorn": uvicorn("app:asgi"),
    "gunicorn": gunicorn("app:wsgi"),
    "Django": gunicorn("project:application"),
}
CODINGS = ("identity", "gzip", "br", "zstd")
KEEP: Mapping[str, Any] = {"keep_releases": 3, "keep_days": 0, "grace_minutes": 0}
ADMIN = Path(django.__file__).parent / "contrib/admin/static/admin"
CHANGES = ("css/base.css", "css/widgets.css", "js/core.js", "img/icon-yes.svg")  # from release to release


class Body(NamedTuple):
    """What a URL answers with in a coding."""

    etag: str
    digest: bytes  # SHA-256 of the coded bytes


Expected = Mapping[tuple[str, str], Body]  # by URL and coding


@contextmanager
def served(root: Path, *names: str) -> Iterator[dict[str, int]]:
    """Serve ``root/dist`` on these servers, whatever release is there; yield their ports."""
    write_tree(root, APPS)
    with ExitStack() as stack:
        yield {name: stack.enter_context(running(SERVERS[name], cwd=root)) for name in names}


def released(root: Path, number: int, **changed: Any) -> Compiled:
    """Compile a release of the admin's files into ``root/dist``; it differs from the others in CHANGES."""
    source = root / "src"
    for part in ("css", "img") if not source.exists() else ():
        shutil.copytree(ADMIN / part, source / part)
    for name in CHANGES:
        text = (ADMIN / name).read_text()
        end = f"<!-- {number} -->" if name.endswith(".svg") else f"/* {number} */"
        write_tree(source, {name: f"{text}\n{end}\n"})
    write_tree(source, {"page.html": f'<link rel=stylesheet href="css/base.css"><p>{number}'})
    # The files have one date and one size in each release, which is what a build usually goes by.
    settings = {**KEEP, "codings": CODINGS[1:], "cache": str(root / "cache"), "verify_content": True}
    settings |= changed
    done = compile_sources(root, Source(str(source)), **settings)
    assert done.result.ok, done.messages()
    return done


def urls_of(dist: Path) -> dict[tuple[str, str], Body]:
    """Return what the fingerprinted URLs of the current release answer."""
    return {
        (asset.url, variant.coding): Body(variant.etag, sha256((dist / variant.file).read_bytes()).digest())
        for asset in Manifest.open(dist)
        if asset.immutable
        for variant in asset.variants
    }


def mistakes(port: int, expected: Expected, stop: Event | None = None) -> list[str]:
    """Ask for all that is expected, until it has all been asked for or ``stop`` is set; return what is wrong."""
    wrong = []
    for (url, coding), body in [*expected.items()]:
        if stop is not None and stop.is_set():
            break
        got = asked(port, url, coding)
        if (url, coding) in expected and not _is(got, coding, body):
            wrong.append(f"{got.status} {url} {coding} {got.headers}")
    return wrong


def asked(port: int, url: str, coding: str) -> Got:
    """Ask over a connection of its own: one that waits may be closed just when it is used."""
    with closing(connected(port)) as connection:
        return ask(connection, url, accept_encoding=coding)


def _is(got: Got, coding: str, body: Body) -> bool:
    return (
        got.status == 200
        and got.headers.get("content-encoding", "identity") == coding
        and got.headers["etag"] == body.etag
        and sha256(got.body).digest() == body.digest
        and "immutable" in got.headers["cache-control"]
    )


@contextmanager
def asked_all_the_time(ports: Mapping[str, int], expected: Expected) -> Iterator[list[str]]:
    """Ask each server for what is expected, over and over, until the block ends; yield what is wrong."""
    stop, wrong = Event(), list[str]()
    done = {name: Event() for name in ports}

    def go_on(name: str) -> None:
        while not stop.is_set():
            wrong.extend(f"{name}: {each}" for each in mistakes(ports[name], expected, stop))
            done[name].set()

    threads = [Thread(target=go_on, args=(name,)) for name in ports]
    for thread in threads:
        thread.start()
    try:
        yield wrong
        assert all(event.wait(60) for event in done.values())
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("releases", [2, 20])
def test_every_url_of_a_kept_release_is_served_while_builds_go_on_and_then_gone(tmp_path: Path, releases: int) -> None:
    dist = released(tmp_path, 0).dist
    by_release = [urls_of(dist)]
    expected = dict(by_release[0])
    with served(tmp_path, *SERVERS) as ports:
        with asked_all_the_time(ports, expected) as wrong:
            for number in range(1, releases):
                for key in expected.keys() - {key for each in by_release[-3:] for key in each}:
                    del expected[key]  # this build forgets it
                released(tmp_path, number)
                by_release.append(urls_of(dist))
                expected |= by_release[-1]
        assert wrong == []
        released(tmp_path, releases - 1)
        kept = {key: body for each in by_release[-4:] for key, body in each.items()}
        gone = {key[0]: None for each in by_release[:-4] for key in each if key not in kept}
        for port in ports.values():
            assert mistakes(port, kept) == []
            assert {asked(port, url, "gzip").status for url in [*gone][:20]} <= {404}
    assert (len(gone) > 0) is (releases > 4)
    assert files_of(dist) == needed(dist)
    assert problems(dist) == []


def files_of(dist: Path) -> set[str]:
    return {str(path.relative_to(dist)) for path in (dist / "files").rglob("*") if path.is_file()}


def needed(dist: Path) -> set[str]:
    """Return the files that the current release lists, and those of the earlier ones that it keeps."""
    manifest = Manifest.open(dist)
    kept = [Manifest.open(dist / f".servestatic-build.releases/{each.id}.msgpack") for each in manifest.releases()[1:]]
    assert len([*(dist / ".servestatic-build.releases").iterdir()]) == len(kept)
    files = {variant.file for release in (manifest, *kept) for asset in release for variant in asset.bodies}
    return files | {variant.file for url in manifest.retired() for variant in url.variants}


def problems(dist: Path) -> list[str]:
    found = verify(str(dist), sample=None, missing="error", progress=Silent()).problems
    return [f"{each.severity} {each.place}: {each.message}" for each in found]


Answers = dict[str, set[tuple[str, str, bytes]]]  # by plain URL: coding, ETag and body


def add_plain_answers(answers: Answers, dist: Path) -> None:
    """Add what the plain URLs of the current release answer."""
    for name in ("page.html", *CHANGES):
        for variant in Manifest.open(dist).asset(name).variants:
            body = (dist / variant.file).read_bytes()
            answers.setdefault(f"/static/{name}", set()).add((variant.coding, variant.etag, body))


def look(port: int, answers: Answers, stop: Event, seen: set[str], wrong: list[str]) -> None:
    """Ask for plain URLs until ``stop`` is set."""
    while not stop.is_set():
        for path, known in answers.items():
            got = asked(port, path, "gzip, br")
            answer = (got.headers.get("content-encoding", "identity"), got.headers.get("etag", ""), got.body)
            if got.status != 200 or answer not in known:
                wrong.append(f"{got.status} {path} {got.headers}")
            seen.add(answer[1])


def test_rolling_back_and_forward_under_load_gives_no_failed_and_no_mixed_answer(tmp_path: Path) -> None:
    """An answer is wholly of one release: its ETag, its coding and its bytes are those of one variant there."""
    answers: Answers = {}
    expected: dict[tuple[str, str], Body] = {}
    for number in range(2):
        dist = released(tmp_path, number, label=str(number)).dist
        expected |= urls_of(dist)
        add_plain_answers(answers, dist)
    stop, wrong, seen = Event(), list[str](), set[str]()
    with served(tmp_path, "uvicorn", "Django") as ports, asked_all_the_time(ports, expected) as failed:
        looking = Thread(target=look, args=(ports["uvicorn"], answers, stop, seen, wrong))
        looking.start()
        try:
            for number in range(30):
                roll_back(str(dist), str(number % 2), Clock(1_800_000_000 + number))
        finally:
            stop.set()
            looking.join()
        assert problems(dist) == []
    assert (wrong, failed) == ([], [])
    assert len(seen) > len(answers), "answers of both releases"


PAGES: list[Tree] = [
    {
        "app.js": """
            import { name } from "./name.js";
            globalThis.later = () => import("./later.js").then((chunk) => name + chunk.text);
            document.title = name;
        """,
        "name.js": f'export const name = "release {number}";',
        "later.js": 'import { name } from "./name.js";\nexport const text = ` and its chunk, ${name}`;',
        "app.css": f"a {{ background: url(a.svg?{number}) }} /* {number} */",
        "a.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
    }
    for number in (1, 2)
]
PROXY = """
upstream app {{
    server 127.0.0.1:{old};
    server 127.0.0.1:{new};
}}
server {{
    listen 80;
    location / {{
        proxy_pass http://app;
        proxy_next_upstream error timeout http_404;
    }}
}}
"""
PAGE = """
<!doctype html><link rel=icon href="data:,"><link rel=stylesheet href="{css}">
<a></a><script type=module src="{js}"></script>
"""


def deployed(root: Path, number: int) -> Path:
    """Compile a release into ``root/dist``, and set a page beside it whose URLs a template has filled in."""
    done = compile_tree(root, PAGES[number - 1], plain_urls=False)
    assert done.result.ok, done.messages()
    page = PAGE.format(css=done.url("app.css"), js=done.url("app.js"))
    write_tree(root, {"app.py": _APP_WITH_PAGE, "page.html": page})
    return done.dist


_APP_WITH_PAGE = """
from pathlib import Path
from servestatic_runtime import ServeStatic

PAGE = Path("page.html").read_bytes()

def view(environ, start_response):
    if not environ["PATH_INFO"].startswith("/page"):
        start_response("404 Not Found", [("Content-Length", "0")])
        return [b""]
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(PAGE)))])
    return [PAGE]

wsgi = ServeStatic(view, "dist")
"""


def test_during_a_rolling_deploy_pages_of_both_releases_load_all_they_ask_for(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    shutil.copytree(deployed(old, 1), new / "dist")
    deployed(new, 2)
    (tmp_path / "nginx").mkdir()
    with ExitStack() as stack:
        ports = [stack.enter_context(running(gunicorn("app:wsgi"), cwd=root)) for root in (old, new)]
        proxy = stack.enter_context(nginx(PROXY.format(old=ports[0], new=ports[1]), tmp_path / "nginx"))
        browser = stack.enter_context(chromium())
        titles = set()
        for number in range(6):
            with browser.profile() as user, browser.tab(f"http://127.0.0.1:{proxy.port}/page{number}", user) as tab:
                name = tab.run("document.title")
                assert tab.run("later()") == f"{name} and its chunk, {name}"
            assert tab.visit.problems == []
            if name in titles:
                asked(proxy.port, "/page", "gzip")  # it is the turn of the other one
            titles.add(name)
        assert titles == {"release 1", "release 2"}
