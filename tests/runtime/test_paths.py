"""Paths, odd and hostile, and where they lead, over both interfaces."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest

from servestatic_build import Source
from support.clients import Client, Kind
from support.trees import Compiled, compile_sources, compile_tree, write_tree

ODD_NAMES = {
    "space": "a b.txt",
    "plus": "a+b.txt",
    "ampersand and equals": "a&b=c.txt",
    "percent": "100%.txt",
    "percent and two digits": "a%20b.txt",
    "question mark": "what?.txt",
    "hash": "a#b.txt",
    "quotes": "'a\"b'.txt",
    "angle brackets": "<script>.txt",
    "semicolon": "a;b.txt",
    "colon": "a:b.txt",
    "backslash": "a\\b.txt",
    "line end": "a\r\nb.txt",
    "not ASCII": "café.txt",
    "decomposed": "cafe\u0301.txt",
    "emoji": "😀.txt",
    "right to left": "שלום.txt",
    "dots": "a..b.txt",
    "like a drive": "C:/a.txt",
    "directory with a space": "d e/f.txt",
}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    pages = {"docs/index.html": "<h1>Docs</h1>", "od d:é/index.html": "<h1>Odd</h1>", "css/app.css": "a{}" * 99}
    root = tmp_path_factory.mktemp("release")
    return compile_tree(root, {**pages, **dict.fromkeys(ODD_NAMES.values(), "odd")}, codings=("br",))


@pytest.fixture(scope="module")
def client(kind: Kind, release: Compiled) -> Client:
    return kind(release.dist)


@pytest.mark.parametrize(
    ("path", "query", "location", "leads_to"),
    [
        pytest.param("/static/docs", "", "./docs/", "/app/static/docs/", id="plain"),
        pytest.param("/static/docs", "a=1&b=%20/?:@", "./docs/?a=1&b=%20/?:@", None, id="query kept"),
        pytest.param("/static/od d:é", "", "./od%20d%3A%C3%A9/", "/app/static/od%20d%3A%C3%A9/", id="odd name"),
        pytest.param("/static/docs", "a\r\nSet-Cookie: b", "./docs/?a%0D%0ASet-Cookie:%20b", None, id="line end"),
        pytest.param("/static/docs", "\0\x7f\t", "./docs/?%00%7F%09", None, id="control characters"),
        pytest.param("/static/docs", "é\xff", "./docs/?%E9%FF", None, id="bytes that are not ASCII"),
        pytest.param("/static/docs", '<">#\\', "./docs/?%3C%22%3E%23%5C", None, id="characters no URL has"),
    ],
)
def test_a_directory_redirects_relatively_and_keeps_the_query(
    client: Client, path: str, query: str, location: str, leads_to: str | None
) -> None:
    answer = client.request("GET", path, query=query)
    assert (answer.status, answer.headers["location"], answer.body) == (301, location, b"301 Moved Permanently\n")
    mounted_at = "http://host/app" + path.replace(" ", "%20")
    assert leads_to is None or urlsplit(urljoin(mounted_at, location)).path == leads_to


@pytest.mark.parametrize(
    "directory", ["\\\\evil.com", "evil.com", "javascript:alert(1)", "https:", "@evil.com", "a%2f%2fevil.com"]
)
@pytest.mark.parametrize("prefix", ["/", "/static/"])
def test_a_redirect_never_leads_to_another_host(tmp_path: Path, kind: Kind, directory: str, prefix: str) -> None:
    tree = write_tree(tmp_path / "src", {f"{directory}/index.html": "x"})
    client = kind(compile_sources(tmp_path, Source(str(tree), prefix)).dist)
    answer = client.request("GET", prefix + directory, query="/\\evil.com")
    target = urljoin(f"http://host{quote(prefix + directory)}", answer.headers["location"])
    assert (answer.status, urlsplit(target).netloc) == (301, "host")
    assert client.get(unquote(urlsplit(target).path)).body == b"x"


@pytest.mark.parametrize(
    "path",
    ["//evil.com/static/docs", "//evil.com/..", "/\\evil.com/..", "//static/docs"],
)
def test_what_only_looks_like_a_directory_is_404(client: Client, path: str) -> None:
    assert client.get(path).status == 404


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES.keys())
def test_an_odd_name_is_found_by_its_url_and_its_plain_url(client: Client, release: Compiled, name: str) -> None:
    for path in (unquote(release.url(name)), f"/static/{name}"):
        answer = client.get(path)
        assert (answer.status, answer.body) == (200, b"odd")


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES.keys())
def test_the_url_of_an_odd_name_is_a_path_and_nothing_more(release: Compiled, name: str) -> None:
    url = release.url(name)
    assert urlsplit(url)._replace(path="").geturl() == ""
    assert re.fullmatch(r"[\x21-\x7e]+", url)
    assert not set('<>"\\^`{|}') & set(url)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/static/../static/css/app.css", id="dot-dot"),
        pytest.param("/static/../../etc/passwd", id="out of the root"),
        pytest.param("/static/..\\..\\etc\\passwd", id="backslashes"),
        pytest.param("/static/%2e%2e/static/css/app.css", id="dot-dot encoded twice"),
        pytest.param("/static/./css/app.css", id="dot"),
        pytest.param("/static//css/app.css", id="two slashes"),
        pytest.param("//static/css/app.css", id="two slashes in front"),
        pytest.param("/static/css/app.css/", id="slash behind a file"),
        pytest.param("/static/css", id="directory without an index"),
        pytest.param("/static/docs//", id="two slashes behind an index"),
        pytest.param("/STATIC/css/app.css", id="case"),
        pytest.param("/static/css/app.css.br", id="a variant's file"),
        pytest.param("/manifest.msgpack", id="the manifest"),
        pytest.param("/files/static/css/app.css", id="a file of DIST"),
        pytest.param("/css/app.css", id="a logical name"),
        pytest.param("/static/100%25.txt", id="encoded twice"),
        pytest.param("/static/cafÃ©.txt", id="decoded twice"),
        pytest.param("/static/caf\udce9.txt", id="not UTF-8"),
        pytest.param("/static/\udced\udca0\udc80", id="a surrogate in UTF-8"),
        pytest.param("/static/\udcc0\udcae", id="overlong UTF-8"),
        pytest.param("/static/css/app.css\0", id="NUL"),
        pytest.param("/static/css/app.css\n", id="line end"),
        pytest.param("/static/" + "a" * 8192, id="8 kB"),
        pytest.param("/static" + "/.." * 4096, id="8 kB of dot-dot"),
    ],
)
def test_a_path_that_the_release_does_not_list_is_404(client: Client, path: str) -> None:
    assert client.get(path).status == 404
