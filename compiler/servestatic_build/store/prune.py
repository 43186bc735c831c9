"""Delete from DIST what its release does not list: files of earlier releases, and whatever else has come there."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from typing import NamedTuple

from servestatic_build.platform_files import delete_file, is_link
from servestatic_build.store.locks import OURS, locked_output
from servestatic_build.store.own_files import OwnFiles
from servestatic_build.store.staging import sweep
from servestatic_runtime import Manifest
from servestatic_runtime.format import MANIFEST_NAME


def prune(out: str, *, dry_run: bool = False) -> tuple[str, ...]:
    """Delete every file but the manifest and those it lists, and directories that are empty then; return their names.

    A dry run deletes nothing. Where files lie at their URL paths, others write into DIST, too: then what is not ours stays.
    Builds can't publish meanwhile, and what they have staged stays. Raises ManifestError where there is no release that
    can be read, OSError for a file that can't be deleted.
    """
    Manifest.open(out)  # before a lock is put where there is no release
    with locked_output(out):
        pruning = _Pruning(out, Manifest.open(out))
        if dry_run:
            return tuple(sorted(pruning.unlisted))
        sweep(out)
        return pruning.delete_unlisted()


class _Directory(NamedTuple):
    path: str
    name: str  # from DIST, ending in a slash, empty for DIST itself

    def entries(self) -> list[os.DirEntry[str]]:
        """Return what is in it but for what builds need while they run."""
        with os.scandir(self.path) as entries:
            return [entry for entry in entries if self.name or not entry.name.startswith(OURS)]


class _Pruning:
    """What is listed and what is there, by names with slashes, as the manifest has them, whatever the platform."""

    def __init__(self, out: str, manifest: Manifest) -> None:
        self._out = out
        self._own = OwnFiles(out, manifest)
        self._has_others = manifest.root_url is not None
        self._listed = {*self._own.listed, *self._own.plain_names, MANIFEST_NAME}
        self._directories = {above for name in self._listed for above in _directories_of(name)}
        self._looked_into = [_Directory(out, "")]
        self.unlisted = dict(self._unlisted())  # paths by name; what is beside a file tells whose it is

    def delete_unlisted(self) -> tuple[str, ...]:
        for path in self.unlisted.values():
            delete_file(path)
        self._own.forget(self.unlisted)
        for directory in reversed(self._looked_into[1:]):
            with suppress(OSError):  # it is not empty
                os.rmdir(directory.path)
        return tuple(sorted(self.unlisted))

    def _unlisted(self) -> Iterator[tuple[str, str]]:
        for directory in self._looked_into:  # which grows
            for entry in directory.entries():
                name = directory.name + entry.name
                if self._is_directory(entry, name):
                    self._looked_into.append(_Directory(entry.path, f"{name}/"))
                elif not self._is_listed(entry, name) and not (self._has_others and self._is_foreign(name)):
                    yield name, entry.path

    def _is_directory(self, entry: os.DirEntry[str], name: str) -> bool:
        """Return whether to look into an entry: into a link only where listed files are behind it."""
        return entry.is_dir() and (f"{name}/" in self._directories or not is_link(entry))

    def _is_foreign(self, name: str) -> bool:
        return not (self._own.has(name) or self._own.has_coding(name))

    def _is_listed(self, entry: os.DirEntry[str], name: str) -> bool:
        """Return whether a file is listed: under another spelling, too, where the file system takes both for one."""
        if name in self._listed:
            return True
        alike = self._by_fold.get(_fold(name))
        return alike is not None and _is_same(entry.path, os.path.join(self._out, alike))

    @cached_property
    def _by_fold(self) -> dict[str, str]:
        return {_fold(name): name for name in self._listed}


def _directories_of(name: str) -> Iterator[str]:
    """Yield the directories above a name, each with its slash."""
    place = name.find("/")
    while place >= 0:
        yield name[: place + 1]
        place = name.find("/", place + 1)


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _is_same(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)
    except OSError:
        return False
