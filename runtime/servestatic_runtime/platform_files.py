"""What differs by operating system: how a file is opened, read, mapped and told from another one.

No other module of the runtime asks what the system can do.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from io import FileIO
from mmap import ACCESS_READ, mmap
from typing import BinaryIO, TypeAlias
from zlib import crc32

Opener: TypeAlias = Callable[[str, int], int]  # as open() takes it
Signature: TypeAlias = tuple[int, ...]

IS_WINDOWS = os.name == "nt"  # the tests set it where they take the rest of POSIX away

_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
# With O_PATH, to open a directory takes no permission to list it.
_HELD = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_PATH", os.O_RDONLY)
LARGEST_READ = 1024 * 1024  # a larger manifest is mapped; to read this much takes a tenth of a millisecond
_SAMPLE_BYTES = 256 * 1024  # of a manifest; those of most sites are smaller


def open_nonblocking(path: str, flags: int) -> int:
    """Open a file; an ``opener`` for open(). A named pipe in its place would block until somebody writes to it."""
    return os.open(path, flags | _NONBLOCK)


def opener_in(directory: str) -> Opener:
    """Return an opener for what is below a directory, under the paths that it has now, wherever it is moved later.

    Where the system can't open a file below an open directory, it opens by the path alone.
    """
    if os.open not in os.supports_dir_fd:
        return open_nonblocking
    try:
        descriptor = os.open(directory, _HELD)
    except OSError:  # to open files by their paths may still work
        return open_nonblocking
    return _HeldDirectory(directory, descriptor)


class _HeldDirectory:
    """A directory that is kept open as long as files may be opened in it."""

    def __init__(self, path: str, descriptor: int) -> None:
        self._start = path + os.path.sep
        self._descriptor = descriptor
        self._close = os.close  # os may be gone when the interpreter shuts down

    def __call__(self, path: str, flags: int) -> int:
        try:
            return os.open(path.removeprefix(self._start), flags | _NONBLOCK, dir_fd=self._descriptor)
        except OSError:
            # The directory was removed, and maybe made again; or a daemon closed the descriptors that it inherited.
            return open_nonblocking(path, flags)

    def __del__(self) -> None:
        self._close(self._descriptor)


def map_file(file: FileIO) -> bytes | mmap:
    """Return the content of a file, a large one mapped; raise ValueError for an empty one.

    A file that is overwritten in place changes below its mapping, and where it got shorter, to read that kills the process
    (SIGBUS). Windows replaces no file that is mapped, so there all are read: what publishes the next one must not fail.
    """
    size = os.fstat(file.fileno()).st_size
    if not size:
        raise ValueError("an empty file")
    if size > LARGEST_READ and not IS_WINDOWS:
        return mmap(file.fileno(), 0, access=ACCESS_READ)
    file.seek(0)
    return file.readall()


def read_at(file: BinaryIO, size: int, start: int) -> bytes:
    """Return at most ``size`` bytes from ``start``; none at the end.

    Where there is no pread the position of the file moves, so nobody else may read it at the same time.
    """
    if hasattr(os, "pread"):
        return os.pread(file.fileno(), size, start)
    file.seek(start)
    return file.read(size)


def with_slashes(path: str) -> str:
    """Return a relative path of the file system as it stands in a name or URL. A backslash is a slash on Windows only."""
    return path.replace(os.path.sep, "/")


def native_path(path: str) -> str:
    r"""Return a path as the file system has it: Windows takes no slashes in one that begins with ``\\?\``."""
    return path.replace("/", os.path.sep)


def file_signature(path: str) -> Signature:
    """Return what tells one manifest from another, its inode first; zeros where there is none.

    Not its date alone, which archives and rsync set as they like: two releases may have one, and one size and inode,
    too. Windows keeps no time of the last change, so there a checksum of the first bytes is part of it.
    """
    try:
        status = os.stat(path)
        if not IS_WINDOWS:
            return status.st_ino, status.st_ctime_ns, status.st_size
        with open(path, "rb", buffering=0) as file:
            return status.st_ino, status.st_mtime_ns, status.st_size, crc32(file.read(_SAMPLE_BYTES))
    except OSError:
        return 0, 0, 0
