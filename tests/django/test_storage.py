"""The storage: names in, URLs out, in the manner of Django's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib.staticfiles.storage import HashedFilesMixin
from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from django.core.files.base import ContentFile, File
from django.forms import Media
from django.template import Context, Template
from django.templatetags.static import static

from servestatic_build import Source
from servestatic_runtime import Manifest, ManifestError
from servestatic_runtime.django import opened
from servestatic_runtime.django.storage import ManifestStorage
from support.django_projects import project
from support.releases import snapshot, unfingerprinted
from support.trees import compile_sources, write_tree

TREE = {
    "css/app.css": "a{}",
    "js/app.js": "",
    "font.eot": "x",
    "icons.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "a b.css": "",
    "100%.css": "",
    "page.html": "<p>",
}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("release")
    sources = [write_tree(root / "static", TREE), write_tree(root / "public", {"robots.txt": "User-agent: *"})]
    return compile_sources(root, Source(str(sources[0])), Source(str(sources[1]), "/")).dist


def short(text: str) -> str:
    """Return a text with ``#`` for each fingerprint."""
    return unfingerprinted(text.encode()).decode()


NAMES = [
    pytest.param("css/app.css", "/static/css/app.#.css", id="file"),
    pytest.param("a b.css", "/static/a%20b.#.css", id="space"),
    pytest.param("a%20b.css", "/static/a%20b.#.css", id="encoded space"),
    pytest.param("100%.css", "/static/100%25.#.css", id="percent sign"),
    pytest.param("js/app.js?v=1", "/static/js/app.#.js?v=1", id="query"),
    pytest.param("font.eot?#iefix", "/static/font.#.eot?#iefix", id="iefix"),
    pytest.param("icons.svg#home", "/static/icons.#.svg#home", id="fragment"),
    pytest.param("page.html", "/static/page.html", id="HTML keeps its plain URL"),
    pytest.param("css/", "/static/css/", id="directory"),
    pytest.param("/robots.txt", "/robots.txt", id="file of ROOT"),
]


@pytest.mark.parametrize(("name", "url"), NAMES)
def test_a_name_leads_to_its_url(dist: Path, name: str, url: str) -> None:
    with project(dist) as storage:
        assert static(name) == storage.url(name)
        assert short(storage.url(name)) == url


@pytest.mark.parametrize(("name", "url"), [row for row in NAMES if not str(row.values[0]).endswith(("/", ".txt"))])
def test_the_stored_name_is_the_url_below_the_prefix(dist: Path, name: str, url: str) -> None:
    with project(dist) as storage:
        assert short("/static/" + storage.stored_name(name)) == unquote(url)


def test_templates_and_form_media_link_to_the_release(dist: Path) -> None:
    with project(dist):
        page = Template('{% load static %}{% static "css/app.css" %} {% static "js/app.js" as x %}{{ x }}')
        assert short(page.render(Context())) == "/static/css/app.#.css /static/js/app.#.js"
        media = short(str(Media(css={"all": ["css/app.css"]}, js=["js/app.js", "https://x.test/y.js"])))
        assert '"/static/css/app.#.css"' in media
        assert '"/static/js/app.#.js"' in media
        assert '"https://x.test/y.js"' in media


@pytest.mark.parametrize(
    ("settings", "front"),
    [
        pytest.param({"STATIC_URL": "https://cdn.test/static/"}, "https://cdn.test", id="host"),
        pytest.param({"STATIC_URL": "//cdn.test/static/"}, "//cdn.test", id="host without a scheme"),
        pytest.param({"SERVESTATIC": {"BASE_URL": "https://cdn.test/x/"}}, "https://cdn.test/x", id="base URL"),
        pytest.param({"STATIC_URL": "/site/static/"}, "/site", id="site that is mounted"),
        pytest.param({"STATIC_URL": "/café/static/"}, "/caf%C3%A9", id="mount that is not ASCII"),
        pytest.param(
            {"STATIC_URL": "/site/static/", "SERVESTATIC": {"BASE_URL": "https://cdn.test"}},
            "https://cdn.test",
            id="site that is mounted, with a base URL",
        ),
    ],
)
def test_a_host_or_mount_stands_before_the_url(dist: Path, settings: dict[str, Any], front: str) -> None:
    with project(dist, **settings) as storage:
        assert short(storage.url("css/app.css")) == f"{front}/static/css/app.#.css"
        assert storage.url("css/") == f"{front}/static/css/"


def test_the_environment_s_base_url_counts_where_no_setting_names_a_host(
    dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVESTATIC_BASE_URL", "https://env.test")
    with project(dist) as storage:
        assert storage.url("page.html") == "https://env.test/static/page.html"
    with project(dist, STATIC_URL="https://cdn.test/static/") as storage:
        assert storage.url("page.html") == "https://cdn.test/static/page.html"


def test_a_base_url_that_is_none_is_refused(dist: Path) -> None:
    with (
        project(dist, SERVESTATIC={"BASE_URL": "cdn.test"}) as storage,
        pytest.raises(ImproperlyConfigured, match=r"BASE_URL.*cdn\.test"),
    ):
        storage.url("page.html")


@pytest.mark.parametrize("name", ["css/nothing.css", "", "/css/app.css", "nothing%20here.css"])
def test_an_unknown_name_is_a_value_error_that_names_it(dist: Path, name: str) -> None:
    with project(dist) as storage:
        for asked in (storage.url, storage.stored_name):
            with pytest.raises(ValueError, match="Missing staticfiles manifest entry for"):
                asked(name)


@pytest.mark.parametrize("name", ["css/nothing.css", "css/nothing.css?#iefix", "no thing.css"])
def test_where_names_need_not_be_known_an_unknown_one_gets_its_plain_url(dist: Path, name: str) -> None:
    with project(dist, SERVESTATIC={"MANIFEST_STRICT": False, "BASE_URL": "https://cdn.test"}) as storage:
        assert storage.url(name) == "https://cdn.test/static/" + name.replace(" ", "%20")


@pytest.mark.parametrize("there", [True, False])
def test_without_a_release_the_error_says_what_to_run(tmp_path: Path, there: bool) -> None:
    if there:
        tmp_path.joinpath("dist").mkdir()
    for dist, place in ((tmp_path / "dist", str(tmp_path / "dist")), (None, "STATIC_ROOT")):
        with project(dist) as storage, pytest.raises(opened.NoReleaseError) as caught:
            storage.url("css/app.css")
        assert isinstance(caught.value, ValueError)
        assert place in str(caught.value)
        assert "manage.py collectstatic" in str(caught.value)


def test_without_a_release_plain_urls_are_given_where_names_need_not_be_known(tmp_path: Path) -> None:
    with project(tmp_path, SERVESTATIC={"MANIFEST_STRICT": False}) as storage:
        assert storage.url("css/app.css") == "/static/css/app.css"


@pytest.mark.usefixtures("in_tests")
def test_in_a_project_s_own_tests_names_are_known_once_there_is_a_release(dist: Path, tmp_path: Path) -> None:
    for missing in (tmp_path, None):
        with project(missing) as storage:
            assert storage.url("css/app.css") == "/static/css/app.css"
    with project(dist) as storage:
        assert storage.url("css/app.css") == "/static/css/app.css"
        assert storage.url("admin/css/base.css") == "/static/admin/css/base.css"  # which is in no release yet
        assert storage.url("css/app.css", force=True) != "/static/css/app.css"
        with pytest.raises(ValueError, match=r"no\.css"):
            storage.url("no.css")


def test_a_damaged_release_is_an_error_all_the_same(tmp_path: Path) -> None:
    tmp_path.joinpath("manifest.msgpack").write_bytes(b"x" * 4000)
    with (
        project(tmp_path, SERVESTATIC={"MANIFEST_STRICT": False}) as storage,
        pytest.raises(ManifestError, match="does not begin like a manifest"),
    ):
        storage.url("css/app.css")


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("css/app.css", "/static/css/app.css"),
        ("/css/app.css", "/static/css/app.css"),
        ("css/nothing.css", "/static/css/nothing.css"),
        ("a b.css", "/static/a%20b.css"),
        ("font.eot?#iefix", "/static/font.eot?#iefix"),
        ("css/", "/static/css/"),
    ],
)
def test_under_debug_urls_are_plain_unless_forced(dist: Path, name: str, url: str) -> None:
    with project(None, DEBUG=True) as storage:
        assert storage.url(name) == url
    with project(dist, DEBUG=True) as storage:
        assert storage.url(name) == url
        assert short(storage.url("css/app.css", force=True)) == "/static/css/app.#.css"


def test_files_are_found_under_their_logical_names(dist: Path) -> None:
    with project(dist) as storage:
        with storage.open("css/app.css") as file:
            assert file.read() == b"a{}"
        assert short(storage.path("css/app.css")) == str(dist / "files/static/css/app.#.css")
        assert storage.size("css/app.css") == 3
        assert storage.exists("css/app.css")
        assert not storage.exists("css/nothing.css")
        with pytest.raises(FileNotFoundError):
            storage.open("css/nothing.css")
        with pytest.raises(NotImplementedError):
            storage.path("")


@pytest.fixture
def static_root(tmp_path: Path) -> Path:
    """A release in STATIC_ROOT, and what others have written there."""
    write_tree(tmp_path / "dist", {"CACHE/x.js": "x"})
    theirs = Source(str(tmp_path / "dist"), only=frozenset({"CACHE/x.js"}), foreign=True)
    sources = [Source(str(write_tree(tmp_path / "static", TREE))), theirs]
    return compile_sources(tmp_path, *sources, layout="prefix").dist


def test_files_are_found_in_static_root_under_logical_and_stored_names(static_root: Path) -> None:
    with project(static_root) as storage:
        for name in ("css/app.css", storage.stored_name("css/app.css")):
            assert storage.path(name) == str(static_root / name)
            assert storage.exists(name)
            assert storage.size(name) == 3
            with storage.open(name) as file:
                assert file.read() == b"a{}"
        assert storage.listdir("")[0] == ["CACHE", "css", "js"]
        assert [short(name) for name in storage.listdir("js")[1]] == ["app.#.js", "app.js"]
        (static_root / "css/app.css").unlink()  # KEEP_ONLY_HASHED_FILES
        assert short(storage.path("css/app.css")) == str(static_root / "css/app.#.css")
        with pytest.raises(SuspiciousFileOperation):
            storage.path("../secret")


def test_the_storage_says_what_django_s_own_says(static_root: Path, tmp_path: Path) -> None:
    with project(static_root) as storage:
        assert isinstance(storage, HashedFilesMixin)  # by which Wagtail knows that names hold hashes
        assert storage.hashed_files == {name: storage.stored_name(name) for name in (*TREE, "CACHE/x.js")}
        assert storage.hashed_name("css/app.css") == storage.stored_name("css/app.css")
        manifest = json.loads(storage.read_manifest() or "")
        assert manifest == {"paths": storage.hashed_files, "version": "1.1", "hash": storage.manifest_hash}
        assert len(storage.manifest_hash) == 12
        assert storage.load_manifest() == (storage.hashed_files, storage.manifest_hash)
        before = storage.manifest_hash
        compile_sources(tmp_path, Source(str(write_tree(tmp_path / "static", {"css/app.css": "b{}"}))), layout="prefix")
    with project(static_root) as storage:
        assert storage.manifest_hash != before
    with project(tmp_path / "none") as storage:
        assert (storage.hashed_files, storage.manifest_hash, storage.read_manifest()) == ({}, "", None)


class Lenient(ManifestStorage):
    manifest_strict = False


def test_a_subclass_may_take_unknown_names(static_root: Path) -> None:
    with project(static_root, STORAGES={"staticfiles": {"BACKEND": f"{__name__}.Lenient"}}) as storage:
        assert storage.url("css/nothing.css") == "/static/css/nothing.css"


def test_what_others_save_is_stored_and_what_they_delete_is_gone(static_root: Path) -> None:
    with project(static_root) as storage:
        assert storage.save("jsi18n/en.js", ContentFile(b"1")) == "jsi18n/en.js"
        assert storage.exists("jsi18n/en.js")
        with storage.open("jsi18n/en.js") as file:
            assert file.read() == b"1"
        for name in ("jsi18n/en.js", "CACHE/x.js"):
            storage.delete(name)
            assert not (static_root / name).exists()


def test_what_the_finders_have_is_not_saved_with_other_bytes(static_root: Path, tmp_path: Path) -> None:
    assets = write_tree(tmp_path / "assets", {"mine.js": "1"})
    with project(static_root, STATICFILES_DIRS=[assets]) as storage:
        with pytest.raises(ValueError, match=r"'mine\.js' is not stored: a build publishes it from .*mine\.js"):
            storage.save("mine.js", ContentFile(b"2"))
        assert not (static_root / "mine.js").exists()
        with open(assets / "mine.js", "rb") as file:
            for content in (File(file), ContentFile(b"1"), ContentFile("1")):
                assert storage.save("mine.js", content) == "mine.js"
        assert [*storage.post_process({}, dry_run=True)] == []  # so that nothing is said at the end


def test_what_a_build_put_there_can_not_be_deleted(static_root: Path) -> None:
    with project(static_root) as storage:
        before = snapshot(static_root)
        for name in ("manifest.msgpack", "css/app.css", storage.stored_name("css/app.css"), ""):
            storage.delete(name)
    assert snapshot(static_root) == before


def test_a_release_is_opened_once_when_the_first_name_is_asked_for(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opens: list[str] = []
    real = Manifest.open

    def counted(path: str, **settings: Any) -> Manifest:
        opens.append(path)
        return real(path, **settings)

    monkeypatch.setattr(Manifest, "open", counted)
    with project(dist) as storage:
        assert opens == []
        for name in TREE:
            storage.url(name)
            static(name)
    assert opens == [str(dist / "manifest.msgpack")]


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_new_release_is_seen_where_the_settings_say_so(tmp_path: Path, is_seen: bool) -> None:
    def compiled(content: str) -> Path:
        return compile_sources(tmp_path, Source(str(write_tree(tmp_path / content, {"app.css": content})))).dist

    with project(compiled("old"), SERVESTATIC={"RELOAD": is_seen}) as storage:
        before = storage.url("app.css")
        compiled("new")
        assert (storage.url("app.css") != before) is is_seen


def test_a_new_release_that_can_not_be_read_leaves_the_old_one(tmp_path: Path) -> None:
    dist = compile_sources(tmp_path, Source(str(write_tree(tmp_path / "static", TREE)))).dist
    with project(dist, SERVESTATIC={"RELOAD": True}) as storage:
        before = storage.url("css/app.css")
        write_tree(dist, {"new": "x" * 4000})
        dist.joinpath("new").replace(dist / "manifest.msgpack")
        assert storage.url("css/app.css") == before
