"""A manifest or a file that is overwritten in place, as none should be: the process lives and answers nothing wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from servestatic_runtime import format as schema
from servestatic_runtime import platform_files
from servestatic_runtime.document import Document
from support.clients import Kind
from support.trees import Compiled, compile_tree

TRUNCATED_UNDER_USE = """
import os, sys
from servestatic_runtime import Manifest
manifest = Manifest.open(sys.argv[1])
os.chmod(manifest.path, 0o600)
os.truncate(manifest.path, int(sys.argv[2]))
print(manifest.url("a.css"), manifest.find("/static/nothing"))
"""


@pytest.fixture
def release(tmp_path: Path) -> Compiled:
    return compile_tree(tmp_path, {"a.css": "a{}", "docs/index.html": "docs"})


@pytest.mark.parametrize("size", [0, 100])
def test_a_manifest_that_is_truncated_under_use_kills_no_process(release: Compiled, size: int) -> None:
    command = [sys.executable, "-c", TRUNCATED_UNDER_USE, str(release.dist), str(size)]
    expected = f"{release.url('a.css')} None\n"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, expected), done.stderr


@pytest.mark.parametrize("path", ["/static/a.css", "/static/docs", "/static/nothing"])
def test_where_a_mapped_manifest_is_overwritten_nothing_is_known_and_the_log_says_so_once(
    release: Compiled, kind: Kind, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    monkeypatch.setattr(platform_files, "LARGEST_READ", 0)
    client, manifest = kind(release.dist), release.dist / "manifest.msgpack"
    manifest.chmod(0o600)
    with manifest.open("r+b") as file:
        file.write(bytes(manifest.stat().st_size))
    for _ in range(2):
        answer = client.get(path)
        assert (answer.status, answer.headers["cache-control"]) == (404, "no-store")
    assert len(caplog.messages) == 1


def without_header_sets(manifest: Path) -> bytes:
    """Return the manifest's content with each header set damaged."""
    content, layout = bytearray(manifest.read_bytes()), Document.open(str(manifest))._layout  # noqa: SLF001
    for number in range(layout.header_sets):
        start, _ = schema.SPAN.unpack_from(content, layout.header_set_offsets + number * schema.OFFSET.size)
        content[start + 1] ^= 255
    return bytes(content)


@pytest.mark.parametrize("path", ["/static/a.css", "/static/docs", "/static/docs/"])
@pytest.mark.parametrize(
    ("method", "status"),
    [("GET", 500), ("HEAD", 500), ("POST", 405), ("OPTIONS", 204)],
)
def test_a_file_or_a_redirect_whose_headers_are_damaged_is_a_500_that_no_cache_keeps(
    release: Compiled, kind: Kind, caplog: pytest.LogCaptureFixture, path: str, method: str, status: int
) -> None:
    manifest = release.dist / "manifest.msgpack"
    content = without_header_sets(manifest)
    manifest.chmod(0o600)
    manifest.write_bytes(content)
    client = kind(release.dist)
    for _ in range(2):
        answer = client.request(method, path, [("range", "bytes=0-0")])
        assert answer.status == status
        assert answer.headers.get("cache-control", "no-store") == "no-store"
    assert len(caplog.messages) == 1


@pytest.mark.parametrize("fields", [[], [("range", "bytes=0-0")]], ids=["whole", "range"])
def test_a_small_file_with_other_bytes_of_the_same_size_is_not_sent(
    release: Compiled, kind: Kind, caplog: pytest.LogCaptureFixture, fields: list[tuple[str, str]]
) -> None:
    (file,) = release.dist.glob("files/static/a.*css")
    before = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(b"b{}")
    client = kind(release.dist)
    for _ in range(2):
        answer = client.request("GET", "/static/a.css", fields)
        assert (answer.status, answer.headers["cache-control"]) == (500, "no-store")
    assert caplog.messages == [f"{file}: has other bytes than the manifest says"]
    file.write_bytes(before)
    assert client.request("GET", "/static/a.css", fields).status in {200, 206}
