"""The release that DIST holds before a build, for what must not change without a reason."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property
from typing import NamedTuple

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.releases.manifest_records import ManifestRecords
from servestatic_build.releases.record_files import variant_files
from servestatic_runtime import ManifestError, UnknownAssetError
from servestatic_runtime.format import IDENTITY, MANIFEST_NAME, AssetRecord
from servestatic_runtime.records import Delta

_HINT = "find out what damaged it; this build replaces it"


class PreviousDate(NamedTuple):
    """The date that a release gave to a name: ``dated`` says whether it was sent with the URL that keeps the name."""

    seconds: int
    digest: bytes  # SHA-256 of the content that had it
    dated: bool


class PreviousRelease:
    """A release to compare with, by logical name; one without assets where there is none."""

    def __init__(self, records: ManifestRecords | None = None, numbers: Iterable[int] | None = None) -> None:
        """Take a manifest, and which of its assets somebody will ask for: all where there are no numbers."""
        self.records = records  # None where there are none that can be read
        self._numbers = numbers
        self._is_dated = cache(self._sends_date)

    @classmethod
    def read(cls, out: str, diagnostics: Diagnostics, numbers: Iterable[int] | None = None) -> PreviousRelease:
        """Read the release in ``out``. One that can't be read is a warning, and counts as none."""
        path = os.path.join(out, MANIFEST_NAME)
        if not os.path.lexists(path):
            return cls()
        try:
            return cls(ManifestRecords.open(path), numbers)
        except ManifestError as error:
            note = "the dates in it are lost: every file counts as new"
            problem = f"the earlier release can't be read: {error.problem}"
            diagnostics.warning(Code.UNREADABLE_RELEASE, path, problem, _HINT, note)
            return cls()

    def date(self, name: str) -> PreviousDate | None:
        """Return the date that the release gave to the content of a name, None where it has none."""
        record = self._by_name.get(name)
        return record and PreviousDate(record.modified, record.digest, self._is_dated(record.plain_headers))

    def sizes(self, name: str) -> dict[str, int]:
        """Return the sizes of a name's variants by coding, nothing where the release does not have it."""
        record = self._by_name.get(name)
        if record is None:
            return {}
        return {IDENTITY: record.size, **{coding: size for coding, size, *_ in record.variants}}

    def files(self, name: str) -> Mapping[str, bytes]:
        """Return where in DIST the variants of a name lie, and how the SHA-256 of each begins."""
        record = self._by_name.get(name)
        if record is None or self.records is None:
            return {}
        return {file.name: file.digest for file in variant_files(record, self.records.root_url)}

    def deltas(self, name: str, digest: bytes) -> Sequence[Delta]:
        """Return what leads from earlier files to this very content under this name."""
        with suppress(UnknownAssetError, ManifestError):
            asset = self.records.manifest.asset(name) if self.records else None
            return asset.deltas if asset and asset.digest == digest else ()
        return ()

    @cached_property
    def _by_name(self) -> Mapping[str, AssetRecord]:
        if self._numbers is not None and self.records:
            assets = self.records.some_assets(self._numbers)
        else:
            assets = self.records.assets if self.records else ()
        by_name = {record.name: record for record in assets}
        for record in assets:
            for name in record.aliases:
                by_name.setdefault(name, record)
        return by_name

    def _sends_date(self, header_set: int | None) -> bool:
        if self.records is None or header_set is None:
            return True
        try:
            headers = self.records.manifest.header_set(header_set).ok
        except ManifestError:
            return False
        return any(name == "Last-Modified" for name, _ in headers)
