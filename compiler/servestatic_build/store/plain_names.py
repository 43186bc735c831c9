"""Plain names beside the fingerprinted ones: for web servers and programs that read DIST. Our runtime never does.

A plain name is a hard link, or a copy, of what the manifest lists. It is replaced by rename when the manifest is there.
What lies at its place may be somebody else's: that is replaced only where nothing is lost by it.
"""

from __future__ import annotations

import filecmp
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.model import Asset, SourceFile
from servestatic_build.platform_files import delete_file, is_same_file, link_or_copy, replace_file, sync_directory
from servestatic_build.releases.listed_release import ListedRelease
from servestatic_build.store.layout import Layout
from servestatic_build.store.own_files import OwnFiles, plain_variants
from servestatic_build.store.staging import Staging, make_directories
from servestatic_runtime.format import FILE_SUFFIXES, IDENTITY, file_name


class PlainName(NamedTuple):
    """What a plain name is another name of."""

    file: str  # from DIST: what the manifest lists
    coding: str
    source: SourceFile | None = None  # of a build


class PlainNames:
    """The plain names of a release, and what is in their places."""

    def __init__(
        self,
        names: Mapping[str, PlainName],
        layout: Layout,
        own: OwnFiles,
        former: Collection[str] | None = None,
    ) -> None:
        """Take the names that there should be, and what a build has put into DIST before: all its names, or ``former``."""
        self._layout = layout
        self._own = own
        self._names = names
        self._outdated = [name for name, plain in self._names.items() if not self._is_link(name, plain.file)]
        before = own.plain_names if former is None else former
        self._stale = [name for name in before if name not in self._names and own.has(name)]

    @property
    def names(self) -> Collection[str]:
        """Where they lie in DIST."""
        return self._names.keys()

    @property
    def are_up_to_date(self) -> bool:
        """Whether DIST has them all, and none that the release has no more."""
        return not (self._outdated or self._stale)

    def foreign(self) -> Iterator[tuple[str, PlainName]]:
        """Yield each file that would be lost: its path, which no build wrote to, and what would take its place."""
        for name in self._outdated:
            if not self._may_replace(name):
                yield self._layout.path_of(name), self._names[name]

    def refuse_foreign(self, diagnostics: Diagnostics) -> None:
        """Report each file that would be lost: one that no build wrote, with other bytes than the source has."""
        for path, plain in self.foreign():
            others = f", and other bytes than {plain.source.path}" if plain.source else ""
            message = f"DIST has a file of this name that no build wrote{others}"
            hint = "delete it if it is left over from another tool (or all of DIST), else rename one of the two"
            diagnostics.error(Code.FOREIGN_FILE, path, message, hint)

    def publish(self, staging: Staging) -> None:
        """Replace what is outdated, delete what is stale; raise OSError. The next build does what this one could not."""
        directories = set()
        for name in self._outdated:
            path, staged = self._layout.path_of(name), staging.new_path()
            make_directories(os.path.dirname(path), staging.modes.directory)
            link_or_copy(self._layout.path_of(self._names[name].file), staged)
            for sibling in self._left_codings(name):
                delete_file(sibling)
            replace_file(staged, path)
            directories.add(os.path.dirname(path))
        for name in self._stale:
            with suppress(FileNotFoundError):  # a coding has gone with the plain name of the file that has it no more
                delete_file(self._layout.path_of(name))
        for directory in directories:
            with suppress(OSError):
                sync_directory(directory)

    def _is_link(self, name: str, file: str) -> bool:
        return is_same_file(self._layout.path_of(name), self._layout.path_of(file))

    def _may_replace(self, name: str) -> bool:
        plain, path = self._names[name], self._layout.path_of(name)
        if not os.path.lexists(path) or self._own.has(name):
            return True
        if plain.coding != IDENTITY:  # it goes with the file that it was made of
            return not os.path.isdir(path)
        return plain.source is not None and _has_bytes_of(path, plain.source.real_path)

    def _left_codings(self, name: str) -> Iterator[str]:
        """Yield the compressed siblings of a plain name that the release has not: they are of other bytes."""
        if self._names[name].coding == IDENTITY:
            for suffix in FILE_SUFFIXES.values():
                path = self._layout.path_of(name + suffix)
                if suffix and name + suffix not in self._names and os.path.isfile(path):
                    yield path


def names_of_release(release: ListedRelease) -> Mapping[str, PlainName]:
    """Return the plain names of a release that was built before."""
    return {name: PlainName(*plain) for name, plain in plain_variants(release, is_foreign=False).items()}


def names_of_build(assets: Iterable[Asset], layout: Layout) -> Mapping[str, PlainName]:
    """Return the plain names of assets with their final places."""
    return dict(_names(assets, layout))


def _names(assets: Iterable[Asset], layout: Layout) -> Iterator[tuple[str, PlainName]]:
    """Yield plain names of variants, those of files behind them: a file may be called like a coding of another one."""
    if layout.root_url is None:
        return
    plain = [asset for asset in assets if _has_plain_name(asset, layout.root_url)]
    for is_identity in (False, True):
        for asset in plain:
            for variant in asset.variants:
                if (variant.coding == IDENTITY) is is_identity:
                    name = file_name(asset.source.plain_path, layout.root_url) + FILE_SUFFIXES[variant.coding]
                    yield name, PlainName(layout.name(variant.file), variant.coding, asset.source)


def _has_plain_name(asset: Asset, root_url: str) -> bool:
    source = asset.source
    return source.plain and not source.reason.is_foreign and source.plain_path.startswith(root_url)


def _has_bytes_of(path: str, source: str) -> bool:
    """Return whether a file is a copy of a source, as Django's own collectstatic makes it."""
    try:
        return os.path.isfile(path) and filecmp.cmp(path, source, shallow=False)
    except OSError:
        return False
