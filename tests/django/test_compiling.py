"""collectstatic and compilestatic: what the finders find becomes a release in STATIC_ROOT."""

from __future__ import annotations

import errno
import gc
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.management.commands import collectstatic as django_collectstatic
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.core.management.base import CommandError
from django.urls import set_script_prefix

from servestatic_runtime import Manifest
from servestatic_runtime.django.storage import ManifestStorage
from servestatic_runtime.manifest import AssetMatch
from support.django_projects import QUICK, project, run
from support.releases import release, snapshot
from support.trees import write_tree

TREE = {
    "css/app.css": "a{background:url(../img/a.png)}",
    "img/a.png": "png",
    "js/app.js": 'import "./b.js"',
    "js/b.js": "",
}
DJANGO_S_OWN = django_collectstatic.Command
WAYS = pytest.mark.parametrize(
    "command",
    [
        pytest.param("collectstatic", id="collectstatic"),
        pytest.param(DJANGO_S_OWN, id="collectstatic without the app"),
        pytest.param("compilestatic", id="compilestatic"),
    ],
)


def hashed(path: str, url: str) -> bool:
    return path.endswith("a.png") and url == "/static/img/a.png"


def add_headers(headers: Any, path: str, url: str) -> None:
    headers["X-Of"] = f"{Path(path).name} {url.count('/')}"


def read(storage: ManifestStorage, name: str) -> str:
    """Return what a file of the release holds."""
    with storage.open(name) as file:
        return str(file.read().decode())


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    return tmp_path / "dist"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """A project with one directory of static files, and no app that has any."""
    return {
        "STATICFILES_DIRS": [write_tree(tmp_path / "assets", TREE)],
        "STATICFILES_FINDERS": ["django.contrib.staticfiles.finders.FileSystemFinder"],
        "SERVESTATIC": QUICK,
    }


@WAYS
def test_what_the_finders_find_is_compiled(dist: Path, settings: dict[str, Any], command: Any) -> None:
    with project(dist, **settings) as storage:
        said = run(command)
        urls = {name: storage.url(name) for name in TREE}
        css = read(storage, "css/app.css")
    assert f"{dist} is compiled: 4 files, 4 new on disk." in said.stdout
    assert release(dist) == urls
    assert urls["img/a.png"].rpartition("/")[2] in css
    assert {path.partition("/")[0] for path in snapshot(dist)} == {
        "css",
        "img",
        "js",
        "manifest.msgpack",
        ".servestatic-build.files",
    }


@WAYS
def test_a_release_is_replaced_by_the_next_one_which_the_same_process_sees(
    dist: Path, settings: dict[str, Any], command: Any
) -> None:
    with project(dist, **settings) as storage:
        run(command)
        before = storage.url("js/b.js")
        settings["STATICFILES_DIRS"][0].joinpath("js/b.js").write_text("new")
        run(command)
        assert storage.url("js/b.js") != before
        assert storage.url("js/app.js") == release(dist)["js/app.js"]


@WAYS
def test_a_damaged_release_is_no_hindrance(dist: Path, settings: dict[str, Any], command: Any) -> None:
    write_tree(dist, {"manifest.msgpack": "x" * 2000})
    with project(dist, **settings):
        assert "is compiled" in run(command).stdout
    assert len(release(dist)) == 4


@WAYS
def test_a_dry_run_writes_nothing_and_says_what_would_change(
    dist: Path, settings: dict[str, Any], command: Any
) -> None:
    with project(dist, **settings):
        assert f"{dist} would change, 4 new files." in run(command, "--dry-run").stdout
        assert not dist.exists()
        run(command)
        before = snapshot(dist)
        assert f"{dist} is up to date: 4 files." in run(command, "--dry-run").stdout
        assert snapshot(dist) == before


@WAYS
def test_after_an_error_the_release_is_as_it_was(dist: Path, settings: dict[str, Any], command: Any) -> None:
    settings["SERVESTATIC"] = {**QUICK, "MISSING": "error"}
    with project(dist, **settings):
        run(command)
        before = snapshot(dist)
        write_tree(settings["STATICFILES_DIRS"][0], {"css/app.css": "a{background:url(../img/none.png)}"})
        for arguments in ((), ("--clear",), ("--dry-run",)):
            with pytest.raises(CommandError, match=f"Nothing was compiled: {dist} is as it was"):
                run(command, *arguments)
            assert snapshot(dist) == before


@WAYS
def test_problems_go_to_stderr_as_the_compiler_words_them(
    dist: Path, settings: dict[str, Any], command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tree(settings["STATICFILES_DIRS"][0], {"css/app.css": "a{background:url(../img/b.png)}"})
    with project(dist, **settings):
        said = run(command).stderr or capsys.readouterr().err
    assert said.startswith(
        "css/app.css:1:18: warning: '../img/b.png' resolves to /static/img/b.png, which does not exist [missing-reference]\n"
        "  hint: did you mean /static/img/a.png?"
    )


@WAYS
def test_a_quiet_command_says_errors_only(dist: Path, settings: dict[str, Any], command: Any) -> None:
    write_tree(settings["STATICFILES_DIRS"][0], {"css/app.css": "a{background:url(../img/b.png)}"})
    with project(dist, **settings):
        if command != DJANGO_S_OWN:  # it does not tell a storage how much to say
            assert run(command, verbosity=0) == ("", "")


@pytest.mark.parametrize(
    ("settings_of_url", "prefix", "front"),
    [
        pytest.param({"STATIC_URL": "https://cdn.test/s/"}, "/s/", "https://cdn.test/s/js/b.", id="host"),
        pytest.param(
            {"STATIC_URL": "static/", "FORCE_SCRIPT_NAME": "/app"},
            "/static/",
            "/app/static/js/b.",
            id="script name",
        ),
    ],
)
def test_static_url_says_where_files_are_served(
    dist: Path, settings: dict[str, Any], settings_of_url: dict[str, str], prefix: str, front: str
) -> None:
    full = "https://cdn.test/s/img/a.png"
    write_tree(settings["STATICFILES_DIRS"][0], {"css/full.css": f"a{{background:url({full})}}"})
    set_script_prefix(settings_of_url.get("FORCE_SCRIPT_NAME", "") + "/")
    try:
        with project(dist, **settings, **settings_of_url) as storage:
            run("collectstatic")
            assert Manifest.open(dist).prefix == prefix
            assert storage.url("js/b.js").startswith(front)
            css = read(storage, "css/full.css")
            assert (full in css) is ("FORCE_SCRIPT_NAME" in settings_of_url)  # a full URL there is ours, too
    finally:
        set_script_prefix("/")


def test_directories_with_a_prefix_and_files_found_twice_are_as_in_django(
    dist: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    more = write_tree(tmp_path / "more", {"x.txt": "x", "js/b.js": "second"})
    settings["STATICFILES_DIRS"] += [more, ("pre/fix", str(more))]
    with project(dist, **settings) as storage:
        said = run("compilestatic").stdout
        assert set(release(dist)) == {*TREE, "x.txt", "pre/fix/x.txt", "pre/fix/js/b.js"}
        assert read(storage, "js/b.js") == ""
        assert read(storage, "pre/fix/js/b.js") == "second"
    assert f"js/b.js: found once more, as {more}/js/b.js, and left out" in said


@WAYS
def test_patterns_leave_files_out(dist: Path, settings: dict[str, Any], command: Any) -> None:
    write_tree(settings["STATICFILES_DIRS"][0], {"CVS/x.txt": "", "a.txt~": "", ".hidden": ""})
    with project(dist, **settings):
        run(command, "-i", "*.js", "--ignore", "img")
    assert set(release(dist)) == {"css/app.css"}


def test_what_is_found_and_never_published_is_named(dist: Path, tmp_path: Path, settings: dict[str, Any]) -> None:
    assets = settings["STATICFILES_DIRS"][0]
    write_tree(tmp_path / "elsewhere", {"x.js": "", "d/y.js": ""})
    write_tree(assets, {".hidden/a.txt": "", "a.pyc": "", "skip.me": ""})
    assets.joinpath("x.js").symlink_to(tmp_path / "elsewhere/x.js")
    assets.joinpath("d").symlink_to(tmp_path / "elsewhere/d")
    settings["SERVESTATIC"] = {**QUICK, "IGNORE": ["*.me"]}
    with project(dist, **settings):
        said = run("compilestatic", "--no-default-ignore").stderr
    assert sorted(line.strip() for line in said.splitlines()) == [
        ".hidden/a.txt: warning: Django finds this file, but it is not published: a hidden file [unpublished-file]",
        "d/y.js: warning: Django finds this file, but it is not published: a symlink out of its source [unpublished-file]",
        "hint: add the directory that it leads to to STATICFILES_DIRS",
        "hint: add the directory that it leads to to STATICFILES_DIRS",
        "x.js: warning: Django finds this file, but it is not published: a symlink out of its source [unpublished-file]",
    ]


class MemoryFinder(BaseFinder):  # type: ignore[misc] # Django has no types
    """Finds files that lie in no directory."""

    def list(self, _ignore_patterns: Any) -> Iterator[tuple[str, InMemoryStorage]]:
        storage = InMemoryStorage()
        storage.prefix = "memory"
        storage.save("a/b.css", ContentFile(b"a{background:url(c.png)}"))
        storage.save("a/c.png", ContentFile(b"png"))
        return iter([("a/b.css", storage), ("a/c.png", storage)])


@WAYS
def test_a_storage_that_is_no_directory_is_compiled_too(dist: Path, settings: dict[str, Any], command: Any) -> None:
    settings["STATICFILES_FINDERS"] = [f"{__name__}.MemoryFinder"]
    with project(dist, **settings) as storage:
        run(command)
        assert read(storage, "memory/a/b.css") != "a{background:url(c.png)}"
    assert set(release(dist)) == {"memory/a/b.css", "memory/a/c.png"}


def test_files_of_root_are_served_at_the_top_and_may_have_an_index(
    dist: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    public = write_tree(tmp_path / "public", {"robots.txt": "", "docs/index.html": "<link href=/static/css/app.css>"})
    for index, directory in ((None, None), (True, "/docs/")):
        settings["SERVESTATIC"] = {**QUICK, "ROOT": public, "INDEX_FILE": index}
        with project(dist, **settings) as storage:
            run("compilestatic")
            assert storage.url("/robots.txt") == "/robots.txt"
        page = Manifest.open(dist).asset("/docs/index.html")
        assert page.directory == directory
        assert b"/css/app." in (dist / page.variants[0].file).read_bytes()


def test_settings_reach_the_compiler(dist: Path, settings: dict[str, Any]) -> None:
    for_files = {"ADD_HEADERS_FUNCTION": add_headers, "IMMUTABLE_FILE_TEST": hashed, "MAX_AGE": 7, "EFFORT": "best"}
    settings["SERVESTATIC"] = {"CODINGS": ["gzip"], "MIMETYPES": {"app.js": "text/x-app"}, **for_files}
    with project(dist, **settings, WHITENOISE_KEEP_ONLY_HASHED_FILES=True):
        run("compilestatic")
    manifest = Manifest.open(dist)
    script, image = manifest.asset("js/app.js"), manifest.asset("img/a.png")
    headers = dict(AssetMatch(manifest, script, script.headers).ok_headers(script.variants[0]))
    assert (headers["X-Of"], headers["Content-Type"]) == ("app.js 3", "text/x-app; charset=utf-8")
    assert (script.plain_url, image.url, image.immutable) == (None, "/static/img/a.png", True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param(
            {"SERVESTATIC": {"JOBS": 0}}, r"SERVESTATIC\['JOBS'\]: 0 is not a whole number of at least 1", id="number"
        ),
        pytest.param({"SERVESTATIC": {"EFFORT": "x"}}, r"SERVESTATIC\['EFFORT'\]: 'x' is not one of fast", id="word"),
        pytest.param(
            {"SERVESTATIC": {"HEADERS": [{"set": {}}]}},
            r"SERVESTATIC\['HEADERS'\]: a rule has the keys set",
            id="rule",
        ),
        pytest.param(
            {"SERVESTATIC": {"ADD_HEADERS_FUNCTION": "no.such"}}, r"headers-hook 'no:such': No module", id="function"
        ),
        pytest.param({"STATICFILES_DIRS": []}, "The finders find no file", id="no files"),
    ],
)
def test_what_no_build_can_follow_is_refused(
    dist: Path, settings: dict[str, Any], given: dict[str, Any], message: str
) -> None:
    with project(dist, **{**settings, **given}), pytest.raises(CommandError, match=message):
        run("compilestatic")


def test_without_a_place_for_the_release_the_error_says_so(settings: dict[str, Any]) -> None:
    with project(None, **settings), pytest.raises(CommandError, match="STATIC_ROOT"):
        run("compilestatic")


@WAYS
def test_every_wrong_setting_is_named_at_once(dist: Path, settings: dict[str, Any], command: Any) -> None:
    wrong = {"RELOAD": 1, "MAX_AGE": "60", "IMMUTABLE_FILE_TEST": "(", "EFFORT": "much"}
    with project(dist, **{**settings, "SERVESTATIC": wrong}), pytest.raises(CommandError) as caught:
        run(command)
    assert len(str(caught.value).splitlines()) == 4
    assert all(f"SERVESTATIC['{key}']" in str(caught.value) for key in wrong)


def test_a_directory_in_static_root_that_can_not_be_read_is_named(
    dist: Path, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    private = write_tree(dist / "private", {"a.txt": ""})
    real = os.scandir

    def refusing(path: Any) -> Any:
        if not isinstance(path, int) and os.path.realpath(path) == os.path.realpath(private):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with project(dist, **settings), pytest.raises(CommandError, match=r"private/? can't be read: Permission denied"):
        run("collectstatic")


@WAYS
def test_without_the_extra_the_error_names_what_to_install(
    dist: Path, settings: dict[str, Any], command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "servestatic_build"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pathspec", None)
    with project(dist, **settings), pytest.raises(CommandError, match=r'pip install "servestatic-build\[build\]"'):
        run(command)
    assert not dist.exists()


def test_a_server_does_not_load_the_compiler() -> None:
    modules = ("storage", "conf", "apps", "opened")
    imports = "\n".join(f"import servestatic_runtime.django.{module}" for module in modules)
    script = f"{imports}\nimport sys\nprint([name for name in sys.modules if name.startswith('servestatic_build')])"
    assert subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout == "[]\n"


# Options that mean something else where files are compiled.


@WAYS
def test_the_urls_of_an_earlier_dist_stay_served_where_static_root_is_empty(
    tmp_path: Path, dist: Path, settings: dict[str, Any], command: Any
) -> None:
    with project(dist, **settings) as storage:
        run(command)
        old = storage.url("js/app.js")
        files = snapshot(dist)
    dist.rename(tmp_path / "old")
    (tmp_path / "assets/js/b.js").write_text("new()")
    with project(dist, **settings | {"SERVESTATIC": {**QUICK, "PREVIOUS": [tmp_path / "old"]}}) as storage:
        run(command)
        assert storage.url("js/app.js") != old
    (file,) = [variant.file for url in Manifest.open(dist).retired() if url.url == old for variant in url.variants]
    assert (dist / file).read_bytes() == files[file]


@pytest.mark.parametrize("command", ["collectstatic", "compilestatic"])
def test_clear_replaces_what_is_in_the_way_and_deletes_earlier_releases(
    dist: Path, settings: dict[str, Any], command: str
) -> None:
    write_tree(dist, {"css/app.css": "of another storage", "theirs.txt": "theirs"})
    with project(dist, **settings) as storage:
        with pytest.raises(CommandError, match="is as it was"):
            run(command)
        run(command, "--clear")
        settings["STATICFILES_DIRS"][0].joinpath("img/a.png").write_text("new")
        assert "2 files of earlier releases are deleted." in run(command, "--clear").stdout
        listed = {variant.file for asset in Manifest.open(dist) for variant in asset.variants}
        assert set(snapshot(dist)) - {".servestatic-build.files"} == {"manifest.msgpack", "theirs.txt", *TREE, *listed}
        assert (dist / "css/app.css").read_text() == read(storage, "css/app.css")


@pytest.mark.parametrize("command", ["collectstatic", "compilestatic"])
def test_what_no_kept_release_needs_is_deleted(dist: Path, settings: dict[str, Any], command: str) -> None:
    settings["SERVESTATIC"] = {**QUICK, "KEEP_RELEASES": 1, "KEEP_DAYS": 0, "GRACE_MINUTES": 0}
    with project(dist, **settings):
        releases = []
        for content in ("1", "2", "3"):
            settings["STATICFILES_DIRS"][0].joinpath("img/a.png").write_text(content)
            run(command)
            releases.append(Manifest.open(dist).asset("img/a.png").variants[0].file)
    assert [(dist / file).exists() for file in releases] == [False, True, True]


def test_clear_asks_first(dist: Path, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(dist, {"css/app.css": "of another storage"})
    before = snapshot(dist)
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "no"

    monkeypatch.setattr("builtins.input", answer)
    with project(dist, **settings), pytest.raises(CommandError, match="cancelled"):
        run("collectstatic", "--clear", interactive=True)
    assert "DELETE THE FILES OF EARLIER RELEASES" in asked[0]
    assert snapshot(dist) == before


def test_clear_leaves_the_directory_of_a_build_that_runs(dist: Path, settings: dict[str, Any]) -> None:
    from servestatic_build.store.staging import staging_in

    with project(dist, **settings), staging_in(str(dist)) as staging:
        staging.write([b"x"])
        run("collectstatic", "--clear")
        assert (Path(staging.path) / "0").read_bytes() == b"x"


def test_django_s_own_clear_takes_nothing_from_the_release(dist: Path, settings: dict[str, Any]) -> None:
    with project(dist, **settings):
        run(DJANGO_S_OWN)
        before = snapshot(dist)
        run(DJANGO_S_OWN, "--clear")
    assert snapshot(dist) == before


@pytest.mark.parametrize(
    ("command", "message"),
    [("collectstatic", "--link is not possible"), (DJANGO_S_OWN, "Can't symlink to a remote destination")],
)
def test_link_is_refused(dist: Path, settings: dict[str, Any], command: Any, message: str) -> None:
    with project(dist, **settings), pytest.raises(CommandError, match=message):
        run(command, "--link")
    assert not dist.exists()


def test_no_post_process_is_said_to_compile_nothing(
    dist: Path, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with project(dist, **settings), pytest.raises(CommandError, match="Nothing was compiled: --no-post-process"):
        run("collectstatic", "--no-post-process")
    with project(dist, **settings):
        run(DJANGO_S_OWN, "--no-post-process")
    gc.collect()  # the storage is gone, as at the end of a process
    assert "Nothing was compiled: --no-post-process" in capsys.readouterr().err
    assert not dist.exists()


def test_collectstatic_with_another_storage_is_django_s(dist: Path, settings: dict[str, Any]) -> None:
    other = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with project(dist, **settings, STORAGES=other):
        assert "4 static files copied" in run("collectstatic").stdout
    assert set(snapshot(dist)) == set(TREE)


@pytest.mark.parametrize("arguments", [("--check",), ("--strict",), ("--effort", "x")])
def test_compilestatic_takes_the_compiler_s_options(
    dist: Path, settings: dict[str, Any], arguments: tuple[str, ...]
) -> None:
    write_tree(settings["STATICFILES_DIRS"][0], {"css/app.css": "a{background:url(nothing.png)}"})
    with project(dist, **settings):
        with pytest.raises(CommandError):
            run("compilestatic", *arguments)
        assert not dist.exists()
        run("compilestatic")
        assert "is up to date" in run("compilestatic", "--check").stdout


# Other people's files.


@WAYS
def test_what_others_wrote_into_static_root_is_published_at_its_plain_url(
    dist: Path, settings: dict[str, Any], command: Any
) -> None:
    theirs = {"CACHE/css/output.0123456789ab.css": "a{}", "jsi18n/en/djangojs.js": "gettext = 1", "x.js.gz": "z"}
    write_tree(dist, theirs)
    with project(dist, **settings) as storage:
        for _ in range(2):
            said = run(command)
            assert "3 files that others wrote into STATIC_ROOT are published, too" in said.stdout
            assert {storage.url(name) for name in theirs} == {f"/static/{name}" for name in theirs}
        assert "is up to date" in said.stdout
    assert {name: (dist / name).read_text() for name in theirs} == theirs
    immutable = {asset.name for asset in Manifest.open(dist) if asset.name in theirs and asset.immutable}
    assert immutable == {"CACHE/css/output.0123456789ab.css"}


def test_a_release_that_is_not_in_static_root_lies_below_files(tmp_path: Path, settings: dict[str, Any]) -> None:
    settings["SERVESTATIC"] = {**QUICK, "MANIFEST": tmp_path / "dist"}
    with project(tmp_path / "static_root", **settings):
        run("compilestatic")
    assert {path.partition("/")[0] for path in snapshot(tmp_path / "dist")} == {"files", "manifest.msgpack"}


def test_a_root_inside_static_root_is_refused_with_nothing_lost(dist: Path, settings: dict[str, Any]) -> None:
    before = snapshot(write_tree(dist, {"root/robots.txt": "all"}))
    settings["SERVESTATIC"] = {**QUICK, "ROOT": dist / "root"}
    with project(dist, **settings), pytest.raises(CommandError, match="is the output and can't be a source"):
        run("collectstatic", "--clear")
    assert snapshot(dist) == before


@pytest.mark.parametrize(
    ("permissions", "file", "directory"),
    [
        pytest.param({}, 0o644, 0o755, id="Django's default"),
        pytest.param({"FILE_UPLOAD_PERMISSIONS": 0o640}, 0o640, 0o750, id="files"),
        pytest.param({"FILE_UPLOAD_DIRECTORY_PERMISSIONS": 0o775}, 0o644, 0o775, id="directories"),
        pytest.param({"FILE_UPLOAD_PERMISSIONS": None}, 0o600, 0o700, id="the umask's"),
    ],
)
def test_django_s_permissions_hold_for_every_file_and_directory(
    dist: Path, settings: dict[str, Any], permissions: dict[str, Any], file: int, directory: int
) -> None:
    before = os.umask(0o077)
    try:
        with project(dist, **settings, **permissions):
            run("collectstatic")
    finally:
        os.umask(before)
    paths = [dist, *dist.rglob("*")]
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in paths if path.suffix != ".msgpack"}
    assert modes == {(False, file), (True, directory)}


def test_the_admin_and_an_app_with_modules_compile_without_a_problem(dist: Path) -> None:
    from django.conf import settings as django_settings

    apps = [*django_settings.INSTALLED_APPS, "debug_toolbar"]
    with project(dist, INSTALLED_APPS=apps, SERVESTATIC=QUICK) as storage:
        said = run("collectstatic", "--clear")
        assert said.stderr == ""
        toolbar = read(storage, "debug_toolbar/js/toolbar.js")
        utils = storage.url("debug_toolbar/js/utils.js")
        admin = storage.url("admin/css/base.css")
    assert f'"./{utils.rpartition("/")[2]}"' in toolbar
    assert release(dist)["admin/css/base.css"] == admin
