"""The walk: which files are published, under which names, and what is said about the rest."""

from __future__ import annotations

import os
import random
import re
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from servestatic_build import Config, Source
from servestatic_build.codes import Code
from servestatic_build.diagnostics import ConfigError, Diagnostic, Diagnostics
from servestatic_build.model import SourceFile
from servestatic_build.settings.globs import Globs
from servestatic_build.sources.scan import scan
from servestatic_runtime.dates import LATEST
from servestatic_runtime.manifest import AssetMatch
from support.trees import compile_tree, write_tree


@dataclass(frozen=True)
class Walk:
    """What a walk found, in short."""

    files: tuple[SourceFile, ...]
    skipped: dict[str, str]  # reason by file name
    diagnostics: tuple[Diagnostic, ...]

    @property
    def names(self) -> list[str]:
        return [file.name for file in self.files]

    @property
    def urls(self) -> dict[str, str]:
        return {file.name: file.plain_path for file in self.files}

    @property
    def messages(self) -> list[str]:
        return [f"{d.severity} {d.place}: {d.message}" for d in self.diagnostics]


def walk(*sources: Path | Source, **settings: Any) -> Walk:
    diagnostics = Diagnostics()
    of = tuple(source if isinstance(source, Source) else Source(str(source)) for source in sources)
    found = scan(Config(sources=of, **{"out": "/nowhere", **settings}), diagnostics)
    return Walk(found.files, {os.path.basename(s.path): s.reason for s in found.skipped}, diagnostics.located())


@pytest.fixture
def src(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "src", {"a.css": "a"})


def test_files_come_in_order_of_name(tmp_path: Path) -> None:
    names = ["B.css", "a-b/x.css", "a.css", "a/x.css", "a/y/z.css", "b.css", "é.css"]
    assert walk(write_tree(tmp_path, dict.fromkeys(reversed(names), ""))).names == names


def test_a_directory_is_served_below_the_prefix(src: Path) -> None:
    assert walk(src, prefix="/x/y/").urls == {"a.css": "/x/y/a.css"}


def test_a_source_with_a_url_is_served_there_and_named_by_it(src: Path) -> None:
    assert walk(Source(str(src), "/")).urls == {"/a.css": "/a.css"}


def test_several_sources_make_one_tree(tmp_path: Path, src: Path) -> None:
    other = write_tree(tmp_path / "other", {"b.css": ""})
    assert walk(src, other, Source(str(other), "/x/")).urls == {
        "/x/b.css": "/x/b.css",
        "a.css": "/static/a.css",
        "b.css": "/static/b.css",
    }


@pytest.mark.parametrize("url", [None, "/static/"], ids=["same name", "same URL under another name"])
def test_a_later_source_wins_and_a_note_says_so(tmp_path: Path, src: Path, url: str | None) -> None:
    later = write_tree(tmp_path / "later", {"a.css": "later"})
    found = walk(src, Source(str(later), url))
    assert [file.path for file in found.files] == [str(later / "a.css")]
    assert found.messages == [f"note {later}/a.css: this file replaces {src}/a.css at /static/a.css"]


@pytest.mark.parametrize(
    ("names", "collisions"),
    [
        pytest.param(["a.css", "A.css"], ["a.css"], id="files"),
        pytest.param(["a.css", "A.css", "a.CSS"], ["a.CSS", "a.css"], id="three of them"),
        pytest.param(["css/a.css", "CSS/a.css"], ["css/a.css"], id="directories"),
        pytest.param(["straße.css", "STRASSE.css"], ["straße.css"], id="beyond ASCII"),
        pytest.param(["css/a.css", "CSS/b.css", "a.css", "a.css.map"], [], id="none"),
    ],
)
def test_names_that_differ_by_case_only_are_a_warning(tmp_path: Path, names: list[str], collisions: list[str]) -> None:
    found = walk(write_tree(tmp_path, dict.fromkeys(names, "")))
    assert found.names == sorted(names)
    assert [problem.name for problem in found.diagnostics] == [str(tmp_path / name) for name in collisions]
    assert {(problem.severity, problem.code) for problem in found.diagnostics} <= {("warning", "case-collision")}


def test_a_source_may_put_a_prefix_before_its_names_and_publish_some_files_only(tmp_path: Path) -> None:
    src = write_tree(tmp_path / "src", dict.fromkeys(["a.css", "b.css", "c/d.css", "c/e.css", ".hidden"], ""))
    found = walk(Source(str(src), name_prefix="x/", only=frozenset({"a.css", "c/d.css", ".hidden", "no.css"})))
    assert found.urls == {"x/a.css": "/static/x/a.css", "x/c/d.css": "/static/x/c/d.css"}
    other = "not one of the files asked for"
    assert found.skipped == {"b.css": other, "e.css": other, ".hidden": "a hidden file"}


def test_a_source_at_a_url_of_its_own_may_be_fingerprinted_like_one_below_the_prefix(tmp_path: Path) -> None:
    src = write_tree(tmp_path / "src", dict.fromkeys(["a.css", "a.html", "sw.js"], ""))
    found = walk(Source(str(src), "/x/", fingerprint=True), plain=Globs.of(["sw.js"]))
    assert {file.name for file in found.files if file.fingerprinted} == {"/x/a.css"}
    assert found.urls == {name: name for name in ("/x/a.css", "/x/a.html", "/x/sw.js")}


@pytest.mark.parametrize(
    ("text", "source"),
    [
        pytest.param("static", Source("static"), id="DIR"),
        pytest.param("/=public", Source("public", "/"), id="root"),
        pytest.param("/docs=build/docs", Source("build/docs", "/docs/"), id="slash added"),
        pytest.param("/a/b/=c=d", Source("c=d", "/a/b/"), id="first equals sign counts"),
        pytest.param("a=b", Source("a=b"), id="no URL before the equals sign"),
    ],
)
def test_a_source_is_a_directory_or_a_url_and_a_directory(text: str, source: Source) -> None:
    assert Source.parse(text) == source


def test_a_directory_with_an_equals_sign_in_its_path_is_a_directory(src: Path) -> None:
    directory = src / "a=b"
    directory.mkdir()
    assert Source.parse(str(directory)) == Source(str(directory))


NAMES = ("a.css", "lib/a.css", "lib/b.js", "lib/deep/c.css")


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["*.css"], ["lib/b.js"]),
        (["/a.css"], ["lib/a.css", "lib/b.js", "lib/deep/c.css"]),
        (["lib/"], ["a.css"]),
        (["lib/*.css"], ["a.css", "lib/b.js", "lib/deep/c.css"]),
        (["lib/**/*.css"], ["a.css", "lib/b.js"]),
        (["deep"], ["a.css", "lib/a.css", "lib/b.js"]),
        (["*.css", "!lib/a.css"], ["lib/a.css", "lib/b.js"]),
    ],
    ids=" ".join,
)
def test_an_ignored_file_is_not_published(tmp_path: Path, patterns: list[str], left: list[str]) -> None:
    tree = write_tree(tmp_path, dict.fromkeys(NAMES, ""))
    assert walk(tree, ignore=Globs.of(patterns)).names == left


@pytest.mark.parametrize(
    ("name", "url", "settings", "expected"),
    [
        pytest.param("a.css", None, {}, (True, True), id="DIR"),
        pytest.param("a.css", None, {"plain_urls": False}, (True, False), id="DIR without plain URLs"),
        pytest.param("a.html", None, {}, (False, True), id="HTML"),
        pytest.param("a.html", None, {"plain_urls": False}, (False, True), id="HTML without plain URLs"),
        pytest.param("a.css", "/", {}, (False, True), id="URL=DIR"),
        pytest.param("a.css", "/", {"plain_urls": False}, (False, True), id="URL=DIR without plain URLs"),
        pytest.param("a.css", None, {"plain": Globs.of(["*.css"])}, (False, True), id="--plain"),
        pytest.param("a.html", None, {"fingerprint": Globs.of(["*.html"])}, (True, True), id="--fingerprint HTML"),
        pytest.param("a.css", "/", {"fingerprint": Globs.of(["/a.css"])}, (True, True), id="--fingerprint URL=DIR"),
        pytest.param(
            "a.css",
            None,
            {"plain": Globs.of(["*"]), "fingerprint": Globs.of(["a.css"])},
            (True, True),
            id="--fingerprint before --plain",
        ),
    ],
)
def test_a_file_has_a_fingerprinted_url_and_a_plain_one_by_these_rules(
    tmp_path: Path, name: str, url: str | None, settings: dict[str, Any], expected: tuple[bool, bool]
) -> None:
    (file,) = walk(Source(str(write_tree(tmp_path, {name: ""})), url), **settings).files
    assert (file.fingerprinted, file.plain) == expected


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"hashed": Globs.of(["assets/app-*"])}, id="patterns"),
        pytest.param({"hashed_hook": lambda path, url: path.endswith("app-1234.js") and "/assets/" in url}, id="hook"),
        pytest.param({"hashed": Globs.of(["app-*"]), "plain_urls": False}, id="no plain URLs"),
    ],
)
@pytest.mark.parametrize("url", [None, "/"])
def test_a_file_that_was_hashed_before_keeps_its_url(tmp_path: Path, settings: dict[str, Any], url: str | None) -> None:
    source = Source(str(write_tree(tmp_path, {"assets/app-1234.js": "", "assets/b.js": ""})), url)
    hashed, other = walk(source, **settings).files
    assert (hashed.hashed, hashed.fingerprinted, hashed.plain) == (True, False, True)
    assert (other.hashed, other.fingerprinted) == (False, url is None)


def test_who_asks_for_a_fingerprint_gets_one(src: Path) -> None:
    (file,) = walk(src, hashed=Globs.of(["*"]), fingerprint=Globs.of(["a.css"])).files
    assert (file.hashed, file.fingerprinted) == (False, True)


def test_what_was_hashed_before_is_cached_for_ever_as_it_is(tmp_path: Path) -> None:
    tree = {"a-1234.css": "a{background:url(b.png)}", "b.png": ""}
    compiled = compile_tree(tmp_path, tree, hashed=Globs.of(["a-*"]))
    asset = compiled.manifest.asset("a-1234.css")
    headers = dict(AssetMatch(compiled.manifest, asset, asset.headers).ok_headers(asset.variants[0]))
    assert (asset.url, asset.immutable) == ("/static/a-1234.css", True)
    assert "immutable" in headers["Cache-Control"]
    assert compiled.read("a-1234.css") == tree["a-1234.css"].encode()


def test_a_hook_that_fails_fails_the_build(tmp_path: Path) -> None:
    compiled = compile_tree(tmp_path, {"a.css": ""}, hashed_hook=lambda path, url: path.index(url))
    assert compiled.messages() == ["error a.css: the hashed-hook raised ValueError('substring not found')"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".env", "a hidden file"),
        (".git/config", "a hidden file"),
        ("lib/.hidden/a.css", "a hidden file"),
        ("a.css~", "left behind by an editor or the system"),
        ("#a.css#", "left behind by an editor or the system"),
        ("a.css.swp", "left behind by an editor or the system"),
        ("Thumbs.db", "left behind by an editor or the system"),
        ("desktop.ini", "left behind by an editor or the system"),
        (".DS_Store", "a hidden file"),
        ("__pycache__/a.pyc", "left behind by an editor or the system"),
        ("__MACOSX/a.css", "left behind by an editor or the system"),
    ],
)
def test_dotfiles_and_litter_are_skipped_and_named(tmp_path: Path, name: str, reason: str) -> None:
    found = walk(write_tree(tmp_path, {name: "", "a.css": ""}))
    assert (found.names, list(found.skipped.values())) == (["a.css"], [reason])


def test_well_known_is_published_and_what_is_hidden_in_it_is_not(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {".well-known/security.txt": "", ".well-known/.secret": ""})
    assert walk(tree).names == [".well-known/security.txt"]


@pytest.mark.parametrize(
    ("link", "target", "names", "reason"),
    [
        pytest.param("b.css", "a.css", ["a.css", "b.css", "lib/c.css"], None, id="to a file inside"),
        pytest.param("more", "lib", ["a.css", "lib/c.css", "more/c.css"], None, id="to a directory inside"),
        pytest.param("b.css", "../outside/x.css", None, "a symlink out of its source", id="to a file outside"),
        pytest.param("more", "../outside", None, "a symlink out of its source", id="to a directory outside"),
        pytest.param("more", "../src-two", None, "a symlink out of its source", id="to a name that begins the same"),
        pytest.param("b.css", "/etc/passwd", None, "a symlink out of its source", id="to an absolute path"),
        pytest.param("b.css", "nothing", None, "a broken symlink", id="broken"),
        pytest.param("b.css", "b.css", None, "a broken symlink", id="to itself"),
        pytest.param("lib/up", "..", None, "a symlink to a directory above it", id="to the source"),
        pytest.param("lib/here", ".", None, "a symlink to a directory above it", id="to its own directory"),
    ],
)
def test_a_link_is_followed_while_it_stays_inside(
    tmp_path: Path, link: str, target: str, names: list[str] | None, reason: str | None
) -> None:
    tree = write_tree(tmp_path / "src", {"a.css": "", "lib/c.css": ""})
    write_tree(tmp_path, {"outside/x.css": "", "src-two/x.css": ""})
    (tree / link).symlink_to(target)
    found = walk(tree)
    assert found.names == (names or ["a.css", "lib/c.css"])
    assert found.skipped.get(os.path.basename(link)) == reason


def test_directories_that_link_to_each_other_end(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"a/x.css": "", "b/y.css": ""})
    (tree / "a/b").symlink_to("../b")
    (tree / "b/a").symlink_to("../a")
    assert walk(tree).names == ["a/b/y.css", "a/x.css", "b/a/x.css", "b/y.css"]


def test_a_source_that_is_a_link_is_walked(tmp_path: Path, src: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(src)
    assert walk(link).names == ["a.css"]


def test_special_files_are_skipped(src: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(src / "fifo")
    monkeypatch.chdir(src)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        found = walk(src)
    assert (found.names, found.skipped) == (["a.css"], {"fifo": "not a regular file", "socket": "not a regular file"})


@pytest.mark.parametrize("link", [False, True], ids=["directory", "link into the source"])
def test_the_output_can_not_be_inside_a_source(tmp_path: Path, src: Path, *, link: bool) -> None:
    (tmp_path / "link").symlink_to(src / "dist")
    out = str(tmp_path / "link" if link else src / "dist")
    with pytest.raises(ConfigError, match=re.escape(f"DIST ({out}) lies inside the source {src}")):
        walk(src, out=out)


@pytest.mark.parametrize("place", ["dist", "lib/old"])
def test_a_release_inside_a_source_is_never_its_content(tmp_path: Path, src: Path, place: str) -> None:
    os.renames(compile_tree(tmp_path / "other", {"b.css": ""}).dist, src / place)
    found = walk(src)
    assert (found.names, found.skipped) == (["a.css"], {os.path.basename(place): "a release of servestatic-build"})


@pytest.mark.parametrize("content", [b"", b"x", b"\x81\xa6format\xa1x"], ids=["empty", "short", "of another kind"])
def test_a_manifest_that_is_not_ours_makes_no_release(src: Path, content: bytes) -> None:
    (src / "manifest.msgpack").write_bytes(content)
    assert walk(src).names == ["a.css", "manifest.msgpack"]


def test_a_source_that_is_a_release_is_an_error(tmp_path: Path) -> None:
    dist = compile_tree(tmp_path, {"b.css": ""}).dist
    assert walk(dist).messages == [f"error {dist}: this source is a release of servestatic-build"]


@pytest.mark.parametrize("source", ["src", "src/files", "src/files/static"])
def test_what_a_build_writes_can_not_be_its_source(tmp_path: Path, source: str) -> None:
    with pytest.raises(ConfigError, match="is the output and can't be a source"):
        Config(sources=(Source(str(tmp_path / source)),), out=str(tmp_path / "src"))


def test_the_order_of_a_directory_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = write_tree(tmp_path, dict.fromkeys((*NAMES, ".hidden", "x~", "lib/y~"), ""))
    before, scandir, shuffled = walk(tree), os.scandir, random.Random(0)

    @contextmanager
    def in_any_order(path: str) -> Iterator[list[os.DirEntry[str]]]:
        with scandir(path) as entries:
            yield shuffled.sample(found := list(entries), len(found))

    monkeypatch.setattr(os, "scandir", in_any_order)
    assert [walk(tree) for _ in range(5)] == [before] * 5


def test_an_unreadable_directory_is_an_error_that_names_it(unprivileged: Path) -> None:
    tree = write_tree(unprivileged, {"a.css": "", "closed/b.css": ""})
    (tree / "closed").chmod(0)
    assert walk(tree).messages == [f"error {tree}/closed: this directory can't be read: Permission denied"]


@pytest.mark.parametrize("name", ["a.css", "a.png"], ids=["one that may hold references", "one that holds none"])
def test_an_unreadable_file_is_an_error_that_names_it(unprivileged: Path, name: str) -> None:
    path = write_tree(unprivileged / "src", {name: "", "b.css": ""}) / name
    path.chmod(0)
    release = compile_tree(unprivileged, {"b.css": ""})
    assert release.messages() == [f"error {path}: this file can't be read: Permission denied"]
    assert not release.dist.exists()


def test_a_name_that_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.css")).touch()
    found = walk(write_tree(tmp_path, {"a.css": ""}))
    assert found.names == ["a.css"]
    assert found.messages == [rf"error {tmp_path}/\udcff.css: this file's name is not UTF-8"]


@pytest.mark.parametrize("kind", ["nothing", "a file"])
def test_a_source_that_is_no_directory_is_an_error(tmp_path: Path, kind: str) -> None:
    source = tmp_path / "src"
    if kind == "a file":
        source.touch()
    assert walk(source).messages == [f"error {source}: this source is not a directory"]


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("sttaic", "did you mean static?"),
        ("./static/cs", "did you mean static/css?"),
        ("sttaic/css", "did you mean static?"),
        ("/=statics", "did you mean static?"),
        ("static/css/a.css", "correct its path, or make the directory before the build"),
        ("something/else", "correct its path, or make the directory before the build"),
    ],
)
def test_a_misspelt_source_is_one_error_that_says_what_was_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, hint: str | None
) -> None:
    write_tree(tmp_path, {"static/css/a.css": ""})
    monkeypatch.chdir(tmp_path)
    (diagnostic,) = walk(Source.parse(source)).diagnostics
    assert (diagnostic.code, diagnostic.hint) == (Code.INVALID_SOURCE, hint)


def test_a_source_without_files_is_a_warning(tmp_path: Path) -> None:
    assert walk(tmp_path).messages == [f"warning {tmp_path}: there are no files to publish"]


def test_a_file_knows_its_size_and_date(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"a.css": "12345"})
    os.utime(tree / "a.css", ns=(0, 1_234_567_890_999_999_999))
    (file,) = walk(tree).files
    assert (file.signature.size, file.modified) == (5, 1_234_567_890)


class Dated:
    """A directory's entry with another date."""

    def __init__(self, entry: os.DirEntry[str], seconds: int) -> None:
        self._entry, self._seconds = entry, seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._entry, name)

    def stat(self) -> os.stat_result:
        status = list(self._entry.stat())
        status[stat.ST_MTIME] = self._seconds
        return os.stat_result(status, {"st_mtime_ns": self._seconds * 10**9})


@pytest.mark.parametrize("seconds", [LATEST + 1, 2**62])
def test_a_date_that_http_has_no_words_for_counts_as_the_last_that_it_has(
    src: Path, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    scandir = os.scandir

    @contextmanager
    def dated(path: str) -> Iterator[list[Any]]:  # few file systems can hold such a date
        with scandir(path) as entries:
            yield [Dated(entry, seconds) for entry in entries]

    monkeypatch.setattr(os, "scandir", dated)
    monkeypatch.setattr("servestatic_runtime.records.time", lambda: LATEST)  # before it, nobody is told of the date
    compiled = compile_tree(src.parent, {"a.css": "a"}, cache=str(src.parent / "cache"))
    (asset,) = compiled.manifest
    headers = dict(AssetMatch(compiled.manifest, asset, asset.headers).ok_headers(asset.variants[0]))
    assert (asset.modified, headers["Last-Modified"]) == (LATEST, "Fri, 31 Dec 9999 23:59:59 GMT")


def test_a_date_before_1970_counts_as_1970(src: Path) -> None:
    os.utime(src / "a.css", (0, -1))
    assert walk(src).files[0].modified == 0
