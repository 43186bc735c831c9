"""What the next manifest says where most of it is what the one in DIST says: the records of few assets are others."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

from servestatic_build.model import ContentFacts
from servestatic_build.releases.content import ReleaseContent, frozen_header_set, sealed
from servestatic_build.releases.index import hash_in, number_in, slot
from servestatic_build.releases.manifest_records import ManifestRecords
from servestatic_runtime.format import AssetRecord, HeaderSetRecord, key_hash


class LiveRelease:
    """The release in DIST, as the next one begins with it."""

    def __init__(self, records: ManifestRecords, facts: ContentFacts) -> None:
        """Take its manifest, and what is known of it."""
        self.records = records
        self.facts = facts
        self.header_sets = tuple(
            frozen_header_set(records.manifest.header_set(number)) for number in range(facts.header_sets)
        )

    def headers_of(self, record: AssetRecord) -> tuple[HeaderSetRecord, HeaderSetRecord | None]:
        """Return the header sets of an asset."""
        plain = record.plain_headers
        return self.header_sets[record.headers], None if plain is None else self.header_sets[plain]

    @cached_property
    def slots(self) -> Sequence[int]:
        """The slots of the index that are for assets."""
        return [each for each in self.records.slots if number_in(each) < self.facts.assets]

    @cached_property
    def hashes(self) -> Container[int]:
        """The hashes of all keys that are for assets."""
        return {hash_in(each) for each in self.slots}


def may_change_alone(live: LiveRelease, before: AssetRecord, after: AssetRecord) -> bool:
    """Return whether an asset's new URL changes no other key of the index, and no first segment."""
    if after.url == before.url:
        return True
    is_alone = (
        key_hash(after.url.encode()) not in live.hashes and key_hash(f"{before.url}/".encode()) not in live.hashes
    )
    return is_alone and after.url.count("/") > 1


@dataclass(frozen=True, kw_only=True)
class ChangedContent(ReleaseContent):
    """A release in which the records of ``changed`` assets are others than in the live one. All have the names they had."""

    live: LiveRelease
    changed: Mapping[int, AssetRecord]
    all_names: Sequence[str]

    @classmethod
    def of(
        cls, live: LiveRelease, changed: Mapping[int, AssetRecord], names: Sequence[str], import_map: str
    ) -> ChangedContent:
        """Return what follows from the changes."""
        records, sealed_assets = live.records, [*live.records.sealed_assets]
        for number, record in changed.items():
            sealed_assets[number] = sealed(record, number)
        return cls(
            records.prefix,
            records.manifest.index,
            records.redirect_headers,
            live.header_sets,
            _Assets(records, changed, len(sealed_assets)),
            sealed_assets,
            import_map,
            records.root_url,
            records.manifest.fallbacks,
            live=live,
            changed=changed,
            all_names=names,
        )

    @property
    def names(self) -> Iterable[str]:
        """The logical names of the assets, in order."""
        return self.all_names

    @cached_property
    def modified(self) -> int:
        """The latest date of a file: none gets an earlier one."""
        return max(self.live.facts.modified, *(record.modified for record in self.changed.values()))

    @cached_property
    def served(self) -> Container[str]:
        """The new URLs: no other has ever been one of an earlier release."""
        return {record.url for record in self.changed.values()}

    @cached_property
    def slots(self) -> Sequence[int]:
        """The keys as the index has them."""
        new = {slot(record.url, number) for number, record in self.changed.items()}
        old = {slot(self.live.records.asset_record(number).url, number) for number in self.changed}
        return [each for each in self.live.slots if each not in old] + [*new]

    @property
    def first_segments(self) -> frozenset[str]:
        """The first segments of all URL paths."""
        return frozenset(self.live.facts.first_segments)

    def gone_from(self, release: ManifestRecords) -> Iterable[int]:
        """Return which of a release's own assets have a fingerprinted URL that this one does not have."""
        before = {number: release.asset_record(number) for number in self.changed}
        return [
            number for number, record in before.items() if record.immutable and record.url != self.changed[number].url
        ]


class _Assets(Sequence[AssetRecord]):
    """The records of all assets; one that has not changed is read when somebody asks for it."""

    def __init__(self, records: ManifestRecords, changed: Mapping[int, AssetRecord], size: int) -> None:
        self._records = records
        self._changed = changed
        self._size = size

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, place: int) -> AssetRecord: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[AssetRecord]: ...
    def __getitem__(self, place: int | slice) -> AssetRecord | Sequence[AssetRecord]:
        if isinstance(place, slice):
            return [self[number] for number in range(self._size)[place]]
        if not 0 <= place < self._size:
            raise IndexError(place)
        return self._changed.get(place) or self._records.asset_record(place)
