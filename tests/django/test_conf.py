"""Settings: the dictionary, the old names that still mean something, and what they make for the compiler."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from django.urls import set_script_prefix

from servestatic_build.settings.files import IN_FILE, keywords
from servestatic_runtime.bodies import DEFAULT_CACHE_BYTES
from servestatic_runtime.django import conf
from servestatic_runtime.django.keys import CODING_SWITCHES, KEYS, OLD_KEYS, REMOVED_SETTINGS


def add_headers(headers: object, path: str, url: str) -> None:
    """Stand for a project's own."""


def is_hashed(path: str, url: str) -> bool:
    """Stand for a project's own."""
    return path == url


def read(**settings: Any) -> conf.Settings:
    with override_settings(**settings):
        return conf.read()


def test_a_project_that_says_nothing_has_the_defaults() -> None:
    assert read() == conf.Settings(
        dist=None,
        prefix="/static/",
        follows_script_name=True,
        base_url=None,
        strict=True,
        claim_prefix=False,
        cache_bytes=DEFAULT_CACHE_BYTES,
        reload=False,
        root=None,
        is_static_root=False,
        modes=conf.Modes(0o644, None),
        build={"index": ""},
        places={},
    )


@pytest.mark.parametrize(
    ("settings", "field", "expected"),
    [
        ({"STATIC_ROOT": "/srv/dist"}, "dist", "/srv/dist"),
        ({"STATIC_ROOT": Path("/srv/dist")}, "dist", "/srv/dist"),
        ({"STATIC_ROOT": "/srv/dist", "SERVESTATIC": {"MANIFEST": Path("/app/m.msgpack")}}, "dist", "/app/m.msgpack"),
        ({"SERVESTATIC": {"MANIFEST_STRICT": False}}, "strict", False),
        ({"SERVESTATIC": {"CLAIM_PREFIX": True}}, "claim_prefix", True),
        ({"SERVESTATIC": {"CACHE_BYTES": 0}}, "cache_bytes", 0),
        ({"DEBUG": True}, "reload", True),
        ({"DEBUG": True, "SERVESTATIC": {"RELOAD": False}}, "reload", False),
        ({"SERVESTATIC": {"ROOT": Path("/srv/public")}}, "root", "/srv/public"),
        ({"SERVESTATIC": {"ROOT": None}}, "root", None),
        ({"STATIC_ROOT": "/srv/dist"}, "is_static_root", True),
        (
            {"STATIC_ROOT": "/srv/dist", "SERVESTATIC": {"MANIFEST": "/srv/dist/manifest.msgpack"}},
            "is_static_root",
            True,
        ),
        ({"STATIC_ROOT": "/srv/dist", "SERVESTATIC": {"MANIFEST": "/srv/other"}}, "is_static_root", False),
        ({"FILE_UPLOAD_PERMISSIONS": 0o640}, "modes", conf.Modes(0o640, None)),
    ],
)
def test_what_the_runtime_is_told(settings: dict[str, Any], field: str, expected: object) -> None:
    assert getattr(read(**settings), field) == expected


@pytest.mark.parametrize(
    ("settings", "prefix", "base_url"),
    [
        pytest.param({"STATIC_URL": "/static/"}, "/static/", None, id="absolute path"),
        pytest.param({"STATIC_URL": "s/"}, "/s/", None, id="relative path"),
        pytest.param({"STATIC_URL": None}, "/static/", None, id="none"),
        pytest.param({"STATIC_URL": "/"}, "/", None, id="the whole site"),
        pytest.param({"STATIC_URL": "/caf%C3%A9/"}, "/café/", None, id="encoded path"),
        pytest.param({"STATIC_URL": "https://cdn.test/static/"}, "/static/", "https://cdn.test", id="host"),
        pytest.param({"STATIC_URL": "https://cdn.test/"}, "/", "https://cdn.test", id="host alone"),
        pytest.param({"STATIC_URL": "//cdn.test:8/a/b/"}, "/a/b/", "//cdn.test:8", id="host without a scheme"),
        pytest.param({"SERVESTATIC": {"BASE_URL": "https://x.test"}}, "/static/", "https://x.test", id="base URL"),
        pytest.param(
            {"STATIC_URL": "https://cdn.test/site/static/", "SERVESTATIC": {"STATIC_PREFIX": "static"}},
            "/static/",
            "https://cdn.test/site",
            id="CDN that takes a segment away",
        ),
    ],
)
def test_static_url_says_what_stands_before_a_name(settings: dict[str, Any], prefix: str, base_url: str | None) -> None:
    given = read(**settings)
    assert (given.prefix, given.base_url) == (prefix, base_url)


@pytest.mark.parametrize(("static_url", "in_request"), [("static/", "/app/static/"), ("/static/", "/static/")])
def test_a_script_name_stands_before_a_relative_static_url_in_links_alone(static_url: str, in_request: str) -> None:
    # Django does so itself, and sets the prefix when it is set up: not again when settings change in a test.
    with override_settings(STATIC_URL=static_url, FORCE_SCRIPT_NAME="/app"):
        for script_name, expected in (("/app/", in_request), ("/", "/static/")):
            set_script_prefix(script_name)
            settings = conf.read()
            assert (settings.prefix, conf.static_url()) == ("/static/", expected)
            assert settings.follows_script_name is (static_url == "static/")


BUILD: list[tuple[str, Any, dict[str, Any]]] = [
    ("MAX_AGE", 5, {"max-age": 5}),
    ("INDEX_FILE", True, {"index": "index.html"}),
    ("INDEX_FILE", "home.html", {"index": "home.html"}),
    ("INDEX_FILE", False, {"index": ""}),
    ("INDEX_FILE", None, {}),
    ("ALLOW_ALL_ORIGINS", False, {"cross-origin": False}),
    ("MIMETYPES", {".foo": "text/foo"}, {"types": {".foo": "text/foo"}, "headers": []}),
    (
        "MIMETYPES",
        {"site-association": "text/x"},
        {"types": {}, "headers": [{"for": "site-association", "set": {"Content-Type": "text/x; charset=utf-8"}}]},
    ),
    ("ADD_HEADERS_FUNCTION", add_headers, {"headers-hook": add_headers}),
    ("ADD_HEADERS_FUNCTION", "project.assets.add", {"headers-hook": "project.assets:add"}),
    ("ADD_HEADERS_FUNCTION", "project.assets:add", {"headers-hook": "project.assets:add"}),
    ("IMMUTABLE_FILE_TEST", is_hashed, {"hashed-hook": is_hashed}),
    ("KEEP_ONLY_HASHED_FILES", True, {"plain-urls": False}),
    ("CODINGS", ("br", "gzip"), {"codings": ("br", "gzip")}),
    ("CODINGS", "none", {"codings": "none"}),
    ("EFFORT", "best", {"effort": "best"}),
    ("JOBS", 2, {"jobs": 2}),
    ("COMPRESS", {"*.wasm": "br"}, {"compress": {"*.wasm": "br"}}),
    ("COMPRESS_LIMIT", "1 MB", {"compress-limit": "1 MB"}),
    ("CACHE", Path("/srv/cache"), {"cache": Path("/srv/cache")}),
    ("CACHE_SIZE", 2**20, {"cache-size": 2**20}),
    ("IGNORE", "*.scss", {"ignore": "*.scss"}),
    ("CONTENT_ENCODING", {"*.svgz": "gzip"}, {"content-encoding": {"*.svgz": "gzip"}}),
    ("TAKE_VARIANTS", True, {"take-variants": True}),
    ("PUBLISH", "*.sqlite3", {"publish": "*.sqlite3"}),
    ("PLAIN", ["sw.js"], {"plain": ["sw.js"]}),
    ("FINGERPRINT", {"a.html"}, {"fingerprint": {"a.html"}}),
    ("PRESETS", ["leaflet"], {"presets": ["leaflet"]}),
    ("HASHED", ["dist/*"], {"hashed": ["dist/*"]}),
    ("MISSING", {"vendor/": "ignore"}, {"missing": {"vendor/": "ignore"}}),
    ("MODULES", "importmap", {"modules": "importmap"}),
    ("IMPORTS", {"lit": "lit.js"}, {"imports": {"lit": "lit.js"}}),
    ("ORIGINS", ["https://x.test"], {"origins": ["https://x.test"]}),
    ("BUNDLER_MANIFESTS", [Path("a.json")], {"bundler-manifests": [Path("a.json")]}),
    ("BUDGETS", [{"for": "*", "max": 1}], {"budgets": [{"for": "*", "max": 1}]}),
    ("SPA", ["/=index.html"], {"spa": ["/=index.html"]}),
    ("NOT_FOUND", "404.html", {"not-found": "404.html"}),
    ("HEADERS", [{"for": "*", "set": {"A": "1"}}], {"headers": [{"for": "*", "set": {"A": "1"}}]}),
    ("STRICT", True, {"strict": True}),
    ("KEEP_RELEASES", 10, {"keep-releases": 10}),
    ("KEEP_DAYS", 90, {"keep-days": 90}),
    ("GRACE_MINUTES", 60, {"grace-minutes": 60}),
    ("PREVIOUS", ["previous"], {"previous": ["previous"]}),
    ("DELTAS", 2, {"deltas": 2}),
    ("PUBLIC_DELTAS", True, {"public-deltas": True}),
]


@pytest.mark.parametrize(("key", "value", "expected"), BUILD)
def test_what_the_compiler_is_told(key: str, value: Any, expected: dict[str, Any]) -> None:
    assert read(SERVESTATIC={key: value}).build == {"index": "", **expected}


def test_every_key_for_the_compiler_stands_in_the_table_above() -> None:
    assert {key for key, _, _ in BUILD} == {name for name, key in KEYS.items() if key.build}


def test_every_setting_of_the_compiler_s_table_has_a_key_or_is_django_s_own() -> None:
    made = {name for _, _, settings in BUILD for name in settings}
    django_s_own = {"sources", "out", "prefix", "layout", "file-mode", "directory-mode", "spa", "not-found"}
    assert made | django_s_own == set(IN_FILE)


@pytest.mark.parametrize(("key", "value", "expected"), BUILD)
def test_the_compiler_takes_what_a_key_makes(key: str, value: Any, expected: dict[str, Any]) -> None:
    settings = read(SERVESTATIC={key: value})
    assert settings.places == dict.fromkeys(expected, f"SERVESTATIC[{key!r}]")
    assert keywords(settings.build, settings.places)


@pytest.mark.parametrize("prefix", conf.OLD_PREFIXES)
@pytest.mark.parametrize(("key", "value", "expected"), [row for row in BUILD if row[0] in OLD_KEYS])
def test_an_old_setting_means_what_its_key_means(prefix: str, key: str, value: Any, expected: dict[str, Any]) -> None:
    assert read(**{prefix + key: value}).build == {"index": "", **expected}


@pytest.mark.parametrize("prefix", conf.OLD_PREFIXES)
def test_old_settings_of_the_runtime_mean_what_their_keys_mean(prefix: str) -> None:
    old = {"ROOT": "/public", "STATIC_PREFIX": "/s/", "MANIFEST_STRICT": False}
    settings = read(**{prefix + key: value for key, value in old.items()})
    assert (settings.root, settings.prefix, settings.strict) == ("/public", "/s/", False)


def test_the_dictionary_goes_before_old_settings_and_servestatic_before_whitenoise() -> None:
    old = {"SERVESTATIC_MAX_AGE": 2, "WHITENOISE_MAX_AGE": 1, "WHITENOISE_ALLOW_ALL_ORIGINS": False}
    assert read(**old).build == {"index": "", "max-age": 2, "cross-origin": False}
    assert read(**old, SERVESTATIC={"MAX_AGE": 3}).build == {"index": "", "max-age": 3, "cross-origin": False}


@pytest.mark.parametrize(
    ("switches", "codings"),
    [
        ({"SERVESTATIC_USE_ZSTD": False}, ["gzip", "br"]),
        ({"SERVESTATIC_USE_GZIP": False, "SERVESTATIC_USE_BROTLI": False}, ["zstd"]),
        ({"SERVESTATIC_USE_GZIP": True}, None),
        ({"SERVESTATIC_USE_GZIP": False, "SERVESTATIC": {"CODINGS": ["gzip"]}}, ["gzip"]),
    ],
)
def test_a_coding_that_was_switched_off_is_not_made(switches: dict[str, Any], codings: list[str] | None) -> None:
    assert read(**switches).build.get("codings") == codings


def test_types_of_whole_names_and_rules_stand_together_the_rules_last() -> None:
    rule = {"for": "*", "remove": ["X"]}
    build = read(SERVESTATIC={"HEADERS": [rule], "MIMETYPES": {"crossdomain.xml": "a/b"}}).build
    assert build["headers"] == [{"for": "crossdomain.xml", "set": {"Content-Type": "a/b"}}, rule]


def test_an_immutable_file_test_may_be_a_pattern_for_the_url() -> None:
    test = read(SERVESTATIC={"IMMUTABLE_FILE_TEST": r"-[0-9a-f]{8}\."}).build["hashed-hook"]
    assert test("/src/a.js", "/static/a-01234567.js")
    assert not test("/src/a-01234567.js", "/static/a.js")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"SERVESTATIC": []}, "SERVESTATIC must be dict, not []", id="no dictionary"),
        pytest.param({"SERVESTATIC": {"RELOAD": 1}}, "SERVESTATIC['RELOAD'] must be bool, not 1", id="number"),
        pytest.param({"SERVESTATIC": {"CACHE_BYTES": True}}, "SERVESTATIC['CACHE_BYTES'] must be int", id="boolean"),
        pytest.param({"WHITENOISE_ROOT": 1}, "WHITENOISE_ROOT must be str or PathLike, not 1", id="old setting"),
        pytest.param(
            {"SERVESTATIC_IMMUTABLE_FILE_TEST": "("},
            "SERVESTATIC_IMMUTABLE_FILE_TEST is no regular expression: missing ), unterminated subpattern",
            id="pattern that is none",
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_and_its_place_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        read(**settings)
    assert str(caught.value).startswith(message)


def test_no_name_is_both_alive_and_dead() -> None:
    assert not set(REMOVED_SETTINGS) & (set(KEYS) | set(CODING_SWITCHES))
