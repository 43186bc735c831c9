"""A directory aside, on the disk of the output, where files wait until the whole release is ready."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from itertools import count
from types import TracebackType
from typing import NamedTuple, Self

PREFIX = ".servestatic-build-"


class Written(NamedTuple):
    """A staged file that has no name in the release yet."""

    path: str
    size: int
    sha256: bytes
    sha384: bytes


class Staging:
    """A new directory in ``parent`` (made if need be) that is gone again on exit. ``write`` is thread-safe."""

    def __init__(self, parent: str) -> None:
        self._parent = parent
        self._made = make_directories(parent)
        self.path = tempfile.mkdtemp(prefix=PREFIX, dir=parent)
        self._numbers = count()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove the directory, and those made for it that are still empty."""
        shutil.rmtree(self.path)
        for directory in reversed(self._made):
            with suppress(OSError):
                os.rmdir(directory)

    def write(self, chunks: Iterable[bytes]) -> Written:
        """Write a file of these chunks and return it with its hashes."""
        path = os.path.join(self.path, str(next(self._numbers)))
        sha256, sha384, size = hashlib.sha256(), hashlib.sha384(), 0
        with open(path, "xb") as file:
            for chunk in chunks:
                file.write(chunk)
                sha256.update(chunk)
                sha384.update(chunk)
                size += len(chunk)
        return Written(path, size, sha256.digest(), sha384.digest())


def make_directories(path: str) -> list[str]:
    """Make a directory and those above it; return the new ones, outermost first."""
    missing = []
    while not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(os.path.abspath(path))
    for directory in reversed(missing):
        os.mkdir(directory)
    return missing[::-1]
