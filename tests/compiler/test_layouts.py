"""Where files lie in DIST: below files/, or as a web server looks for them, under their plain names, too."""

from __future__ import annotations

import errno
import os
import re
import stat
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from servestatic_build import Config, ConfigError, Source
from servestatic_build.store.own_files import OwnFiles
from servestatic_build.store.prune import prune
from support.clients import WSGIClient
from support.nginx import nginx
from support.releases import release, snapshot, unfingerprinted
from support.trees import FORGETTING, Compiled, Tree, compile_sources, write_tree

STATIC: Tree = {"css/app.css": "a{b:url(a.png)}" * 30, "css/a.png": "png", "page.html": "<p>"}
PUBLIC: Tree = {"robots.txt": "all"}


def compiled(tmp_path: Path, static: Tree = STATIC, *, layout: str = "prefix", **settings: Any) -> Compiled:
    """Compile a tree below the prefix and one at the root of the site."""
    sources = write_tree(tmp_path / "static", static), write_tree(tmp_path / "public", PUBLIC)
    return compile_sources(tmp_path, Source(str(sources[0])), Source(str(sources[1]), "/"), layout=layout, **settings)


def names(dist: Path) -> set[str]:
    """Return what lies in DIST, with ``#`` for each fingerprint, without the list of what is ours."""
    return {unfingerprinted(name.encode()).decode() for name in snapshot(dist)} - {".servestatic-build.files"}


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        (
            "files",
            {
                "files/static/css/app.#.css",
                "files/static/css/a.#.png",
                "files/static/page.#.html",
                "files/robots.#.txt",
            },
        ),
        (
            "urls",
            {"static/css/app.#.css", "static/css/a.#.png", "static/page.#.html", "robots.#.txt"}
            | {"static/css/app.css", "static/css/a.png", "static/page.html", "robots.txt"},
        ),
        (
            "prefix",
            {"css/app.#.css", "css/a.#.png", "page.#.html", "files/robots.#.txt"}
            | {"css/app.css", "css/a.png", "page.html"},
        ),
    ],
)
def test_a_layout_says_where_files_lie(tmp_path: Path, layout: str, expected: set[str]) -> None:
    dist = compiled(tmp_path, layout=layout).dist
    assert names(dist) == {"manifest.msgpack", *expected}
    assert set(release(dist)) == {*STATIC, "/robots.txt"}  # whose files are all what the manifest says


def test_every_file_lies_beside_its_codings_which_its_plain_name_has_too(tmp_path: Path) -> None:
    dist = compiled(tmp_path, codings=("gzip", "br")).dist
    (css,) = (path for path in dist.glob("css/app.*.css") if path.stat().st_nlink == 2)
    for suffix in ("", ".gz", ".br"):
        assert Path(f"{css}{suffix}").samefile(dist / f"css/app.css{suffix}")


def test_the_runtime_reads_no_plain_name(tmp_path: Path) -> None:
    dist = compiled(tmp_path).dist
    for path in dist.rglob("*"):
        if path.is_file() and unfingerprinted(path.name.encode()) == path.name.encode() and path.suffix != ".msgpack":
            path.unlink()
    client = WSGIClient(dist)
    assert client.get("/static/css/app.css").status == client.get("/robots.txt").status == 200


def test_where_files_have_no_plain_url_they_have_no_plain_name(tmp_path: Path) -> None:
    assert "css/app.css" not in names(compiled(tmp_path, plain_urls=False).dist)


def test_a_file_system_without_hard_links_gets_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    first = compiled(tmp_path)
    assert (first.dist / "css/app.css").read_bytes() == first.read("css/app.css")
    assert compiled(tmp_path).result.up_to_date
    second = compiled(tmp_path, {**STATIC, "css/a.png": "new"})
    assert (second.dist / "css/app.css").read_bytes() == second.read("css/app.css")


def test_plain_names_follow_the_release_and_go_with_it(tmp_path: Path) -> None:
    compiled(tmp_path, {**STATIC, "old.txt": "old"}, codings=("gzip",))
    new = compiled(tmp_path, {**STATIC, "css/app.css": "b{}"}, codings=("gzip",))
    (tmp_path / "static/old.txt").unlink()
    new = compiled(tmp_path, {**STATIC, "css/app.css": "b{}"}, codings=("gzip",))
    assert (new.dist / "css/app.css").read_bytes() == b"b{}"
    assert not {"old.txt", "css/app.css.gz"} & names(new.dist)  # a server would send them for ever


def test_a_plain_name_goes_with_the_coding_that_its_file_has_no_more(tmp_path: Path) -> None:
    compiled(tmp_path, {"page.html": "<p>" * 500}, codings=("gzip",))
    second = compiled(tmp_path, {"page.html": "<p>"}, codings=("gzip",))
    assert second.messages() == []
    assert not (second.dist / "page.html.gz").exists()


def test_a_build_that_ended_behind_the_manifest_is_finished_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled(tmp_path)
    tree = {**STATIC, "css/app.css": "b{}"}
    with monkeypatch.context() as patch:
        patch.setattr("servestatic_build.store.plain_names.PlainNames.publish", lambda *_: None)
        half = compiled(tmp_path, tree)
    assert (half.dist / "css/app.css").read_bytes() != b"b{}"
    assert compiled(tmp_path, tree, check=True).result.outdated
    inode = (half.dist / "manifest.msgpack").stat().st_ino
    assert compiled(tmp_path, tree).result.ok
    assert (half.dist / "css/app.css").read_bytes() == b"b{}"
    assert (half.dist / "manifest.msgpack").stat().st_ino == inode  # no server has to look at it again
    assert compiled(tmp_path, tree).result.up_to_date


FOREIGN = "DIST has a file of this name that no build wrote"


@pytest.mark.parametrize(
    ("there", "is_replaced"),
    [
        pytest.param({"css/app.css": STATIC["css/app.css"]}, True, id="a copy of the source"),
        pytest.param(
            {"css/app.css": STATIC["css/app.css"], "css/app.css.gz": "z"}, True, id="with what was made of it"
        ),
        pytest.param({"css/app.css": "other"}, False, id="other bytes"),
        pytest.param({"css/app.css": ""}, False, id="an empty file"),
        pytest.param({"css/app.css/x.txt": ""}, False, id="a directory"),
    ],
)
def test_what_somebody_else_wrote_is_replaced_only_where_nothing_is_lost(
    tmp_path: Path, there: Tree, is_replaced: bool
) -> None:
    before = snapshot(write_tree(tmp_path / "dist", there))
    result = compiled(tmp_path)
    assert result.result.ok is is_replaced
    if is_replaced:
        assert (result.dist / "css/app.css").read_bytes() == result.read("css/app.css")
        assert "css/app.css.gz" not in names(result.dist)
    else:
        assert FOREIGN in result.messages()[-1]
        assert snapshot(tmp_path / "dist") == before


def test_who_says_so_replaces_what_somebody_else_wrote(tmp_path: Path) -> None:
    write_tree(tmp_path / "dist", {"css/app.css": "other"})
    result = compiled(tmp_path, replace_foreign=True)
    assert (result.dist / "css/app.css").read_bytes() == result.read("css/app.css")


def test_what_was_written_over_a_plain_name_is_somebody_else_s(tmp_path: Path) -> None:
    dist = compiled(tmp_path).dist
    (dist / "css/app.css").unlink()
    write_tree(dist, {"css/app.css": "other"})
    assert not compiled(tmp_path).result.ok
    assert (dist / "css/app.css").read_bytes() == b"other"


def test_a_plain_name_may_be_that_of_another_file_s_coding(tmp_path: Path) -> None:
    tree = {"a.txt": "a" * 999, "a.txt.gz": "its own bytes"}
    dist = compiled(tmp_path, tree, codings=("gzip",)).dist
    assert (dist / "a.txt.gz").read_bytes() == b"its own bytes"
    assert compiled(tmp_path, tree, codings=("gzip",)).result.up_to_date


def foreign(dist: Path) -> list[str]:
    return OwnFiles.of_dist(str(dist)).foreign()


def test_what_builds_put_into_dist_is_told_from_what_others_did(tmp_path: Path) -> None:
    compiled(tmp_path, codings=("gzip",))
    dist = compiled(tmp_path, {**STATIC, "css/a.png": "new"}, codings=("gzip",)).dist
    assert foreign(dist) == []
    write_tree(dist, {"CACHE/css/output.0123456789ab.css": "a{}", "CACHE/x.js": "", "CACHE/x.js.gz": "", ".x/y": ""})
    assert foreign(dist) == ["CACHE/css/output.0123456789ab.css", "CACHE/x.js"]


def test_a_name_that_holds_the_hash_of_the_file_is_no_proof(tmp_path: Path) -> None:
    fingerprint = sha256(b"a{}").hexdigest()[:12]
    dist = compiled(tmp_path).dist
    write_tree(dist, {f"CACHE/output.{fingerprint}.css": "a{}"})  # as django-compressor names its files
    assert foreign(dist) == [f"CACHE/output.{fingerprint}.css"]


def test_files_of_a_build_that_was_killed_before_its_manifest_are_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled(tmp_path)

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("servestatic_build.store.publish.make_read_only", die)
    monkeypatch.setattr("servestatic_build.store.publish.delete_file", lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        compiled(tmp_path, {**STATIC, "new.txt": "new"})
    assert any(name.startswith("new.#") for name in names(tmp_path / "dist"))
    assert foreign(tmp_path / "dist") == []


def test_files_in_a_cycle_are_told_from_those_of_others_too(tmp_path: Path) -> None:
    cycle = {"a.js": "import './b.js'", "b.js": "import './a.js'"}
    compiled(tmp_path, cycle)
    dist = compiled(tmp_path, {**cycle, "b.js": "import './a.js'; 1"}, **FORGETTING).dist
    assert foreign(dist) == []
    assert len(prune(str(dist), grace_minutes=0)) == 2
    assert "a.js" in release(dist)


def test_foreign_files_are_published_at_their_plain_urls_and_stay(tmp_path: Path) -> None:
    others = {
        "CACHE/output.0123456789ab.css": "a{b:url(../css/a.png)}",
        "CACHE/x.js": "x",
        "CACHE/x.css": "a{b:url(../css/a.png)}",
    }
    dist = write_tree(tmp_path / "dist", others)
    static = Source(str(write_tree(tmp_path / "static", STATIC)))
    for _ in range(2):
        theirs = Source(str(dist), only=frozenset(others), foreign=True)
        result = compile_sources(tmp_path, theirs, static, layout="prefix")
        assert result.result.ok
        assert {name: result.url(name) for name in others} == {name: f"/static/{name}" for name in others}
        assert {name: (dist / name).read_text() for name in others} == others
        assert foreign(dist) == sorted(others)
    assert result.result.up_to_date
    client = WSGIClient(dist)
    hashed, plain = (client.get(f"/static/CACHE/{name}") for name in ("output.0123456789ab.css", "x.css"))
    assert ("immutable" in hashed.headers["cache-control"], "immutable" in plain.headers["cache-control"]) == (
        True,
        False,
    )
    assert hashed.body == others["CACHE/output.0123456789ab.css"].encode()
    assert unfingerprinted(plain.body) == b"a{b:url(../css/a.#.png)}"


def test_pruning_deletes_what_is_ours_alone(tmp_path: Path) -> None:
    compiled(tmp_path, codings=("gzip",))
    dist = compiled(tmp_path, {**STATIC, "css/a.png": "new"}, codings=("gzip",), **FORGETTING).dist
    theirs = {"CACHE/x.js": "x", "CACHE/x.js.gz": "z", "css/other.0123456789ab.css": "", ".hidden": ""}
    write_tree(dist, theirs)
    assert len(prune(str(dist), grace_minutes=0)) == 3  # the style sheet, its coding, and the picture
    assert release(dist)
    assert {name for name in names(dist) if not name.startswith("files/")} == {
        *("css/app.#.css", "css/app.#.css.gz", "css/app.css", "css/app.css.gz", "css/a.#.png", "css/a.png"),
        *("page.#.html", "page.html", "manifest.msgpack", "CACHE/x.js", "CACHE/x.js.gz", "css/other.#.css", ".hidden"),
    }
    assert compiled(tmp_path, {**STATIC, "css/a.png": "new"}, codings=("gzip",)).result.up_to_date


@pytest.mark.parametrize(("layout", "is_refused"), [("files", False), ("urls", True), ("prefix", True)])
def test_a_source_may_not_lie_where_the_build_writes(tmp_path: Path, layout: str, is_refused: bool) -> None:
    write_tree(tmp_path / "dist/root", {"robots.txt": ""})
    settings: dict[str, Any] = {
        "sources": (Source(str(tmp_path / "dist/root"), "/"),),
        "out": str(tmp_path / "dist"),
        "layout": layout,
    }
    if is_refused:
        with pytest.raises(ConfigError, match="is the output and can't be a source"):
            Config(**settings)
    else:
        Config(**settings)


def modes(dist: Path) -> tuple[set[str], set[str]]:
    """Return the permissions of all files but the manifest, and of all directories."""
    paths = [dist, *dist.rglob("*")]
    files = {oct(stat.S_IMODE(p.stat().st_mode)) for p in paths if p.is_file() and p.name != "manifest.msgpack"}
    return files, {oct(stat.S_IMODE(p.stat().st_mode)) for p in paths if p.is_dir()}


@pytest.mark.parametrize(
    ("settings", "files", "directories"),
    [
        pytest.param({}, "0o600", "0o700", id="the umask's"),
        pytest.param({"file_mode": 0o644}, "0o644", "0o755", id="a number"),
        pytest.param({"file_mode": "640"}, "0o640", "0o750", id="text"),
        pytest.param({"file_mode": 0o664, "directory_mode": 0o2775 & 0o777}, "0o664", "0o775", id="directories"),
    ],
)
def test_files_and_directories_have_the_permissions_that_the_settings_say(
    tmp_path: Path, settings: dict[str, Any], files: str, directories: str
) -> None:
    before = os.umask(0o077)
    try:
        dist = compiled(tmp_path, **settings).dist
    finally:
        os.umask(before)
    assert modes(dist) == ({files}, {directories})


@pytest.mark.parametrize("mode", [644, 0o7777, "999", "rw", True, 0o044])
def test_what_is_no_file_mode_is_refused(tmp_path: Path, mode: Any) -> None:
    with pytest.raises(ConfigError, match="octal number"):
        compiled(tmp_path, file_mode=mode)


@pytest.mark.slow
def test_nginx_serves_the_directory_as_the_documents_show(tmp_path: Path) -> None:
    release = compiled(tmp_path, {**STATIC, "css/app.css": "a{color:red}" * 99}, codings=("gzip",))
    page = (Path(__file__).parents[2] / "docs/layouts.md").read_text()
    (block,) = re.findall(r"^```nginx\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    tmp_path.chmod(0o755)
    server = f"server {{\nlisten 80;\n{block.replace('/srv/app/staticfiles/', f'{release.dist}/')}}}\n"
    directory = write_tree(tmp_path / "nginx", {})
    with nginx(server, directory) as running:
        for path, is_immutable in ((release.url("css/app.css"), True), ("/static/css/app.css", False)):
            answer = httpx.get(f"http://127.0.0.1:{running.port}{path}", headers={"Accept-Encoding": "gzip"})
            assert (answer.status_code, answer.content) == (200, release.read("css/app.css"))
            assert answer.headers["content-encoding"] == "gzip"
            assert ("immutable" in answer.headers.get("cache-control", "")) is is_immutable


def test_plain_names_that_a_killed_build_has_left_go_with_their_codings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled(tmp_path, {**STATIC, "old.txt": "old" * 99}, codings=("gzip",))
    (tmp_path / "static/old.txt").unlink()
    with monkeypatch.context() as patch:
        patch.setattr("servestatic_build.store.plain_names.PlainNames.publish", lambda *_: None)
        patch.setattr("servestatic_build.store.prune.Pruning.delete", lambda _: None)
        half = compiled(tmp_path, codings=("gzip",))
    assert {"old.txt", "old.txt.gz"} < names(half.dist)
    compiled(tmp_path, codings=("gzip",))
    assert not {"old.txt", "old.txt.gz"} & names(half.dist)


def test_a_file_of_somebody_else_in_the_place_of_a_plain_name_that_is_gone_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled(tmp_path, {**STATIC, "old.txt": "old"})
    (tmp_path / "static/old.txt").unlink()
    with monkeypatch.context() as patch:
        patch.setattr("servestatic_build.store.plain_names.PlainNames.publish", lambda *_: None)
        patch.setattr("servestatic_build.store.prune.Pruning.delete", lambda _: None)
        half = compiled(tmp_path)
    (half.dist / "old.txt").unlink()
    write_tree(half.dist, {"old.txt": "theirs"})
    compiled(tmp_path)
    assert (half.dist / "old.txt").read_bytes() == b"theirs"
