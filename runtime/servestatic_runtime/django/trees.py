"""What the finders found, as directories that a compiler can walk."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from django.utils._os import safe_join

from servestatic_runtime.platform_files import with_slashes

# By logical name: the storage that has the file, and its path there.
Collected: TypeAlias = Mapping[str, "tuple[Any, str]"]


class Tree(NamedTuple):
    """A directory, what stands before the names of its files, and those of them to compile."""

    directory: str
    name_prefix: str
    only: frozenset[str]


def by_logical_name(collected: Mapping[str, tuple[Any, str]]) -> Collected:
    """Return what Django collected, which on Windows goes by paths with backslashes, by logical name."""
    return {with_slashes(name): file for name, file in collected.items()}


def trees(collected: Collected, scratch: str) -> tuple[Tree, ...]:
    """Return the trees; what lies in no local directory is copied below ``scratch`` first."""
    only: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, (storage, path) in collected.items():
        directory = _directory(storage, path) or _copied(storage, path, scratch)
        below = with_slashes(path)
        only[directory, name.removesuffix(below)].add(below)
    return tuple(Tree(*key, frozenset(paths)) for key, paths in only.items())


def local_path(storage: Any, path: str) -> str | None:
    """Return where a file of a storage lies, None when that is no local file."""
    try:
        local = str(storage.path(path))
    except NotImplementedError:
        return None
    return local if os.path.isfile(local) else None


def _directory(storage: Any, path: str) -> str | None:
    """Return the directory of a storage that keeps its files under their own paths, None for any other's."""
    location = os.fspath(getattr(storage, "location", None) or "")
    path_below = os.path.normpath(os.path.join(location, path))
    return location if local_path(storage, path) == path_below else None


def _copied(storage: Any, path: str, scratch: str) -> str:
    directory = os.path.join(scratch, str(id(storage)))
    target = safe_join(directory, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with storage.open(path) as source, open(target, "wb") as file:
        file.writelines(source.chunks())
    _keep_date(storage, path, target)
    return directory


def _keep_date(storage: Any, path: str, target: str) -> None:
    """Give the copy the file's own date, which a release sends as Last-Modified, if the storage knows it."""
    try:
        date = storage.get_modified_time(path).timestamp()
    except (NotImplementedError, OSError):
        return
    os.utime(target, (date, date))
