"""Files that are there and not published: why a reference to one is broken, and what to do."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from servestatic_build.model import Skipped, SkipReason


class Unpublished:
    """Knows the files and directories that the scan has left out, by their decoded URL paths."""

    def __init__(self, skipped: Iterable[Skipped]) -> None:
        self._skipped = {each.plain_path: each for each in skipped}

    def reason(self, path: str) -> tuple[str, str | None] | None:
        """Return why the file at a path is not published, and what to do; None where there is no such file."""
        found = next((each for part in _and_above(path) if (each := self._skipped.get(part))), None)
        if found is None or not _is_there(found, path):
            return None
        return f"{found.path} is {found.reason}", _hint(found)


def _and_above(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]


def _is_there(skipped: Skipped, path: str) -> bool:
    """Return whether a path leads to what was left out, or to a file in it."""
    below = path.removeprefix(skipped.plain_path).lstrip("/")
    return os.path.exists(os.path.join(skipped.path, below)) if below else os.path.lexists(skipped.path)


def _hint(skipped: Skipped) -> str | None:
    if skipped.reason is SkipReason.LINK_OUT:
        directory, target = skipped.plain_path, os.path.realpath(skipped.path)
        if not os.path.isdir(target):
            directory, target = directory.rpartition("/")[0], os.path.dirname(target)
        return f"name the directory that it leads to as a SOURCE of its own: {directory}/={target}"
    return _HINTS.get(skipped.reason)


_HINTS = {
    SkipReason.HIDDEN: "rename it: files and directories whose names begin with a dot are never published",
    SkipReason.LITTER: "rename it",
    SkipReason.IGNORED: 'change the pattern in ignore, or add one behind it that begins with "!"',
    SkipReason.RELEASE: "name the directories that it was compiled from as a SOURCE",
}
