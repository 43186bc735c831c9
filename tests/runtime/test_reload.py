"""A new release under a process that serves: noticed where that was asked for, whole, and the old one let go."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from servestatic_runtime import Manifest, ManifestError, ServeStatic, ServeStaticASGI, platform_files
from servestatic_runtime.bodies import LARGEST_CACHED
from support.asgi import Sent, http_scope, receive
from support.clients import Client, Kind
from support.codings import DECODERS, decoded
from support.servers import gunicorn, running, uvicorn
from support.trees import Tree, compile_tree, write_tree

LARGE = {letter: random.Random(letter).randbytes(LARGEST_CACHED + 1) for letter in "ab"}
PLAIN = ["/static/a.css", "/static/large.bin", "/static/page.html"]

needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="counts mappings and descriptors in /proc")


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The manifests of two releases, of which a DIST has all files; only plain URLs are the same."""
    root = tmp_path_factory.mktemp("releases")
    manifests = {}
    for letter in "ab":
        tree: Tree = {"a.css": f"/* {letter} */" * 999, "large.bin": LARGE[letter], "page.html": f"<p>{letter}" * 99}
        compiled = compile_tree(root, tree, codings=("gzip", "br", "zstd"))
        manifests[letter] = (compiled.dist / "manifest.msgpack").read_bytes()
    manifests["dist"] = str(compiled.dist).encode()
    return manifests


class Deployed:
    """A DIST, and how a release comes to it."""

    def __init__(self, dist: Path, releases: dict[str, bytes]) -> None:
        self.dist = dist
        self.manifest = dist / "manifest.msgpack"
        self.releases = releases

    def deploy(self, letter: str) -> None:
        self.put(self.releases[letter])

    def put(self, manifest: bytes) -> None:
        aside = self.dist / "manifest.aside"
        aside.write_bytes(manifest)
        aside.replace(self.manifest)


@pytest.fixture
def deployed(tmp_path: Path, releases: dict[str, bytes]) -> Deployed:
    shutil.copytree(releases["dist"].decode(), tmp_path / "dist")
    deployed = Deployed(tmp_path / "dist", releases)
    deployed.deploy("a")
    return deployed


@pytest.fixture
def client(kind: Kind, deployed: Deployed) -> Client:
    return kind(deployed.dist, reload=True)


def served(client: Client) -> str:
    """Return the letter of the release that answers."""
    page = client.get("/static/page.html")
    assert page.status == 200
    assert client.get("/static/large.bin").body == LARGE[page.body[3:4].decode()]
    return page.body[3:4].decode()


def test_the_next_request_gets_the_new_release(client: Client, deployed: Deployed) -> None:
    for letter in "abaab":
        deployed.deploy(letter)
        assert served(client) == letter


def test_a_manifest_may_be_named_itself(kind: Kind, deployed: Deployed) -> None:
    client = kind(deployed.manifest, reload=True)
    deployed.deploy("b")
    assert served(client) == "b"


def test_templates_may_ask_the_release_that_is_served(client: Client, deployed: Deployed) -> None:
    before = client.app.manifest.url("large.bin")
    deployed.deploy("b")
    assert served(client) == "b"
    assert client.app.manifest.url("large.bin") == Manifest.open(deployed.dist).url("large.bin") != before


def test_nothing_is_looked_at_unless_it_was_asked_for(kind: Kind, deployed: Deployed) -> None:
    client = kind(deployed.dist)
    deployed.deploy("b")
    assert served(client) == "a"
    deployed.manifest.unlink()
    assert served(client) == "a"


def test_where_it_is_strict_there_has_to_be_a_release_to_begin_with(kind: Kind, tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="No such file"):
        kind(tmp_path, reload=True, strict=True)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param(lambda d: d.manifest.unlink(), "No such file or directory", id="missing"),
        pytest.param(lambda d: d.put(b""), "the file is empty", id="empty"),
        pytest.param(lambda d: d.put(d.releases["b"][:900]), "it has 900 bytes", id="truncated"),
        pytest.param(lambda d: d.put(b"x" * 9000), "it does not begin like a manifest", id="something else"),
        pytest.param(lambda d: shutil.rmtree(d.dist), "No such file or directory", id="no DIST"),
    ],
)
def test_a_manifest_that_can_not_be_read_changes_nothing_and_is_logged_once(
    client: Client,
    deployed: Deployed,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[Deployed], object],
    words: str,
) -> None:
    assert served(client) == "a"
    damage(deployed)
    for _ in range(3):
        assert client.get("/static/page.html").body[3:4] == b"a"
    (message,) = caplog.messages
    assert message.startswith(f"{deployed.manifest}: {words}")


def test_after_an_unreadable_manifest_a_good_one_is_taken_and_a_bad_one_logged(
    client: Client, deployed: Deployed, caplog: pytest.LogCaptureFixture
) -> None:
    for times, letter in enumerate("bab", 1):
        deployed.put(b"bad")
        served(client)
        assert len(caplog.messages) == times
        deployed.deploy(letter)
        assert served(client) == letter


def test_a_manifest_that_is_copied_slowly_is_logged_once(
    client: Client, deployed: Deployed, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = deployed.releases["b"]
    deployed.put(b"")
    with deployed.manifest.open("ab", buffering=0) as file:
        for start in range(0, len(manifest), 200):
            served(client)
            file.write(manifest[start : start + 200])
    assert served(client) == "b"
    assert len(caplog.messages) == 1


def test_a_failure_is_logged_again_after_a_reload(
    client: Client, deployed: Deployed, caplog: pytest.LogCaptureFixture
) -> None:
    for file in deployed.dist.glob("files/static/large.*"):
        file.unlink()
    for letter in "aba":
        deployed.deploy(letter)
        for _ in range(2):
            assert client.get("/static/large.bin").status == 500
    assert len(caplog.messages) == 3


def test_a_release_of_the_same_size_and_date_in_the_same_place_is_another(tmp_path: Path, kind: Kind) -> None:
    first, second = (compile_tree(tmp_path / name, {"page.html": f"<p>{name}"}).dist for name in "ab")
    (first / "manifest.msgpack").chmod(0o644)
    client = kind(first, reload=True)
    assert client.get("/static/page.html").body == b"<p>a"
    manifest, date = first / "manifest.msgpack", (first / "manifest.msgpack").stat().st_mtime_ns
    shutil.copytree(second / "files", first / "files", dirs_exist_ok=True)
    assert manifest.write_bytes((second / "manifest.msgpack").read_bytes()) == manifest.stat().st_size
    os.utime(manifest, ns=(date, date))  # as an archive's dates are set, or by rsync
    assert client.get("/static/page.html").body == b"<p>b"


@pytest.mark.parametrize(("reload", "letter"), [(True, "b"), (False, "a")])
def test_a_link_to_dist_may_be_turned_to_another(kind: Kind, tmp_path: Path, reload: bool, letter: str) -> None:
    for name in "ab":
        compile_tree(tmp_path / name, {"page.html": f"<p>{name}", "large.bin": LARGE[name]})
    link, turned = tmp_path / "current", tmp_path / "turned"
    link.symlink_to(tmp_path / "a/dist")
    client = kind(link, reload=reload)
    turned.symlink_to(tmp_path / "b/dist")
    turned.replace(link)
    assert served(client) == letter


@pytest.mark.parametrize(("reload", "letter"), [(True, "b"), (False, "a")])
def test_dist_may_be_moved_and_another_put_in_its_place(
    kind: Kind, tmp_path: Path, reload: bool, letter: str, caplog: pytest.LogCaptureFixture
) -> None:
    for name in "ab":
        compile_tree(tmp_path / name, {"page.html": f"<p>{name}", "large.bin": LARGE[name]})
    dist = tmp_path / "a/dist"
    client = kind(dist, reload=reload)
    dist.rename(tmp_path / "old")
    assert served(client) == "a"
    (tmp_path / "b/dist").rename(dist)
    assert served(client) == letter
    assert len(caplog.messages) == reload  # once, that there was none


@pytest.mark.parametrize("reload", [True, False])
def test_dist_may_be_removed_and_the_same_put_there_again(kind: Kind, tmp_path: Path, reload: bool) -> None:
    dist = compile_tree(tmp_path, {"page.html": "<p>a", "large.bin": LARGE["a"]}).dist
    client = kind(dist, reload=reload)
    shutil.copytree(dist, tmp_path / "copy")
    shutil.rmtree(dist)
    (tmp_path / "copy").rename(dist)
    assert served(client) == "a"


@needs_proc
@pytest.mark.usefixtures("_no_garbage_collection")
def test_of_a_release_that_was_let_go_no_directory_is_held(client: Client, deployed: Deployed) -> None:
    for letter in "babab":
        deployed.deploy(letter)
        assert served(client) == letter
        assert open_links().count(str(deployed.dist)) == 1


# What an answer under way holds, and for how long.


@pytest.fixture
def _no_garbage_collection(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the freeing to reference counts, and map each manifest, as a large one is: what is mapped can be seen."""
    monkeypatch.setattr(platform_files, "LARGEST_READ", 0)
    gc.disable()
    yield
    gc.enable()


def held(dist: Path) -> tuple[int, int]:
    """Return how many manifests this process maps, and how many of DIST's files it has open (a map's own are none)."""
    maps = Path("/proc/self/maps").read_text().splitlines()
    mapped = sum(f"{dist}/manifest" in line for line in maps)
    return mapped, sum(link.startswith(f"{dist}/files/") for link in open_links())


def open_links() -> list[str]:
    """Return what the descriptors of this process lead to."""
    return [os.readlink(entry.path) for entry in os.scandir("/proc/self/fd") if os.path.islink(entry.path)]


@needs_proc
@pytest.mark.usefixtures("_no_garbage_collection")
def test_a_release_that_nobody_answers_from_is_let_go_at_once(client: Client, deployed: Deployed) -> None:
    for letter in "babab":
        deployed.deploy(letter)
        assert served(client) == letter
        assert held(deployed.dist) == (1, 0)


@needs_proc
@pytest.mark.usefixtures("_no_garbage_collection")
@pytest.mark.parametrize("name", ["large.bin", "page.html"])
def test_a_release_of_which_a_file_is_gone_is_let_go_at_once(client: Client, deployed: Deployed, name: str) -> None:
    for file in deployed.dist.glob(f"files/static/{Path(name).stem}.*"):
        file.unlink()
    for letter in "babab":
        deployed.deploy(letter)
        assert client.get(f"/static/{name}").status == 500
        assert held(deployed.dist) == (1, 0)


@needs_proc
@pytest.mark.usefixtures("_no_garbage_collection")
def test_wsgi_ends_an_answer_with_the_old_release_s_bytes(deployed: Deployed) -> None:
    app = ServeStatic(None, deployed.dist, reload=True)
    body: Any = app(environ("/static/large.bin"), lambda *_: None)  # type: ignore[arg-type]
    chunks = iter(body)
    received = next(chunks)
    deployed.deploy("b")
    list(app(environ("/static/page.html"), lambda *_: None))  # type: ignore[arg-type]
    assert held(deployed.dist) == (1, 1)
    assert received + b"".join(chunks) == LARGE["a"]
    body.close()
    assert held(deployed.dist) == (1, 0)


def environ(path: str) -> dict[str, Any]:
    return {"REQUEST_METHOD": "GET", "PATH_INFO": path}


@needs_proc
@pytest.mark.usefixtures("_no_garbage_collection")
def test_asgi_ends_an_answer_with_the_old_release_s_bytes_and_then_lets_it_go(deployed: Deployed) -> None:
    app = ServeStaticASGI(None, deployed.dist, reload=True)
    slow, quick = Sent(), Sent()

    async def main() -> None:
        halfway, go_on = asyncio.Event(), asyncio.Event()

        async def send(message: Any) -> None:
            await slow.send(message)
            if len(slow) == 2:
                halfway.set()
                await go_on.wait()

        task = asyncio.create_task(app(http_scope("/static/large.bin"), receive, send))
        await halfway.wait()
        deployed.deploy("b")
        await app(http_scope("/static/large.bin"), receive, quick.send)
        assert held(deployed.dist) == (2, 1)
        go_on.set()
        await task
        del task

    asyncio.run(main())
    assert (slow.body, quick.body) == (LARGE["a"], LARGE["b"])
    assert held(deployed.dist) == (1, 0)


@needs_proc
@pytest.mark.usefixtures("_no_garbage_collection")
def test_asgi_an_application_that_goes_on_answering_holds_no_release(deployed: Deployed) -> None:
    async def main() -> None:
        waiting, go_on = asyncio.Event(), asyncio.Event()

        async def inner(_scope: Any, _receive: Any, _send: Any) -> None:
            waiting.set()
            await go_on.wait()

        app = ServeStaticASGI(inner, deployed.dist, reload=True)
        task = asyncio.create_task(app(http_scope("/events"), receive, Sent().send))
        await waiting.wait()
        deployed.deploy("b")
        await app(http_scope("/static/page.html"), receive, Sent().send)
        assert held(deployed.dist) == (1, 0)
        go_on.set()
        await task

    asyncio.run(main())


# Under load.

APP = """
from servestatic_runtime import ServeStatic, ServeStaticASGI
wsgi = ServeStatic(None, "dist", reload=True)
asgi = ServeStaticASGI(None, "dist", reload=True)
"""
CONNECTIONS = 8
REQUESTS = 10_000
SERVERS = {
    "gunicorn": gunicorn("app:wsgi", "--threads", str(CONNECTIONS)),
    "uvicorn": uvicorn("app:asgi", "--http", "httptools", "--loop", "uvloop"),
}


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS.keys())
def test_releases_that_are_swapped_under_load_give_no_failed_and_no_mixed_answer(
    deployed: Deployed, server: list[str]
) -> None:
    write_tree(deployed.dist.parent, {"app.py": APP})
    seen: list[set[bytes]] = [set() for _ in range(CONNECTIONS)]
    problems: list[str] = []
    done = Event()

    def swap() -> None:
        for letter in cycle("ba"):
            deployed.deploy(letter)
            if done.wait(0.005):
                return

    with running(server, cwd=deployed.dist.parent) as port:
        clients = [
            Thread(target=ask_much, args=(port, number, seen[number], problems)) for number in range(CONNECTIONS)
        ]
        swapper = Thread(target=swap)
        for thread in (*clients, swapper):
            thread.start()
        for thread in clients:
            thread.join()
        done.set()
        swapper.join()
    assert problems == []
    assert all(letters == {b"a", b"b"} for letters in seen), "no connection saw both releases"


def ask_much(port: int, seed: int, seen: set[bytes], problems: list[str]) -> None:
    """Ask for plain URLs over one connection; note the release of each page, and what is wrong with an answer."""
    choices = random.Random(seed)
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        for _ in range(REQUESTS // CONNECTIONS):
            path = choices.choices(PLAIN, (9, 1, 90))[0]
            connection.request("GET", path, headers={"Accept-Encoding": choices.choice(list(DECODERS))})
            response = connection.getresponse()
            body = response.read()
            tag = f'"{sha256(body).hexdigest()[:24]}"'
            if (response.status, response.headers["ETag"]) != (200, tag):
                problems.append(f"{path}: {response.status}, {len(body)} bytes tagged {response.headers['ETag']}")
            elif path.endswith(".html"):
                seen.add(decoded(body, response.headers["Content-Encoding"])[3:4])
    except Exception as error:  # noqa: BLE001 - whatever it is fails the test
        problems.append(repr(error))
    finally:
        connection.close()
