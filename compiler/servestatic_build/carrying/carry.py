"""Carry the URLs of given DISTs along: their files are staged, looked at, and put in their places in DIST."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from servestatic_build.carrying.given import GivenDist
from servestatic_build.carrying.stored_files import Fetched
from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.model import Asset, StagedFile
from servestatic_build.releases.history import History, Retired
from servestatic_build.store.file_list import is_in_dist
from servestatic_build.store.layout import Layout
from servestatic_build.store.listed_files import NotAsListedError, missing, read_listed
from servestatic_build.store.place import find_place
from servestatic_build.store.staging import Staging
from servestatic_build.workers import Workers
from servestatic_runtime.format import FILE_SUFFIXES, MANIFEST_NAME, etag

_HINT = "keep all of DIST for the next build, with the bytes that it has"


class CarriedUrl(NamedTuple):
    """A URL of an earlier release, and its files: staged, with the bytes that its manifest says."""

    retired: Retired
    files: tuple[StagedFile, ...]  # as its variants


class LostUrl(NamedTuple):
    """A URL of an earlier release that does not come along, and why."""

    retired: Retired
    problem: str


class CarriedPast(NamedTuple):
    """What comes along from one DIST, from ``carry`` for its place in DIST."""

    path: str  # of the DIST, as it was given
    past: History
    urls: tuple[CarriedUrl, ...]
    lost: tuple[LostUrl, ...]


class Arrival(NamedTuple):
    """What the history is told, and the files that DIST does not have yet, by their names there."""

    pasts: tuple[History, ...] = ()
    files: Mapping[str, StagedFile] = MappingProxyType({})
    lost: Sequence[tuple[str, LostUrl]] = ()  # each with the path of its DIST

    def tell_lost(self, history: History, diagnostics: Diagnostics) -> None:
        """Warn of each URL that a kept release should have, and that a history lists from nowhere else."""
        kept, urls = {release.id for release in history.releases}, {retired.url for retired in history.retired}
        for path, (retired, problem) in self.lost:
            if retired.release in kept and retired.url not in urls:
                message = f"{retired.url} of an earlier release is not kept: {problem}"
                diagnostics.warning(Code.LOST_URL, path, message, _HINT)

    def needed(self, history: History) -> tuple[StagedFile, ...]:
        """Return the files that a history lists."""
        listed = {(variant.file, variant.etag) for retired in history.retired for variant in retired.variants}
        return tuple(file for name, file in self.files.items() if (name, etag(file.digest)) in listed)


def carry(
    given: Sequence[GivenDist],
    assets: Sequence[Asset],
    staging: Staging,
    jobs: int,
    advance: Callable[[], None],
) -> tuple[CarriedPast, ...]:
    """Stage the files of all URLs that the new release has not, and read each; raise OSError where they can't be written.

    A URL with a file that is missing or damaged stays behind.
    """
    urls, carried = {asset.path for asset in assets}, []
    for dist in given:
        carried.append(_carried(dist, urls, staging, jobs))
        advance()
    return tuple(carried)


def _carried(dist: GivenDist, left_out: Collection[str], staging: Staging, jobs: int) -> CarriedPast:
    retired = [url for url in dist.past.retired if url.url not in left_out]
    wanted = {variant.file: variant for url in retired if _is_sound(url) for variant in url.variants}
    fetched = dist.files.fetch(wanted, staging)
    with Workers(jobs) as workers:
        checked = [*workers.map(lambda url: _checked(url, fetched), retired)]
    urls = tuple(each for each in checked if isinstance(each, CarriedUrl))
    return CarriedPast(dist.path, dist.past, urls, tuple(each for each in checked if isinstance(each, LostUrl)))


def _is_sound(url: Retired) -> bool:
    """Return whether a URL and its files lead nowhere but into a DIST."""
    return all(map(is_in_dist, [url.url.removeprefix("/"), *(variant.file for variant in url.variants)]))


def _checked(url: Retired, fetched: Fetched) -> CarriedUrl | LostUrl:
    """Return a URL whose files are all there, or what is wrong with one of them."""
    if not _is_sound(url):
        return LostUrl(url, "its path, or that of its file, leads out of DIST")
    files = []
    for variant in url.variants:
        try:
            path = fetched.paths.get(variant.file)
            if path is None:
                raise missing()
            digest = read_listed(path, variant).hashes[0]
        except NotAsListedError as error:
            return LostUrl(url, f"{variant.file}: {fetched.problems.get(variant.file, error.message)}")
        target = url.url.removeprefix("/") + FILE_SUFFIXES[variant.coding]
        files.append(StagedFile(path, target, variant.size, digest))
    return CarriedUrl(url, tuple(files))


def arrival(
    carried: Sequence[CarriedPast],
    assets: Sequence[Asset],
    plain_names: Iterable[str],
    layout: Layout,
) -> Arrival:
    """Return what comes along, every file with its place in DIST, whose lock is held: the new release goes first."""
    if not carried:
        return Arrival()
    own = (variant.file for asset in assets for variant in asset.variants)
    taken = dict.fromkeys([MANIFEST_NAME, *plain_names], b"") | {layout.name(file): file.digest for file in own}
    places = _Places(layout, taken)
    return Arrival(tuple(places.past(each) for each in carried), places.arriving, places.lost)


class _Places:
    def __init__(self, layout: Layout, taken: dict[str, bytes]) -> None:
        """Take the names that files of the release will have in DIST, each with its SHA-256, b"" for nobody's to use."""
        self._layout = layout
        self._taken = taken
        self._is_file = cache(lambda name: name in taken or os.path.isfile(layout.path_of(name)))
        self.arriving: dict[str, StagedFile] = {}
        self.lost: list[tuple[str, LostUrl]] = []

    def past(self, carried: CarriedPast) -> History:
        self.lost += ((carried.path, each) for each in carried.lost)
        return carried.past._replace(retired=tuple(self._urls(carried)))

    def _urls(self, carried: CarriedPast) -> Iterator[Retired]:
        for retired, files in carried.urls:
            if any(map(self._is_file, _above(self._layout.name(files[0])))):
                self.lost.append((carried.path, LostUrl(retired, "its directory has the name of a file now")))
                continue
            names = [self._place(file) for file in files]
            variants = (each._replace(file=name) for each, name in zip(retired.variants, names, strict=True))
            yield retired._replace(variants=tuple(variants))

    def _place(self, file: StagedFile) -> str:
        """Find a file its place, and return its name there."""
        file, is_there = find_place(file, self._layout, self._taken)
        name = self._layout.name(file)
        self._taken[name] = file.digest
        if not is_there:
            self.arriving[name] = file
        return name


def _above(name: str) -> Iterator[str]:
    """Yield the names of the directories above a name."""
    while name := name.rpartition("/")[0]:
        yield name
