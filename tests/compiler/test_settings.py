"""Settings: each key of the file does what its option does, and a wrong one is an error that says so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from servestatic_build import Config, ConfigError, Source
from servestatic_build.settings.files import read_settings
from servestatic_build.settings.globs import Globs
from servestatic_build.settings.header_rules import HeaderRule


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
        ('effort = "best"', {"effort": "best"}),
        ("jobs = 3", {"jobs": 3}),
        ('ignore = ["*.map", "!a.map"]', {"ignore": Globs.of(["*.map", "!a.map"])}),
        ('plain = "*.txt"', {"plain": Globs.of(["*.txt"])}),
        ('fingerprint = ["*.html"]', {"fingerprint": Globs.of(["*.html"])}),
        ('hashed = ["assets/*"]', {"hashed": Globs.of(["assets/*"])}),
        ('hashed-hook = "module:function"', {"hashed_hook": "module:function"}),
        ("plain-urls = false", {"plain_urls": False}),
        ('missing = "error"', {"missing": "error"}),
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


def test_every_field_of_config_but_check_has_a_setting() -> None:
    with pytest.raises(ConfigError) as caught:
        read("unknown = 1")
    names = (caught.value.hint or "").removeprefix("the settings are ").split(", ")
    assert {name.replace("-", "_") for name in names} == set(Config.__dataclass_fields__) - {"check", "missing_rules"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("unknown = 1", "there is no setting 'unknown'", id="unknown key"),
        pytest.param("plain_urls = true", "there is no setting 'plain_urls'", id="underscore for a hyphen"),
        pytest.param("check = true", "there is no setting 'check'", id="option that is no setting"),
        pytest.param('jobs = "3"', "'3' is not a whole number", id="string for a number"),
        pytest.param("jobs = true", "True is not a whole number", id="boolean for a number"),
        pytest.param("max-age = 1.5", "1.5 is not a whole number", id="fraction for a number"),
        pytest.param("strict = 1", "1 is not true or false", id="number for a boolean"),
        pytest.param("out = 1", "1 is not a string", id="number for a string"),
        pytest.param("ignore = 1", "1 is not a list", id="number for a list"),
        pytest.param("ignore = [1]", "1 is not a string", id="number in a list"),
        pytest.param('types = "x"', "'x' is not a table", id="string for a table"),
        pytest.param("types = {a = 1}", "1 is not a string", id="number in a table"),
        pytest.param("headers = {}", "{} is not a list", id="table for the rules"),
        pytest.param("headers = [1]", "1 is not a table", id="number for a rule"),
        pytest.param('headers = [{set = {A = "1"}}]', "a rule in headers has the keys ['set']", id="rule for nothing"),
        pytest.param(
            'headers = [{for = "*", sett = {}}]', "a rule in headers has the keys", id="unknown key in a rule"
        ),
        pytest.param('headers = [{for = "*", set = {A = 1}}]', "1 is not a string", id="number for a header"),
        pytest.param(
            'headers = [{for = "*", set = {ETag = "1"}}]', "ETag is decided", id="header that is not a rule's"
        ),
        pytest.param('sources = ["/x="]', "'/x=' names no directory", id="source without a directory"),
        pytest.param('ignore = ["!"]', "'!'", id="pattern that is none"),
        pytest.param('plain = ["[z-a]"]', "[z-a]", id="pattern with a range backwards"),
        pytest.param("a = ", "Invalid value", id="not TOML"),
    ],
)
def test_a_wrong_setting_is_refused_and_the_file_named(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert caught.value.message.startswith("settings.toml: ")
    assert message in caught.value.message


@pytest.mark.parametrize("text", ["tool = 1", "[tool]\nservestatic-build = 1"])
def test_a_section_that_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^pyproject\.toml: "):
        read(text, "pyproject.toml")


def test_a_file_that_is_not_utf_8_is_refused() -> None:
    Path("settings.toml").write_bytes(b'out = "\xff"')
    with pytest.raises(ConfigError, match=r"^settings\.toml: "):
        read_settings("settings.toml")


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^nothing\.toml: No such file or directory"):
        read_settings("nothing.toml")


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


def test_directories_are_relative_to_the_file() -> None:
    Path("sub").mkdir()
    settings = read('out = "dist"\nsources = ["a", "/x=b", "/abs"]', "sub/settings.toml")
    directories = [source.directory for source in settings["sources"]]
    assert (settings["out"], directories) == ("sub/dist", ["sub/a", "sub/b", "/abs"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"sources": ()}, "no source to compile", id="no source"),
        pytest.param({"effort": "x"}, "effort must be one of fast, default, best, not 'x'", id="effort"),
        pytest.param({"missing": "x"}, "missing must be one of ignore, warn, error, not 'x'", id="missing"),
        pytest.param({"codings": ("x",)}, "codings must be of gzip, br, zstd (or none), not 'x'", id="coding"),
        pytest.param({"jobs": 0}, "jobs must be at least 1", id="jobs"),
        pytest.param({"max_age": -1}, "max-age must be at least 0", id="max-age"),
        pytest.param({"index": "a/b"}, "index must be the name of a file, not 'a/b'", id="index in a directory"),
        pytest.param({"prefix": "static/"}, "'static/' is not an absolute URL path", id="relative prefix"),
        pytest.param({"prefix": "//cdn/"}, "'//cdn/' is not an absolute URL path", id="prefix with a host"),
        pytest.param({"prefix": "https://x/"}, "'https://x/' is not an absolute URL path", id="prefix with a scheme"),
        pytest.param({"prefix": "/a/../b/"}, "'/a/../b/' has a segment that browsers take away", id="dots in prefix"),
        pytest.param({"prefix": "/a?b/"}, "'/a?b/': write the path decoded", id="query in the prefix"),
        pytest.param({"prefix": "/a%20b/"}, "'/a%20b/': write the path decoded", id="encoded prefix"),
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
