"""What a manifest says of its own release: made of the assets of a build, or read from a manifest."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

import msgpack

from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError
from servestatic_build.model import Asset, ContentFacts, Delta, StagedFile, Variant
from servestatic_build.names import FINGERPRINT_DIGITS
from servestatic_build.releases.headers import AssetHeaders
from servestatic_build.releases.index import first_segments, slot
from servestatic_build.releases.manifest_records import ManifestRecords
from servestatic_runtime import Manifest
from servestatic_runtime import format as schema
from servestatic_runtime.format import (
    AssetRecord,
    DeltaRecord,
    FallbackRecord,
    HeaderSetRecord,
    ImportMapRecord,
    SiteRecord,
    VariantRecord,
)
from servestatic_runtime.records import plain_path


@dataclass(frozen=True, slots=True)
class Site:
    """What a manifest says of the release as a whole."""

    prefix: str
    index: str
    redirect: HeaderSetRecord
    import_map: str = "{}"
    root_url: str | None = None  # the URL path that DIST stands for
    fallbacks: tuple[FallbackRecord, ...] = ()


@dataclass(frozen=True)
class ReleaseContent:
    """A release as records, for the history and the manifest writer: assets in order of name, each header set once."""

    prefix: str
    index: str
    redirect_headers: int
    header_sets: tuple[HeaderSetRecord, ...]
    assets: Sequence[AssetRecord]
    sealed_assets: Sequence[bytes]  # the same as they stand in the manifest
    import_map: str
    root_url: str | None = None
    fallbacks: tuple[FallbackRecord, ...] = ()
    known_id: str | None = field(
        default=None, compare=False
    )  # that a manifest says, which another version may have made

    def site_record(self, first_segments: Sequence[str] | None = None) -> SiteRecord:
        """Return the record of the release as a whole."""
        return SiteRecord(self.prefix, self.index, self.redirect_headers, first_segments, self.root_url, self.fallbacks)

    @cached_property
    def id(self) -> str:
        """The first digits of the SHA-256 of all that the manifest says of the release."""
        if self.known_id is not None:
            return self.known_id
        header_sets = (sealed(header_set, number) for number, header_set in enumerate(self.header_sets))
        records = (sealed(self.site_record(), 0), *header_sets, *self.sealed_assets, self.sealed_import_map)
        return sha256(b"".join(records)).hexdigest()[:FINGERPRINT_DIGITS]

    def with_deltas(
        self, deltas: Mapping[int, Sequence[Delta]], headers: Mapping[int, HeaderSetRecord]
    ) -> ReleaseContent:
        """Return the content with deltas, by the number of their asset, and their header sets. It has no id of its own."""
        records = {
            number: tuple(_delta_record(delta, self.assets[number]) for delta in deltas[number])
            for number in sorted(deltas)
        }
        return self._with_delta_records(records, headers)

    def with_deltas_of(self, manifest: Manifest, dictionaries: Container[str]) -> ReleaseContent:
        """Return the content with the deltas that its own manifest has from these files, which are named by their ETags."""
        records, headers = dict[int, tuple[DeltaRecord, ...]](), dict[int, HeaderSetRecord]()
        for number, record in enumerate(_asset_records(manifest)):
            deltas = tuple(delta for delta in record.deltas if schema.etag(delta[0]) in dictionaries)
            if deltas and record.delta_headers is not None:
                records[number] = deltas
                headers[number] = frozen_header_set(manifest.header_set(record.delta_headers))
        return self._with_delta_records(records, headers)

    def _with_delta_records(
        self, records: Mapping[int, tuple[DeltaRecord, ...]], headers: Mapping[int, HeaderSetRecord]
    ) -> ReleaseContent:
        """Return the content with these deltas: itself without any, since all that it knows of itself stays true."""
        if not records:
            return self
        numbers = {header_set: number for number, header_set in enumerate(self.header_sets)}
        assets, sealed_assets = list(self.assets), list(self.sealed_assets)
        for number, deltas in records.items():
            delta_headers = numbers.setdefault(headers[number], len(numbers))
            assets[number] = assets[number]._replace(delta_headers=delta_headers, deltas=deltas)
            sealed_assets[number] = sealed(assets[number], number)
        return replace(self, header_sets=tuple(numbers), assets=assets, sealed_assets=sealed_assets)

    @cached_property
    def sealed_import_map(self) -> bytes:
        """The record of the import map."""
        return sealed(ImportMapRecord(self.import_map, sha256(self.import_map.encode()).digest()), 0)

    @property
    def names(self) -> Iterable[str]:
        """The logical names of the assets, in order."""
        return (record.name for record in self.assets)

    @cached_property
    def modified(self) -> int:
        """The latest date of a file, in seconds since 1970."""
        return max((record.modified for record in self.assets), default=0)

    @cached_property
    def keys(self) -> dict[str, int]:
        """Every key of the index with its asset's number. What a file claims, no redirect takes."""
        backwards = [*enumerate(self.assets)][::-1]  # of two assets with one key, the first has it
        keys = {name: number for number, record in backwards for name in (*record.aliases, record.name)}
        directories = [(record.directory, number) for number, record in backwards if record.directory]
        keys |= {url: number for directory, number in directories for url in (directory, directory[:-1])}
        plain = [(record.name, number) for number, record in backwards if record.plain_headers is not None]
        keys |= {plain_path(name, self.prefix): number for name, number in plain}
        keys |= {record.url: number for number, record in backwards}
        keys.pop("", None)
        return keys

    @property
    def served(self) -> Container[str]:
        """What the URL of an earlier release is looked for in: it is no earlier one if this release has it."""
        return self.keys

    def gone_from(self, release: ManifestRecords) -> Iterable[int]:
        """Return which of a release's own assets have a fingerprinted URL that this one does not have; raise ManifestError."""
        records = enumerate(release.whole_assets())
        return [number for number, record in records if record.immutable and record.url not in self.keys]

    @cached_property
    def slots(self) -> Sequence[int]:
        """The keys as the index has them."""
        return [slot(key, number) for key, number in self.keys.items()]

    @property
    def facts(self) -> ContentFacts:
        """What the next build may want to know."""
        segments = sorted(self.first_segments)[: schema.MOST_FIRST_SEGMENTS + 1]
        return ContentFacts(len(self.sealed_assets), len(self.header_sets), segments, self.modified)

    @cached_property
    def first_segments(self) -> frozenset[str]:
        """The first segments of all URL paths; of many, more than a manifest tells."""
        return first_segments(self.keys)


def content_of_build(site: Site, assets: Sequence[Asset], headers: Iterable[AssetHeaders]) -> ReleaseContent:
    """Return what a manifest says of assets in order of name; raise BuildError when two of them claim one URL."""
    headers = tuple(headers)
    _refuse_shared_urls(assets)
    numbers = _HeaderSets()
    redirect = numbers.of(site.redirect)
    records = [
        asset_record(asset, numbers.of_asset(pair), site.index) for asset, pair in zip(assets, headers, strict=True)
    ]
    return ReleaseContent(
        site.prefix,
        site.index,
        redirect,
        tuple(numbers.numbers),
        records,
        _sealed_records(records),
        site.import_map,
        site.root_url,
        site.fallbacks,
    )


def content_of_manifest(manifest: Manifest) -> ReleaseContent:
    """Return what a manifest says of its own release, without deltas; raise ManifestError where any of that is damaged."""
    list(manifest)  # checks each record
    assets = [record._replace(delta_headers=None, deltas=()) for record in _asset_records(manifest)]
    redirect = _document(manifest)["site"][SiteRecord._fields.index("redirect_headers")]
    # Those of deltas and of retired URLs stand behind.
    count = 1 + max(
        redirect, *(number for record in assets for number in (record.headers, record.plain_headers or 0)), 0
    )
    releases = manifest.releases()
    header_sets = tuple(frozen_header_set(manifest.header_set(number)) for number in range(count))
    return ReleaseContent(
        manifest.prefix,
        manifest.index,
        redirect,
        header_sets,
        assets,
        _sealed_records(assets),
        manifest.import_map().text,
        manifest.root_url,
        manifest.fallbacks,
        releases[0].id if releases else None,
    )


def _asset_records(manifest: Manifest) -> list[AssetRecord]:
    """Return the records of the assets as they stand in a manifest, which has been read."""
    return [AssetRecord(*record[:-1][: len(AssetRecord._fields)]) for record in _document(manifest)["assets"]]


def _document(manifest: Manifest) -> dict[str, Any]:
    with open(manifest.path, "rb") as file:
        document: dict[str, Any] = msgpack.unpackb(file.read())
    return document


def frozen_header_set(header_set: HeaderSetRecord) -> HeaderSetRecord:
    """Return a header set that was read as one that can be a key."""
    ok, not_modified = (tuple((name, value) for name, value in pairs) for pairs in header_set)
    return HeaderSetRecord(ok, not_modified)


def sealed(fields: Sequence[Any], number: int) -> bytes:
    """Return a record: its fields, and the checksum as one element more."""
    packed = msgpack.packb((*fields, None))
    return schema.seal(packed[:-1], number)  # the checksum takes the place of nil, which is one byte


def _sealed_records(records: Iterable[AssetRecord]) -> list[bytes]:
    pack = msgpack.Packer().pack  # to make one takes as long as to pack a record
    return [schema.seal(pack((*record, None))[:-1], number) for number, record in enumerate(records)]


class _HeaderSets:
    """Every distinct header set with its number, in order of first use."""

    def __init__(self) -> None:
        self.numbers: dict[HeaderSetRecord, int] = {}
        self._by_id: dict[int, tuple[int, int | None]] = {}

    def of(self, header_set: HeaderSetRecord) -> int:
        """Return the number of a set."""
        return self.numbers.setdefault(header_set, len(self.numbers))

    def of_asset(self, headers: AssetHeaders) -> tuple[int, int | None]:
        """Return the numbers of an asset's sets. The object must live as long as this one.

        Nearly all assets share theirs: to hash the text of each again would take longer than all the rest.
        """
        numbers = self._by_id.get(id(headers))
        if numbers is None:
            url = self.of(headers.url)
            numbers = self._by_id[id(headers)] = url, None if headers.plain is None else self.of(headers.plain)
        return numbers


def asset_record(asset: Asset, headers: tuple[int, int | None], index: str) -> AssetRecord:
    """Return what a manifest says of an asset, with the numbers of its header sets."""
    identity = asset.identity
    return AssetRecord(
        name=asset.source.name,
        url=asset.path,
        file=_unless(asset.path, identity),
        immutable=asset.source.fingerprinted or asset.source.hashed,
        headers=headers[0],
        plain_headers=headers[1],
        directory=_directory(asset, index),
        modified=asset.modified,
        size=identity.size,
        digest=identity.digest,
        integrity=asset.integrity,
        variants=[_variant_record(variant, identity) for variant in asset.variants[1:]],
        references=asset.references,
        imports=asset.imports,
        aliases=asset.source.aliases,
        reason=asset.reason,
        pattern=asset.pattern,
    )


def _directory(asset: Asset, index: str) -> str | None:
    """Return the URL of the directory whose index file this asset is."""
    directory, slash, name = asset.source.plain_path.rpartition("/")
    return directory + slash if name == index and asset.source.plain else None


def _variant_record(variant: Variant, identity: StagedFile) -> VariantRecord:
    file = variant.file
    usual = f"/{identity.target}{schema.FILE_SUFFIXES[variant.coding]}"
    return VariantRecord(variant.coding, file.size, file.digest[: schema.ETAG_BYTES], _unless(usual, file))


def _delta_record(delta: Delta, record: AssetRecord) -> DeltaRecord:
    file, dictionary = delta.file, delta.dictionary.hex()[: schema.DICTIONARY_DIGITS]
    usual = f"{record.url if record.file is None else record.file}.{dictionary}.{schema.DELTA}"
    return DeltaRecord(delta.dictionary, file.size, file.digest[: schema.ETAG_BYTES], _unless(usual, file))


def _unless(usual: str, file: StagedFile) -> str | None:
    """Return what a record stores for a file's path: nil where the reader knows it anyway."""
    path = "/" + file.target
    return None if path == usual else path


def _refuse_shared_urls(assets: Sequence[Asset]) -> None:
    plain = [
        asset.source.plain_path for asset in assets if asset.source.plain and asset.source.plain_path != asset.path
    ]
    if len({*plain, *(asset.path for asset in assets)}) == len(plain) + len(assets):
        return
    numbers: dict[str, int] = {}
    for number, asset in enumerate(assets):
        for url in {asset.path, asset.source.plain_path} if asset.source.plain else {asset.path}:
            if numbers.setdefault(url, number) != number:
                message = f"this file has the same URL as {assets[numbers[url]].source.path}: {url}"
                raise BuildError(
                    Code.DUPLICATE_URL, asset.source.path, message, "rename one of them, or name it in --ignore"
                )
