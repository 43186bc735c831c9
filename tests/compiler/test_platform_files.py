"""What differs by platform, tried on one: what Windows refuses is refused here by what a test puts in its place."""

from __future__ import annotations

import ntpath
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from servestatic_build import platform_files


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to replace and delete read-only files, as Windows does, and take it for Windows."""
    replace, unlink = os.replace, os.unlink

    def refuse(path: str) -> None:
        if os.path.exists(path) and not os.stat(path).st_mode & stat.S_IWUSR:
            raise PermissionError(13, "Access is denied", path)

    def replace_writable(source: str, target: str) -> None:
        refuse(target)
        replace(source, target)

    def unlink_writable(path: str) -> None:
        refuse(path)
        unlink(path)

    monkeypatch.setattr(os, "replace", replace_writable)
    monkeypatch.setattr(os, "unlink", unlink_writable)
    monkeypatch.setattr(platform_files, "IS_WINDOWS", True)
    monkeypatch.setattr(platform_files, "_PAUSES", (0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("path", "directory", "expected"),
    [
        ("/src", "/src", True),
        ("/src/a/b.css", "/src", True),
        ("/src-two/b.css", "/src", False),
        ("/a", "/", True),
    ],
)
def test_a_path_is_within_a_directory_or_not(path: str, directory: str, *, expected: bool) -> None:
    assert platform_files.is_within(path, directory) is expected


@pytest.mark.parametrize(
    ("path", "directory", "expected"),
    [
        (r"C:\src", r"C:\src", True),
        (r"C:\src\a\b.css", r"C:\src", True),
        (r"c:\SRC\b.css", r"C:\src", True),
        (r"C:\src-two\b.css", r"C:\src", False),
        (r"D:\src\b.css", r"C:\src", False),
        (r"\\host\share\src\b.css", r"C:\src", False),
        (r"\\host\share\src\b.css", r"\\host\share\src", True),
        ("C:\\a", "C:\\", True),
    ],
)
def test_a_windows_path_is_within_a_directory_or_not(
    monkeypatch: pytest.MonkeyPatch, path: str, directory: str, *, expected: bool
) -> None:
    monkeypatch.setattr(os, "path", ntpath)
    assert platform_files.is_within(path, directory) is expected


@pytest.mark.parametrize(
    ("is_symlink", "tag", "expected"), [(True, 0, True), (False, 0, False), (False, 7, False), (False, 3, True)]
)
def test_a_junction_is_a_link(monkeypatch: pytest.MonkeyPatch, tag: int, *, is_symlink: bool, expected: bool) -> None:
    monkeypatch.setattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", 3, raising=False)
    entry: Any = SimpleNamespace(is_symlink=lambda: is_symlink, stat=lambda **_: SimpleNamespace(st_reparse_tag=tag))
    assert platform_files.is_link(entry) is expected


class Busy:
    """Has a file open for the first so many attempts to replace or delete it."""

    def __init__(self, attempts: int) -> None:
        self.left = attempts

    def __call__(self, *_: str) -> None:
        self.left -= 1
        if self.left >= 0:
            raise PermissionError(13, "The process cannot access the file because it is being used")


ACTIONS: list[tuple[str, Callable[[], None]]] = [
    ("replace", lambda: platform_files.replace_file("a", "b")),
    ("unlink", lambda: platform_files.delete_file("a")),
]


@pytest.mark.parametrize(("function", "act"), ACTIONS, ids=["replace", "delete"])
@pytest.mark.parametrize(("attempts", "left"), [(0, -1), (3, -1), (4, 0), (9, 5)])
def test_a_file_that_another_process_has_open_is_tried_again_and_then_given_up(
    monkeypatch: pytest.MonkeyPatch, attempts: int, left: int, function: str, act: Callable[[], None]
) -> None:
    monkeypatch.setattr(platform_files, "IS_WINDOWS", True)
    monkeypatch.setattr(platform_files, "_PAUSES", (0.0, 0.0, 0.0))
    busy = Busy(attempts)
    monkeypatch.setattr(os, function, busy)
    with nullcontext() if left < 0 else pytest.raises(PermissionError, match=r"is being used \(is it open in another"):
        act()
    assert busy.left == left


def test_elsewhere_nothing_is_tried_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = Busy(1)
    monkeypatch.setattr(os, "replace", busy)
    with pytest.raises(PermissionError):
        platform_files.replace_file("a", "b")


@pytest.mark.usefixtures("windows")
def test_windows_read_only_files_are_replaced_and_deleted(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("old")
    old.chmod(0o444)
    new.write_text("new")
    platform_files.replace_file(str(new), str(old))
    assert old.read_text() == "new"
    old.chmod(0o444)
    platform_files.delete_file(str(old))
    assert not old.exists()


@pytest.mark.usefixtures("windows")
def test_windows_no_file_is_made_read_only(tmp_path: Path) -> None:
    (tmp_path / "a").touch(mode=0o644)
    platform_files.make_read_only(str(tmp_path / "a"))
    (tmp_path / "a").unlink()


@pytest.mark.parametrize(("mode", "expected"), [(0o644, 0o444), (0o664, 0o444), (0o600, 0o400), (0o444, 0o444)])
def test_read_only_is_for_everybody_and_gives_nobody_more(tmp_path: Path, mode: int, expected: int) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "a").chmod(mode)
    platform_files.make_read_only(str(tmp_path / "a"))
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == expected


def test_where_directories_cannot_be_synced_none_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform_files, "_CAN_SYNC_DIRECTORIES", False)
    platform_files.sync_directory("/nowhere")


@pytest.mark.parametrize("is_windows", [True, False])
def test_a_lock_s_file_goes_while_it_is_held_or_where_that_cannot_be_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_windows: bool
) -> None:
    monkeypatch.setattr(platform_files, "IS_WINDOWS", is_windows)
    path, order = str(tmp_path / "lock"), list[str]()
    close, unlink = os.close, os.unlink

    def close_and_note(descriptor: int) -> None:
        order.append("close")
        close(descriptor)

    def unlink_and_note(path: str) -> None:
        order.append("unlink")
        unlink(path)

    monkeypatch.setattr(os, "close", close_and_note)
    monkeypatch.setattr(os, "unlink", unlink_and_note)
    platform_files.remove_lock(path, platform_files.open_lock(path))
    assert order == (["close", "unlink"] if is_windows else ["unlink", "close"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("size", "at_once", "pieces"),
    [
        pytest.param(0, 4, [], id="nothing"),
        pytest.param(3, 4, [3], id="less than a piece"),
        pytest.param(4, 4, [4], id="a piece"),
        pytest.param(9, 4, [4, 4, 1], id="several"),
        pytest.param(9, 1 << 40, [9], id="all at once"),
    ],
)
def test_a_file_is_read_in_pieces_no_larger_than_asked_for(
    tmp_path: Path, size: int, at_once: int, pieces: list[int]
) -> None:
    (tmp_path / "a").write_bytes(bytes(range(size)))
    read = [*platform_files.read_regular(str(tmp_path / "a"), at_once)]
    assert ([*map(len, read)], b"".join(read)) == (pieces, bytes(range(size)))


def test_a_file_that_grows_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"1234")
    pieces = platform_files.read_regular(str(path))
    assert next(pieces) == b"1234"
    with path.open("ab") as file:
        file.write(b"567890")
    assert b"".join(pieces) == b"567890"


def test_a_file_is_written_whole_when_the_system_takes_a_part_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    platform_files.write_new(str(tmp_path / "a"), [b"1234567", b"", b"89"])
    assert (tmp_path / "a").read_bytes() == b"123456789"


def test_a_new_file_replaces_none(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        platform_files.write_new(str(tmp_path / "a"), [b"new"])
    assert (tmp_path / "a").read_bytes() == b"old"


def test_no_descriptor_is_left_open_by_what_is_not_read_or_written_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    closed: list[int] = []
    open_file, close_file = os.open, os.close

    def note_opened(*arguments: Any) -> int:
        opened.append(open_file(*arguments))
        return opened[-1]

    def note_closed(descriptor: int) -> None:
        closed.append(descriptor)
        close_file(descriptor)

    monkeypatch.setattr(os, "open", note_opened)
    monkeypatch.setattr(os, "close", note_closed)

    def broken() -> Iterator[bytes]:
        yield b"1"
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        platform_files.write_new(str(tmp_path / "a"), broken())
    next(platform_files.read_regular(str(tmp_path / "a")))
    with pytest.raises(platform_files.NotAFileError):
        platform_files.open_regular(str(tmp_path))
    assert (len(opened), closed) == (3, opened)
