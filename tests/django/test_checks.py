"""System checks: what each says, and that it is silent where nothing is wrong."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, run_checks
from django.test import override_settings

from servestatic_build import Source
from servestatic_runtime.django.checks import TAG
from servestatic_runtime.django.conf import OLD_PREFIXES
from servestatic_runtime.django.keys import CODING_SWITCHES, OLD_KEYS, REMOVED_SETTINGS
from servestatic_runtime.django.storage import ManifestStorage
from support.django_projects import STORAGES
from support.trees import Tree, compile_sources, write_tree

APP = "servestatic_runtime.django"
OURS = f"{APP}.middleware.ServeStaticMiddleware"
SECURITY = "django.middleware.security.SecurityMiddleware"
GZIP = "django.middleware.gzip.GZipMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"
OTHER_APPS = [name for name in django_settings.INSTALLED_APPS if name != APP]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("release")
    return compile_sources(root, Source(str(write_tree(root / "static", {"a.css": ""}))), index="").dist


def check(dist: Path | None, *, deploy: bool = False, **settings: Any) -> list[CheckMessage]:
    right = {"STORAGES": STORAGES, "STATIC_ROOT": str(dist) if dist else None, "MIDDLEWARE": [SECURITY, OURS, COMMON]}
    with override_settings(**{**right, **settings}):
        return list(run_checks(tags=[TAG], include_deployment_checks=deploy))


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="storage and middleware"),
        pytest.param({"MIDDLEWARE": [OURS, COMMON]}, id="no SecurityMiddleware"),
        pytest.param({"MIDDLEWARE": []}, id="no middleware"),
        pytest.param({"STATIC_URL": "https://cdn.test/static/"}, id="host"),
        pytest.param({"STATIC_URL": "/app/static/", "SERVESTATIC": {"STATIC_PREFIX": "/static/"}}, id="mount"),
        pytest.param(
            {"STATIC_URL": "/x/", "SERVESTATIC": {"STATIC_PREFIX": "/static/", "BASE_URL": ""}}, id="base URL"
        ),
        pytest.param({"STATIC_URL": "/app/static/"}, id="mount in STATIC_URL alone"),
        pytest.param({"STORAGES": {**STORAGES, "x": {}}}, id="a storage that nobody asks for"),
        pytest.param({f"WHITENOISE_{key}": None for key in OLD_KEYS}, id="old settings"),
        pytest.param({f"SERVESTATIC_{key}": True for key in CODING_SWITCHES}, id="old switches"),
    ],
)
def test_a_project_in_order_is_not_spoken_of(dist: Path, settings: dict[str, Any]) -> None:
    assert check(dist, **settings) == []


@pytest.mark.parametrize(
    ("settings", "wrong", "message", "hint"),
    [
        pytest.param(
            {"SERVESTATIC": {"MAXAGE": 1}}, "E001", "no key 'MAXAGE'", "SERVESTATIC['MAX_AGE']", id="key with a typo"
        ),
        pytest.param({"SERVESTATIC": {"zzz": 1}}, "E001", "no key 'zzz'", "The keys are ADD_HEADERS", id="unknown key"),
        pytest.param(
            {"SERVESTATIC": {"RELOAD": "x"}}, "E002", "must be bool", "settings.md", id="value of another kind"
        ),
        pytest.param({"SERVESTATIC": 1}, "E002", "SERVESTATIC must be dict", "settings.md", id="no dictionary"),
        pytest.param(
            {"SERVESTATIC": {"MAX_AGE": "60"}},
            "E002",
            "SERVESTATIC['MAX_AGE']: '60' is not a whole number of at least 0 (write 60 without quotes)",
            "settings.md",
            id="value that the compiler does not take",
        ),
        pytest.param(
            {"WHITENOISE_MAX_AGE": -1}, "E002", "WHITENOISE_MAX_AGE: -1 is not", "settings.md", id="old setting's value"
        ),
        pytest.param(
            {"STATIC_URL": "/a/", "SERVESTATIC_STATIC_PREFIX": "/static/"},
            "E003",
            "'/a/' and does not end in STATIC_PREFIX, '/static/'",
            "What stands before that may differ",
            id="prefix that STATIC_URL does not have",
        ),
        pytest.param(
            {"MIDDLEWARE": [SECURITY, GZIP, OURS]}, "W001", f"stands behind {GZIP}", "directly behind", id="behind GZip"
        ),
        pytest.param({"MIDDLEWARE": [COMMON, OURS]}, "W001", f"behind {COMMON}", "to the top", id="behind another"),
        pytest.param(
            {"MIDDLEWARE": [OURS, SECURITY]}, "W001", f"before {SECURITY}", "directly", id="before SecurityMiddleware"
        ),
        pytest.param({"STATIC_ROOT": None}, "W002", "STATIC_ROOT: is not set", "collectstatic", id="no STATIC_ROOT"),
        pytest.param({"STATIC_ROOT": "/nowhere"}, "W002", "/nowhere/manifest", "collectstatic", id="no release"),
        pytest.param(
            {"STATIC_ROOT": "/nowhere", "STORAGES": {}}, "W002", "/nowhere", "collectstatic", id="middleware alone"
        ),
        pytest.param(
            {"STATIC_ROOT": "/nowhere", "MIDDLEWARE": []}, "W002", "/nowhere", "collectstatic", id="storage alone"
        ),
        pytest.param(
            {"SERVESTATIC": {"BASE_URL": "x"}}, "W002", "BASE_URL", "collectstatic", id="base URL that is none"
        ),
        pytest.param(
            {"STATIC_URL": "/s/"},
            "W003",
            "another STATIC_URL: '/static/', not '/s/'",
            "collectstatic",
            id="other prefix",
        ),
        pytest.param(
            {"SERVESTATIC": {"INDEX_FILE": True}},
            "W003",
            "another INDEX_FILE: '', not",
            "collectstatic",
            id="other index",
        ),
        pytest.param({"DEBUG": True}, "W005", "DEBUG is set: the release in", "Unset DEBUG", id="DEBUG"),
        pytest.param(
            {"INSTALLED_APPS": [*OTHER_APPS, APP]}, "W006", "Under runserver", "--nostatic", id="app behind staticfiles"
        ),
        pytest.param(
            {"SERVESTATIC_MAXAGE": 1}, "W008", "SERVESTATIC_MAXAGE is no setting", "['MAX_AGE']", id="old setting, typo"
        ),
        pytest.param(
            {"MIDDLEWARE": [SECURITY, "whitenoise.middleware.WhiteNoiseMiddleware"]},
            "W009",
            "whitenoise.middleware.WhiteNoiseMiddleware is still in MIDDLEWARE",
            OURS,
            id="another's middleware",
        ),
        pytest.param(
            {"STORAGES": {**STORAGES, "x": {"BACKEND": "servestatic.storage.CompressedStaticFilesStorage"}}},
            "W009",
            "still in STORAGES",
            "ManifestStorage",
            id="another's storage",
        ),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    dist: Path, settings: dict[str, Any], wrong: str, message: str, hint: str
) -> None:
    (said,) = check(dist, **settings)
    assert said.id == f"servestatic.{wrong}"
    assert message in said.msg
    assert hint in said.hint


def test_a_release_of_the_command_line_is_not_said_to_have_another_index_file(tmp_path: Path) -> None:
    dist = compile_sources(tmp_path, Source(str(write_tree(tmp_path / "static", {"a.css": ""})))).dist
    assert check(dist) == []
    (said,) = check(dist, SERVESTATIC={"INDEX_FILE": "home.html"})
    assert "another INDEX_FILE: 'index.html', not 'home.html'" in said.msg


def test_wrong_settings_are_all_named_whoever_finds_them_wrong(dist: Path) -> None:
    wrong = {"RELOAD": 1, "CACHE_BYTES": "x", "MAX_AGE": "60", "IMMUTABLE_FILE_TEST": "("}
    messages = [said.msg for said in check(dist, SERVESTATIC=wrong) if said.id == "servestatic.E002"]
    assert len(messages) == len(wrong)
    assert all(any(f"SERVESTATIC['{key}']" in message for message in messages) for key in wrong)


def test_without_the_extra_the_rest_is_checked_all_the_same(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "servestatic_build"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pathspec", None)
    (said,) = check(dist, SERVESTATIC={"MAX_AGE": "60", "MAXAGE": 60})
    assert said.id == "servestatic.E001"


@pytest.mark.parametrize("prefix", OLD_PREFIXES)
@pytest.mark.parametrize("suffix", REMOVED_SETTINGS)
def test_an_old_setting_without_a_meaning_is_named_with_what_replaces_it(dist: Path, prefix: str, suffix: str) -> None:
    settings: dict[str, Any] = {prefix + suffix: True}
    (said,) = check(dist, **settings)
    assert (said.id, said.msg) == ("servestatic.W007", f"{prefix}{suffix} has no meaning here.")
    assert REMOVED_SETTINGS[suffix] in said.hint


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"DEBUG": True}, id="DEBUG"),
        pytest.param({"STORAGES": {}, "MIDDLEWARE": []}, id="nothing that serves it"),
    ],
)
def test_no_release_is_missed_where_none_is_needed(settings: dict[str, Any]) -> None:
    assert check(None, **settings) == []


@pytest.mark.usefixtures("in_tests")
def test_no_release_is_missed_in_a_project_s_own_tests() -> None:
    assert check(None) == []


@pytest.mark.parametrize(("seconds", "ids"), [(10, ["servestatic.W004"]), (-10, [])])
def test_files_that_are_newer_than_the_release_are_told_on_deployment(
    dist: Path, tmp_path: Path, seconds: int, ids: list[str]
) -> None:
    assets = write_tree(tmp_path / "assets", {"a.css": ""})
    date = os.stat(dist / "manifest.msgpack").st_mtime + seconds
    os.utime(assets / "a.css", (date, date))
    finders = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings: dict[str, Any] = {"STATICFILES_DIRS": [assets], "STATICFILES_FINDERS": finders}
    assert [said.id for said in check(dist, deploy=True, **settings)] == ids
    assert check(dist, **settings) == []
    assert check(dist, deploy=True, **settings, SERVESTATIC=1)[0].id == "servestatic.E002"
    assert "servestatic.W004" not in [said.id for said in check(tmp_path, deploy=True, **settings)]


# STATIC_ROOT and what others do there.


class Named(ManifestStorage):
    manifest_name = "other.json"


def test_a_subclass_that_names_a_manifest_of_its_own_is_told_that_there_is_none(dist: Path) -> None:
    (said,) = check(dist, STORAGES={"staticfiles": {"BACKEND": f"{__name__}.Named"}})
    assert said.id == "servestatic.W012"
    assert "manifest_name has no meaning" in said.msg


def test_a_root_inside_static_root_is_an_error(dist: Path) -> None:
    (said,) = check(dist, SERVESTATIC={"ROOT": dist / "root"})
    assert (said.id, said.hint) == ("servestatic.E004", "Move its files to a directory outside of STATIC_ROOT.")


def install(monkeypatch: pytest.MonkeyPatch, app: str) -> None:
    """Have an app installed. Really installed, it may read settings at import, before a test can set them."""
    is_installed = apps.is_installed
    monkeypatch.setattr(apps, "is_installed", lambda name: name == app or is_installed(name))


@pytest.fixture
def with_compressor(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "compressor")


@pytest.mark.usefixtures("with_compressor")
def test_what_an_app_wrote_after_the_release_is_named_with_the_order(tmp_path: Path) -> None:
    static = Source(str(write_tree(tmp_path / "static", {"a.css": ""})))
    theirs = {"CACHE/css/output.0123456789ab.css": "a{}" * 99, "CACHE/manifest.json": "{}"}
    dist = write_tree(tmp_path / "dist", theirs)
    foreign = Source(str(dist), only=frozenset(theirs), foreign=True)
    compile_sources(tmp_path, foreign, static, layout="prefix", index="", codings=("gzip",))
    assert check(dist, COMPRESS_OFFLINE=True) == []
    write_tree(dist, {"CACHE/js/output.0123456789ab.js": "1"})
    (said,) = check(dist, COMPRESS_OFFLINE=True)
    assert said.id == "servestatic.W010"
    assert "compressor has written 1 files that the release has not, CACHE/js/output.0123456789ab.js" in said.msg
    assert said.hint == "Compile behind it: manage.py collectstatic, then compress, then compilestatic."


@pytest.mark.usefixtures("with_compressor")
def test_a_compressor_that_writes_while_requests_come_in_is_named(dist: Path) -> None:
    (said,) = check(dist, COMPRESS_OFFLINE=False)
    assert said.id == "servestatic.W011"
    assert check(dist, COMPRESS_ENABLED=False) == []


class Packing(ManifestStorage):
    def post_process(self, *arguments: Any, **named: Any) -> Any:
        return super().post_process(*arguments, **named)


STATS = Path("/project/webpack-stats.json")
BUNDLES = {"WEBPACK_LOADER": {"DEFAULT": {"STATS_FILE": STATS, "BUNDLE_DIR_NAME": "bundles/"}}}


@pytest.mark.parametrize(
    ("app", "tree", "settings", "wrong", "message"),
    [
        ("django_vite", {"manifest.json": "{}"}, {}, None, ""),
        ("django_vite", {".vite/manifest.json": "{}"}, {}, "W013", "manifest.json below STATIC_ROOT, and Vite wrote"),
        ("django_vite", {".vite/manifest.json": "{}"}, {"DJANGO_VITE": {"x": {"manifest_path": "x"}}}, None, ""),
        ("pipeline", {}, {}, "W014", "makes none of its packages"),
        ("pipeline", {}, {"STORAGES": {"staticfiles": {"BACKEND": f"{__name__}.Packing"}}}, None, ""),
        ("webpack_loader", {}, BUNDLES, "W015", "looks for bundles in 'bundles/', which no finder finds"),
        ("webpack_loader", {"bundles/a.js": ""}, BUNDLES, "W016", f"does not read {STATS}"),
        (
            "webpack_loader",
            {"bundles/a.js": ""},
            {**BUNDLES, "SERVESTATIC": {"BUNDLER_MANIFESTS": [STATS]}},
            None,
            "",
        ),
    ],
)
def test_a_package_that_looks_elsewhere_is_named(
    dist: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    app: str,
    tree: Tree,
    settings: dict[str, Any],
    wrong: str | None,
    message: str,
) -> None:
    install(monkeypatch, app)
    assets = write_tree(tmp_path / "assets", {"placeholder.txt": "", **tree})
    said = check(dist, STATICFILES_DIRS=[assets], **settings)
    assert [each.id for each in said] == ([f"servestatic.{wrong}"] if wrong else [])
    assert all(message in each.msg for each in said)


def test_every_wrong_setting_is_named(dist: Path) -> None:
    said = check(dist, SERVESTATIC={"MAX_AGE": -1, "EFFORT": "much", "JOBS": 1})
    assert [message.id for message in said] == ["servestatic.E002"] * 2
    assert ["MAX_AGE" in said[0].msg, "EFFORT" in said[1].msg] == [True, True]
