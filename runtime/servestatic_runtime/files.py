"""How files are opened."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeAlias

Opener: TypeAlias = Callable[[str, int], int]  # as open() takes it

# To hold a directory takes no permission to list it where the system has O_PATH.
_HELD = os.O_DIRECTORY | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)


def open_nonblocking(path: str, flags: int) -> int:
    """Open a file; an ``opener`` for open(). A pipe in its place would be waited for until somebody writes to it."""
    return os.open(path, flags | os.O_NONBLOCK)


def opener_in(directory: str) -> Opener:
    """Return an opener for what is below a directory, under the paths that it has now, wherever it is moved later."""
    try:
        descriptor = os.open(directory, _HELD)
    except OSError:  # as a path it may yet do
        return open_nonblocking
    return _Held(directory, descriptor)


class _Held:
    """A directory that is kept open as long as somebody may open a file in it."""

    def __init__(self, path: str, descriptor: int) -> None:
        self._start = f"{path}/"
        self._descriptor = descriptor
        self._close = os.close  # which the end of the process may come before

    def __call__(self, path: str, flags: int) -> int:
        try:
            return os.open(path.removeprefix(self._start), flags | os.O_NONBLOCK, dir_fd=self._descriptor)
        except OSError:  # the directory was removed, and maybe made again; or a daemon has closed what it was left
            return open_nonblocking(path, flags)

    def __del__(self) -> None:
        self._close(self._descriptor)
