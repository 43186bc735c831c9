"""Assets as the last build of a DIST left them: made when somebody asks for one, since most builds only tell how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from typing import overload

import msgpack

from servestatic_build.model import Asset, KnownLinks, SourceFile, StagedFile, Variant
from servestatic_runtime.url_reason import UrlReason

_ODD_TEXT = "surrogatepass"  # what is no UTF-8 in a name
_FIELDS = ("path", "modified", "integrity", "references", "imports", "in_cycle", "charset", "dated", "pattern")
_ASSET = attrgetter(*_FIELDS)
linked_facts = attrgetter("reason", "plain", "scope", "media_type")  # of a source, by what link finds
_FILE = attrgetter("coding", "file.target", "file.size", "file.digest")


def asset_row(asset: Asset) -> bytes:
    """Return an asset as a cache keeps it, without its source."""
    row: bytes = msgpack.packb((*_ASSET(asset), [*map(_FILE, asset.variants)]), unicode_errors=_ODD_TEXT)
    return row


class KnownAssets(Sequence[Asset]):
    """The assets of a build that was done before, by number."""

    def __init__(self, sources: Sequence[SourceFile], rows: Sequence[bytes]) -> None:
        """Take the sources, as link had them, and a row of ``asset_row`` for each."""
        self.sources = sources
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Asset: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Asset]: ...
    def __getitem__(self, place: int | slice) -> Asset | Sequence[Asset]:
        if isinstance(place, slice):
            return KnownAssets(self.sources[place], self.rows[place])
        return _asset(self.rows[place], self.sources[place])


def as_linked(files: Sequence[SourceFile], links: KnownLinks) -> list[SourceFile]:
    """Return the files that the scan has found with what link found of them."""
    linked = [*files]
    for number, (reason, plain, scope, media_type) in links.sources.items():
        linked[number] = replace(
            files[number], reason=UrlReason(reason), plain=plain, scope=scope, media_type=media_type
        )
    return linked


def _asset(row: bytes, source: SourceFile) -> Asset:
    *values, variants = msgpack.unpackb(row, use_list=False, unicode_errors=_ODD_TEXT)
    files = tuple(Variant(coding, StagedFile(None, *described)) for coding, *described in variants)
    return Asset(source, variants=files, **dict(zip(_FIELDS, values, strict=True)))
