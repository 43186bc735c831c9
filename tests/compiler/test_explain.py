"""servestatic-manifest explain: all that a manifest says of one logical name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from servestatic_build import Source
from servestatic_build.inspection.cli import main
from servestatic_build.settings.globs import Globs
from servestatic_runtime import Manifest
from servestatic_runtime.url_reason import UrlReason
from support.commands import Done, run_command
from support.releases import unfingerprinted
from support.trees import Compiled, Tree, compile_sources, compile_tree, write_tree

STATIC: Tree = {
    "app.css": "@import 'base.css';a{b:url(a.png)}" + "a{color:red}" * 20,
    "base.css": "a{b:url(a.png)}",
    "a.png": "PNG",
    "docs/index.html": "<link rel=stylesheet href=../app.css>",
    "main.js": 'import "./loop.js"; import "lit";',
    "loop.js": 'import "./main.js";',
    "lit.js": "",
    "sw.js": "",
}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    root = tmp_path_factory.mktemp("release")
    sources = (
        Source(str(write_tree(root / "static", STATIC))),
        Source(str(write_tree(root / "public", {"robots.txt": ""})), "/"),
    )
    return compile_sources(root, *sources, codings=("br",), imports={"lit": "lit.js"}, plain=Globs.of(("sw.js",)))


def explain(release: Compiled, *arguments: str) -> Done:
    return run_command(main, "explain", str(release.dist), *arguments)


def lines(release: Compiled, name: str) -> list[str]:
    text = explain(release, name).stdout
    assert "\x1b" not in text
    return unfingerprinted(text.encode()).decode().splitlines()


def test_explain_says_it_all(release: Compiled) -> None:
    asset = release.manifest.asset("app.css")
    identity, br = asset.variants
    assert lines(release, "app.css") == [
        "app.css",
        "  url             /static/app.#.css",
        "                  fingerprinted: it has the first digits of the file's SHA-256",
        "  plain url       /static/app.css",
        f"  integrity       {release.manifest.integrity('app.css')}",
        "  refers to       a.png",
        "                  base.css",
        "  referred to by  docs/index.html",
        "",
        "  every variant",
        "    Content-Type: text/css; charset=utf-8",
        "    Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT",
        "    Cache-Control: public, max-age=31536000, immutable",
        "    Vary: Accept-Encoding",
        "    Accept-Ranges: bytes",
        "    Access-Control-Allow-Origin: *",
        "    Access-Control-Expose-Headers: *",
        "    X-Content-Type-Options: nosniff",
        "",
        f"  identity: {identity.size} bytes in files/static/app.#.css",
        f"    Content-Length: {identity.size}",
        f"    ETag: {identity.etag}",
        "",
        f"  br: {br.size} bytes in files/static/app.#.css.br",
        f"    Content-Length: {br.size}",
        "    Content-Encoding: br",
        f"    ETag: {br.etag}",
        "",
        "  under the plain url",
        "    Cache-Control: public, max-age=60",
    ]


def test_explain_of_a_file_in_one_coding_and_under_one_url_is_one_list_of_headers(release: Compiled) -> None:
    shown = lines(release, "docs/index.html")
    etag = release.manifest.asset("docs/index.html").variants[0].etag
    assert shown[shown.index("") :] == [
        "",
        f"  identity: {len(release.read('docs/index.html'))} bytes in files/static/docs/index.#.html",
        "    Content-Type: text/html; charset=utf-8",
        f"    Content-Length: {len(release.read('docs/index.html'))}",
        f"    ETag: {etag}",
        "    Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT",
        "    Cache-Control: no-cache",
        "    Accept-Ranges: bytes",
        "    Access-Control-Allow-Origin: *",
        "    Access-Control-Expose-Headers: *",
        "    X-Content-Type-Options: nosniff",
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.png", "fingerprinted: it has the first digits of the file's SHA-256"),
        ("main.js", "fingerprinted: it has the hash of the cycle of files that this one is part of"),
        ("docs/index.html", "not fingerprinted: HTML keeps its plain URL"),
        ("/robots.txt", "not fingerprinted: its source is served at a URL of its own"),
        ("sw.js", "not fingerprinted: a --plain pattern matches its name"),
    ],
)
def test_explain_says_why_the_url_is_what_it_is(release: Compiled, name: str, reason: str) -> None:
    assert lines(release, name)[2].strip() == reason


@pytest.mark.parametrize(
    ("name", "settings", "reason"),
    [
        ("a.css", {"hashed": Globs.of(["a.*"])}, "not fingerprinted again: a --hashed pattern matches its name"),
        (
            "a.css",
            {"hashed_hook": lambda _path, url: url.endswith("a.css")},
            "not fingerprinted again: the hashed-hook says that its name holds a hash",
        ),
        ("a.html", {"fingerprint": Globs.of(["*"])}, "fingerprinted: a --fingerprint pattern matches its name"),
        (
            "main-Boce4t9y.js",
            {},
            "not fingerprinted again: a bundler's manifest lists it, and its name holds a hash",
        ),
    ],
)
def test_what_was_decided_is_recorded_and_not_guessed(
    tmp_path: Path, name: str, settings: dict[str, Any], reason: str
) -> None:
    vite = json.dumps({"main.ts": {"file": "main-Boce4t9y.js", "src": "main.ts"}})
    tree = {"a.css": "", "a.html": "", "main-Boce4t9y.js": "", ".vite/manifest.json": vite}
    assert f"                  {reason}" in lines(compile_tree(tmp_path, tree, **settings), name)


def test_a_manifest_of_before_there_were_reasons_has_none() -> None:
    golden = Path(__file__).parent.parent / "golden/manifest-1.msgpack"
    name = next(iter(Manifest.open(golden))).name
    data = json.loads(run_command(main, "explain", str(golden), name, "--json").stdout)
    assert data["reason_code"] == "unknown"


def test_a_reason_of_a_later_version_is_unknown() -> None:
    assert [UrlReason.of(number) for number in (4, 255)] == [UrlReason.HTML, UrlReason.UNKNOWN]


@pytest.mark.parametrize(
    ("name", "references", "referrers"),
    [
        pytest.param("a.png", [], ["app.css", "base.css"], id="named twice"),
        pytest.param("main.js", ["lit.js", "loop.js"], ["loop.js"], id="cycle"),
        pytest.param("lit.js", [], ["main.js"], id="bare specifier"),
        pytest.param("/robots.txt", [], [], id="nothing"),
    ],
)
def test_explain_follows_references_both_ways(
    release: Compiled, name: str, references: list[str], referrers: list[str]
) -> None:
    data = json.loads(explain(release, name, "--json").stdout)
    assert (data["references"], data["referenced_by"]) == (references, referrers)


def test_json_has_what_show_has_and_more(release: Compiled) -> None:
    shown = json.loads(run_command(main, "show", str(release.dist), "--json").stdout)["assets"]
    data = json.loads(explain(release, "docs/index.html", "--json").stdout)
    (variant,) = data["variants"]
    headers = [variant.pop("headers"), variant.pop("plain_headers")]
    assert headers[0] == headers[1]
    assert ["Cache-Control", "no-cache"] in headers[0]
    added = {
        "reason": "not fingerprinted: HTML keeps its plain URL",
        "reason_code": "html",
        "directory": "/static/docs/",
        "aliases": [],
        "referenced_by": [],
    }
    (asset,) = (asset for asset in shown if asset["name"] == "docs/index.html")
    assert data == asset | added


def test_json_has_the_headers_of_each_url_and_variant(release: Compiled) -> None:
    data = json.loads(explain(release, "app.css", "--json").stdout)
    for variant in data["variants"]:
        own, plain = dict(variant["headers"]), dict(variant["plain_headers"])
        assert (own["ETag"], int(own["Content-Length"])) == (variant["etag"], variant["size"])
        assert own.get("Content-Encoding", "identity") == variant["coding"]
        assert plain == own | {"Cache-Control": "public, max-age=60"}


def test_there_are_no_plain_headers_without_a_plain_url(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, {"a.css": ""}, plain_urls=False)
    (variant,) = json.loads(explain(release, "a.css", "--json").stdout)["variants"]
    assert variant["plain_headers"] is None
    assert not any("plain url" in line for line in lines(release, "a.css"))


def test_a_header_that_only_the_fingerprinted_url_has_is_said_to_be_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = "def hook(headers, path, url):\n    if url != '/static/a.css':\n        headers['X-Hashed'] = '1'\n"
    monkeypatch.syspath_prepend(str(write_tree(tmp_path / "hooks", {"explain_hook.py": hook})))
    release = compile_tree(tmp_path, {"a.css": ""}, headers_hook="explain_hook:hook")
    assert lines(release, "a.css")[-3:] == [
        "  under the plain url",
        "    Cache-Control: public, max-age=60",
        "    no X-Hashed",
    ]


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_name_that_is_not_there_fails_on_stderr(release: Compiled, options: list[str]) -> None:
    done = explain(release, "nothing.css", *options)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "error: no asset named 'nothing.css'" in done.stderr


@pytest.mark.parametrize(
    "url",
    [
        "{url}",
        "/static/app.css",
        "static/app.css",
        "/static/%61pp.css?v=1#x",
        "https://cdn.example.com{url}",
        "//cdn.example.com/mount/of/two{url}",
        "https://cdn.example.com/mount/static/app.css",
    ],
)
def test_explain_takes_any_url_of_an_asset(release: Compiled, url: str) -> None:
    assert lines(release, url.format(url=release.url("app.css")))[0] == "app.css"


@pytest.mark.parametrize("url", ["/static/docs/", "/static/docs", "https://example.com/static/docs/"])
def test_explain_takes_the_url_of_a_directory(release: Compiled, url: str) -> None:
    assert lines(release, url)[0] == "docs/index.html"


@pytest.mark.parametrize("url", ["", "/", "//", "https://[::1", "/static/", "/static/%FF", "app.css/", "\udcff", "%00"])
def test_what_is_neither_a_name_nor_a_url_of_the_release_is_an_error(release: Compiled, url: str) -> None:
    done = explain(release, url)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.isprintable() or done.stderr.count("\n") == 1
