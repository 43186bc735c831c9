"""Which files in DIST builds have put there, and which somebody else has.

Where DIST is a directory that others read and write, such as Django's STATIC_ROOT, what is not ours is never deleted,
and never replaced without a word. The manifest lists the files of one release; of those before, and of what a killed build
has left, a list of our own tells. By their names it can't be told: others name files by their SHA-256, too.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain

from servestatic_build.names import without_fingerprint
from servestatic_build.platform_files import is_same_file, open_regular, replace_file, set_mode, sync_file
from servestatic_build.store.locks import OURS
from servestatic_runtime import Manifest
from servestatic_runtime.format import FILE_SUFFIXES, MANIFEST_NAME, file_name
from servestatic_runtime.records import Asset, RetiredUrl
from servestatic_runtime.url_reason import UrlReason

_END = "\0"  # behind each name in the list: no name has it
_CODING_SUFFIXES = tuple(suffix for suffix in FILE_SUFFIXES.values() if suffix)


class OwnFiles:
    """What the release in DIST tells of DIST's files, and what their names do. Names have slashes on every platform."""

    def __init__(
        self, out: str, manifest: Manifest | None, entries: Iterable[Asset | RetiredUrl] | None = None
    ) -> None:
        """Take DIST and its release; ``entries`` are all that the manifest lists, where that has been read."""
        self._out = out
        self._manifest = manifest
        self._entries = entries

    @cached_property
    def listed(self) -> frozenset[str]:
        """What the manifest lists, retired URLs too."""
        if self._manifest is None:
            return frozenset()
        entries = self._entries or chain(self._manifest, self._manifest.retired())
        return frozenset(body.file for entry in entries for body in entry.bodies)

    @cached_property
    def plain_names(self) -> Mapping[str, str]:
        """The plain names of the release, each with the file that it is another name of."""
        return dict(_plain_names(self._manifest, is_foreign=False)) if self._manifest else {}

    @cached_property
    def _known_foreign(self) -> Mapping[str, str]:
        """The names that the release has of files that others wrote, each with our copy."""
        return dict(_plain_names(self._manifest, is_foreign=True)) if self._manifest else {}

    def has(self, name: str) -> bool:
        """Return whether a file in DIST is ours: the manifest, a file that a build put there, or a plain name of one.

        Of a plain name the bytes count: there may be somebody else's.
        """
        if name in self.listed or name in self._remembered or name == MANIFEST_NAME:
            return True
        if name in self._known_foreign:
            return False
        return any(is_same_file(self._path(name), self._path(file)) for file in self._files_of_plain_name(name))

    def remember(self, names: Iterable[str], mode: int | None) -> None:
        """Note files before they are put into DIST, whose lock is held; raise OSError. ``mode`` is that of files there."""
        self._write(self._remembered | self.listed | {*names}, mode)

    def forget(self, names: Iterable[str]) -> None:
        """Note that files are deleted. DIST's lock is held; raise OSError."""
        if gone := self._remembered.intersection(names):
            self._write(self._remembered - gone, stat.S_IMODE(os.stat(self._list_path).st_mode))

    def has_coding(self, name: str) -> bool:
        """Return whether a file is a compressed sibling of one of ours."""
        file = _without_coding(name)
        return file is not None and self.has(file)

    def foreign(self) -> list[str]:
        """Return the names of all files in DIST that are not ours, in order, without hidden ones and links.

        Nor with compressed siblings of other files: they are no files of their own to who wrote them.
        """
        names = set(_walked(self._out))
        return sorted(name for name in names if not (_without_coding(name) in names or self.has(name)))

    def _files_of_plain_name(self, name: str) -> Iterable[str]:
        linked = self.plain_names.get(name)
        return ([linked] if linked else []) + self._fingerprinted.get(name, [])

    @cached_property
    def _remembered(self) -> frozenset[str]:
        try:
            with open_regular(self._list_path) as file:
                names = os.fsdecode(file.read()).split(_END)
        except OSError:  # none yet, or one that nobody may read
            return frozenset()
        return frozenset(names[:-1])

    @cached_property
    def _fingerprinted(self) -> Mapping[str, list[str]]:
        """Files that a build put there, by their plain names."""
        files: dict[str, list[str]] = {}
        for name in self._remembered | self.listed:
            if plain := without_fingerprint(name):
                files.setdefault(plain, []).append(name)
        return files

    @property
    def _list_path(self) -> str:
        return os.path.join(self._out, f"{OURS}.files")

    def _write(self, names: Iterable[str], mode: int | None) -> None:
        path = f"{self._list_path}.new"
        with open(path, "wb") as file:
            file.write(os.fsencode("".join(f"{name}{_END}" for name in sorted(names))))
        sync_file(path)
        set_mode(path, mode)
        replace_file(path, self._list_path)

    def _path(self, name: str) -> str:
        return os.path.join(self._out, *name.split("/"))


def _plain_names(manifest: Manifest, *, is_foreign: bool) -> Iterator[tuple[str, str]]:
    root_url = manifest.root_url
    if root_url is None:
        return
    for asset in manifest:
        plain_url = asset.plain_url or ""
        if plain_url.startswith(root_url) and UrlReason.of(asset.reason).is_foreign is is_foreign:
            for variant in asset.variants:
                yield file_name(plain_url, root_url) + FILE_SUFFIXES[variant.coding], variant.file


def _walked(out: str) -> Iterator[str]:
    """Yield the names of regular files."""
    directories = [""]
    while directories:
        above = directories.pop()
        with os.scandir(os.path.join(out, above)) as entries:
            for entry in entries:
                name = above + entry.name
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    directories.append(f"{name}/")
                elif entry.is_file(follow_symlinks=False):
                    yield name


def _without_coding(name: str) -> str | None:
    suffix = next((suffix for suffix in _CODING_SUFFIXES if name.endswith(suffix)), None)
    return suffix and name.removesuffix(suffix)
