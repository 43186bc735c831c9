"""--previous: the URLs of an earlier DIST stay served by a release that is built into an empty one."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from servestatic_build import Config, ConfigError
from servestatic_build.cli import main
from servestatic_build.inspection.cli import main as manifest_main
from servestatic_build.store.staging import Staging
from servestatic_runtime import Manifest
from support.commands import run_command
from support.releases import snapshot
from support.servers import running
from support.trees import FORGETTING, Compiled, Tree, compile_tree, write_tree

MANIFEST = "manifest.msgpack"
OLD: Tree = {"css/app.css": "a{b:url(a.png)}" * 99, "css/a.png": "old", "gone.txt": "gone " * 99, "same.txt": "same"}
NEW: Tree = {**{name: text for name, text in OLD.items() if name != "gone.txt"}, "css/a.png": "new"}
CODINGS: dict[str, Any] = {"codings": ("gzip", "br")}


@pytest.fixture(autouse=True)
def _epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")


def old_release(tmp_path: Path, tree: Tree = OLD, **settings: Any) -> Compiled:
    """Compile an earlier release into a DIST of its own."""
    return compile_tree(tmp_path / "old", tree, **{**CODINGS, **settings})


def new_release(tmp_path: Path, *previous: Path, tree: Tree = NEW, **settings: Any) -> Compiled:
    """Compile a release into an empty DIST, with earlier ones."""
    return compile_tree(tmp_path, tree, **{**CODINGS, "previous": [*map(str, previous)], **settings})


def retired(compiled: Compiled) -> list[str]:
    return [url.url for url in compiled.manifest.retired()]


def gone_urls(old: Compiled) -> list[str]:
    """Return the URLs that the new release has no more."""
    return sorted(map(old.url, ("css/app.css", "css/a.png", "gone.txt")))


def assert_verified(compiled: Compiled) -> None:
    done = run_command(manifest_main, "verify", str(compiled.dist))
    assert (done.exit_code, done.stdout.partition(";")[0]) == (0, f"{compiled.dist}: no fault")
    assert run_command(manifest_main, "prune", str(compiled.dist), "--dry-run").stdout.startswith("0 files")


# What PATH may be


def tar(dist: Path, mode: str = "w", above: str = "") -> Path:
    path = dist.parent / "old.tar"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        archive.add(dist, above or ".")
    return path


def zipped(dist: Path, above: str = "") -> Path:
    path = dist.parent / "old.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(dist.rglob("*")):
            archive.write(file, above + str(file.relative_to(dist)))
    return path


FORMS: Mapping[str, Callable[[Path], Path]] = {
    "directory": lambda dist: dist,
    "manifest": lambda dist: dist / MANIFEST,
    "tar": tar,
    "tar.gz": lambda dist: tar(dist, "w:gz"),
    "tar.bz2": lambda dist: tar(dist, "w:bz2"),
    "tar.xz": lambda dist: tar(dist, "w:xz"),
    "tar of the directory": lambda dist: tar(dist, above="dist"),
    "zip": zipped,
    "zip of the directory": lambda dist: zipped(dist, "srv/app/dist/"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("layout", ["files", "urls", "prefix"])
def test_the_urls_of_an_earlier_dist_stay_served_whatever_form_it_has(tmp_path: Path, form: str, layout: str) -> None:
    old = old_release(tmp_path, layout=layout)
    before = {path: old.manifest.find(path) for path in gone_urls(old)}
    new = new_release(tmp_path, FORMS[form](old.dist), layout=layout)
    assert new.messages() == []
    assert retired(new) == gone_urls(old)
    for path, match in before.items():
        after = new.manifest.find(path)
        assert match
        assert after
        assert after.variants == match.variants
        for variant in match.variants:
            assert after.ok_headers(variant) == match.ok_headers(variant)
            assert (new.dist / variant.file).read_bytes() == (old.dist / variant.file).read_bytes()
    assert_verified(new)


@pytest.mark.parametrize("layouts", [("files", "urls"), ("prefix", "files"), ("urls", "prefix")], ids="{0[0]}".format)
def test_an_earlier_dist_may_have_another_layout(tmp_path: Path, layouts: tuple[str, str]) -> None:
    old = old_release(tmp_path, layout=layouts[0])
    new = new_release(tmp_path, old.dist, layout=layouts[1])
    assert retired(new) == gone_urls(old)
    assert_verified(new)


def test_earlier_releases_of_the_earlier_dist_come_along(tmp_path: Path) -> None:
    first = old_release(tmp_path, {"a.css": "1"}, label="v1").url("a.css")
    second = old_release(tmp_path, {"a.css": "2"}, label="v2").url("a.css")
    new = new_release(tmp_path, tmp_path / "old/dist", tree={"a.css": "3"}, label="v3")
    assert retired(new) == sorted((first, second))
    assert [release.label for release in new.manifest.releases()] == ["v3", "v2", "v1"]
    assert_verified(new)


def test_a_release_of_format_version_1_comes_along(tmp_path: Path) -> None:
    golden = Path(__file__).parent.parent / "golden/manifest-1.msgpack"
    dist = tmp_path / "old"
    dist.mkdir()
    shutil.copy(golden, dist / MANIFEST)
    new = new_release(tmp_path, dist)
    immutable = [asset.url for asset in Manifest.open(golden) if asset.immutable]
    assert [(each.code, each.message.partition(" of an earlier release")[0]) for each in new.result.diagnostics] == [
        ("lost-url", url) for url in immutable
    ]
    assert [release.replaced for release in new.manifest.releases()] == [None, 1_800_000_000]


# What counts


def test_the_same_again_is_the_same_release(tmp_path: Path) -> None:
    old = old_release(tmp_path, label="v1")
    new = new_release(tmp_path, old.dist, tree=OLD)
    assert new.manifest.releases() == old.manifest.releases()
    assert snapshot(new.dist) == snapshot(old.dist)


def test_unchanged_bytes_keep_the_date_that_they_had(tmp_path: Path) -> None:
    old = old_release(tmp_path)
    source = tmp_path / "src"
    compile_tree(tmp_path, OLD)
    shutil.rmtree(tmp_path / "dist")
    for file in source.rglob("*.*"):
        os.utime(file, (1_750_000_000, 1_750_000_000))  # as a fresh checkout has
    done = run_command(
        main,
        str(source),
        "-o",
        str(tmp_path / "dist"),
        "--previous",
        str(old.dist),
        "--codings=gzip,br",
        "--effort=fast",
    )
    assert done.exit_code == 0
    assert snapshot(tmp_path / "dist") == snapshot(old.dist)


def test_the_same_inputs_give_the_same_bytes_whatever_the_form(tmp_path: Path) -> None:
    old = old_release(tmp_path).dist
    snapshots = [
        snapshot(new_release(tmp_path / str(number), FORMS[form](old), deltas=2).dist)
        for number, form in enumerate(FORMS)
    ]
    assert all(each == snapshots[0] for each in snapshots)


def test_a_build_over_its_own_dist_with_the_same_earlier_one_changes_nothing(tmp_path: Path) -> None:
    old = old_release(tmp_path)
    new_release(tmp_path, old.dist)
    assert new_release(tmp_path, old.dist).result.up_to_date
    assert new_release(tmp_path, old.dist, check=True).result.up_to_date


def test_dist_itself_may_be_named(tmp_path: Path) -> None:
    first = new_release(tmp_path, tree=OLD)
    urls = [first.url(name) for name in ("css/app.css", "css/a.png")]
    assert set(retired(new_release(tmp_path, tmp_path / "dist"))) == set(urls)


def test_a_check_notices_what_does_not_lie_in_dist_yet(tmp_path: Path) -> None:
    old, new = old_release(tmp_path), new_release(tmp_path)
    before = snapshot(new.dist)
    assert new_release(tmp_path, old.dist, check=True).result.outdated
    assert snapshot(new.dist) == before


def test_dist_and_several_earlier_ones_are_one_history_each_release_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls: dict[str, str] = {}
    dists: dict[str, Path] = {}
    for number, name in enumerate(("a", "b", "a and c", "dist")):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_700_000_000 + number))
        where = tmp_path / name if name != "dist" else tmp_path
        previous = [dists["a"]] if name == "a and c" else []
        built = new_release(where, *previous, tree={"x.css": name}, label=name)
        urls[name], dists[name] = built.url("x.css"), built.dist
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000009")
    new = new_release(tmp_path, dists["b"], dists["a and c"], dists["a"], tree={"x.css": "new"}, label="new")
    releases = new.manifest.releases()
    assert [release.label for release in releases] == ["new", "dist", "a and c", "b", "a"]
    assert [release.replaced for release in releases] == [None, *[1_700_000_009] * 3, 1_700_000_002]
    assert retired(new) == sorted(urls.values())
    assert_verified(new)


def test_the_rules_for_keeping_are_those_of_the_build(tmp_path: Path) -> None:
    old = old_release(tmp_path).dist
    assert retired(new_release(tmp_path / "none", old, **FORGETTING)) == []
    assert not (tmp_path / "none/dist/files/static/gone.txt").exists()
    several = tmp_path / "several"
    urls = [old_release(several, {"a.css": str(number)}).url("a.css") for number in range(3)]
    new = new_release(tmp_path, several / "old/dist", tree={"a.css": "3"}, keep_releases=1, keep_days=0)
    assert retired(new) == [urls[2]]
    assert_verified(new)


def test_deltas_lead_from_the_files_of_an_earlier_dist(tmp_path: Path) -> None:
    text = "\n".join(f"// line {number**3}" for number in range(900))
    old = old_release(tmp_path, {"app.js": text}, deltas=1)
    for form in ("directory", "tar.gz"):
        new = new_release(tmp_path / form, FORMS[form](old.dist), tree={"app.js": f"{text}\nnew()"}, deltas=1)
        (delta,) = new.manifest.asset("app.js").deltas
        assert delta.dictionary == old.manifest.asset("app.js").digest
        assert_verified(new)


def test_a_place_that_other_bytes_have_is_left_to_them(tmp_path: Path) -> None:
    old = old_release(tmp_path, {"a.txt": "same " * 99}, effort="best")
    taken = tmp_path / "dist" / old.manifest.asset("a.txt").variants[1].file
    taken.parent.mkdir(parents=True)
    taken.write_text("foreign")
    new = new_release(tmp_path, old.dist, tree={"b.txt": ""})
    (url,) = new.manifest.retired()
    assert taken.read_text() == "foreign"
    assert url.variants[1].file != old.manifest.asset("a.txt").variants[1].file
    assert run_command(manifest_main, "verify", str(new.dist)).exit_code == 0


def test_a_url_below_what_is_a_file_now_is_left_out(tmp_path: Path) -> None:
    old = old_release(tmp_path, {"lib.js/a.js": "a"}, layout="urls")
    new = new_release(tmp_path, old.dist, tree={"lib.js": "b"}, layout="urls")
    (warning,) = new.result.diagnostics
    assert (warning.severity, warning.code, retired(new)) == ("warning", "lost-url", [])
    assert_verified(new)


# How files come


@pytest.mark.parametrize("layout", ["files", "urls"])
def test_files_are_hard_links(tmp_path: Path, layout: str) -> None:
    old = old_release(tmp_path, layout=layout)
    new = new_release(tmp_path, old.dist, layout=layout)
    files = [variant.file for url in new.manifest.retired() for variant in url.variants]
    assert len(files) > 3
    for file in files:
        assert (new.dist / file).stat().st_ino == (old.dist / file).stat().st_ino, file


def test_files_are_copied_where_links_can_t_be_or_would_have_other_permissions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = old_release(tmp_path, file_mode=0o600)
    new = new_release(tmp_path / "modes", old.dist, file_mode=0o644)
    for url in new.manifest.retired():
        for variant in url.variants:
            status = (new.dist / variant.file).stat()
            assert (stat.S_IMODE(status.st_mode), status.st_nlink) == (0o644, 1)

    def no_links(*_paths: str) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", no_links)
    assert_verified(new_release(tmp_path / "disks", old.dist))


def test_the_earlier_dist_is_as_it_was(tmp_path: Path) -> None:
    old = old_release(tmp_path)
    before = snapshot(old.dist)
    modes = {path: path.stat().st_mode for path in old.dist.rglob("*")}
    new_release(tmp_path, old.dist, file_mode=0o640)
    assert snapshot(old.dist) == before
    assert {path: path.stat().st_mode for path in old.dist.rglob("*")} == modes


@pytest.mark.parametrize("form", ["directory", "tar.gz", "zip"])
def test_a_full_disk_leaves_dist_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    old = old_release(tmp_path)
    path = FORMS[form](old.dist)
    before = snapshot(new_release(tmp_path, tree={"a.css": "a"}).dist)

    def full(*_paths: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "the place")

    def is_carried(chunks: Any) -> bool:
        return getattr(chunks, "__name__", "") == "chunks_of"

    write = Staging.write
    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(Staging, "write", lambda *args: full() if is_carried(args[1]) else write(*args))
    failed = new_release(tmp_path, path)
    (error,) = failed.messages()
    assert error.startswith("error the place: ")
    assert error.endswith(os.strerror(errno.ENOSPC))
    assert snapshot(failed.dist) == before


COMPILE_AND_DIE = """
import os, signal, sys
from servestatic_build import Config, build

replace, moves = os.replace, int(sys.argv[1])

def die_behind_so_many_moves(*args):
    global moves
    if not moves:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(*args)
    moves -= 1

os.replace = die_behind_so_many_moves
build(Config(sources=("src",), out="dist", previous=("old/dist",), codings=("gzip", "br"), effort="fast", cache=False))
"""


@pytest.mark.parametrize("layout", ["files", "urls"])
def test_a_killed_build_loses_nothing_and_the_next_one_ends_it(tmp_path: Path, layout: str) -> None:
    old = old_release(tmp_path, layout=layout)
    before = snapshot(old.dist)
    expected = retired(new_release(tmp_path / "expected", old.dist))
    new_release(tmp_path, tree={"other.txt": "other"})
    write_tree(tmp_path / "src", NEW)
    for moves in count(0, 4):
        done = subprocess.run([sys.executable, "-c", COMPILE_AND_DIE, str(moves)], cwd=tmp_path, check=False)
        if done.returncode == 0:  # it has no more moves
            break
        assert done.returncode == -signal.SIGKILL
        assert run_command(manifest_main, "verify", str(tmp_path / "dist")).exit_code == 0, moves
        assert snapshot(old.dist) == before
    assert moves > 8
    new = new_release(tmp_path, old.dist)
    assert set(retired(new)) >= set(expected)
    assert not [name for name in os.listdir(new.dist) if name.startswith(".servestatic-build-")]
    assert_verified(new)


# Damage


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("form", ["directory", "tar.gz", "zip"])
@pytest.mark.parametrize("coding", [0, 1])
@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        pytest.param(flip, "this file has other bytes than the manifest says", id="other bytes"),
        pytest.param(
            lambda path: path.write_bytes(b"short"), "this file has 5 bytes where the manifest says", id="short"
        ),
        pytest.param(lambda path: path.write_bytes(bytes(2**20)), "this file has 1,048,576 bytes where", id="long"),
        pytest.param(Path.unlink, "the manifest lists this file, and it is missing", id="missing"),
    ],
)
def test_a_url_with_a_damaged_file_is_a_warning_and_stays_behind(
    tmp_path: Path, form: str, coding: int, damage: Callable[[Path], object], problem: str
) -> None:
    old = old_release(tmp_path)
    variant = old.manifest.asset("gone.txt").variants[coding]
    damage(old.dist / variant.file)
    new = new_release(tmp_path, FORMS[form](old.dist))
    url = old.url("gone.txt")
    (warning,) = new.result.diagnostics
    assert (warning.severity, warning.code) == ("warning", "lost-url")
    assert warning.message.startswith(f"{url} of an earlier release is not kept: {variant.file}: {problem}")
    assert retired(new) == [each for each in gone_urls(old) if each != url]
    assert_verified(new)


def test_a_url_that_another_dist_has_whole_is_not_lost(tmp_path: Path) -> None:
    old, other = old_release(tmp_path), old_release(tmp_path / "other")
    (old.dist / old.manifest.asset("gone.txt").variants[0].file).unlink()
    new = new_release(tmp_path, old.dist, other.dist)
    assert (new.messages(), retired(new)) == ([], gone_urls(old))
    assert new_release(tmp_path, old.dist).messages() == []  # nor one that DIST has


def test_a_damaged_url_of_a_release_that_is_not_kept_matters_to_nobody(tmp_path: Path) -> None:
    url = old_release(tmp_path, {"a.css": "1"}).manifest.asset("a.css")
    old = old_release(tmp_path, {"a.css": "2"})
    (old.dist / url.variants[0].file).unlink()
    new = new_release(tmp_path, old.dist, tree={"a.css": "3"}, keep_releases=1, keep_days=0)
    assert (new.messages(), retired(new)) == ([], [old.url("a.css")])


def test_a_damaged_file_of_the_current_release_matters_to_nobody(tmp_path: Path) -> None:
    old = old_release(tmp_path)
    (old.dist / old.manifest.asset("same.txt").variants[0].file).unlink()
    assert new_release(tmp_path, old.dist).messages() == []


def test_an_archive_that_ends_early_keeps_what_comes_before(tmp_path: Path) -> None:
    old = old_release(tmp_path)
    path = tmp_path / "old.tar"
    files = [
        old.dist / variant.file for name in ("gone.txt", "css/a.png") for variant in old.manifest.asset(name).variants
    ]
    with tarfile.open(path, "w") as archive:
        for file in (old.dist / MANIFEST, *files):
            archive.add(file, str(file.relative_to(old.dist)))
    with tarfile.open(path) as archive:
        end = archive.getmembers()[-1].offset_data
    path.write_bytes(path.read_bytes()[:end])
    new = new_release(tmp_path, path)
    assert old.url("gone.txt") in retired(new)
    assert {each.code for each in new.result.diagnostics} == {"lost-url"}
    assert_verified(new)


def test_a_strict_build_fails_over_a_url_that_is_lost(tmp_path: Path) -> None:
    old = old_release(tmp_path)
    (old.dist / old.manifest.asset("gone.txt").variants[0].file).unlink()
    new = new_release(tmp_path, old.dist, strict=True)
    assert not new.result.ok
    assert not new.dist.exists()


# What is no DIST


def write(path: Path, data: bytes = b"") -> Path:
    path.write_bytes(data)
    return path


def directory_with(path: Path, name: str) -> Path:
    path.mkdir()
    (path / name).write_bytes(b"")
    return path


def empty_tar(path: Path) -> Path:
    tarfile.open(path, "w").close()
    return path


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        pytest.param(lambda path: path, "there is no such file or directory", id="nothing"),
        pytest.param(
            lambda path: directory_with(path, "a.css"), "this directory has no manifest.msgpack", id="directory"
        ),
        pytest.param(lambda path: directory_with(path, MANIFEST), "its manifest can't be used: ", id="empty manifest"),
        pytest.param(write, "this file is neither a manifest nor an archive", id="empty file"),
        pytest.param(lambda path: write(path, b"text" * 999), "this file is neither a manifest nor", id="text"),
        pytest.param(empty_tar, "this archive has no manifest.msgpack, so it holds no DIST", id="archive"),
    ],
)
def test_what_is_no_dist_is_an_error_that_says_what_to_do(
    tmp_path: Path, make: Callable[[Path], Path], problem: str
) -> None:
    path = make(tmp_path / "previous")
    new = new_release(tmp_path, path)
    (error,) = new.result.diagnostics
    assert (error.severity, error.code, error.name) == ("error", "invalid-previous", str(path))
    assert error.message.startswith(problem)
    assert error.hint
    assert not new.dist.exists()


@pytest.mark.parametrize("form", ["directory", "manifest", "tar.gz", "zip"])
def test_a_damaged_manifest_is_an_error(tmp_path: Path, form: str) -> None:
    old = old_release(tmp_path)
    old.dist.chmod(0o755)
    (old.dist / MANIFEST).chmod(0o644)
    flip(old.dist / MANIFEST)
    (error,) = new_release(tmp_path, FORMS[form](old.dist)).result.diagnostics
    assert (error.severity, error.code) == ("error", "invalid-previous")
    assert error.message.startswith("its manifest can't be used: ")


@pytest.mark.parametrize("hidden", [(), (".gitkeep",)], ids=["nothing", "a hidden file"])
def test_an_empty_directory_is_a_first_build(tmp_path: Path, hidden: tuple[str, ...]) -> None:
    path = tmp_path / "previous"
    path.mkdir()
    for name in hidden:
        (path / name).touch()
    new = new_release(tmp_path, path, strict=True)
    (note,) = new.result.diagnostics
    assert (note.severity, note.code, new.result.ok) == ("note", "no-previous-release", True)
    assert snapshot(new.dist) == snapshot(new_release(tmp_path / "without").dist)


def test_an_empty_value_is_an_error() -> None:
    with pytest.raises(ConfigError, match="previous: '' is not a path"):
        Config(sources=("static",), previous=("",))


# In a server


def test_a_server_on_a_fresh_dist_answers_the_old_urls(tmp_path: Path) -> None:
    old = old_release(tmp_path)
    files = {path: old.manifest.find(path) for path in gone_urls(old)}
    new = new_release(tmp_path, tar(old.dist, "w:gz"))
    shutil.rmtree(old.dist.parent)
    with (
        running([*["servestatic_runtime", "--port", "0"], str(new.dist)]) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        for path, match in files.items():
            assert match
            for variant in match.variants:
                response = client.get(path, headers={"Accept-Encoding": variant.coding})
                assert (response.status_code, response.headers["ETag"]) == (200, variant.etag)
                assert "immutable" in response.headers["Cache-Control"]
