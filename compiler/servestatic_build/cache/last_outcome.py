"""What the last build of a DIST came to, so that this one need do no more than what has changed since.

It counts where all that a release depends on is as it was, but for what is in the files: the settings, which files there
are (``shape_digest``), the manifest in DIST, and the size, date and inode of every file there that the release has.
"""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from time import time
from types import MappingProxyType
from typing import Any, NamedTuple

import msgpack

from servestatic_build.cache.items import Key
from servestatic_build.cache.last_build import TICK_NS
from servestatic_build.cache.layered import Cache
from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.model import CodingTotal, ContentFacts, KnownLinks, Signature, Skipped, SourceFile
from servestatic_build.names import LASTING, OURS
from servestatic_build.platform_files import open_regular
from servestatic_runtime.format import MANIFEST_NAME

_ODD_TEXT = "surrogatepass"
_SHAPE = attrgetter(
    "name", "path", "plain_path", "media_type", "reason", "plain", "real_path", "aliases", "scope", "coding"
)
_SKIPPED = attrgetter("path", "reason", "plain_path")
_NUMBERS = len(Signature._fields)
_DATE = Signature._fields.index("modified_ns")

NO_FILES: Mapping[str, bytes] = MappingProxyType({})

# Problems that say what the next build finds, or has to do.
_OF_ONE_BUILD = frozenset({Code.UNREADABLE_RELEASE, Code.UNDELETED_FILE})


class Outcome(NamedTuple):
    """What a build came to beside its problems, from the pipeline for the next build.

    ``hashes`` are those that stand in texts and may be of other files.
    """

    assets: Sequence[bytes]  # asset_row
    totals: Sequence[CodingTotal]
    missing_ignored: int
    placeholders: int
    links: KnownLinks
    hashes: Sequence[bytes]
    content: ContentFacts


class _Kept(NamedTuple):
    """The item of the cache."""

    shape: bytes
    sources: bytes  # their signatures
    started: int  # as time_ns() has it
    until: int | None
    manifest: bytes  # its SHA-256
    names: Sequence[str]  # of the release's files, from DIST
    files: bytes  # their signatures
    problems: Sequence[Sequence[Any]]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class KnownBuild:
    """A build of which no more may have changed since than what is in some files: ``changed`` are their numbers."""

    changed: Sequence[int]
    outcome: Outcome
    problems: Sequence[Sequence[Any]]  # as tell_again takes them
    manifest: bytes  # its SHA-256
    files: Callable[[], dict[str, bytes]]  # what is in DIST of the release: by name, a signature


def shape_digest(settings: Iterable[bytes], files: Iterable[SourceFile], skipped: Iterable[Skipped]) -> bytes:
    """Return a hash of all that a release is made of but the bytes of the sources: which there are, and the settings."""
    described = ([*settings], [*map(_described, files)], [*map(_SKIPPED, skipped)])
    return hashlib.sha256(_packed(described)).digest()


class LastOutcome:
    """The outcome of the last build of one DIST, in the cache."""

    def __init__(
        self, cache: Cache, key: Key, out: str, shape: bytes, files: Sequence[SourceFile], started: int
    ) -> None:
        """Take the item's place in the cache, DIST, the digest of this build's shape, its files, and when it started."""
        self._cache = cache
        self._key = key
        self._out = out
        self._shape = shape
        self._signatures = _packed_signatures(file.signature for file in files)
        self._started = started

    def read(self) -> KnownBuild | None:
        """Return what the last build came to; None where that counts for nothing."""
        kept = self._kept()
        if kept is None or kept.shape != self._shape or (kept.until is not None and kept.until <= time()):
            return None
        if not self._is_in_dist(kept):
            return None
        return KnownBuild(self._changed(kept), kept.outcome, kept.problems, kept.manifest, partial(_by_name, kept))

    def write(
        self,
        outcome: Outcome,
        names: Iterable[str],
        seen: Mapping[str, Signature],
        until: int | None,
        diagnostics: Diagnostics,
        others: Mapping[str, bytes] = NO_FILES,
    ) -> None:
        """Keep what this build came to; raise OSError. DIST, whose lock is held, has the release: files of these names, and ``others``.

        ``seen`` are signatures of some: had one changed since then, the next build would see another. ``until`` is when it
        counts no longer, in seconds since 1970.
        """
        problems = diagnostics.told()
        if any(code in _OF_ONE_BUILD for _, code, *_ in problems):
            return
        packed = {name: _packed_signatures([seen.get(name) or _signature(self._out, name)]) for name in names}
        files = {**others, **packed}
        ordered, manifest = sorted(files), _manifest_digest(self._out)
        signatures = b"".join([files[name] for name in ordered])
        kept = _Kept(
            self._shape, self._signatures, self._started, until, manifest, ordered, signatures, problems, outcome
        )
        self._cache.put(self._key, _packed(kept))

    def _kept(self) -> _Kept | None:
        item = self._cache.get(self._key)
        try:
            kept = _Kept(*msgpack.unpackb(item or b"", use_list=False, strict_map_key=False, unicode_errors=_ODD_TEXT))
            outcome = Outcome(*kept.outcome)
            totals = tuple(CodingTotal(*total) for total in outcome.totals)
            links, content = KnownLinks(*outcome.links), ContentFacts(*outcome.content)
            return kept._replace(outcome=outcome._replace(totals=totals, links=links, content=content))
        except (ValueError, TypeError, msgpack.UnpackException):
            return None

    def _is_in_dist(self, kept: _Kept) -> bool:
        """Return whether DIST is as that build left it."""
        try:
            if _has_leftovers(self._out) or kept.manifest != _manifest_digest(self._out):
                return False
            return kept.files == _packed_signatures(_signature(self._out, name) for name in kept.names)
        except OSError:
            return False

    def _changed(self, kept: _Kept) -> list[int]:
        """Return the numbers of the files that have changed, or may have without a sign of it."""
        before, now = array("Q", kept.sources), array("Q", self._signatures)
        settled = kept.started - TICK_NS
        return [
            place // _NUMBERS
            for place in range(0, len(now), _NUMBERS)
            if now[place + _DATE] >= settled or now[place : place + _NUMBERS] != before[place : place + _NUMBERS]
        ]


def _has_leftovers(out: str) -> bool:
    """Return whether a build is running there, or one that was killed has left something for the next one to remove."""
    return any(name.startswith(OURS) and name not in LASTING for name in os.listdir(out))


def _described(file: SourceFile) -> tuple[Any, ...]:
    coded = [(each.coding, each.file.signature, _described(each.file)) for each in file.coded]
    return (*_SHAPE(file), coded)


def _manifest_digest(out: str) -> bytes:
    with open_regular(os.path.join(out, MANIFEST_NAME)) as file:
        return hashlib.file_digest(file, "sha256").digest()


def _signature(out: str, name: str) -> Signature:
    """Return the signature of a file in DIST; raise OSError where it is not there."""
    return Signature.of(os.lstat(f"{out}/{name}"))


def _by_name(kept: _Kept) -> dict[str, bytes]:
    files, size = kept.files, _NUMBERS * array("Q").itemsize
    return {name: files[place * size : (place + 1) * size] for place, name in enumerate(kept.names)}


def _packed_signatures(signatures: Iterable[Signature]) -> bytes:
    numbers = array("Q")
    for signature in signatures:
        numbers.extend(signature)
    return numbers.tobytes()


def _packed(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value, unicode_errors=_ODD_TEXT)
    return packed
