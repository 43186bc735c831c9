"""The release at a path: which file a setting means, what an error says, and what servers and templates share."""

from __future__ import annotations

import errno
import logging
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from servestatic_runtime import Manifest, ManifestError, ServeStatic, ServeStaticASGI, document
from servestatic_runtime import format as schema
from servestatic_runtime.current_release import CurrentRelease
from servestatic_runtime.manifest import manifest_path
from support.trees import compile_tree

NEWER = schema.MAGIC + bytes((schema.VERSION + 1,)) + bytes(500)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    return compile_tree(tmp_path, {"a.css": "a{}"}).dist


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        pytest.param("dist", "dist/manifest.msgpack", id="DIST"),
        pytest.param("dist/", "dist/manifest.msgpack", id="DIST with a slash"),
        pytest.param("dist/manifest.msgpack", "dist/manifest.msgpack", id="the file"),
        pytest.param("other.msgpack", "other.msgpack", id="a file of another name"),
        pytest.param("release.bin", "release.bin", id="a file of any name"),
        pytest.param("nothing", "nothing/manifest.msgpack", id="a DIST that is not there yet"),
        pytest.param("nothing.msgpack", "nothing.msgpack", id="a file that is not there yet"),
        pytest.param("dist.msgpack", "dist.msgpack/manifest.msgpack", id="a DIST with the name of a file"),
    ],
)
def test_a_setting_means_one_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, path: str) -> None:
    monkeypatch.chdir(tmp_path)
    for directory in ("dist", "dist.msgpack"):
        Path(directory).mkdir()
    for file in ("dist/manifest.msgpack", "other.msgpack", "release.bin"):
        Path(file).touch()
    assert manifest_path(setting) == str(tmp_path / path)


def test_a_dist_that_comes_back_is_served_again(dist: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    current = CurrentRelease(dist)
    opened = current.opened
    dist.rename(tmp_path / "aside")
    assert current.refresh() is opened
    (tmp_path / "aside").rename(dist)
    assert current.refresh() is not opened
    assert current.manifest.path == str(dist / "manifest.msgpack")
    assert len(caplog.messages) == 1


def put(content: bytes) -> Callable[[Path], object]:
    return lambda dist: (dist / "manifest.msgpack").write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "hint", "is_absence"),
    [
        pytest.param(lambda dist: (dist / "manifest.msgpack").unlink(), "compile with: make static", True, id="none"),
        pytest.param(put(b""), "copy it again, or compile again with make static", False, id="empty"),
        pytest.param(put(bytes(500)), "copy it again, or compile again with make static", False, id="damaged"),
        pytest.param(put(NEWER), "upgrade servestatic-build where the app runs", False, id="newer"),
    ],
)
def test_an_error_names_the_command_that_compiles_where_that_helps(
    dist: Path, damage: Callable[[Path], object], hint: str, is_absence: bool
) -> None:
    damage(dist)
    with pytest.raises(ManifestError) as caught:
        CurrentRelease(dist, command="make static")
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert (error.path, error.hint) == (str(dist / "manifest.msgpack"), hint)
    assert caught.value.is_absence is is_absence


def test_the_log_names_that_command_too(dist: Path, caplog: pytest.LogCaptureFixture) -> None:
    current = CurrentRelease(dist, command="make static")
    put(b"")(dist)
    current.refresh()
    ((_, level, message),) = caplog.record_tuples
    assert level == logging.ERROR
    assert message.endswith("the file is empty (copy it again, or compile again with make static)")


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EACCES, errno.EIO], ids=os.strerror)
def test_a_release_that_the_system_could_not_open_is_tried_again(
    dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    def failing(*_: object) -> bytes:
        raise OSError(code, os.strerror(code))

    current = CurrentRelease(dist)
    first = current.opened
    compile_tree(tmp_path, {"a.css": "b{}"})
    with monkeypatch.context() as system:
        system.setattr(document, "map_file", failing)
        assert [current.refresh() for _ in range(3)] == [first] * 3
    assert current.refresh() is not first
    assert len(caplog.messages) == 1


def test_a_damaged_manifest_is_opened_once(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    current = CurrentRelease(dist)
    put(bytes(500))(dist)
    current.refresh()
    monkeypatch.setattr(Manifest, "open", None)  # to call it fails
    current.refresh()


def test_each_manifest_is_adapted(dist: Path, tmp_path: Path) -> None:
    current = CurrentRelease(dist, adapt=lambda manifest: manifest.at("/shop"))
    before = current.manifest.url("a.css")
    compile_tree(tmp_path, {"a.css": "b{}"})
    current.refresh()
    assert before.startswith("/shop/static/a.")
    assert current.manifest.url("a.css").startswith("/shop/static/a.")
    assert current.manifest.url("a.css") != before


def test_a_new_release_is_opened_once_for_all_who_share_it(
    dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = (compile_tree(tmp_path / "next", {"a.css": "b{}"}).dist / "manifest.msgpack").read_bytes()
    opens: list[object] = []
    real = Manifest.open

    def counted(path: str, **options: str | None) -> Manifest:
        opens.append(path)
        return real(path, **options)

    monkeypatch.setattr(Manifest, "open", counted)
    current = CurrentRelease(dist)
    servers = ServeStatic(None, current, reload=True), ServeStaticASGI(None, current, reload=True)
    put(following)(dist)
    for server in servers:
        server._releases.refresh()  # noqa: SLF001 - as a request does
        assert server.manifest is current.manifest
    assert len(opens) == 2
