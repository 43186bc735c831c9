"""A directory aside, on the disk of the output, where files wait until the whole release is ready."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from typing import NamedTuple, TypeAlias

from servestatic_build.names import OURS
from servestatic_build.platform_files import BY_UMASK, Modes, delete_tree, give_name, set_mode, write_new
from servestatic_build.store.locks import LOCK_SUFFIX, locked, locked_output

_PREFIX = f"{OURS}-"
_TRIES = 10  # to lock a DIST that other builds, which fail, make and remove again


Reader: TypeAlias = Callable[[bytes], object]


class Written(NamedTuple):
    """A staged file that has no name in the release yet."""

    path: str
    size: int
    sha256: bytes


class Staging:
    """A directory for files without a name in the release yet. Thread-safe."""

    def __init__(self, path: str, modes: Modes = BY_UMASK) -> None:
        """Take a directory; ``modes`` are those of the release's files and directories."""
        self.path = path
        self._prefix = os.path.join(path, "")
        self.modes = modes
        self._numbers = count()

    def new_path(self) -> str:
        """Return a path where there is no file yet."""
        return f"{self._prefix}{next(self._numbers)}"

    def link(self, path: str) -> str | None:
        """Give a file of the same file system one more name here and return that; None where it must be copied."""
        new = self.new_path()
        return new if give_name(path, new, self.modes.file) else None

    def write(self, chunks: Iterable[bytes], readers: Iterable[Reader] = ()) -> Written:
        """Write a file of these chunks, told to the readers as they pass, and return it with its hash."""
        path, sha256 = self.new_path(), hashlib.sha256()
        size = write_new(path, _passed(chunks, (sha256.update, *readers)))
        set_mode(path, self.modes.file)
        return Written(path, size, sha256.digest())


def _passed(chunks: Iterable[bytes], readers: Sequence[Reader]) -> Iterator[bytes]:
    for chunk in chunks:
        for read in readers:
            read(chunk)
        yield chunk


@contextmanager
def staging_in(parent: str, modes: Modes = BY_UMASK) -> Iterator[Staging]:
    """Make a staging directory in ``parent`` (made if need be) that is gone again behind the block.

    It is locked as long, so that what a killed build left behind can be told from what a running one needs.
    """
    with ExitStack() as stack:
        with _locked_when_made(parent, modes.directory, stack):
            sweep(parent)
            path = tempfile.mkdtemp(prefix=_PREFIX, dir=parent)
            stack.enter_context(locked(path))
        stack.callback(delete_tree, path)  # before it is unlocked, or another build would sweep it
        yield Staging(path, modes)


@contextmanager
def scratch() -> Iterator[Staging]:
    """Make a staging directory from which nothing will be published, wherever the system has room for it."""
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as path:
        yield Staging(path)


def sweep(out: str) -> None:
    """Remove from DIST, whose lock is held, the staging directories of builds that were killed."""
    for name in sorted({name.removesuffix(LOCK_SUFFIX) for name in os.listdir(out) if name.startswith(_PREFIX)}):
        path = os.path.join(out, name)
        with suppress(OSError), locked(path, wait=False):  # a running build holds it, or it is another user's
            delete_tree(path)


def _locked_when_made(out: str, mode: int | None, stack: ExitStack) -> ExitStack:
    """Make DIST if need be, lock it, and return what unlocks it. ``stack`` removes what is new and empty in the end."""
    for tries in count(1):
        stack.callback(remove_empty, make_directories(out, mode))
        held = ExitStack()
        try:
            held.enter_context(locked_output(out))
            break
        except FileNotFoundError:
            if tries == _TRIES:
                raise
    return held


def make_directories(path: str, mode: int | None = None) -> list[str]:
    """Make a directory and those above it; return the new ones, outermost first. A failure leaves none of them."""
    missing: list[str] = []
    while not os.path.isdir(path) and path not in missing:  # a drive of Windows that there isn't is above itself
        missing.append(path)
        path = os.path.dirname(os.path.abspath(path))
    created: list[str] = []
    try:
        for directory in reversed(missing):
            try:
                os.mkdir(directory)
            except FileExistsError:  # another build was faster
                if not os.path.isdir(directory):
                    raise
            else:
                created.append(directory)
                set_mode(directory, mode)
    except OSError:
        remove_empty(created)
        raise
    return created


def remove_empty(directories: list[str]) -> None:
    """Remove those of the directories (outermost first) that hold nothing."""
    for directory in reversed(directories):
        with suppress(OSError):
            os.rmdir(directory)
