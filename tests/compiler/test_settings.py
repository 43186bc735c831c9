"""Settings: each key of the file does what its option does, and a wrong one is an error that says so."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from servestatic_build import Config, ConfigError, Source
from servestatic_build.settings.compress_rules import CompressRule, CompressRules
from servestatic_build.settings.config import SETTINGS
from servestatic_build.settings.files import IN_FILE, read_settings
from servestatic_build.settings.globs import Globs
from servestatic_build.settings.header_rules import HeaderRule
from servestatic_build.settings.missing import MissingRule, MissingRules


@pytest.fixture(autouse=True)
def _empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str, name: str = "settings.toml") -> dict[str, Any]:
    Path(name).write_text(text)
    return read_settings(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('sources = ["static", "/=public"]', {"sources": (Source("static"), Source("public", "/"))}),
        ('sources = "static"', {"sources": (Source("static"),)}),
        ('out = "build/x"', {"out": "build/x"}),
        ('prefix = "/x/"', {"prefix": "/x/"}),
        ('codings = ["br", "gzip"]', {"codings": ("br", "gzip")}),
        ('codings = "br, gzip"', {"codings": ("br", "gzip")}),
        ('codings = "none"', {"codings": ()}),
        ("codings = []", {"codings": ()}),
        ('codings = ["brotli", "zst", "gz", "br"]', {"codings": ("br", "zstd", "gzip")}),
        ('effort = "best"', {"effort": "best"}),
        ("jobs = 3", {"jobs": 3}),
        (
            'compress = {"*.a" = false, "*.b" = true, "*.c" = "brotli", "*.d" = ["gzip", "zstd"]}',
            {
                "compress": CompressRules(
                    (
                        CompressRule(Globs.of("*.a"), ()),
                        CompressRule(Globs.of("*.b"), None),
                        CompressRule(Globs.of("*.c"), ("br",)),
                        CompressRule(Globs.of("*.d"), ("gzip", "zstd")),
                    )
                )
            },
        ),
        ('compress-limit = "1.5 MB"', {"compress_limit": 1_500_000}),
        ('cache = "x"', {"cache": "x"}),
        ('cache = "s3://bucket/x"', {"cache": "s3://bucket/x"}),
        ("cache = false", {"cache": False}),
        ("cache-size = 5", {"cache_size": 5}),
        ('cache-size = "5"', {"cache_size": 5}),
        ('cache-size = "5 KiB"', {"cache_size": 5 * 1024}),
        ('cache-size = "2gib"', {"cache_size": 2 * 2**30}),
        ('ignore = ["*.map", "!a.map"]', {"ignore": Globs.of(["*.map", "!a.map"])}),
        ('plain = "*.txt"', {"plain": Globs.of(["*.txt"])}),
        ('fingerprint = ["*.html"]', {"fingerprint": Globs.of(["*.html"])}),
        ('hashed = ["assets/*"]', {"hashed": Globs.of(["assets/*"])}),
        ('hashed-hook = "module:function"', {"hashed_hook": "module:function"}),
        ("plain-urls = false", {"plain_urls": False}),
        ('missing = "error"', {"missing": MissingRules("error")}),
        (
            'missing = {"*" = "error", "vendor/" = "ignore"}',
            {
                "missing": MissingRules(
                    rules=(MissingRule(Globs.of("*"), "error"), MissingRule(Globs.of("vendor/"), "ignore"))
                )
            },
        ),
        ('modules = "importmap"', {"modules": "importmap"}),
        ('imports = {lit = "lit.js", "a/" = "b/"}', {"imports": {"lit": "lit.js", "a/": "b/"}}),
        ('origins = "https://a.test:8"', {"origins": ("https://a.test:8",)}),
        ('bundler-manifests = ["a.json"]', {"bundler_manifests": ("a.json",)}),
        ('previous = ["old", "old.tar"]', {"previous": ("old", "old.tar")}),
        ("strict = true", {"strict": True}),
        ("max-age = 0", {"max_age": 0}),
        ('index = "home.html"', {"index": "home.html"}),
        ("cross-origin = false", {"cross_origin": False}),
        ('types = {".FOO" = "text/foo", bar = "x/y"}', {"types": {"foo": "text/foo", "bar": "x/y"}}),
        ('headers-hook = "module:function"', {"headers_hook": "module:function"}),
        (
            '[[headers]]\nfor = ["*.pdf"]\nremove = "ETag"\n[headers.set]\nX-A = "1"\n[headers.add]\nX-B = "2"',
            {"headers": (HeaderRule(Globs.of(["*.pdf"]), {"X-A": "1"}, {"X-B": "2"}, ("ETag",)),)},
        ),
        ("", {}),
    ],
)
def test_a_setting_is_read(text: str, expected: dict[str, Any]) -> None:
    assert read(text) == expected


def test_every_setting_is_read_above_or_is_for_the_command_line_only() -> None:
    assert set(SETTINGS) - set(IN_FILE) == {"check", "label", "no-compress", "replace-foreign", "verify-content"}
    assert {name.replace("-", "_") for name in SETTINGS} == {field.name for field in fields(Config)}


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        pytest.param(
            "\nunknown = 1", 2, "there is no setting 'unknown'", "the settings are sources, out, ", id="unknown"
        ),
        pytest.param("max_age = 1", 1, "there is no setting 'max_age'", "did you mean max-age?", id="underscore"),
        pytest.param('source = "a"', 1, "there is no setting 'source'", "did you mean sources?", id="singular"),
        pytest.param('Plain = "a"', 1, "there is no setting 'Plain'", "did you mean plain?", id="capital"),
        pytest.param(
            "check = true", 1, "there is no setting 'check'", "write --check on the command line", id="option only"
        ),
        pytest.param("[tool.servestatic-build]", 1, "there is no setting 'tool'", "the settings are", id="section"),
        pytest.param(
            'out = "x"\nmax-age = "60"',
            2,
            "max-age: '60' is not a whole number of at least 0",
            "write 60 without quotes",
            id="number in quotes",
        ),
        pytest.param(
            "jobs = true", 1, "jobs: True is not a whole number of at least 1", None, id="boolean for a number"
        ),
        pytest.param(
            f"cache-size = 0x{'f' * 5000}", 1, "cache-size: a number of that size is not a size", None, id="size"
        ),
        pytest.param("max-age = 1.5", 1, "max-age: 1.5 is not a whole number", None, id="fraction for a number"),
        pytest.param(
            "max-age = 2147483648",
            1,
            "max-age: 2147483648 is too large, 2147483647 is the most",
            None,
            id="very large number",
        ),
        pytest.param(
            f"jobs = 0x{'f' * 5000}", 1, "jobs: a number of that size is too large", None, id="larger than Python says"
        ),
        pytest.param(
            'strict = "yes"',
            1,
            "strict: 'yes' is not true or false",
            "write true without quotes",
            id="word for a switch",
        ),
        pytest.param("strict = 1", 1, "strict: 1 is not true or false", None, id="number for a switch"),
        pytest.param("cache = true", 1, "cache: True is not a path", None, id="cache that is nowhere"),
        pytest.param('cache-size = "-1"', 1, "cache-size: '-1' is not a size", None, id="negative size"),
        pytest.param('cache-size = "5 x"', 1, "cache-size: '5 x' is not a size", None, id="unit that does not exist"),
        pytest.param("cache-size = true", 1, "cache-size: True is not a size", None, id="boolean for a size"),
        pytest.param('compress = {"*" = "lzma"}', 1, "compress: *: 'lzma' is not one of gzip", None, id="coding"),
        pytest.param("out = 1", 1, "out: 1 is not a path", None, id="number for a path"),
        pytest.param('out = ""', 1, "out: '' is not a path", "it is empty or not set", id="empty path"),
        pytest.param('out = "a\\u0000"', 1, r"out: 'a\x00' has a NUL character", None, id="NUL in a path"),
        pytest.param('index = "\\u0000"', 1, r"index: '\x00' has a NUL character", None, id="NUL in a name"),
        pytest.param('effort = "defualt"', 1, "effort: 'defualt' is not one of", "did you mean default?", id="typo"),
        pytest.param("effort = []", 1, "effort: a list is not one of fast, default, best", None, id="list for a word"),
        pytest.param("ignore = 1", 1, "ignore: 1 is not a list of patterns", None, id="number for a list"),
        pytest.param("ignore = [\n'a',\n1]", 1, "ignore: entry 2: 1 is not a string", None, id="number in a list"),
        pytest.param(
            'ignore = ["!"]', 1, "ignore: !: a pattern can't be read", ".gitignore", id="pattern that is none"
        ),
        pytest.param(
            'plain = ["[z-a]"]', 1, "plain: [z-a]: a pattern", ".gitignore", id="pattern with a range backwards"
        ),
        pytest.param('types = "x"', 1, "types: 'x' is not a table of media types", None, id="string for a table"),
        pytest.param("[types]\nb = 'x/y'\na = 1", 3, "types: a: 1 is not a string", None, id="number in a table"),
        pytest.param(
            "[headers]\nfor = '*'",
            1,
            "headers: a table is not a list of rules",
            "[[…headers]]",
            id="table for the rules",
        ),
        pytest.param("headers = [1]", 1, "headers: 1 is not a table", None, id="number for a rule"),
        pytest.param(
            'headers = [{set = {A = "1"}}]',
            1,
            "headers: a rule has the keys set",
            'for = "*.pdf"',
            id="no for",
        ),
        pytest.param(
            '[[headers]]\nfor = "*"\n[[headers]]\nfor = "*"\nsett = {}',
            3,
            "headers: entry 2: a rule has the keys for, sett",
            'for = "*.pdf"',
            id="unknown key in the second rule",
        ),
        pytest.param(
            '[[headers]]\nfor = "*"\n[[headers]]\nfor = "*"\n[headers.set]\nA = 1',
            6,
            "headers: entry 2: set: A: 1 is not a string",
            None,
            id="number for a header of the second rule",
        ),
        pytest.param(
            'headers = [{for = "*", set = {ETag = "1"}}]', 1, "ETag is decided", None, id="header that is not a rule's"
        ),
        pytest.param('missing = {"*" = "no"}', 1, "missing: *: 'no' is not one of ignore", None, id="no policy"),
        pytest.param('imports = {"a/" = "b"}', 1, "imports: 'a/' must lead to a directory, 'b/'", None, id="import"),
        pytest.param('sources = ["/x="]', 1, "sources: '/x=' names no directory", "URL=DIR", id="no directory"),
        pytest.param('codings = ["lzma"]', 1, "codings: 'lzma' is not one of gzip", None, id="unknown coding"),
        pytest.param(
            'codings = "br,brotly"', 1, "codings: entry 2: 'brotly'", "did you mean brotli?", id="coding, typo"
        ),
        pytest.param(
            'missing = "warning"', 1, "missing: 'warning' is not one of", "did you mean warn?", id="policy, typo"
        ),
        pytest.param("hashed-hook = 1", 1, "hashed-hook: 1 is not a string", None, id="number for a hook"),
        pytest.param("a = x", "1:5", "this is not TOML: Invalid value", None, id="not TOML"),
        pytest.param("out = 'a\0'", "1:9", "this is not TOML: Found invalid character", None, id="NUL in the file"),
        pytest.param(f"jobs = {'9' * 5000}", None, "this is not TOML: Exceeds the limit", None, id="5,000 digits"),
        pytest.param(f"a = {'[' * 5000}", None, "tables or lists are nested too deeply", None, id="5,000 lists"),
    ],
)
def test_a_wrong_setting_is_refused_and_its_line_named(
    text: str, line: int | str | None, message: str, hint: str | None
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert caught.value.place == ("settings.toml" if line is None else f"settings.toml:{line}")
    assert message in caught.value.message
    assert (hint or "") in (caught.value.hint or "")
    assert bool(hint) == bool(caught.value.hint)
    assert str(caught.value) == f"{caught.value.place}: {caught.value.message}"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("tool = 1", 1, "tool is 1, not a table"),
        ("[tool]\nservestatic-build = 1", 2, "tool.servestatic-build is 1, not a table"),
        ("[a]\n[tool.servestatic_build]\n", 2, "nothing reads [tool.servestatic_build]"),
        ("[tool.ServeStatic-Build.types]\n", 1, "nothing reads [tool.ServeStatic-Build]"),
        ("[servestatic-build]\n", 1, "nothing reads [servestatic-build]"),
        ("[tool.servestatic-build]\njobs = 1\n[tool.servestatic-buld]", 3, "nothing reads [tool.servestatic-buld]"),
        ("[tool.servestatic-build]\njobs = 'x'", 2, "jobs: 'x' is not"),
        ("tool.servestatic-build.jobs = 'x'", 1, "jobs: 'x' is not"),
        ("[tool.other]\njobs = 'x'\n[tool.'servestatic-build']\n\"jobs\" = 'x'", 4, "jobs: 'x' is not"),
    ],
)
def test_a_wrong_section_is_refused_and_its_line_named(text: str, place: int, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text, "pyproject.toml")
    assert caught.value.place == f"pyproject.toml:{place}"
    assert caught.value.message.startswith(message)
    if message.startswith("nothing"):
        assert caught.value.hint == "did you mean [tool.servestatic-build]?"


@pytest.mark.parametrize("name", ["servestatic", "servestatic-manifest", "hatch"])
def test_a_table_of_another_tool_is_nobody_s_business(name: str) -> None:
    assert read(f"[tool.{name}]\nx = 1", "pyproject.toml") == {}


def test_a_file_that_is_not_utf_8_is_refused() -> None:
    Path("settings.toml").write_bytes(b'out = "a"\nindex = "\xff"')
    with pytest.raises(ConfigError, match=r"^settings\.toml:2: this is not UTF-8"):
        read_settings("settings.toml")


@pytest.mark.parametrize(
    ("name", "message"), [("nothing.toml", "No such file"), ("", "'' is not a path"), (".", "Is a dir")]
)
def test_a_file_that_can_not_be_read_is_refused(name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_settings(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("[tool.servestatic-build]\njobs = 3", {"jobs": 3}, id="with a section"),
        pytest.param("[tool.other]\njobs = 3", {}, id="without one"),
    ],
)
def test_pyproject_in_the_working_directory_is_read(text: str, expected: dict[str, Any]) -> None:
    Path("pyproject.toml").write_text(text)
    assert read_settings(None) == expected


def test_without_a_file_there_are_no_settings() -> None:
    assert read_settings(None) == {}


def test_paths_are_relative_to_the_file() -> None:
    Path("sub").mkdir()
    text = 'out = "dist"\nsources = ["a", "/x=b", "/abs"]\nbundler-manifests = "m.json"'
    settings = read(text, "sub/settings.toml")
    directories = [source.directory for source in settings["sources"]]
    assert (settings["out"], directories) == ("sub/dist", ["sub/a", "sub/b", "/abs"])
    assert settings["bundler_manifests"] == ("sub/m.json",)


@pytest.mark.parametrize(
    ("given", "read_as"),
    [('"cache"', "sub/cache"), ('"/abs"', "/abs"), ('"s3://bucket/x"', "s3://bucket/x"), ("false", False)],
)
def test_a_cache_is_relative_to_the_file_unless_it_is_a_url(given: str, read_as: str | bool) -> None:
    Path("sub").mkdir()
    assert read(f"cache = {given}", "sub/settings.toml") == {"cache": read_as}


@pytest.mark.parametrize(
    ("given", "held"),
    [
        pytest.param({"sources": "a"}, {"sources": (Source("a"),)}, id="one source"),
        pytest.param(
            {"sources": [Path("a"), "/x=b", Source("c", "/y")]},
            {"sources": (Source("a"), Source("b", "/x/"), Source("c", "/y/"))},
            id="sources",
        ),
        pytest.param({"out": Path("x")}, {"out": "x"}, id="path"),
        pytest.param({"ignore": "*.png"}, {"ignore": Globs.of("*.png")}, id="pattern"),
        pytest.param({"ignore": ("*.png",)}, {"ignore": Globs.of(["*.png"])}, id="tuple of patterns"),
        pytest.param({"plain": ["a", "!b"]}, {"plain": Globs.of(["a", "!b"])}, id="list of patterns"),
        pytest.param({"hashed": {"b", "a"}}, {"hashed": Globs.of(["a", "b"])}, id="set of patterns"),
        pytest.param({"codings": "none"}, {"codings": ()}, id="no codings"),
        pytest.param({"codings": ["GZIP", "brotli"]}, {"codings": ("gzip", "br")}, id="codings"),
        pytest.param({"codings": "zst,gz"}, {"codings": ("zstd", "gzip")}, id="codings by their suffixes"),
        pytest.param(
            {"missing": {"*": "error"}},
            {"missing": MissingRules(rules=(MissingRule(Globs.of("*"), "error"),))},
            id="missing",
        ),
        pytest.param(
            {"headers": [{"for": "*", "set": {"A": "1"}, "remove": "B"}]},
            {"headers": (HeaderRule(Globs.of("*"), {"A": "1"}, remove=("B",)),)},
            id="rules as tables",
        ),
        pytest.param({"types": {".X": "a/b"}}, {"types": {"x": "a/b"}}, id="types"),
        pytest.param({"bundler_manifests": Path("a")}, {"bundler_manifests": ("a",)}, id="one path"),
        pytest.param({"hashed_hook": len}, {"hashed_hook": len}, id="function"),
    ],
)
def test_config_holds_what_it_is_given_as_it_needs_it(given: dict[str, Any], held: dict[str, Any]) -> None:
    config = Config(**{"sources": "a", **given})
    assert {name: getattr(config, name) for name in held} == held
    assert replace(config) == config


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"sources": ()}, "no source to compile", id="no source"),
        pytest.param({"sources": ""}, "sources: '' is not a path", id="empty source"),
        pytest.param({"sources": "a\0"}, r"sources: 'a\x00' has a NUL character", id="NUL in a source"),
        pytest.param({"sources": 5}, "sources: 5 is not a list of DIR or URL=DIR", id="number for a source"),
        pytest.param({"sources": [b"a"]}, "sources: b'a' is not a path", id="bytes for a source"),
        pytest.param({"effort": "x"}, "effort: 'x' is not one of fast, default, best", id="effort"),
        pytest.param({"missing": "x"}, "missing: 'x' is not one of ignore, warn, error", id="missing"),
        pytest.param({"codings": ("x",)}, "codings: 'x' is not one of gzip, br, zstd", id="coding"),
        pytest.param({"jobs": 0}, "jobs: 0 is not a whole number of at least 1", id="jobs"),
        pytest.param({"jobs": "4"}, "jobs: '4' is not a whole number of at least 1", id="text for a number"),
        pytest.param({"max_age": -1}, "max-age: -1 is not a whole number of at least 0", id="max-age"),
        pytest.param({"strict": "no"}, "strict: 'no' is not true or false", id="text for a switch"),
        pytest.param({"index": "a/b"}, "index: 'a/b' is not the name of a file", id="index in a directory"),
        pytest.param({"prefix": ""}, "prefix: '' is not an absolute URL path", id="empty prefix"),
        pytest.param({"prefix": "static/"}, "prefix: 'static/' is not an absolute URL path", id="relative prefix"),
        pytest.param({"prefix": "//cdn/"}, "prefix: '//cdn/' is not an absolute URL path", id="prefix with a host"),
        pytest.param({"prefix": "https://x/"}, "prefix: 'https://x/' is not an absolute", id="prefix with a scheme"),
        pytest.param(
            {"prefix": "/a/../b/"}, "prefix: '/a/../b/' has a segment that browsers take", id="dots in prefix"
        ),
        pytest.param({"prefix": "/a?b/"}, "prefix: '/a?b/': write the path decoded", id="query in the prefix"),
        pytest.param({"prefix": "/a%20b/"}, "prefix: '/a%20b/': write the path decoded", id="encoded prefix"),
        pytest.param({"prefix": "/\udcff/"}, r"prefix: '/\udcff/' is not UTF-8", id="prefix that is not UTF-8"),
        pytest.param({"origins": "https://[::1"}, "origins: 'https://[::1' is not an origin", id="open bracket"),
        pytest.param(
            {"origins": "https://a:x"}, "origins: 'https://a:x' is not an origin", id="port that is no number"
        ),
        pytest.param({"origins": "https://a/b"}, "origins: 'https://a/b' is not an origin", id="origin with a path"),
        pytest.param({"origins": ["a.test"]}, "origins: 'a.test' is not an origin", id="origin without scheme"),
    ],
)
def test_what_no_build_can_follow_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config(**{"sources": (Source("a"),), **settings})
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(("prefix", "expected"), [("/x", "/x/"), ("/x/", "/x/"), ("/", "/"), ("/é b", "/é b/")])
def test_a_prefix_ends_in_a_slash(prefix: str, expected: str) -> None:
    assert Config(sources=(Source("a"),), prefix=prefix).prefix == expected


def test_all_cores_are_used_unless_told_otherwise() -> None:
    assert Config(sources=(Source("a"),)).jobs == len(os.sched_getaffinity(0))
