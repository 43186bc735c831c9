"""Make the deltas: what leads from the files that clients still have to those of this release (RFC 9842)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from servestatic_build.cache.items import key_of
from servestatic_build.cache.layered import Cache
from servestatic_build.codecs import dcz
from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.model import Asset, Delta, StagedFile
from servestatic_build.names import with_fingerprint
from servestatic_build.platform_files import has_room_for_name, open_regular
from servestatic_build.releases.history import History, Retired
from servestatic_build.releases.previous import PreviousRelease
from servestatic_build.store.layout import Layout
from servestatic_build.store.place import digest_of, find_place
from servestatic_build.store.staging import Staging
from servestatic_build.workers import Workers
from servestatic_runtime.format import DELTA, DICTIONARY_DIGITS, etag

# Against the smallest coding: what saves less is not worth a file, and a dictionary in every answer's key.
_MOST_PERCENT = 90
_LEAST_BYTES_SAVED = 256

_KIND = "deltas"
_RULE = f"{_MOST_PERCENT} % of the smallest coding and {_LEAST_BYTES_SAVED} bytes less"
_DOES_NOT_GAIN = b""


class _Task(NamedTuple):
    """An asset, by number, and a file of its that clients may have."""

    number: int
    old: Retired


@dataclass(frozen=True, slots=True)
class DeltaMaker:
    """Makes deltas on so many threads. zstd releases the GIL."""

    layout: Layout
    effort: str
    jobs: int
    cache: Cache
    staging: Staging
    previous: PreviousRelease
    arriving: Mapping[str, StagedFile]  # earlier files that DIST does not have yet, by their names there
    read: Callable[[Asset, int], bytes]  # an asset's identity bytes
    diagnostics: Diagnostics

    def make(self, assets: Sequence[Asset], tasks: Sequence[_Task]) -> dict[int, tuple[Delta, ...]]:
        """Return the deltas of each asset that has some, by its number; raise BuildError."""
        found: dict[int, list[Delta]] = defaultdict(list)
        with Workers(self.jobs) as workers:
            for task, delta in zip(tasks, workers.map(lambda task: self._delta(assets, task), tasks), strict=True):
                if delta is not None:
                    found[task.number].append(delta)
        return {number: tuple(deltas) for number, deltas in found.items()}

    def _delta(self, assets: Sequence[Asset], task: _Task) -> Delta | None:
        asset = assets[task.number]
        return self._kept(asset, task.old) or self._made(asset, task.number, task.old)

    def _kept(self, asset: Asset, old: Retired) -> Delta | None:
        """Return the delta that the release in DIST has: its bytes stay, whatever codec or effort made them."""
        for delta in self.previous.deltas(asset.source.name, asset.identity.digest):
            if etag(delta.dictionary) == old.variants[0].etag:
                digest = digest_of(self.layout.path_of(delta.variant.file))
                if digest is not None and etag(digest) == delta.variant.etag:
                    usual = _target(asset, delta.dictionary)
                    for target in (usual, with_fingerprint(usual, digest)):
                        file = StagedFile(None, target, delta.variant.size, digest)
                        if self.layout.name(file) == delta.variant.file:
                            return Delta(delta.dictionary, file)
        return None

    def _made(self, asset: Asset, number: int, old: Retired) -> Delta | None:
        dictionary = self._dictionary(old)
        if dictionary is None:
            return None
        digest = hashlib.sha256(dictionary).digest()
        coded = self._coded(asset, number, dictionary, digest)
        return None if coded == _DOES_NOT_GAIN else self._placed(asset, digest, coded)

    def _dictionary(self, old: Retired) -> bytes | None:
        """Return the bytes of an earlier file; nothing where they are not what its manifest says."""
        name = old.variants[0].file
        path = (self.arriving[name].staged if name in self.arriving else None) or self.layout.path_of(name)
        try:
            with open_regular(path) as file:
                data = file.read()
        except OSError as error:
            problem = error.strerror or str(error)
        else:
            if etag(hashlib.sha256(data).digest()) == old.variants[0].etag:
                return data
            problem = "it has other bytes than its manifest says"
        message = f"this file of an earlier release can't be read, so nothing leads from it: {problem}"
        self.diagnostics.warning(Code.UNREADABLE_RELEASE, path, message)
        return None

    def _coded(self, asset: Asset, number: int, dictionary: bytes, digest: bytes) -> bytes:
        smallest = min(variant.file.size for variant in asset.variants)
        parts = (asset.identity.digest, digest, dcz.recipe(self.effort).encode(), f"{_RULE}: {smallest}".encode())
        key = key_of(_KIND, *parts)
        coded = self.cache.get(key)
        if coded is None:
            data = self.read(asset, number)
            coded = dcz.encode(data, dictionary, self.effort)
            # A browser would not notice other bytes, so a fault of the codec must not get as far.
            is_sound = _gains(smallest, len(coded)) and dcz.decode(coded, dictionary) == data
            coded = coded if is_sound else _DOES_NOT_GAIN
            self.cache.put(key, coded)
        return coded

    def _placed(self, asset: Asset, dictionary: bytes, coded: bytes) -> Delta | None:
        """Return a delta with its place in DIST: never that of other bytes."""
        digest = hashlib.sha256(coded).digest()
        target = _target(asset, dictionary)
        if not has_room_for_name(self.layout.out, target.rpartition("/")[2]):
            return None
        file, is_there = find_place(StagedFile(None, target, len(coded), digest), self.layout)
        if not is_there:
            file = replace(file, staged=self.staging.write([coded]).path)
        return Delta(dictionary, file)


def delta_tasks(assets: Sequence[Asset], history: History, most: int) -> list[_Task]:
    """Return from which earlier files deltas are wanted: for each asset the newest ``most`` contents of its pattern."""
    earlier = _by_place(history)
    return [
        _Task(number, old)
        for number, asset in enumerate(assets)
        if asset.pattern is not None
        for old in list(_distinct(asset, earlier.get((_directory(asset.path), asset.pattern), ())))[:most]
    ]


def _by_place(history: History) -> Mapping[tuple[str, str], Sequence[Retired]]:
    """Return the retired URLs by directory and pattern, those of the newest release first."""
    places = {release.id: place for place, release in enumerate(history.releases)}
    found: dict[tuple[str, str], list[Retired]] = defaultdict(list)
    for retired in sorted(history.retired, key=lambda each: places[each.release]):
        if retired.pattern is not None:
            found[_directory(retired.url), retired.pattern].append(retired)
    return found


def _distinct(asset: Asset, earlier: Iterable[Retired]) -> Iterator[Retired]:
    seen = {etag(asset.identity.digest)}
    for old in earlier:
        tag = old.variants[0].etag
        if tag not in seen:
            seen.add(tag)
            yield old


def _target(asset: Asset, dictionary: bytes) -> str:
    """Return where a delta goes: ``app.<new>.js.<old>.dcz``."""
    return f"{asset.identity.target}.{dictionary.hex()[:DICTIONARY_DIGITS]}.{DELTA}"


def _directory(path: str) -> str:
    return path.rpartition("/")[0]


def _gains(smallest: int, coded: int) -> bool:
    return coded * 100 <= smallest * _MOST_PERCENT and coded <= smallest - _LEAST_BYTES_SAVED
