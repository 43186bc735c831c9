"""Headers: all that a server will send, written down as it will send it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

import pytest
from click.testing import CliRunner

from servestatic_build import Config, ConfigError
from servestatic_build.cli import main
from servestatic_build.settings.globs import Globs
from servestatic_build.settings.header_rules import HeaderRule
from servestatic_build.settings.hooks import load_hook
from servestatic_runtime.media_types import content_type, media_type
from support.trees import Compiled, compile_tree, write_tree

COMPRESSIBLE = "a { b: c }\n" * 50


def headers(compiled: Compiled, url: str, coding: str = "identity", *, not_modified: bool = False) -> list[str]:
    """Return the headers of a URL's 200 (or 304) as lines, with what the file's bytes decide named by its place."""
    match = compiled.manifest.find(url)
    assert match
    variant = next(variant for variant in match.variants if variant.coding == coding)
    answer = match.not_modified_headers if not_modified else match.ok_headers
    own = {"Content-Length": (str(variant.size), "SIZE"), "ETag": (variant.etag, "TAG")}
    lines = []
    for name, value in answer(variant):
        expected, shown = own.get(name, (value, value))
        assert value == expected
        lines.append(f"{name}: {shown}")
    return lines


def ok(tmp_path: Path, name: str = "a.css", **settings: Any) -> list[str]:
    """Return the headers of the link to a small file of this name."""
    compiled = compile_tree(tmp_path, {name: "a{}"}, **settings)
    return headers(compiled, compiled.manifest.asset(name).url)


def complete(content: str = "text/css; charset=utf-8", cache: str = "public, max-age=31536000, immutable") -> list[str]:
    return [
        f"Content-Type: {content}",
        "Content-Length: SIZE",
        "ETag: TAG",
        "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT",
        f"Cache-Control: {cache}",
        "Accept-Ranges: bytes",
        "Access-Control-Allow-Origin: *",
        "Access-Control-Expose-Headers: *",
        "X-Content-Type-Options: nosniff",
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.css", "text/css; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.png", "image/png"),
        ("a.woff2", "font/woff2"),
        ("a.js.map", "application/json"),
        ("a.svg", "image/svg+xml"),
        ("a.wasm", "application/wasm"),
        ("a.unknown", "application/octet-stream"),
        ("LICENSE", "application/octet-stream"),
    ],
)
def test_a_fingerprinted_file_is_immutable_and_has_its_type(tmp_path: Path, name: str, content: str) -> None:
    assert ok(tmp_path, name) == complete(content)


@pytest.mark.parametrize(
    ("name", "settings", "content", "cache"),
    [
        pytest.param("a.css", {}, "text/css", "public, max-age=60", id="beside a fingerprinted one"),
        pytest.param("a.css", {"max_age": 0}, "text/css", "public, max-age=0", id="with --max-age"),
        pytest.param("a.css", {"plain": Globs.of("*")}, "text/css", "public, max-age=60", id="alone"),
        pytest.param("a.html", {}, "text/html", "no-cache", id="HTML"),
        pytest.param("a.html", {"max_age": 600}, "text/html", "no-cache", id="HTML, whatever --max-age"),
    ],
)
def test_a_plain_url_may_be_cached_for_a_short_time(
    tmp_path: Path, name: str, settings: dict[str, Any], content: str, cache: str
) -> None:
    compiled = compile_tree(tmp_path, {name: "a{}"}, **settings)
    assert headers(compiled, f"/static/{name}") == complete(f"{content}; charset=utf-8", cache)


@pytest.mark.parametrize("coding", ["identity", "br"])
def test_a_304_has_all_but_what_describes_a_body(tmp_path: Path, coding: str) -> None:
    compiled = compile_tree(tmp_path, {"a.css": COMPRESSIBLE}, codings=("br",))
    assert headers(compiled, compiled.url("a.css"), coding, not_modified=True) == [
        "ETag: TAG",
        "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT",
        "Cache-Control: public, max-age=31536000, immutable",
        "Vary: Accept-Encoding",
        "Access-Control-Allow-Origin: *",
        "Access-Control-Expose-Headers: *",
        "X-Content-Type-Options: nosniff",
    ]


@pytest.mark.parametrize(("coding", "encoding"), [("identity", []), ("br", ["Content-Encoding: br"])])
def test_every_variant_says_its_coding_and_that_there_are_others(
    tmp_path: Path, coding: str, encoding: list[str]
) -> None:
    compiled = compile_tree(tmp_path, {"a.css": COMPRESSIBLE}, codings=("br",))
    expected = complete()
    expected[2:2] = encoding
    expected.insert(-4, "Vary: Accept-Encoding")
    assert headers(compiled, compiled.url("a.css"), coding) == expected


def test_every_variant_has_its_own_etag(tmp_path: Path) -> None:
    compiled = compile_tree(tmp_path, {"a.css": COMPRESSIBLE}, codings=("gzip", "br", "zstd"))
    tags = [variant.etag for variant in compiled.manifest.asset("a.css").variants]
    assert len(set(tags)) == 4
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)


def test_cross_origin_can_be_switched_off(tmp_path: Path) -> None:
    assert ok(tmp_path, cross_origin=False) == [line for line in complete() if "Access-Control" not in line]


def rule(files: str = "*", **changes: Any) -> tuple[HeaderRule, ...]:
    return (HeaderRule(Globs.of([files]), **changes),)


@pytest.mark.parametrize(
    ("changes", "gone", "new"),
    [
        pytest.param({"set": {"X-A": "1"}}, [], ["X-A: 1"], id="set a new one"),
        pytest.param(
            {"set": {"Cache-Control": "no-store"}},
            ["Cache-Control: public, max-age=31536000, immutable"],
            ["Cache-Control: no-store"],
            id="set an old one",
        ),
        pytest.param({"add": {"Link": "</a>"}}, [], ["Link: </a>"], id="add"),
        pytest.param({"add": {"Cache-Control": "a"}}, [], ["Cache-Control: a"], id="add to an old one"),
        pytest.param({"remove": ("ACCEPT-RANGES",)}, ["Accept-Ranges: bytes"], [], id="remove"),
        pytest.param({"remove": ("X-Nothing",)}, [], [], id="remove nothing"),
        pytest.param({"remove": ("ETag",)}, ["ETag: TAG"], [], id="remove the ETag"),
        pytest.param(
            {"remove": ("Last-Modified",)}, ["Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT"], [], id="remove the date"
        ),
        pytest.param(
            {"remove": ("Content-Type",), "set": {"Content-Type": "text/x"}},
            ["Content-Type: text/css; charset=utf-8"],
            ["Content-Type: text/x"],
            id="remove and set",
        ),
        pytest.param({"set": {"X-A": "\xe9\t~"}}, [], ["X-A: \xe9\t~"], id="latin-1 and tab"),
        pytest.param({"set": {"X-A": ""}}, [], ["X-A: "], id="empty value"),
    ],
)
def test_a_rule_changes_the_headers_it_names(
    tmp_path: Path, changes: dict[str, Any], gone: list[str], new: list[str]
) -> None:
    found = ok(tmp_path, headers=rule(**changes))
    assert sorted(found) == sorted([*(line for line in complete() if line not in gone), *new])


@pytest.mark.parametrize(
    ("files", "matches"),
    [("*.css", True), ("*.js", False), ("css/", True), ("/css/a.css", True), ("/a.css", False), ("!*", False)],
)
def test_a_rule_is_for_the_files_it_names(tmp_path: Path, files: str, *, matches: bool) -> None:
    assert ("X-A: 1" in ok(tmp_path, "css/a.css", headers=rule(files, set={"X-A": "1"}))) == matches


def test_rules_apply_in_order(tmp_path: Path) -> None:
    both = (*rule(set={"X-A": "1"}), *rule("*.css", set={"X-A": "2"}))
    assert ok(tmp_path, headers=both)[-1] == "X-A: 2"


@pytest.mark.parametrize("changes", [{"remove": ("Vary",)}, {"set": {"Vary": "Origin"}}], ids=["removed", "replaced"])
def test_vary_keeps_naming_what_the_variants_differ_by(tmp_path: Path, changes: dict[str, Any]) -> None:
    compiled = compile_tree(tmp_path, {"a.css": COMPRESSIBLE}, codings=("br",), headers=rule(**changes))
    for not_modified in (False, True):
        assert "Vary: Accept-Encoding" in headers(compiled, compiled.url("a.css"), not_modified=not_modified)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"set": {"X-A": "1\r\nX-B: 2"}}, "the value of X-A has characters", id="CR and LF"),
        pytest.param({"set": {"X-A": "1\r"}}, "the value of X-A has characters", id="CR at the end"),
        pytest.param({"add": {"X-A": "1\n"}}, "the value of X-A has characters", id="LF at the end"),
        pytest.param({"set": {"X-A": "\0"}}, "the value of X-A has characters", id="NUL"),
        pytest.param({"set": {"X-A": "\x7f"}}, "the value of X-A has characters", id="DEL"),
        pytest.param({"set": {"X-A": "€"}}, "the value of X-A has characters", id="not latin-1"),
        pytest.param({"set": {"": "1"}}, "'' is not the name of a header", id="empty name"),
        pytest.param({"set": {"X A": "1"}}, "'X A' is not the name of a header", id="space in the name"),
        pytest.param({"set": {"X-A:": "1"}}, "'X-A:' is not the name of a header", id="colon in the name"),
        pytest.param({"add": {"X-A\n": "1"}}, "is not the name of a header", id="LF in the name"),
        pytest.param({"set": {"é": "1"}}, "'é' is not the name of a header", id="name that is not ASCII"),
        pytest.param({"set": {"ETag": '"x"'}}, "ETag is decided by the file's bytes", id="ETag set"),
        pytest.param({"add": {"Content-Length": "0"}}, "Content-Length is decided", id="Content-Length added"),
        pytest.param({"remove": ("content-length",)}, "content-length is decided", id="Content-Length removed"),
        pytest.param({"set": {"Content-Encoding": "br"}}, "Content-Encoding is decided", id="Content-Encoding set"),
        pytest.param({"remove": ("Content-Encoding",)}, "Content-Encoding is decided", id="Content-Encoding removed"),
        pytest.param({"set": {"Transfer-Encoding": "chunked"}}, "Transfer-Encoding is", id="Transfer-Encoding set"),
    ],
)
def test_a_rule_that_would_break_an_answer_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^headers: .*{message}"):
        Config(sources="static", headers=[{"for": "*", **changes}])


HOOKS = """
seen = []
def note(headers, path, url): seen.append((headers, path, url))
def add(headers, path, url): headers.add_header("X-A", "1", b="2")
def drop(headers, path, url): del headers["accept-ranges"], headers["etag"]
def length(headers, path, url): headers["Content-Length"] = "0"
def no_length(headers, path, url): del headers["Content-Length"]
def etag(headers, path, url): headers["ETag"] = '"x"'
def coding(headers, path, url): headers["Content-Encoding"] = "br"
def chunked(headers, path, url): headers["Transfer-Encoding"] = "chunked"
def twice(headers, path, url): headers.add_header("Content-Length", headers["Content-Length"])
def line_end(headers, path, url): headers["X-A"] = "1\\r\\nX-B: 2"
def euro(headers, path, url): headers["X-A"] = "€"
def space(headers, path, url): headers["X-A"] = "1 "
def name(headers, path, url): headers["X A"] = "1"
not_callable = 1
"""


@pytest.fixture
def hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make the hooks importable and return the name of their module."""
    import sys

    (tmp_path / "own_hooks.py").write_text(HOOKS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_hooks", raising=False)
    return "own_hooks"


def test_a_hook_is_called_with_headers_path_and_url_of_every_url(tmp_path: Path, hooks: str) -> None:
    compiled = compile_tree(tmp_path, {"a b.css": "a{}"}, headers_hook=f"{hooks}:note")
    seen = __import__(hooks).seen
    assert [(path, url) for _, path, url in seen] == [
        (str(tmp_path / "src/a b.css"), url) for url in ("/static/a%20b.css", compiled.url("a b.css"))
    ]
    assert all(isinstance(headers, Headers) and headers["Content-Length"] == "3" for headers, _, _ in seen)


def test_a_hook_adds(tmp_path: Path, hooks: str) -> None:
    assert ok(tmp_path, headers_hook=f"{hooks}:add") == [*complete(), 'X-A: 1; b="2"']


def test_a_hook_removes(tmp_path: Path, hooks: str) -> None:
    expected = [line for line in complete() if not line.startswith(("Accept-Ranges", "ETag"))]
    assert ok(tmp_path, headers_hook=f"{hooks}:drop") == expected


def test_a_hook_may_be_the_function_itself(tmp_path: Path) -> None:
    def add(headers: Headers, path: str, url: str) -> None:
        headers["X-A"] = f"{path == str(tmp_path / 'src/a.css')} {url.endswith('.css')}"

    assert ok(tmp_path, headers_hook=add)[-1] == "X-A: True True"


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        ("length", "the headers-hook changed content-length, which the file's bytes decide"),
        ("no_length", "the headers-hook changed content-length, which the file's bytes decide"),
        ("twice", "the headers-hook changed content-length, which the file's bytes decide"),
        ("etag", "the headers-hook changed etag, which the file's bytes decide"),
        ("coding", "the headers-hook changed content-encoding, which the file's bytes decide"),
        ("chunked", "the headers-hook changed transfer-encoding, which the file's bytes decide"),
        ("line_end", r"headers: the value of X-A has characters that no header may have: '1\r\nX-B: 2'"),
        ("euro", "headers: the value of X-A has characters that no header may have: '€'"),
        ("space", "headers: the value of X-A has white space around it: '1 '"),
        ("name", "headers: 'X A' is not the name of a header"),
    ],
)
def test_a_hook_that_would_break_an_answer_fails_the_build(tmp_path: Path, hooks: str, hook: str, message: str) -> None:
    compiled = compile_tree(tmp_path, {"a.css": "a{}"}, headers_hook=f"{hooks}:{hook}")
    assert compiled.messages() == [f"error a.css: {message}"]
    assert not compiled.dist.exists()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("own_hooks", id="no function"),
        pytest.param(":add", id="no module"),
        pytest.param("own_hooks:", id="empty function"),
        pytest.param("own_hooks:nothing", id="missing function"),
        pytest.param("no_such_module:add", id="missing module"),
        pytest.param(".own_hooks:add", id="relative module"),
        pytest.param("own_hooks:not_callable", id="not callable"),
    ],
)
@pytest.mark.usefixtures("hooks")
def test_a_hook_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="headers-hook"):
        load_hook("headers-hook", name)


@pytest.mark.parametrize(
    "body", ["1 / 0", "import sys; sys.exit(7)", "def", "from os import nothing", "raise Exception('a\nb')"]
)
def test_a_hook_whose_module_fails_is_one_line_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    monkeypatch.syspath_prepend(str(write_tree(tmp_path / "hooks", {"failing_hook.py": body})))
    write_tree(tmp_path / "static", {"a.css": ""})
    settings = tmp_path / "settings.toml"
    settings.write_text('sources = "static"\nheaders-hook = "failing_hook:add"')
    done = CliRunner().invoke(main, [f"--config={settings}"], catch_exceptions=False)
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "headers-hook 'failing_hook:add': to import failing_hook raised " in done.stderr
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize(
    ("name", "own", "expected"),
    [
        pytest.param("a.css", {}, "text/css", id="known"),
        pytest.param("A.CSS", {}, "text/css", id="upper case"),
        pytest.param("a.min.js", {}, "text/javascript", id="last of several dots"),
        pytest.param("a.unknown", {}, "application/octet-stream", id="unknown"),
        pytest.param("a.unknown", {"unknown": "text/x"}, "text/x", id="own type for an unknown one"),
        pytest.param("a.css", {"css": "text/x"}, "text/x", id="own type for a known one"),
        pytest.param("v1.css/a", {}, "application/octet-stream", id="dot in the directory"),
        pytest.param("css", {}, "application/octet-stream", id="name like a suffix"),
        pytest.param("lib/js", {}, "application/octet-stream", id="name like a suffix in a directory"),
    ],
)
def test_a_type_is_told_by_the_suffix(name: str, own: dict[str, str], expected: str) -> None:
    assert media_type(name, own) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("text/css", "text/css; charset=utf-8"),
        ("text/plain; charset=koi8-r", "text/plain; charset=koi8-r"),
        ("application/json", "application/json"),
        ("image/svg+xml", "image/svg+xml"),
    ],
)
def test_text_says_that_it_is_utf_8(kind: str, expected: str) -> None:
    assert content_type(kind) == expected


def test_types_of_the_settings_reach_the_header(tmp_path: Path) -> None:
    assert ok(tmp_path, "a.foo", types={"foo": "text/x-foo"}) == complete("text/x-foo; charset=utf-8")


def test_a_type_that_no_header_can_hold_fails_the_build(tmp_path: Path) -> None:
    compiled = compile_tree(tmp_path, {"a.foo": ""}, types={"foo": "text/x\r\nX-B: 2"})
    assert [message.partition(" has ")[0] for message in compiled.messages()] == [
        "error a.foo: headers: the value of Content-Type"
    ]
