"""A list of the files that builds have put into DIST and that its manifest does not list: since when, and what had them last.

It is written, by rename, before a file comes in or loses its place in the manifest. So whatever is killed when, a file of
ours is listed by the manifest or here, and it can be told from what others have put there. Where others write into DIST,
the list has the files of the manifest, too: that may get lost.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple, TypeAlias

from servestatic_build.names import FILE_LIST, OURS
from servestatic_build.platform_files import (
    delete_file,
    open_regular,
    replace_file,
    set_mode,
    stays_below,
    sync_directory,
    sync_file,
)
from servestatic_runtime.format import MANIFEST_NAME

_END = "\0"  # behind each field: no name has it

# In place of the id of a release: that of a file which a release of an unknown id had, and that of a plain name.
UNKNOWN_RELEASE, PLAIN_NAME = "-", "="
# The entry with this name says which release is being published. It stays until the plain names are right, too.
UNDER_WAY = MANIFEST_NAME


class Unlisted(NamedTuple):
    """When the manifest stopped listing a file, in seconds since 1970, and the id of the last release that had it."""

    since: int
    release: str


# By name in DIST, with slashes; None for what the manifest lists.
FileEntries: TypeAlias = Mapping[str, Unlisted | None]


class FileList:
    """The list in DIST, whose lock must be held to write it."""

    def __init__(self, out: str) -> None:
        self._out = out
        self._path = os.path.join(out, FILE_LIST)

    def read(self) -> FileEntries:
        """Return the list, without what no build can have written there; an empty one where there is none to read."""
        try:
            with open_regular(self._path) as file:
                fields = os.fsdecode(file.read()).split(_END)
        except OSError:
            return {}
        return dict(_entries(fields))

    def write(self, entries: FileEntries, mode: int | None = None) -> None:
        """Replace the list; raise OSError. Without a mode it keeps the one it has. One without entries is deleted."""
        if not entries:
            with suppress(FileNotFoundError):
                delete_file(self._path)
            return
        path = self._new_path
        try:
            with open(path, "wb") as file:
                file.write(os.fsencode("".join(_text(name, entries[name]) for name in sorted(entries))))
            sync_file(path)
            set_mode(path, self._mode() if mode is None else mode)
            replace_file(path, self._path)
        except OSError:
            with suppress(OSError):
                delete_file(path)
            raise
        sync_directory(self._out)

    def sweep(self) -> None:
        """Delete what somebody who was killed has left while writing the list; raise OSError."""
        with suppress(FileNotFoundError):
            delete_file(self._new_path)

    @property
    def _new_path(self) -> str:
        return f"{self._path}.new"

    def _mode(self) -> int | None:
        with suppress(FileNotFoundError):
            return stat.S_IMODE(os.stat(self._path).st_mode)
        return None


def _text(name: str, entry: Unlisted | None) -> str:
    since, release = (str(entry.since), entry.release) if entry else ("", "")
    return f"{name}{_END}{since}{_END}{release}{_END}"


def _entries(fields: list[str]) -> Iterator[tuple[str, Unlisted | None]]:
    for name, since, release in zip(*[iter(fields)] * 3, strict=False):
        if is_in_dist(name) and (not since or since.isdecimal()):
            yield name, Unlisted(int(since), release) if since else None


def is_in_dist(name: str) -> bool:
    """Return whether a name can be that of a file in DIST. Who has changed the list, or an archive, must reach no others by it."""
    return stays_below(name) and not name.startswith(OURS)
