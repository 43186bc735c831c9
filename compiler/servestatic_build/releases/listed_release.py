"""A release as the store sees it: the one that DIST has, or the one that takes its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from servestatic_build.releases.content import ReleaseContent
from servestatic_build.releases.history import History
from servestatic_runtime.format import AssetRecord


class ListedRelease(Protocol):
    """What tells which files in DIST a release lists. ``ManifestRecords`` are one."""

    @property
    def prefix(self) -> str:
        """The URL path that logical names are below."""

    @property
    def root_url(self) -> str | None:
        """The URL path that DIST stands for."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the release and of the earlier ones that it keeps."""

    @property
    def assets(self) -> Sequence[AssetRecord]:
        """The records of its assets."""

    def some_assets(self, numbers: Iterable[int]) -> Sequence[AssetRecord]:
        """Return the records of some assets, and read no others; raise ManifestError."""

    @property
    def retired_files(self) -> Mapping[str, str | None]:
        """The files of retired URLs, each with the id of the last release that linked to it."""


@dataclass(frozen=True, slots=True)
class NextRelease:
    """A release of which the manifest is not in DIST yet, from its content and its history for the store."""

    content: ReleaseContent
    history: History

    @property
    def prefix(self) -> str:
        """See ListedRelease."""
        return self.content.prefix

    @property
    def root_url(self) -> str | None:
        """See ListedRelease."""
        return self.content.root_url

    @property
    def ids(self) -> tuple[str, ...]:
        """See ListedRelease."""
        return tuple(release.id for release in self.history.releases)

    @property
    def assets(self) -> Sequence[AssetRecord]:
        """See ListedRelease."""
        return self.content.assets

    def some_assets(self, numbers: Iterable[int]) -> Sequence[AssetRecord]:
        """See ListedRelease."""
        return [self.content.assets[number] for number in numbers]

    @property
    def retired_files(self) -> Mapping[str, str | None]:
        """See ListedRelease."""
        return {variant.file: url.release for url in self.history.retired for variant in url.variants}


@dataclass(frozen=True, slots=True)
class PartOfRelease:
    """A release of which only some assets matter."""

    whole: ListedRelease
    assets: Sequence[AssetRecord]

    @property
    def prefix(self) -> str:
        """See ListedRelease."""
        return self.whole.prefix

    @property
    def root_url(self) -> str | None:
        """See ListedRelease."""
        return self.whole.root_url

    @property
    def ids(self) -> tuple[str, ...]:
        """See ListedRelease."""
        return self.whole.ids

    def some_assets(self, numbers: Iterable[int]) -> Sequence[AssetRecord]:
        """See ListedRelease."""
        return self.whole.some_assets(numbers)

    @property
    def retired_files(self) -> Mapping[str, str | None]:
        """See ListedRelease."""
        return self.whole.retired_files
