"""What the last build of a DIST came to, so that the same build again need not be done.

It counts where all that a build depends on is as it was: its inputs (``inputs_digest``), none of them so young that it may
have changed behind its date, the manifest in DIST, and the size, date and inode of every file there that the release has.
"""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from operator import attrgetter
from time import time
from typing import Any, NamedTuple, overload

import msgpack

from servestatic_build.cache.items import Key
from servestatic_build.cache.last_build import TICK_NS
from servestatic_build.cache.layered import Cache
from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.model import Asset, CodingTotal, Signature, Skipped, SourceFile, StagedFile, Variant
from servestatic_build.names import LASTING, OURS
from servestatic_build.platform_files import open_regular
from servestatic_runtime.format import MANIFEST_NAME
from servestatic_runtime.url_reason import UrlReason

_ODD_TEXT = "surrogatepass"
_SOURCE = attrgetter(
    "name",
    "path",
    "plain_path",
    "signature",
    "modified",
    "media_type",
    "reason",
    "plain",
    "real_path",
    "aliases",
    "scope",
    "coding",
)
_SKIPPED = attrgetter("path", "reason", "plain_path")
_TOLD = attrgetter("reason", "plain", "scope")  # of a source, by what link finds
_ASSET_FIELDS = ("path", "modified", "integrity", "references", "imports", "in_cycle", "charset", "dated", "pattern")
_ASSET = attrgetter(*_ASSET_FIELDS)
_FILE = attrgetter("coding", "file.target", "file.size", "file.digest")


# Problems that say what the next build finds, or has to do.
_OF_ONE_BUILD = frozenset({Code.UNREADABLE_RELEASE, Code.UNDELETED_FILE})


class Outcome(NamedTuple):
    """What a build came to beside its problems, from the pipeline for the next build."""

    assets: Sequence[Asset]
    totals: Sequence[CodingTotal]
    missing_ignored: int
    placeholders: int


class _Kept(NamedTuple):
    """The item of the cache."""

    inputs: bytes
    started: int  # as time_ns() has it
    until: int | None
    manifest: bytes  # its SHA-256
    names: Sequence[str]  # of the release's files, from DIST
    files: bytes  # a hash of their signatures
    problems: Sequence[Sequence[Any]]
    totals: Sequence[Sequence[Any]]
    missing_ignored: int
    placeholders: int
    assets: bytes  # packed, for who asks for them


def inputs_digest(settings: Iterable[bytes], files: Iterable[SourceFile], skipped: Iterable[Skipped]) -> bytes:
    """Return a hash of all that a release is made of: the sources as the scan found them, and what the settings are."""
    described = ([*settings], [*map(_described, files)], [*map(_SKIPPED, skipped)])
    return hashlib.sha256(_packed(described)).digest()


class LastOutcome:
    """The outcome of the last build of one DIST, in the cache."""

    def __init__(
        self, cache: Cache, key: Key, out: str, inputs: bytes, files: Sequence[SourceFile], started: int
    ) -> None:
        """Take the item's place in the cache, DIST, this build's inputs and their digest, and when it started."""
        self._cache = cache
        self._key = key
        self._out = out
        self._inputs = inputs
        self._files = files
        self._started = started

    def read(self, diagnostics: Diagnostics) -> Outcome | None:
        """Return what this build would come to, and tell its problems; None where it has to be done."""
        kept = self._kept()
        if kept is None or kept.inputs != self._inputs or not self._holds(kept):
            return None
        diagnostics.tell_again(kept.problems)
        totals = tuple(CodingTotal(*total) for total in kept.totals)
        return Outcome(_KnownAssets(self._files, kept.assets), totals, kept.missing_ignored, kept.placeholders)

    def write(
        self,
        outcome: Outcome,
        names: Iterable[str],
        seen: Mapping[str, Signature],
        until: int | None,
        diagnostics: Diagnostics,
    ) -> None:
        """Keep what this build came to; raise OSError. DIST, whose lock is held, has the release: files of these names.

        ``seen`` are signatures of some of them, ``until`` is when it counts no longer, in seconds since 1970.
        """
        problems = diagnostics.told()
        if any(code in _OF_ONE_BUILD for _, code, *_ in problems):
            return
        named = sorted(names)
        assets = [_asset_row(asset, file) for asset, file in zip(outcome.assets, self._files, strict=True)]
        dist = _manifest_digest(self._out), named, _signatures_digest(self._out, named, seen)
        kept = _Kept(self._inputs, self._started, until, *dist, problems, *outcome[1:], _packed(assets))
        self._cache.put(self._key, _packed(kept))

    def _kept(self) -> _Kept | None:
        item = self._cache.get(self._key)
        try:
            return _Kept(*msgpack.unpackb(item or b"", use_list=False, unicode_errors=_ODD_TEXT))
        except (ValueError, TypeError, msgpack.UnpackException):
            return None

    def _holds(self, kept: _Kept) -> bool:
        """Return whether DIST is as it was, and no source can have changed without a sign of it."""
        if kept.until is not None and kept.until <= time():
            return False
        settled = kept.started - TICK_NS
        if any(file.signature.modified_ns >= settled for file in self._files):
            return False
        try:
            return not _has_leftovers(self._out) and (kept.manifest, kept.files) == (
                _manifest_digest(self._out),
                _signatures_digest(self._out, kept.names, {}),
            )
        except OSError:
            return False


def _has_leftovers(out: str) -> bool:
    """Return whether a build is running there, or one that was killed has left something for the next one to remove."""
    return any(name.startswith(OURS) and name not in LASTING for name in os.listdir(out))


class _KnownAssets(Sequence[Asset]):
    """Assets that are made when somebody asks for one: most builds only tell how many there are."""

    def __init__(self, files: Sequence[SourceFile], packed: bytes) -> None:
        self._files = files
        self._packed = packed

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, place: int) -> Asset: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Asset]: ...
    def __getitem__(self, place: int | slice) -> Asset | Sequence[Asset]:
        return self._assets[place]

    @cached_property
    def _assets(self) -> tuple[Asset, ...]:
        rows = msgpack.unpackb(self._packed, use_list=False, unicode_errors=_ODD_TEXT)
        return tuple(_asset(row, file) for row, file in zip(rows, self._files, strict=True))


def _asset_row(asset: Asset, file: SourceFile) -> tuple[Any, ...]:
    """Return an asset as plain values; of its source, what is not as the scan found it."""
    told = None if asset.source is file else _TOLD(asset.source)
    return (*_ASSET(asset), told, [*map(_FILE, asset.variants)])


def _asset(row: Sequence[Any], file: SourceFile) -> Asset:
    *fields, told, variants = row
    if told is not None:
        reason, plain, scope = told
        file = replace(file, reason=UrlReason(reason), plain=plain, scope=scope)
    files = tuple(Variant(coding, StagedFile(None, *described)) for coding, *described in variants)
    return Asset(file, variants=files, **dict(zip(_ASSET_FIELDS, fields, strict=True)))


def _described(file: SourceFile) -> tuple[Any, ...]:
    coded = [(each.coding, _described(each.file)) for each in file.coded]
    return (*_SOURCE(file), coded)


def _manifest_digest(out: str) -> bytes:
    with open_regular(os.path.join(out, MANIFEST_NAME)) as file:
        return hashlib.file_digest(file, "sha256").digest()


def _signatures_digest(out: str, names: Iterable[str], seen: Mapping[str, Signature]) -> bytes:
    """Return a hash of the signatures of files in DIST; raise OSError where one is not there.

    Those that were seen before are believed: had one changed since then, the next build would see another.
    """
    signatures = array("Q")
    for name in names:
        signatures.extend(seen.get(name) or Signature.of(os.lstat(f"{out}/{name}")))
    return hashlib.sha256(signatures.tobytes()).digest()


def _packed(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value, unicode_errors=_ODD_TEXT)
    return packed
