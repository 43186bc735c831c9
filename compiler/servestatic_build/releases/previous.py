"""The release that DIST holds before a build, for what must not change without a reason."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import msgpack

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_runtime import Manifest, ManifestError, UnknownAssetError
from servestatic_runtime import format as schema
from servestatic_runtime.fields import reader
from servestatic_runtime.format import (
    DELTA,
    DICTIONARY_DIGITS,
    ETAG_BYTES,
    FILE_SUFFIXES,
    IDENTITY,
    MANIFEST_NAME,
    AssetRecord,
    VariantRecord,
    file_name,
)
from servestatic_runtime.records import Delta

_HINT = "find out what damaged it; this build replaces it"

_to_asset = reader(AssetRecord)
_to_variant = reader(VariantRecord)


class PreviousDate(NamedTuple):
    """The date that a release gave to a name: ``dated`` says whether it was sent with the URL that keeps the name."""

    seconds: int
    digest: bytes  # SHA-256 of the content that had it
    dated: bool


class PreviousRelease:
    """A release to compare with; one without assets where there is none.

    Nearly every asset is asked for. So all are read at once, which takes a tenth of the time that the runtime needs to
    look them up one by one. A record that is damaged counts as not there.
    """

    def __init__(self, manifest: Manifest | None = None, data: bytes = b"", published_ns: int = 0) -> None:
        self.manifest = manifest  # None where there is none that can be read
        self.published_ns = published_ns  # when its manifest was written, behind all its files; since 1970
        self._records: dict[str, AssetRecord] = {}
        for record in _records(data) if data else ():
            for name in (record.name, *record.aliases):
                self._records.setdefault(name, record)
        self._is_dated = cache(self._sends_date)

    @classmethod
    def read(cls, out: str, diagnostics: Diagnostics) -> PreviousRelease:
        """Read the release in ``out``. One that can't be read is a warning, and counts as none."""
        path = os.path.join(out, MANIFEST_NAME)
        if not os.path.lexists(path):
            return cls()
        try:
            manifest = Manifest.open(path)
        except ManifestError as error:
            note = "the dates in it are lost: every file counts as new"
            problem = f"the earlier release can't be read: {error.problem}"
            diagnostics.warning(Code.UNREADABLE_RELEASE, path, problem, _HINT, note)
            return cls()
        return cls.of(manifest)

    @classmethod
    def of(cls, manifest: Manifest, document: bytes | None = None) -> PreviousRelease:
        """Return the release of a manifest, which ``document`` holds where it is in no file yet."""
        if document is not None:
            return cls(manifest, document)
        with open(manifest.path, "rb") as file:
            return cls(manifest, file.read(), os.fstat(file.fileno()).st_mtime_ns)

    def date(self, name: str) -> PreviousDate | None:
        """Return the date that the release gave to the content of a name, None where it has none."""
        record = self._records.get(name)
        return record and PreviousDate(record.modified, record.digest, self._is_dated(record.plain_headers))

    def sizes(self, name: str) -> dict[str, int]:
        """Return the sizes of a name's variants by coding, nothing where the release does not have it."""
        record = self._records.get(name)
        if record is None:
            return {}
        return {IDENTITY: record.size, **{variant.coding: variant.size for variant in record.variants}}

    def lists(self, name: str, file: str, digest: bytes) -> bool:
        """Return whether an asset of the release has a file with this content at ``file`` in DIST."""
        record = self._records.get(name)
        return record is not None and (file, digest[:ETAG_BYTES]) in self._files(record)

    def files(self) -> Iterator[str]:
        """Yield the names in DIST of all that the assets are sent as, deltas too."""
        for record in {id(record): record for record in self._records.values()}.values():
            identity, *codings = (name for name, _ in self._files(record))
            yield from (identity, *codings)
            for dictionary, _size, _etag, file, *_ in record.deltas:
                usual = f"{identity}.{dictionary.hex()[:DICTIONARY_DIGITS]}.{DELTA}"
                yield usual if file is None else file_name(file, self._root_url)

    def deltas(self, name: str, digest: bytes) -> Sequence[Delta]:
        """Return what leads from earlier files to this very content under this name."""
        with suppress(UnknownAssetError, ManifestError):
            asset = self.manifest.asset(name) if self.manifest else None
            return asset.deltas if asset and asset.digest == digest else ()
        return ()

    @property
    def _root_url(self) -> str | None:
        return self.manifest.root_url if self.manifest else None

    def _files(self, record: AssetRecord) -> Iterator[tuple[str, bytes]]:
        """Yield the files of an asset, each with the beginning of its SHA-256."""
        root_url = self._root_url
        identity = file_name(record.url if record.file is None else record.file, root_url)
        yield identity, record.digest[:ETAG_BYTES]
        for variant in record.variants:
            usual = identity + FILE_SUFFIXES.get(variant.coding, "")
            yield usual if variant.file is None else file_name(variant.file, root_url), variant.etag

    def _sends_date(self, header_set: int | None) -> bool:
        try:
            headers = self.manifest.header_set(header_set).ok if self.manifest and header_set is not None else None
        except ManifestError:
            return False
        return headers is None or any(name == "Last-Modified" for name, _ in headers)


def _records(data: bytes) -> Iterator[AssetRecord]:
    """Yield the asset records of a manifest that are whole."""
    layout = schema.unpack_head(data[: schema.HEAD.size])
    if layout is None or layout.length != len(data) or not schema.fits(layout):  # another than was opened
        return
    offsets = struct.unpack_from(f">{layout.assets + 1}I", data, layout.asset_offsets)
    for number, (start, end) in enumerate(pairwise(offsets)):
        packed = data[start:end]
        if schema.is_sealed(packed, number):
            with suppress(TypeError, ValueError, LookupError, msgpack.UnpackException):
                yield _record(packed)


def _record(packed: bytes) -> AssetRecord:
    *fields, _checksum = msgpack.unpackb(packed)
    record = _to_asset(fields)
    return record._replace(variants=[*map(_to_variant, record.variants)]) if record.variants else record
