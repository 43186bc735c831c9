"""nginx and Varnish in front of the runtime, as a CDN would be: they keep what our headers let them, and no more."""

from __future__ import annotations

import random
import signal
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from servestatic_build.codecs import dcz
from servestatic_runtime.bodies import LARGEST_CACHED
from support.caches import CACHES, STATUS_HEADER, Cache
from support.codings import decoded
from support.connections import Got, ask, connected
from support.processes import Running, eventually, started
from support.servers import gunicorn, module
from support.trees import Compiled, Tree, compile_tree, write_tree

pytestmark = pytest.mark.slow

LARGE = random.Random(1).randbytes(LARGEST_CACHED // 2 + 50_000).hex()
STATIC: Tree = {
    "css/app.css": "h1 { background: url(../img/dot.png) }\n" * 50,
    "js/app.js": "console.log(1);\n" * 50,
    "img/dot.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "docs/index.html": "<h1>Docs</h1>" * 50,
    "large.txt": LARGE,
}
CODED = ["css/app.css", "js/app.js", "large.txt"]
APP = f"""
from servestatic_runtime import ServeStatic
static = ServeStatic(None, "dist")

def wsgi(environ, start_response):
    def start(status, headers, exc_info=None):
        return start_response(status, [*headers, ("{STATUS_HEADER}", status[:3])], exc_info)

    return static(environ, start)
"""
BROWSER = "gzip, deflate, br, zstd, dcb, dcz"  # what it sends with a dictionary
CLIENTS = {
    "Chromium": "gzip, deflate, br, zstd",
    "Safari": "gzip, deflate, br",
    "an old browser": "gzip, deflate",
    "zstd alone": "zstd",
    "br alone": "br",
    "all but br": "gzip, br;q=0",
    "curl": "identity",
}


@dataclass(frozen=True, slots=True)
class Site:
    """A release, the application that serves it, and the cache before that."""

    root: Path
    release: Compiled
    origin: Running
    cache: Cache
    port: int  # of the cache

    def get(self, path: str, **fields: str) -> Got:
        """Ask the cache."""
        with closing(connected(self.port)) as connection:
            return ask(connection, path, **fields)


@contextmanager
def site(cache: Cache, root: Path, max_age: int) -> Iterator[Site]:
    release = compiled(root, STATIC, max_age)
    write_tree(root, {"app.py": APP})
    (root / "cache").mkdir()
    with (
        started(module(*gunicorn("app:wsgi")), cwd=root) as origin,
        cache.start(origin.port, root / "cache") as front,
    ):
        yield Site(root, release, origin, cache, front.port)


def compiled(root: Path, files: Tree, max_age: int) -> Compiled:
    return compile_tree(root, files, codings=("gzip", "br", "zstd"), max_age=max_age)


@pytest.fixture(scope="module", params=list(CACHES))
def cache(request: pytest.FixtureRequest) -> Cache:
    return CACHES[request.param]


@pytest.fixture(scope="module")
def lasting(cache: Cache, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose plain URLs outlive the tests."""
    with site(cache, tmp_path_factory.mktemp("site"), max_age=3600) as lasting:
        yield lasting


@pytest.fixture
def fleeting(cache: Cache, tmp_path: Path) -> Iterator[Site]:
    """A site whose plain URLs live for a second."""
    with site(cache, tmp_path, max_age=1) as fleeting:
        yield fleeting


def assert_right(site: Site, name: str, accept_encoding: str, got: Got) -> None:
    """Check that the answer is the named file, in a coding that this client takes, under that coding's tag."""
    coding = got.headers.get("content-encoding", "identity")
    assert got.status == 200
    assert coding in {*accept_encoding.split(", "), "identity"}
    assert decoded(got.body, coding) == site.release.read(name)
    tags = {variant.coding: variant.etag for variant in site.release.manifest.asset(name).variants}
    unpacked = {f"W/{tags.get('gzip')}"} if site.cache.unpacks and coding == "identity" else set()
    assert got.headers["etag"] in {tags[coding], *unpacked}


@pytest.mark.parametrize("accept_encoding", CLIENTS.values(), ids=CLIENTS)
def test_the_second_request_is_a_hit(lasting: Site, accept_encoding: str) -> None:
    for asset in lasting.release.manifest:
        for path in {asset.url, asset.plain_url, "/static/docs"} - {None, "/static/docs/index.html"}:
            first, second = (lasting.get(str(path), accept_encoding=accept_encoding) for _ in range(2))
            assert lasting.cache.is_hit(second), path
            assert (second.status, second.body) == (first.status, first.body)
            assert second.headers["cache-control"] == first.headers["cache-control"]
            if not lasting.cache.unpacks:
                with closing(connected(lasting.origin.port)) as connection:
                    assert second.body == ask(connection, str(path), accept_encoding=accept_encoding).body


def test_clients_at_the_same_time_get_what_they_can_read(lasting: Site) -> None:
    asked = [(name, accept) for name in STATIC for accept in CLIENTS.values() if name != "docs/index.html"] * 5
    random.Random(1).shuffle(asked)

    def get(number: int) -> Got:
        name, accept_encoding = asked[number]
        return lasting.get(f"{lasting.release.url(name)}?cold", accept_encoding=accept_encoding)

    with ThreadPoolExecutor(8) as threads:
        for (name, accept_encoding), got in zip(asked, threads.map(get, range(len(asked))), strict=True):
            assert_right(lasting, name, accept_encoding, got)


def test_who_can_read_nothing_spoils_it_for_nobody(lasting: Site) -> None:
    url = f"{lasting.release.url('css/app.css')}?refused"
    assert lasting.get(url, accept_encoding="*;q=0").status in {406, 200}  # Varnish may ask for gzip in its place
    for accept_encoding in CLIENTS.values():
        assert_right(lasting, "css/app.css", accept_encoding, lasting.get(url, accept_encoding=accept_encoding))


@pytest.mark.parametrize("accept_encoding", CLIENTS.values(), ids=CLIENTS)
def test_the_cache_answers_304_in_our_place(lasting: Site, accept_encoding: str) -> None:
    url = lasting.release.url("js/app.js")
    whole = lasting.get(url, accept_encoding=accept_encoding)
    for fields in ({"if_none_match": whole.headers["etag"]}, {"if_modified_since": whole.headers["last-modified"]}):
        got = lasting.get(url, accept_encoding=accept_encoding, **fields)
        assert (got.status, got.body, lasting.cache.is_hit(got)) == (304, b"", True)
        assert got.headers["etag"] == whole.headers["etag"]
        assert got.headers["cache-control"] == whole.headers["cache-control"]
    other = lasting.get(url, accept_encoding=accept_encoding, if_none_match='"other"')
    assert (other.status, other.body) == (200, whole.body)


@pytest.mark.parametrize(
    ("name", "coding"),
    [
        ("css/app.css", "identity"),
        ("css/app.css", "gzip"),
        ("large.txt", "identity"),
        ("large.txt", "gzip"),
        ("img/dot.png", "identity"),
    ],
)
@pytest.mark.parametrize("state", ["cold", "warm"])
def test_ranges_pass(lasting: Site, name: str, coding: str, state: str) -> None:
    asset = lasting.release.manifest.asset(name)
    url, whole = f"{asset.url}?{state}-{coding}", lasting.release.read(name, coding)
    tag = next(variant.etag for variant in asset.variants if variant.coding == coding)
    may_be_whole = lasting.cache.unpacks and coding == "identity" and len(asset.variants) > 1
    if state == "warm":
        lasting.get(url, accept_encoding=coding)
    for range_, part in (("bytes=10-49", slice(10, 50)), ("bytes=-9", slice(-9, None))):
        got = lasting.get(url, accept_encoding=coding, range=range_, if_range=tag)
        assert (got.status, got.body) == (206, whole[part]) or (may_be_whole and (got.status, got.body) == (200, whole))
    got = lasting.get(url, accept_encoding=coding, range="bytes=0-0", if_range='"other"')
    assert (got.status, got.body, lasting.cache.is_hit(got)) == (200, whole, True)


def test_a_plain_url_is_revalidated_when_its_life_is_over(fleeting: Site) -> None:
    assert fleeting.get("/static/js/app.js").status == 200
    assert eventually(lambda: fleeting.cache.was_revalidated(fleeting.get("/static/js/app.js")))
    assert fleeting.get("/static/js/app.js").body == fleeting.release.read("js/app.js")


def test_a_new_release_shows_under_plain_urls_and_breaks_no_other(fleeting: Site, tmp_path: Path) -> None:
    style = "h1 { color: red }\n" * 50
    coming = compiled(tmp_path / "elsewhere", {**STATIC, "css/app.css": style}, 1).url("css/app.css")
    old, plain = fleeting.release.url("css/app.css"), "/static/css/app.css"
    before = {url: fleeting.get(url).body for url in (old, plain)}
    # A client that has the new page already asks for what only the new release has.
    assert [fleeting.get(coming).status for _ in range(2)] == [404, 404]

    compiled(fleeting.root, {"css/app.css": style}, 1)
    fleeting.origin.process.send_signal(signal.SIGHUP)  # gunicorn starts its workers anew

    def shows(url: str) -> bool:
        kept = fleeting.get(old)
        assert (kept.status, kept.body, fleeting.cache.is_hit(kept)) == (200, before[old], True)
        return fleeting.get(url).body == style.encode()

    assert before[plain] != style.encode()
    assert eventually(lambda: shows(plain))
    assert eventually(lambda: shows(coming))
    assert eventually(lambda: fleeting.cache.is_hit(fleeting.get(coming)))


OLD = {"app.js": "".join(f"export const name{number} = {number};\n" for number in range(2000))}
NEW = {"app.js": OLD["app.js"].replace("name77 ", "renamed ")}
DICTIONARIES = {
    "the last release": f":{b64encode(sha256(OLD['app.js'].encode()).digest()).decode()}:",
    "another file": f":{b64encode(sha256(b'another').digest()).decode()}:",
    "none": "",
}


def test_deltas_reach_those_who_can_read_them_and_nobody_else(cache: Cache, tmp_path: Path) -> None:
    compile_tree(tmp_path, OLD, codings=("gzip", "br"), deltas=1)
    release = compile_tree(tmp_path, NEW, codings=("gzip", "br"), deltas=1)
    write_tree(tmp_path, {"app.py": APP, "cache/none": ""})
    asked = [(accept, name) for accept in (*CLIENTS.values(), BROWSER) for name in DICTIONARIES] * 8
    random.Random(1).shuffle(asked)
    with (
        started(module(*gunicorn("app:wsgi")), cwd=tmp_path) as origin,
        cache.start(origin.port, tmp_path / "cache") as front,
    ):

        def get(client: tuple[str, str]) -> Got:
            accept_encoding, name = client
            fields = {"accept_encoding": accept_encoding, "available_dictionary": DICTIONARIES[name]}
            with closing(connected(front.port)) as connection:
                return ask(connection, release.url("app.js"), **{key: each for key, each in fields.items() if each})

        with ThreadPoolExecutor(8) as threads:
            answers = [*zip(asked, threads.map(get, asked), strict=True)]
    sent = set()
    for (accept_encoding, name), got in answers:
        coding = got.headers.get("content-encoding", "identity")
        assert (got.status, coding in {*accept_encoding.split(", "), "identity"}) == (200, True)
        if coding == "dcz":
            assert (accept_encoding, name) == (BROWSER, "the last release")
            assert dcz.decode(got.body, OLD["app.js"].encode()).decode() == NEW["app.js"]
        else:
            assert decoded(got.body, coding).decode() == NEW["app.js"]
        sent.add(coding)
    # Varnish as it comes asks for gzip, whatever its clients take.
    assert sent == ({"gzip", "identity"} if cache.unpacks else {"dcz", "br", "gzip", "identity"})
