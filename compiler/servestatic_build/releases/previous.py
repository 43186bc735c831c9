"""The release that DIST holds before a build, for what must not change without a reason."""

from __future__ import annotations

import os
from typing import NamedTuple

from servestatic_build.diagnostics import Code, Diagnostics
from servestatic_runtime import Manifest, ManifestError, UnknownAssetError
from servestatic_runtime.format import MANIFEST_NAME, etag
from servestatic_runtime.records import Asset as ListedAsset


class PreviousDate(NamedTuple):
    """The date that a release gave to a name: ``dated`` says whether it was sent with the URL that keeps the name."""

    seconds: int
    digest: bytes  # SHA-256 of the content that had it
    dated: bool


class PreviousRelease:
    """A release to compare with; one without assets where there is none."""

    def __init__(self, manifest: Manifest | None, published_ns: int = 0) -> None:
        self.manifest = manifest  # None where there is none that can be read
        self._assets: dict[str, ListedAsset | None] = {}  # each is asked for twice
        self.published_ns = published_ns  # when its manifest was written, behind all its files; since 1970

    @classmethod
    def read(cls, out: str, diagnostics: Diagnostics) -> PreviousRelease:
        """Read the release in ``out``. One that can't be read is a warning, and counts as none."""
        path = os.path.join(out, MANIFEST_NAME)
        if not os.path.lexists(path):
            return cls(None)
        try:
            return cls(Manifest.open(path), os.stat(path).st_mtime_ns)
        except ManifestError as error:
            note = "the dates in it are lost: every file counts as new"
            diagnostics.warning(Code.UNREADABLE_RELEASE, path, error.problem, note=note)
            return cls(None)

    def date(self, name: str) -> PreviousDate | None:
        """Return the date that the release gave to the content of a name, None where it has none."""
        asset = self._asset(name)
        return asset and PreviousDate(asset.modified, asset.digest, self._is_dated(asset.plain_headers))

    def sizes(self, name: str) -> dict[str, int]:
        """Return the sizes of a name's variants by coding, nothing where the release does not have it."""
        asset = self._asset(name)
        return {variant.coding: variant.size for variant in asset.variants} if asset else {}

    def lists(self, name: str, file: str, digest: bytes) -> bool:
        """Return whether an asset of the release has a file with this content at ``file`` in DIST."""
        asset = self._asset(name)
        return asset is not None and any(v.file == file and v.etag == etag(digest) for v in asset.variants)

    def _is_dated(self, header_set: int | None) -> bool:
        try:
            headers = self.manifest.header_set(header_set).ok if self.manifest and header_set is not None else None
        except ManifestError:
            return False
        return headers is None or any(name == "Last-Modified" for name, _ in headers)

    def _asset(self, name: str) -> ListedAsset | None:
        if name not in self._assets:
            self._assets[name] = self._listed(name)
        return self._assets[name]

    def _listed(self, name: str) -> ListedAsset | None:
        try:
            return self.manifest.asset(name) if self.manifest else None
        except (UnknownAssetError, ManifestError):
            return None
