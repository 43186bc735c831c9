"""The cache's directory. Several builds may use it at once: items come and go whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from time import time
from typing import NamedTuple

from servestatic_build.cache.items import LAYOUT, Key, Problem
from servestatic_build.platform_files import delete_file, read_regular, replace_file, write_new

# A use is noted once a day: to note each would cost a warm build as much as to read the items.
_NOTED_SECONDS = 24 * 60 * 60
# What is left behind a clean-up, so that not every build has to walk through the whole directory.
_KEPT_PERCENT = 80
_WRITTEN = "written"  # below the layout: how many bytes builds have written since the last walk, a line a build


class CacheDirectory:
    """Items in files, the least recently used of which go when there are too many bytes. Thread-safe."""

    def __init__(self, path: str, limit: int) -> None:
        self.problem: Problem | None = None
        self._path = path
        self._limit = limit
        self._written: list[int] = []

    def read(self, key: Key) -> bytes | None:
        """Return an item as it lies there."""
        path = self._path_of(key)
        try:
            item = b"".join(read_regular(path))
            _note_use(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._leave_alone(error)
            return None
        return item

    def has(self, key: Key) -> bool:
        """Return whether there is an item, whole or not."""
        return os.path.exists(self._path_of(key))

    def write(self, key: Key, item: bytes) -> None:
        """Put an item there. After the first that can't be written, none is tried."""
        if self.problem is None:
            try:
                _write(self._path_of(key), item)
            except OSError as error:
                self._leave_alone(error)
            else:
                self._written.append(len(item))

    def close(self) -> None:
        """Keep to the limit, now that this build needs nothing more."""
        if self._written and self.problem is None:
            try:
                self._keep_to_limit()
            except OSError as error:
                self._leave_alone(error)

    def _path_of(self, key: Key) -> str:
        return f"{self._path}/{key.path}"  # which Windows understands, too

    def _leave_alone(self, error: OSError) -> None:
        self.problem = self.problem or Problem(
            self._path,
            f"the cache can't be used: {error.strerror or error}",
            "the build goes on without it; name another directory with --cache, or none with --no-cache",
        )

    def _keep_to_limit(self) -> None:
        note = os.path.join(self._path, LAYOUT, _WRITTEN)
        with open(note, "a+b") as file:  # each build adds its line whole, whatever others do
            file.write(b"%d\n" % sum(self._written))
            file.seek(0)
            written = sum(int(line) for line in file if line.strip().isdigit())
        if written > self._limit:
            left = _trim(os.path.join(self._path, LAYOUT), self._limit)
            _write(note, b"%d\n" % left)


class _Used(NamedTuple):
    """A file of the cache, ordered by when it was used."""

    used: float
    size: int
    path: str


def _trim(directory: str, limit: int) -> int:
    """Remove what was used least recently if the files are larger than the limit; return how many bytes there are."""
    files = sorted(file for file in _files(directory) if os.path.basename(file.path) != _WRITTEN)
    size = sum(file.size for file in files)
    kept = limit * _KEPT_PERCENT // 100 if size > limit else size
    for file in files:
        if size <= kept:
            break
        with suppress(FileNotFoundError):  # another build was faster
            delete_file(file.path)
        size -= file.size
    return size


def _files(directory: str) -> Iterator[_Used]:
    """Yield every file, what a build that was killed left aside too: nobody asks for it, so it goes as it ages."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            else:
                with suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    yield _Used(status.st_mtime, status.st_size, entry.path)


def _note_use(path: str) -> None:
    now = time()
    if now - os.stat(path).st_mtime > _NOTED_SECONDS:
        with suppress(OSError):  # one may read what one may not change
            os.utime(path, (now, now))


def _write(path: str, data: bytes) -> None:
    """Write a file aside and give it its name, so that nobody sees a part of it."""
    aside = f"{path}.{secrets.token_hex(8)}"
    try:
        _write_aside(aside, data)
        with suppress(FileNotFoundError):  # somebody has emptied the cache meanwhile
            replace_file(aside, path)
    except OSError:
        with suppress(OSError):
            os.unlink(aside)
        raise


def _write_aside(path: str, data: bytes) -> None:
    try:
        write_new(path, [data])
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_new(path, [data])
