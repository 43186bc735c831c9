"""Which files in DIST builds have put there, and which somebody else has.

Where DIST is a directory that others read and write, such as Django's STATIC_ROOT, what is not ours is never deleted,
and never replaced without a word. The manifest lists the files of one release; of those before, and of what a killed build
has left, a list of our own tells. By their names it can't be told: others name files by their SHA-256, too.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from servestatic_build.names import without_fingerprint
from servestatic_build.platform_files import is_same_file
from servestatic_build.releases.listed_release import ListedRelease
from servestatic_build.releases.manifest_records import ManifestRecords
from servestatic_build.releases.record_files import all_files, variant_files
from servestatic_build.store.file_list import PLAIN_NAME, UNDER_WAY, UNKNOWN_RELEASE, FileEntries, FileList
from servestatic_runtime import ManifestError
from servestatic_runtime.format import FILE_SUFFIXES, MANIFEST_NAME, file_name
from servestatic_runtime.records import plain_path
from servestatic_runtime.url_reason import UrlReason

_CODING_SUFFIXES = tuple(suffix for suffix in FILE_SUFFIXES.values() if suffix)


class OwnFiles:
    """What a release tells of DIST's files, and what their names do. Names have slashes on every platform."""

    def __init__(self, out: str, release: ListedRelease | None) -> None:
        """Take DIST and its release, None where there is none that can be read."""
        self._out = out
        self.release = release

    @classmethod
    def of_dist(cls, out: str) -> OwnFiles:
        """Read what is in DIST. A manifest that can't be read counts as none."""
        try:
            return cls(out, ManifestRecords.open(out))
        except ManifestError:
            return cls(out, None)

    @cached_property
    def releases(self) -> tuple[str, ...]:
        """The ids of the current release and of the earlier ones that are kept."""
        return (self.release.ids if self.release else ()) or (UNKNOWN_RELEASE,)

    @cached_property
    def listed(self) -> Mapping[str, str]:
        """What the manifest lists, retired URLs too: each file with the id of the last release that had it."""
        if self.release is None:
            return {}
        earlier = {name: last or UNKNOWN_RELEASE for name, last in self.release.retired_files.items()}
        return earlier | dict.fromkeys(all_files(self.release.assets, self.release.root_url), self.releases[0])

    @cached_property
    def recorded(self) -> FileEntries:
        """The list in DIST: what the manifest does not list and builds have put there."""
        return FileList(self._out).read()

    @cached_property
    def kept(self) -> frozenset[str]:
        """What the manifest does not list, and a release needs that can be made current again."""
        return frozenset(name for name, entry in self.recorded.items() if entry and entry.release in self.releases)

    @property
    def is_publication_under_way(self) -> bool:
        """Whether the manifest is there and its plain names may not be yet: somebody is at it, or was killed."""
        entry = self.recorded.get(UNDER_WAY)
        return entry is not None and entry.release == self.releases[0]

    @property
    def to_record(self) -> FileEntries:
        """What the list should have of the files that the manifest lists: all where others write into DIST, else none."""
        return dict.fromkeys(self.listed) if self.release and self.release.root_url is not None else {}

    @cached_property
    def plain_names(self) -> Mapping[str, str]:
        """The plain names of the release, each with the file that it is another name of."""
        return {name: plain.file for name, plain in plain_variants(self.release, is_foreign=False).items()}

    @cached_property
    def _known_foreign(self) -> Container[str]:
        """The names that the release has of files that others wrote."""
        return plain_variants(self.release, is_foreign=True)

    def has(self, name: str) -> bool:
        """Return whether a file in DIST is ours: the manifest, a file that a build put there, or a plain name of one.

        Of a plain name the bytes count: there may be somebody else's.
        """
        if name in self.listed or name in self._files or name == MANIFEST_NAME:
            return True
        return name not in self._known_foreign and self.has_bytes_of_ours(name)

    def has_bytes_of_ours(self, name: str) -> bool:
        """Return whether what lies under a plain name is a file of ours by this name, of whichever release."""
        return any(is_same_file(self.path(name), self.path(file)) for file in self._files_of_plain_name(name))

    def path(self, name: str) -> str:
        """Return where a name in DIST is on this platform."""
        return os.path.join(self._out, *name.split("/"))

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
    def _files(self) -> frozenset[str]:
        """The names in the list, without plain ones."""
        return frozenset(name for name, entry in self.recorded.items() if entry is None or entry.release != PLAIN_NAME)

    @cached_property
    def _fingerprinted(self) -> Mapping[str, list[str]]:
        """Files that a build put there, by their plain names."""
        files: dict[str, list[str]] = {}
        for name in self._files | self.listed.keys():
            file = _without_coding(name) or name
            if plain := without_fingerprint(file):
                files.setdefault(plain + name.removeprefix(file), []).append(name)
        return files


class PlainVariant(NamedTuple):
    """What a plain name is another name of: a file of the release, in a coding."""

    file: str
    coding: str


def plain_variants(release: ListedRelease | None, *, is_foreign: bool) -> Mapping[str, PlainVariant]:
    """Return what each plain name stands for, those of files that others wrote or all others."""
    if release is None or (root_url := release.root_url) is None:
        return {}
    return {
        file_name(plain, root_url) + FILE_SUFFIXES[coding]: PlainVariant(file, coding)
        for record in release.assets
        if record.plain_headers is not None
        if (plain := plain_path(record.name, release.prefix)).startswith(root_url)
        if UrlReason.of(record.reason).is_foreign is is_foreign
        for coding, file, _ in variant_files(record, root_url)
    }


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
