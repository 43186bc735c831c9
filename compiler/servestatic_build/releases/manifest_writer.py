"""Write a release as a manifest: records, their offsets, the index, and the head that finds them all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from zlib import crc32

import msgpack

from servestatic_build.diagnostics import BuildError, Code
from servestatic_build.model import Asset, StagedFile, Variant
from servestatic_build.releases.headers import AssetHeaders
from servestatic_runtime import format as schema
from servestatic_runtime.format import (
    AssetRecord,
    FallbackRecord,
    HeaderSetRecord,
    ImportMapRecord,
    SiteRecord,
    VariantRecord,
)

_LARGEST = 2**32 - 1  # an offset has 32 bits


@dataclass(frozen=True, slots=True)
class Site:
    """What a manifest says of the release as a whole."""

    prefix: str
    index: str
    redirect: HeaderSetRecord
    import_map: str = "{}"
    root_url: str | None = None  # the URL path that DIST stands for
    fallbacks: tuple[FallbackRecord, ...] = ()


def manifest_bytes(site: Site, assets: Sequence[Asset], headers: Iterable[AssetHeaders]) -> bytes:
    """Return the manifest of a release: assets in order of name, and the header sets of each.

    Raises BuildError when two assets claim one URL, or the document would pass 4 GiB.
    """
    headers = tuple(headers)
    header_sets = _HeaderSets((site.redirect, *(each for pair in headers for each in pair if each)))
    directories = [_directory(asset, site.index) for asset in assets]
    keys = _keys(assets, directories)
    parts = zip(assets, headers, directories, strict=True)
    buckets, slots = _index(keys)
    return _document(
        _sealed(
            SiteRecord(
                site.prefix,
                site.index,
                header_sets.number(site.redirect),
                _first_segments(keys),
                site.root_url,
                site.fallbacks,
            ),
            0,
        ),
        [_sealed(header_set, number) for header_set, number in header_sets.numbers.items()],
        [_sealed(_asset_record(*part, header_sets), number) for number, part in enumerate(parts)],
        buckets,
        slots,
        _sealed(ImportMapRecord(site.import_map, sha256(site.import_map.encode()).digest()), 0),
    )


class _HeaderSets:
    """Every distinct header set with its number, in order of first use."""

    def __init__(self, header_sets: Iterable[HeaderSetRecord]) -> None:
        # Nearly all assets share their sets: to hash the text of each again would take longer than all the rest.
        self._by_id = {id(header_set): header_set for header_set in header_sets}
        self.numbers = {header_set: number for number, header_set in enumerate(dict.fromkeys(self._by_id.values()))}
        self._number_by_id = {key: self.numbers[header_set] for key, header_set in self._by_id.items()}

    def number(self, header_set: HeaderSetRecord) -> int:
        """Return the number of a set, which must be one of the very objects."""
        return self._number_by_id[id(header_set)]


def _directory(asset: Asset, index: str) -> str | None:
    """Return the URL of the directory whose index file this asset is."""
    directory, slash, name = asset.source.plain_path.rpartition("/")
    return directory + slash if name == index and asset.source.plain else None


def _asset_record(asset: Asset, headers: AssetHeaders, directory: str | None, header_sets: _HeaderSets) -> AssetRecord:
    identity = asset.identity
    return AssetRecord(
        name=asset.source.name,
        url=asset.path,
        file=_unless(asset.path, identity),
        immutable=asset.source.fingerprinted or asset.source.hashed,
        headers=header_sets.number(headers.url),
        plain_headers=None if headers.plain is None else header_sets.number(headers.plain),
        directory=directory,
        modified=asset.modified,
        size=identity.size,
        digest=identity.digest,
        integrity=asset.integrity,
        variants=[_variant_record(variant, identity) for variant in asset.variants[1:]],
        references=asset.references,
        imports=asset.imports,
        aliases=asset.source.aliases,
        reason=asset.reason,
    )


def _variant_record(variant: Variant, identity: StagedFile) -> VariantRecord:
    file = variant.file
    usual = f"/{identity.target}{schema.FILE_SUFFIXES[variant.coding]}"
    return VariantRecord(variant.coding, file.size, file.digest[: schema.ETAG_BYTES], _unless(usual, file))


def _unless(usual: str, file: StagedFile) -> str | None:
    """Return what a record stores for a file's path: nil where the reader knows it anyway."""
    path = "/" + file.target
    return None if path == usual else path


def _keys(assets: Sequence[Asset], directories: Sequence[str | None]) -> dict[str, int]:
    """Return every key of the index with its asset's number. What a file claims, no redirect takes."""
    keys: dict[str, int] = {}
    for number, asset in enumerate(assets):
        for url in {asset.path, asset.source.plain_path} if asset.source.plain else {asset.path}:
            if keys.setdefault(url, number) != number:
                message = f"this file has the same URL as {assets[keys[url]].source.path}: {url}"
                raise BuildError(Code.DUPLICATE_URL, asset.source.path, message, "rename one of them, or --ignore it")
    for number, directory in enumerate(directories):
        for url in (directory, directory[:-1]) if directory else ():
            keys.setdefault(url, number)
    for number, asset in enumerate(assets):
        for name in (asset.source.name, *asset.source.aliases):
            keys.setdefault(name, number)
    keys.pop("", None)
    return keys


def _first_segments(keys: Iterable[str]) -> list[str] | None:
    """Return the first segments of all URL paths, or None where there are too many to keep apart."""
    segments = {key[1:].partition("/")[0] for key in keys if key.startswith("/")}
    return sorted(segments) if len(segments) <= schema.MOST_FIRST_SEGMENTS else None


def _index(keys: dict[str, int]) -> tuple[bytes, bytes]:
    """Return the buckets (one more than there are, to end the last) and the slots."""
    count = max(1, len(keys) // schema.SLOTS_PER_BUCKET)
    filled: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for key, number in keys.items():
        key_hash = schema.key_hash(key.encode())
        filled[key_hash % count].append((key_hash, number))
    buckets, slots, used = [], [], 0
    for number, bucket in enumerate(filled):
        packed = b"".join(schema.SLOT.pack(*slot) for slot in sorted(bucket))
        buckets.append(schema.BUCKET.pack(used, crc32(packed, number + 1)))
        slots.append(packed)
        used += len(bucket)
    return b"".join([*buckets, schema.BUCKET.pack(used, 0)]), b"".join(slots)


def _sealed(fields: Sequence[Any], number: int) -> bytes:
    """Return a record: its fields, and the checksum as one element more."""
    packed = msgpack.packb((*fields, None))
    return schema.seal(packed[:-1], number)  # the checksum takes the place of nil, which is one byte


class _Writer:
    """The document as it grows, and where things lie in it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = [bytes(schema.HEAD.size)]
        self.length = schema.HEAD.size

    def add(self, piece: bytes) -> int:
        """Append a piece and return where it starts."""
        start = self.length
        self._pieces.append(piece)
        self.length += len(piece)
        if self.length > _LARGEST:
            message = "the manifest would be larger than 4 GiB"
            raise BuildError(Code.MANIFEST_TOO_LARGE, schema.MANIFEST_NAME, message)
        return start

    def add_key(self, key: str) -> None:
        """Append a key of the document's map."""
        self.add(msgpack.packb(key))

    def add_record(self, key: str, record: bytes) -> tuple[int, int]:
        """Append a key and its record; return where the record starts and ends."""
        self.add_key(key)
        return self.add(record), self.length

    def add_binary(self, key: str, data: bytes) -> int:
        """Append a key and its binary value; return where the data starts."""
        self.add_key(key)
        return self.add(_bin32(data)) + _BIN32_HEADER

    def add_records(self, key: str, records: Sequence[bytes]) -> int:
        """Append a key with the array of its records, then their offsets; return where the offsets start."""
        self.add_key(key)
        self.add(b"\xdd" + schema.OFFSET.pack(len(records)))
        offsets = [self.add(record) for record in records]
        offsets.append(self.length)
        return self.add_binary(f"{key.removesuffix('s')}_offsets", b"".join(map(schema.OFFSET.pack, offsets)))

    def document(self, layout: schema.Layout) -> bytes:
        """Return the whole document, its head filled in."""
        return schema.pack_head(layout) + b"".join(self._pieces[1:])


_BIN32_HEADER = 5


def _bin32(data: bytes) -> bytes:
    return b"\xc6" + schema.OFFSET.pack(len(data)) + data


def _document(
    site: bytes,
    header_sets: Sequence[bytes],
    assets: Sequence[bytes],
    buckets: bytes,
    slots: bytes,
    import_map: bytes,
) -> bytes:
    writer = _Writer()
    site_start, site_end = writer.add_record("site", site)
    header_set_offsets = writer.add_records("header_sets", header_sets)
    asset_offsets = writer.add_records("assets", assets)
    bucket_start = writer.add_binary("buckets", buckets)
    slot_start = writer.add_binary("slots", slots)
    import_map_start, import_map_end = writer.add_record("import_map", import_map)
    layout = schema.Layout(
        length=writer.length,
        site=site_start,
        site_end=site_end,
        header_sets=len(header_sets),
        header_set_offsets=header_set_offsets,
        assets=len(assets),
        asset_offsets=asset_offsets,
        bucket_count=len(buckets) // schema.BUCKET.size - 1,
        buckets=bucket_start,
        slots=slot_start,
        import_map=import_map_start,
        import_map_end=import_map_end,
    )
    return writer.document(layout)
