"""What differs between Linux, macOS and Windows where files are written, replaced and deleted, beside what the runtime knows.

To its caller each function does the same everywhere. What a system may lack is looked for by its name; only what
Windows refuses to do with files that are open or read-only goes by the platform.
"""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from io import BufferedReader
from typing import NamedTuple, TypeVar

from servestatic_runtime.platform_files import IS_WINDOWS, open_nonblocking

_T = TypeVar("_T")

# How long to insist on what a process that has the file open stands in the way of: a server, a virus scanner, an indexer.
_PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 1.0, 1.0, 1.0)
_CAN_SYNC_DIRECTORIES = hasattr(os, "O_DIRECTORY")
_NOT_FOLLOWING = getattr(os, "O_NOFOLLOW_ANY", getattr(os, "O_NOFOLLOW", 0))  # macOS has one for links on the way, too
_BINARY = getattr(os, "O_BINARY", 0)  # Windows
_IS_A_LINK = frozenset({errno.ELOOP, errno.EMLINK})  # what the system says then; BSD's has the latter
_NAME_TOO_LONG = frozenset({123, 206})  # Windows: ERROR_INVALID_NAME, ERROR_FILENAME_EXCED_RANGE
_SHORT_NAME = 100  # bytes that every file system has room for; eCryptfs has for 143, most for 255
_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class NotAFileError(OSError):
    """What should be opened is no regular file; ``strerror`` says what it is."""


def open_regular(path: str, *, follow: bool = True) -> BufferedReader:
    """Open a regular file for reading; raise NotAFileError for all else, without waiting for it, or another OSError.

    Links are followed unless ``follow`` says otherwise, as far as the system can be told so.
    """
    return open(path, "rb", opener=lambda path, flags: _open_regular(path, flags, follow=follow)[0])


def read_regular(path: str, at_once: int = sys.maxsize, *, follow: bool = True) -> Iterator[bytes]:
    """Yield a regular file in pieces of so many bytes at most; raise as ``open_regular`` does.

    That calls the system more often, and makes more objects: twice the time for a small file.
    """
    descriptor, size = _open_regular(path, os.O_RDONLY | _BINARY, follow=follow)
    try:
        # One byte more than there should be: the system gives the rest, and memory for no more is taken.
        while piece := os.read(descriptor, min(size + 1, at_once)):
            yield piece
    finally:
        os.close(descriptor)


def write_new(path: str, pieces: Iterable[bytes]) -> int:
    """Write a file that is not there yet, and return its size; raise OSError."""
    descriptor, size = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666), 0
    try:
        for piece in pieces:
            written = os.write(descriptor, piece)
            while written < len(piece):  # a signal came, or the disk is nearly full
                written += os.write(descriptor, piece[written:])
            size += written
    finally:
        os.close(descriptor)
    return size


def has_room_for_name(directory: str, name: str) -> bool:
    """Return whether a file in this directory, or in the one that will be made there, may have this name."""
    if len(os.fsencode(name)) <= _SHORT_NAME:
        return True
    try:
        os.lstat(os.path.join(_nearest(directory), name))
    except OSError as error:
        return not (error.errno == errno.ENAMETOOLONG or getattr(error, "winerror", None) in _NAME_TOO_LONG)
    return True


def cores() -> int:
    """Return the cores that this process may use, where the system says, else those it has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_within(path: str, directory: str) -> bool:
    """Return whether a path is a directory or below it. Both must be real paths."""
    try:
        shared = os.path.commonpath((path, directory))
    except ValueError:  # Windows: they are on two drives
        return False
    return os.path.normcase(shared) == os.path.normcase(directory)


def stays_below(path: str) -> bool:
    """Return whether a relative path with slashes leads nowhere but below the directory that it is joined to."""
    if "\0" in path or {"", ".", ".."}.intersection(path.split("/")):
        return False
    return not IS_WINDOWS or not {"\\", ":"}.intersection(path)


def is_link(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry of a directory leads elsewhere: a symbolic link, and on Windows a junction too."""
    if entry.is_symlink():
        return True
    junction = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", None)
    return junction is not None and getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", None) == junction


def is_same_file(path: str, other: str) -> bool:
    """Return whether both are one regular file, or files of the same bytes."""
    try:
        one, two = os.lstat(path), os.lstat(other)
        if not (stat.S_ISREG(one.st_mode) and stat.S_ISREG(two.st_mode)):
            return False
        return os.path.samestat(one, two) or (one.st_size == two.st_size and filecmp.cmp(path, other, shallow=False))
    except OSError:
        return False


def link_or_copy(path: str, new: str) -> None:
    """Give a file another name, in the same file system; where that has no hard links, make a copy; raise OSError."""
    try:
        os.link(path, new)
    except OSError:
        shutil.copy2(path, new)


def give_name(path: str, new: str, mode: int | None) -> bool:
    """Give a file one more name, and return whether it has it. ``mode`` are the permissions that it must have, if any.

    Not a link, and no file that this process may not write: nobody could have the disk hold it then (``sync_file``).
    """
    try:
        status = os.lstat(path)
        has_mode = mode is None or IS_WINDOWS or stat.S_IMODE(status.st_mode) == mode
        if not (stat.S_ISREG(status.st_mode) and has_mode and os.access(path, os.W_OK)):
            return False
        os.link(path, new)
    except OSError:  # it is on another disk, or somebody else's, or there are no such names
        return False
    return True


def replace_file(source: str, target: str) -> None:
    """Rename a file, over another one too; raise OSError, PermissionError where a process keeps the target open."""
    _insist(lambda: os.replace(source, target), target)


def delete_file(path: str) -> None:
    """Delete a file or a link; raise OSError, PermissionError where a process keeps the file open."""
    _insist(lambda: os.unlink(path), path)


def delete_tree(path: str) -> None:
    """Delete a directory with all that is in it, as far as that is possible."""
    shutil.rmtree(path, ignore_errors=True)


class Modes(NamedTuple):
    """The permissions of new files and directories, None where the umask decides."""

    file: int | None = None
    directory: int | None = None


BY_UMASK = Modes()


def set_mode(path: str, mode: int | None) -> None:
    """Give a new file or directory its permissions, which the umask has cut down. On Windows there are none to give."""
    if mode is not None and not IS_WINDOWS:
        os.chmod(path, mode)


def make_read_only(path: str) -> None:
    """Take away everybody's right to write into a file. It can be replaced all the same.

    Not on Windows, where it could not be deleted then, by rmtree for example.
    """
    if not IS_WINDOWS:
        os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) & ~_WRITE)


def sync_file(path: str) -> None:
    """Have the disk hold a file's bytes. It must be writable: Windows syncs no other."""
    _sync(path, os.O_RDWR)


def sync_directory(path: str) -> None:
    """Have the disk hold a directory's entries, where that can be asked for."""
    if _CAN_SYNC_DIRECTORIES:
        _sync(path, os.O_RDONLY)


def open_lock(path: str) -> int:
    """Open the file that stands for a lock, made if need be, and return its descriptor; raise OSError."""
    return _insist(lambda: os.open(path, os.O_RDWR | os.O_CREAT, 0o666), path)


def remove_lock(path: str, descriptor: int) -> None:
    """Remove the file of a lock that is held, and let go of it.

    Removed first, it can't be the next holder's. Windows removes no file that is open, which is as good: there it goes
    if nobody else has opened it.
    """
    if IS_WINDOWS:
        os.close(descriptor)
    with suppress(OSError):
        os.unlink(path)
    if not IS_WINDOWS:
        os.close(descriptor)


def _open_regular(path: str, flags: int, *, follow: bool) -> tuple[int, int]:
    """Return a descriptor and the size of a regular file; raise OSError."""
    try:
        descriptor = open_nonblocking(path, flags if follow else flags | _NOT_FOLLOWING)
    except OSError as error:
        if isinstance(error, PermissionError) and os.path.isdir(path):  # Windows opens none
            raise NotAFileError(error.errno, "a directory", path) from error
        if not follow and error.errno in _IS_A_LINK:
            raise NotAFileError(error.errno, "a link", path) from error
        raise
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        kind = "a directory" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
        raise NotAFileError(errno.EINVAL, kind, path)
    return descriptor, status.st_size


def _nearest(directory: str) -> str:
    """Return a directory, or the one above it that is there."""
    directory = os.path.abspath(directory)
    while not os.path.isdir(directory) and (above := os.path.dirname(directory)) != directory:
        directory = above
    return directory


def _sync(path: str, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _insist(action: Callable[[], _T], path: str) -> _T:
    """Do to the file at ``path`` what Windows refuses while a process has it open, or while it is read-only."""
    if not IS_WINDOWS:
        return action()
    _make_writable(path)
    for seconds in _PAUSES:
        try:
            return action()
        except PermissionError:
            time.sleep(seconds)
    try:
        return action()
    except PermissionError as error:
        raise PermissionError(error.errno, f"{error.strerror} (is it open in another process?)", path) from error


def _make_writable(path: str) -> None:
    with suppress(OSError):  # it is not there, or somebody else's: what comes next will say so
        os.chmod(path, stat.S_IREAD | stat.S_IWRITE)
