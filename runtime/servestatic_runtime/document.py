"""The bytes of a manifest. Nothing is read but what is asked for, nothing trusted before its checksum.

Damage is a ManifestError, whichever byte it is in; never another answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from mmap import mmap
from typing import Any, NoReturn, TypeVar
from zlib import crc32

from servestatic_runtime import format as schema
from servestatic_runtime.decode import decode
from servestatic_runtime.errors import COMPILE, COMPILE_AGAIN, UPGRADE, ManifestError
from servestatic_runtime.format import HeaderSetRecord, ImportMapRecord, ReleaseRecord
from servestatic_runtime.platform_files import map_file, open_nonblocking
from servestatic_runtime.records import (
    Asset,
    RetiredUrl,
    Site,
    to_asset,
    to_header_set,
    to_import_map,
    to_releases,
    to_retired,
    to_site,
)

T = TypeVar("T")

# The head and, unless the prefix is very long, the site record.
_START_BYTES = 1024

_MOST_HEADER_SETS = 256  # kept decoded; a full table is cleared

_BUCKET_SIZE = schema.BUCKET.size
_SLOT_SIZE = schema.SLOT.size
_bucket_span = schema.BUCKET_SPAN.unpack_from


class Document:
    """A manifest's records, by number, and the numbers of assets, by key."""

    def __init__(self, buf: bytes | mmap, path: str, start: bytes | None = None) -> None:
        """Read the head and the site record; raise ManifestError, which names ``path``.

        ``start`` is a copy of the first bytes, _START_BYTES of them or all.
        """
        self._buf = buf
        self.path = path
        start = bytes(buf[:_START_BYTES]) if start is None else start
        self._layout = layout = self._read_head(start)
        self._index = (layout.bucket_count, layout.buckets, layout.slots)
        self.assets = layout.assets
        where = slice(layout.site, layout.site_end)
        self.site: Site = self._unsealed(
            (start if where.stop <= len(start) else buf)[where], 0, "the site record", to_site
        )
        self._header_sets: dict[int, HeaderSetRecord] = {}

    @classmethod
    def open(cls, path: str) -> Document:
        """Map the document at ``path``; raise ManifestError."""
        try:
            with open(path, "rb", buffering=0, opener=open_nonblocking) as file:
                start = file.read(_START_BYTES)  # not from the map, where one byte may bring in a 2 MiB page
                buf = map_file(file)
        except OSError as error:
            raise ManifestError(path, error.strerror or "can't be read", COMPILE) from error
        except ValueError as error:
            raise ManifestError(path, "the file is empty", COMPILE_AGAIN) from error
        return cls(buf, path, start)

    def close(self) -> None:
        """Release the mapping. What was read from it stays valid."""
        if isinstance(self._buf, mmap):
            self._buf.close()

    def candidates(self, key: str) -> list[int]:
        """Return the numbers of the assets whose keys hash as this one does: none for nearly all that are not listed.

        Those of retired URLs begin at the number of assets.
        Every request that is not for a listed file pays for this, hence in one piece.
        """
        try:
            hashed = schema.key_hash(key.encode())
        except UnicodeEncodeError:  # a lone surrogate: no key has one
            return []
        bucket_count, buckets, slots_start = self._index
        bucket = hashed % bucket_count
        first, checksum, end = _bucket_span(self._buf, buckets + bucket * _BUCKET_SIZE)
        slots = self._buf[slots_start + first * _SLOT_SIZE : slots_start + end * _SLOT_SIZE]
        if crc32(slots, bucket + 1) != checksum:
            self._corrupt(f"bucket {bucket} of the index")
        if slots.find(hashed.to_bytes(4)) < 0:
            return []
        return [number for key_hash, number in schema.SLOT.iter_unpack(slots) if key_hash == hashed]

    def asset(self, number: int) -> Asset:
        """Return an asset."""
        return self._numbered("asset {}", number, self._layout.assets, self._layout.asset_offsets, self._to_asset)

    def retired(self, number: int) -> RetiredUrl:
        """Return a retired URL, by its number in its table."""
        return self._retired(number, lambda asset: self.asset(asset).name)

    def all_retired(self) -> Iterator[RetiredUrl]:
        """Yield every retired URL. Several go by the name of one asset, which is read once."""
        names: dict[int, str] = {}

        def name_of(asset: int) -> str:
            if asset not in names:
                names[asset] = self.asset(asset).name
            return names[asset]

        return (self._retired(number, name_of) for number in range(self._layout.retired))

    def header_set(self, number: int) -> HeaderSetRecord:
        """Return a header set."""
        header_set = self._header_sets.get(number)
        if header_set is None:
            layout = self._layout
            header_set = self._numbered(
                "header set {}", number, layout.header_sets, layout.header_set_offsets, to_header_set
            )
            if len(self._header_sets) >= _MOST_HEADER_SETS:
                self._header_sets.clear()
            self._header_sets[number] = header_set
        return header_set

    def import_map(self) -> ImportMapRecord:
        """Return the import map."""
        record = self._buf[self._layout.import_map : self._layout.import_map_end]
        return self._unsealed(record, 0, "the import map", to_import_map)

    def releases(self) -> tuple[ReleaseRecord, ...]:
        """Return the releases that the document knows, the current one first; none in version 1."""
        start, end = self._layout.releases, self._layout.releases_end
        return self._unsealed(self._buf[start:end], 0, "the list of releases", to_releases) if end else ()

    def _to_asset(self, fields: list[Any]) -> Asset:
        return to_asset(fields, self.site)

    def _retired(self, number: int, name_of: Callable[[int], str]) -> RetiredUrl:
        def made(fields: list[Any]) -> RetiredUrl:
            return to_retired(fields, self.site, name_of)

        return self._numbered("retired URL {}", number, self._layout.retired, self._layout.retired_offsets, made)

    def _numbered(self, what: str, number: int, count: int, offsets: int, make: Callable[[list[Any]], T]) -> T:
        if number >= count:
            self._corrupt(f"the number of {what.format(number)}")
        start, end = schema.SPAN.unpack_from(self._buf, offsets + number * schema.OFFSET.size)
        return self._unsealed(self._buf[start:end], number, what, make)

    def _unsealed(self, record: bytes, number: int, what: str, make: Callable[[list[Any]], T]) -> T:
        if not schema.is_sealed(record, number):
            self._corrupt(what.format(number))
        try:
            fields: Any = decode(record, 0)[0]
            del fields[-1]  # the checksum
            return make(fields)
        except (LookupError, TypeError, ValueError, RecursionError):
            self._corrupt(what.format(number))

    def _read_head(self, start: bytes) -> schema.Layout:
        name_end = len(schema.MAGIC)
        if start[1:name_end] != schema.MAGIC[1:]:  # each version has its own number of keys, hence another tag
            self._damaged("it does not begin like a manifest")
        version = start[name_end] if len(start) > name_end else schema.VERSION
        if version > schema.VERSION:
            problem = f"format version {version} is newer than {schema.VERSION}, the newest known here"
            raise ManifestError(self.path, problem, UPGRADE)
        head = start[: schema.head_size(version)]
        if len(head) < schema.head_size(version):
            self._damaged(f"it ends after {len(head)} bytes")
        layout = schema.unpack_head(head)
        if layout is None:
            self._damaged("its head is damaged")
        if layout.length != len(self._buf):
            self._damaged(f"it has {len(self._buf)} bytes and should have {layout.length}")
        if not schema.fits(layout):
            self._corrupt("its layout")
        return layout

    def _corrupt(self, what: str) -> NoReturn:
        self._damaged(f"{what} is damaged")

    def _damaged(self, problem: str) -> NoReturn:
        raise ManifestError(self.path, problem, COMPILE_AGAIN)
