"""All records of a manifest, read at once: for who asks for nearly all, a tenth of the time that the runtime would need."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import pairwise
from types import NoneType
from typing import Any, TypeVar

import msgpack

from servestatic_build.releases.index import slots_of
from servestatic_runtime import Manifest, ManifestError
from servestatic_runtime import format as schema
from servestatic_runtime.document import Document
from servestatic_runtime.errors import COMPILE_AGAIN
from servestatic_runtime.fields import reader
from servestatic_runtime.format import AssetRecord, ReleaseRecord
from servestatic_runtime.records import Asset, RetiredUrl, to_retired

T = TypeVar("T")

_asset_record = reader(AssetRecord)
_VARIANT_TYPES = frozenset({(str, int, bytes, NoneType), (str, int, bytes, str)})
_DELTA_TYPES = frozenset({(bytes, int, bytes, NoneType), (bytes, int, bytes, str)})


class ManifestRecords:
    """What a manifest says, each record decoded when the first of its table is asked for.

    One that is damaged counts as not there, unless somebody needs the release whole.
    """

    def __init__(self, path: str, data: bytes, published_ns: int) -> None:
        """Take a manifest's path, its bytes, and when it was written, since 1970; raise ManifestError."""
        self.data = data
        self.published_ns = published_ns
        self._document = document = Document(data, path)
        self.manifest = Manifest(document)
        self.prefix, self.root_url = document.site.prefix, document.site.root_url
        self._layout = schema.unpack_head(data)

    @classmethod
    def open(cls, path: str) -> ManifestRecords:
        """Read the manifest of a DIST, or the file itself; raise ManifestError."""
        manifest = Manifest.open(path)
        manifest.close()
        with open(manifest.path, "rb") as file:
            return cls(manifest.path, file.read(), os.fstat(file.fileno()).st_mtime_ns)

    @classmethod
    def now(cls, out: str, before: ManifestRecords | None) -> ManifestRecords | None:
        """Read the manifest of a DIST again: another build may have published. None where it can't be read."""
        try:
            records = cls.open(out)
        except ManifestError:
            return None
        return before if before and before.data == records.data else records

    @cached_property
    def assets(self) -> Sequence[AssetRecord]:
        """The records of assets that are whole, in order of name."""
        return [record for record in self._assets if record is not None]

    @cached_property
    def sealed_assets(self) -> Sequence[bytes]:
        """The records of all assets as they stand there, unchecked."""
        data, layout = self.data, self._layout
        return [data[start:end] for start, end in self._spans(layout.assets, layout.asset_offsets)] if layout else ()

    @property
    def slots(self) -> Sequence[int]:
        """The slots of the index, unchecked."""
        return slots_of(self.data, self._layout) if self._layout else ()

    @property
    def redirect_headers(self) -> int:
        """The number of the header set of redirects."""
        return self._document.site.redirect_headers

    def asset_record(self, number: int) -> AssetRecord:
        """Return the record of one asset, and read no other; raise ManifestError where it is damaged."""
        record = _decoded(self.sealed_assets[number], number, _to_record)
        if record is None:
            raise self._damaged(f"asset {number}")
        return record

    def some_assets(self, numbers: Iterable[int]) -> Sequence[AssetRecord]:
        """Return the records of some assets, and read no others; raise ManifestError where one is damaged."""
        return [self.asset_record(number) for number in numbers]

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of the release and of the earlier ones that it keeps, none where they can't be read."""
        with suppress(ManifestError):
            return tuple(release.id for release in self.releases())
        return ()

    @cached_property
    def retired_files(self) -> Mapping[str, str | None]:
        """The files of retired URLs, each with the id of the last release that linked to it, None where nobody knows."""
        ids = dict(enumerate(self.ids))
        whole = (url for url in self._retired if url is not None)
        return {variant.file: ids.get(url.release) for url in whole for variant in url.variants}

    def releases(self) -> tuple[ReleaseRecord, ...]:
        """Return the release and the earlier ones that it keeps, none in version 1; raise ManifestError."""
        return self.manifest.releases()

    def whole_assets(self) -> Sequence[AssetRecord]:
        """Return the records of all assets; raise ManifestError where one is damaged."""
        return self._whole("asset {}", self._assets)

    def whole_retired(self) -> Sequence[RetiredUrl]:
        """Return all retired URLs; raise ManifestError where one is damaged."""
        return self._whole("retired URL {}", self._retired)

    def asset(self, number: int) -> Asset:
        """Return an asset as the runtime reads it; raise ManifestError."""
        return self._document.asset(number)

    @cached_property
    def _assets(self) -> Sequence[AssetRecord | None]:
        """The records of assets, None in the place of one that is damaged."""
        return self._read(self._layout.assets, self._layout.asset_offsets, _to_record) if self._layout else ()

    @cached_property
    def _retired(self) -> Sequence[RetiredUrl | None]:
        return self._read(self._layout.retired, self._layout.retired_offsets, self._to_retired) if self._layout else ()

    def _read(self, count: int, offsets: int, make: Callable[[list[Any]], T]) -> Sequence[T | None]:
        """Return what is made of the fields of each record of a table."""
        data, spans = self.data, self._spans(count, offsets)
        return [_decoded(data[start:end], number, make) for number, (start, end) in enumerate(spans)]

    def _spans(self, count: int, offsets: int) -> Iterable[tuple[int, int]]:
        """Return where the records of a table start and end."""
        return pairwise(struct.unpack_from(f">{count + 1}I", self.data, offsets)) if count else ()

    def _to_retired(self, fields: list[Any]) -> RetiredUrl:
        return to_retired(fields, self._document.site, self._name_of)

    def _name_of(self, number: int) -> str:
        record = _decoded(self.sealed_assets[number], number, _to_record) if number >= 0 else None
        if record is None:
            raise LookupError
        return record.name

    def _whole(self, what: str, records: Sequence[T | None]) -> Sequence[T]:
        whole = [record for record in records if record is not None]
        if len(whole) < len(records):
            raise self._damaged(what.format(records.index(None)))
        return whole

    def _damaged(self, what: str) -> ManifestError:
        return ManifestError(self.manifest.path, f"{what} is damaged", COMPILE_AGAIN)


def _decoded(packed: bytes, number: int, make: Callable[[list[Any]], T]) -> T | None:
    """Return what is made of a record's fields, None where it is damaged."""
    try:
        return make(msgpack.unpackb(packed)[:-1]) if schema.is_sealed(packed, number) else None  # the checksum is last
    except (TypeError, ValueError, LookupError, msgpack.UnpackException):
        return None


def _to_record(fields: list[Any]) -> AssetRecord:
    """Return an asset's record; raise TypeError or ValueError for what the runtime would not read."""
    record = _asset_record(fields)
    for files, types in ((record.variants, _VARIANT_TYPES), (record.deltas, _DELTA_TYPES)):
        if files and not {tuple(map(type, file[:4])) for file in files} <= types:
            raise TypeError("a variant or a delta")
    if record.headers < 0 or (record.plain_headers or 0) < 0:
        raise ValueError("the number of a header set")
    return record
