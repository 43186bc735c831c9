"""The runtime on a system without POSIX: it serves small, large and partial bodies, and takes over a new release.

``test_without_posix`` runs it; on Windows itself ``make test`` does.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from servestatic_runtime import Manifest, platform_files
from support.clients import ASGIClient, Client, Kind, WSGIClient

SIZES = {"/small.txt": 1000, "/empty.txt": 0, "/large.bin": 1_000_000}  # of the first


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases. Where something is taken away they are given, for that is no place for the compiler."""
    if given := os.environ.get("RELEASES"):
        return Path(given)
    from support.manifests import two_releases

    return two_releases(tmp_path_factory.mktemp("releases"))


@pytest.fixture
def dist(tmp_path: Path, releases: Path) -> Path:
    return Path(shutil.copytree(releases / "first", tmp_path / "dist"))


@pytest.fixture(params=[WSGIClient, ASGIClient], ids=["WSGI", "ASGI"])
def kind(request: pytest.FixtureRequest) -> Kind:
    interface: Kind = request.param
    return interface


@pytest.fixture
def client(kind: Kind, dist: Path) -> Client:
    return kind(dist, reload=True)


@pytest.mark.parametrize(("path", "size"), SIZES.items())
def test_whole_bodies(client: Client, path: str, size: int) -> None:
    for _ in range(2):
        answer = client.get(path)
        assert (answer.status, answer.body) == (200, bytes(size))


@pytest.mark.parametrize(
    ("range_", "size"),
    [("bytes=0-0", 1), ("bytes=5-999", 995), ("bytes=100000-899999", 800_000), ("bytes=-1", 1)],
)
def test_ranges_of_a_large_body(client: Client, range_: str, size: int) -> None:
    answer = client.get("/large.bin", range=range_)
    assert (answer.status, answer.body) == (206, bytes(size))


def test_several_ranges(client: Client) -> None:
    answer = client.get("/large.bin", range="bytes=0-0,-1")
    assert (answer.status, len(answer.body)) == (206, int(answer.headers["content-length"]))


def test_a_file_that_is_gone_is_500(client: Client, dist: Path) -> None:
    (dist / "files/large.bin").unlink()
    assert client.get("/large.bin").status == 500


def test_a_directory_in_a_file_s_place_is_500(client: Client, dist: Path) -> None:
    (dist / "files/small.txt").unlink()
    (dist / "files/small.txt").mkdir()
    assert client.get("/small.txt").status == 500


def test_a_new_release_replaces_the_one_that_is_served(client: Client, dist: Path, releases: Path) -> None:
    assert client.get("/small.txt").body == bytes(1000)
    shutil.copytree(releases / "next/files", dist / "files", dirs_exist_ok=True)
    shutil.copy(releases / "next/manifest.msgpack", dist / "aside")
    (dist / "aside").replace(dist / "manifest.msgpack")
    assert client.get("/small.txt").body == bytes(10)
    assert client.get("/large.bin").status == 404


def test_what_is_served_is_the_manifest_s_own_whatever_the_system(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform_files, "LARGEST_READ", 0)  # a small manifest is read on every system
    manifest = Manifest.open(dist)
    assert [asset.name for asset in manifest] == sorted(SIZES)
    is_read = isinstance(manifest._document._buf, bytes)  # noqa: SLF001 - whether it is mapped shows nowhere else
    assert is_read is platform_files.IS_WINDOWS


def test_an_overwritten_manifest_of_the_same_size_and_date_is_noticed(dist: Path) -> None:
    manifest = dist / "manifest.msgpack"
    before, content, status = platform_files.file_signature(str(manifest)), manifest.read_bytes(), manifest.stat()
    manifest.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(manifest, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert platform_files.file_signature(str(manifest)) != before
