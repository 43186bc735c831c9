"""--previous with what no build has written: archives and manifests that lead elsewhere, or are larger than they say."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from servestatic_build.carrying.members import UnreadableError, is_archive, members
from servestatic_build.releases.content import content_of_manifest
from servestatic_build.releases.history import History, Retired, without_past
from servestatic_build.releases.manifest_writer import manifest_bytes
from servestatic_build.store.staging import Staging
from servestatic_runtime.format import HeaderSetRecord, etag
from servestatic_runtime.records import Variant
from support.releases import snapshot
from support.trees import Compiled, compile_tree

MANIFEST = "manifest.msgpack"
SECRET = b"what lies beside DIST"


def compile_old(tmp_path: Path, **settings: Any) -> Compiled:
    return compile_tree(tmp_path / "old", {"a.txt": "old"}, **settings)


def compile_new(tmp_path: Path, previous: Path) -> Compiled:
    return compile_tree(tmp_path, {"a.txt": "new"}, previous=[str(previous)])


def with_retired(old: Compiled, url: str, file: str) -> None:
    """Have the manifest of a release list this URL with this file, whose bytes are SECRET."""
    content = content_of_manifest(old.manifest)
    variant = Variant("identity", len(SECRET), etag(sha256(SECRET).digest()), file)
    headers = HeaderSetRecord((), ())
    history = without_past(content)
    retired = Retired(url, history.releases[0].id, headers, 0, (variant,))
    path = old.dist / MANIFEST
    path.chmod(0o644)
    path.write_bytes(manifest_bytes(content, History(history.releases, (retired,))))


def tar_of(path: Path, *members: tuple[str | tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, data in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def files_of(dist: Path) -> Iterable[tuple[str, bytes]]:
    return ((str(file.relative_to(dist)), file.read_bytes()) for file in sorted(dist.rglob("*")) if file.is_file())


def link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def assert_only_lost(new: Compiled, *urls: str) -> None:
    assert [each.message.partition(" ")[0] for each in new.result.diagnostics] == [*urls]
    assert {each.code for each in new.result.diagnostics} <= {"lost-url"}
    assert not set(urls) & {url.url for url in new.manifest.retired()}


@pytest.mark.parametrize("form", ["directory", "tar"])
@pytest.mark.parametrize(
    ("url", "file"),
    [
        pytest.param("/static/x.txt", "../../secret", id="a file above DIST"),
        pytest.param("/static/x.txt", "files/../../../secret", id="a file above DIST, by a directory of it"),
        pytest.param("/static/x.txt", "/{root}/secret", id="an absolute file"),
        pytest.param("/../../x.txt", "files/x.txt", id="a URL above DIST"),
        pytest.param("//x.txt", "files/x.txt", id="a URL with an empty segment"),
        pytest.param("/static/\0.txt", "files/x.txt", id="a URL with NUL"),
        pytest.param("/.servestatic-build.files", "files/x.txt", id="what builds keep for themselves"),
    ],
)
def test_a_manifest_leads_to_no_file_outside(tmp_path: Path, form: str, url: str, file: str) -> None:
    (tmp_path / "secret").write_bytes(SECRET)
    old = compile_old(tmp_path)
    (old.dist / "files/x.txt").write_bytes(SECRET)
    path = file.format(root=str(tmp_path).strip("/"))
    with_retired(old, url, path)
    previous = old.dist if form == "directory" else tar_of(tmp_path / "old.tar", *files_of(old.dist), (path, SECRET))
    before = set(os.listdir(tmp_path)), set(os.listdir(tmp_path.parent))
    new = compile_new(tmp_path, previous)
    assert_only_lost(new, url)
    assert (set(os.listdir(tmp_path)) - {"dist", "src"}, set(os.listdir(tmp_path.parent))) == before
    assert SECRET not in snapshot(new.dist).values()


def test_nothing_of_an_archive_is_read_but_what_its_manifest_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = compile_old(tmp_path)
    strange = [(name, b"strange") for name in ("../../evil", "/evil", "files/static/b.txt", f"files/static/{MANIFEST}")]
    url = old.manifest.asset("a.txt")
    again = [(url.variants[0].file, b"old")] * 9  # a small archive may have a file a million times
    path = tar_of(tmp_path / "old.tar", *strange, *files_of(old.dist), *again)
    written: list[bytes] = []
    write = Staging.write

    def recorded(self: Staging, chunks: Iterable[bytes], *readers: Any) -> Any:
        data = b"".join(chunks)
        written.append(data)
        return write(self, [data], *readers)

    monkeypatch.setattr(Staging, "write", recorded)
    new = compile_new(tmp_path, path)
    assert [each.url for each in new.manifest.retired()] == [url.url]
    assert written.count(b"old") == 1
    assert b"strange" not in written
    assert not (tmp_path.parent / "evil").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_a_member_of_tar_that_is_no_file_is_missing(tmp_path: Path, kind: bytes) -> None:
    old = compile_old(tmp_path)
    file = old.manifest.asset("a.txt").variants[0].file
    (tmp_path / "secret").write_bytes(b"old")  # it would be right
    path = tar_of(
        tmp_path / "old.tar",
        (MANIFEST, (old.dist / MANIFEST).read_bytes()),
        (link(file, f"{tmp_path}/secret", kind), b""),
    )
    assert_only_lost(compile_new(tmp_path, path), old.url("a.txt"))


def test_a_link_in_a_zip_archive_is_missing(tmp_path: Path) -> None:
    old = compile_old(tmp_path)
    info = zipfile.ZipInfo(old.manifest.asset("a.txt").variants[0].file)
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        archive.write(old.dist / MANIFEST, MANIFEST)
        archive.writestr(info, "old")
    assert_only_lost(compile_new(tmp_path, tmp_path / "old.zip"), old.url("a.txt"))


@pytest.mark.parametrize("target", ["static/a.txt", "./static/a.txt"])
def test_a_file_that_tar_has_under_its_other_name_is_found(tmp_path: Path, target: str) -> None:
    """As GNU tar packs the layouts that have plain names, in whichever order it meets them."""
    old = compile_old(tmp_path, layout="urls")
    file = old.manifest.asset("a.txt").variants[0].file
    path = tar_of(
        tmp_path / "old.tar",
        ("./manifest.msgpack", (old.dist / MANIFEST).read_bytes()),
        ("./static/a.txt", b"old"),
        (link(f"./{file}", target, tarfile.LNKTYPE), b""),
    )
    new = compile_new(tmp_path, path)
    assert new.messages() == []
    (url,) = new.manifest.retired()
    assert (new.dist / url.variants[0].file).read_bytes() == b"old"


@pytest.mark.parametrize("target", ["../secret", "/etc/passwd", "files/static/nothing"])
def test_a_hard_link_of_tar_leads_to_no_file_outside(tmp_path: Path, target: str) -> None:
    old = compile_old(tmp_path)
    file = old.manifest.asset("a.txt").variants[0].file
    path = tar_of(
        tmp_path / "old.tar",
        (MANIFEST, (old.dist / MANIFEST).read_bytes()),
        (link(file, target, tarfile.LNKTYPE), b""),
    )
    assert_only_lost(compile_new(tmp_path, path), old.url("a.txt"))


def header(info: tarfile.TarInfo, size: bytes) -> bytes:
    """Return a header that says this size, with its checksum."""
    data = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    data[124:136] = size
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data)
    return bytes(data)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_a_header_of_tar_takes_no_memory_to_speak_of(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("name")
    info.type = kind
    path = tmp_path / "bomb.tar"
    path.write_bytes(header(info, b"\x80" + (2**40).to_bytes(11)))
    with pytest.raises(UnreadableError, match="a header says an impossible size"):
        list(members(str(path)))


def test_headers_of_tar_that_lead_back_end(tmp_path: Path) -> None:
    path = tmp_path / "circle.tar"
    path.write_bytes(header(tarfile.TarInfo("a"), b"\xff" * 10 + b"\xfc\x00"))  # minus 1024
    with pytest.raises(UnreadableError, match="a header says an impossible size"):
        list(members(str(path)))


def test_sizes_of_pax_headers_that_lead_back_end(tmp_path: Path) -> None:
    path = tmp_path / "circle.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("a"))
        info = tarfile.TarInfo("b")
        info.pax_headers = {"size": "-1536"}  # its own headers and what they say
        archive.addfile(info)
    with pytest.raises(UnreadableError):
        list(members(str(path)))


def test_a_chain_of_headers_ends(tmp_path: Path) -> None:
    info = tarfile.TarInfo("name")
    info.type = tarfile.XHDTYPE
    path = tmp_path / "chain.tar"
    path.write_bytes(header(info, b"00000000000\0") * 5000)
    with pytest.raises(UnreadableError):
        list(members(str(path)))


def test_a_tar_archive_whose_last_member_is_a_zip_archive_is_tar(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("b", "b")
    path = tar_of(tmp_path / "x", ("a", b"a"), ("inner.zip", inner.getvalue()))
    assert is_archive(str(path))
    assert [member.name for member in members(str(path))] == ["a", "inner.zip"]


def test_an_encrypted_member_of_zip_can_t_be_read(tmp_path: Path) -> None:
    old = compile_old(tmp_path)
    file = old.manifest.asset("a.txt").variants[0].file
    path = tmp_path / "old.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(old.dist / MANIFEST, MANIFEST)
        archive.writestr(file, "old")
    data = path.read_bytes()
    entry = data.rindex(b"PK\x01\x02")
    flags = bytearray(data)
    flags[entry + 8] |= 1
    path.write_bytes(flags)
    new = compile_new(tmp_path, path)
    assert_only_lost(new, old.url("a.txt"))
    assert "is encrypted" in new.result.diagnostics[0].message


def test_a_damaged_member_of_zip_loses_its_url_alone(tmp_path: Path) -> None:
    old = compile_tree(tmp_path / "old", {"a.txt": "old " * 99, "b.txt": "old b"})
    path = tmp_path / "old.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files_of(old.dist):
            archive.writestr(name, data)
        info = archive.getinfo(old.manifest.asset("a.txt").variants[0].file)
        offset = info.header_offset + 30 + len(info.filename)
    damaged = bytearray(path.read_bytes())
    damaged[offset + 2] ^= 0xFF
    path.write_bytes(damaged)
    new = compile_tree(tmp_path, {"a.txt": "new"}, previous=[str(path)])
    assert_only_lost(new, old.url("a.txt"))
    assert [url.url for url in new.manifest.retired()] == [old.url("b.txt")]
