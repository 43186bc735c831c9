"""The releases before the one that is built, and their fingerprinted URLs: which of them stay served."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from typing import NamedTuple

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.releases.content import ReleaseContent, content_of_manifest, frozen_header_set
from servestatic_build.releases.manifest_records import ManifestRecords
from servestatic_runtime import ManifestError
from servestatic_runtime.format import HeaderSetRecord, ReleaseRecord
from servestatic_runtime.records import Asset, RetiredUrl, Variant

_HINT = "find out what damaged it; this build replaces it"

_SECONDS_PER_DAY = 24 * 60 * 60


class Retired(NamedTuple):
    """A fingerprinted URL with all that it is served with, from a manifest for the next one."""

    url: str
    release: str  # the id of the last one that linked to it
    headers: HeaderSetRecord
    modified: int
    variants: tuple[Variant, ...]  # identity first
    pattern: str | None = None  # for which URLs in its directory clients have it as a dictionary


class History(NamedTuple):
    """The current release, then the earlier ones, and the URLs of these; for the manifest writer."""

    releases: tuple[ReleaseRecord, ...]
    retired: tuple[Retired, ...] = ()


class Keep(NamedTuple):
    """How many earlier releases stay, and for how many days after they were replaced: whichever keeps more."""

    releases: int
    days: int


class Clock(NamedTuple):
    """What time it is, in seconds since 1970: SOURCE_DATE_EPOCH where that is set."""

    epoch: int | None
    now: Callable[[], int] = lambda: int(time.time())

    def read(self) -> int:
        """Return the time that a release gets."""
        return self.now() if self.epoch is None else self.epoch


def without_past(content: ReleaseContent, label: str | None = None) -> History:
    """Return the history of a release that has none. Its time is that of its files: no clock shapes a first build."""
    return History((ReleaseRecord(content.id, content.modified, label, None),))


def history_of(release: ManifestRecords, following: ReleaseContent | None = None) -> History:
    """Return what a release tells the next one: its releases, and the fingerprinted URLs of each; raise ManifestError.

    Of its own URLs those are left out that the following one has.
    """
    headers = cache(lambda number: frozen_header_set(release.manifest.header_set(number)))
    releases = release.releases() or without_past(content_of_manifest(release.manifest)).releases
    if following is None:
        gone: Iterable[int] = (number for number, record in enumerate(release.whole_assets()) if record.immutable)
    else:
        gone = following.gone_from(release)
    current = (_retired(release.asset(number), releases[0].id, headers) for number in gone)
    earlier = (_retired(url, releases[url.release].id, headers) for url in release.whole_retired())
    return History(releases, (*current, *earlier))


def read_pasts(
    release: ManifestRecords | None, following: ReleaseContent, diagnostics: Diagnostics
) -> Sequence[History]:
    """Return the history of the release in DIST, if there is one. One that can't be read is a warning."""
    if release is None:  # PreviousRelease has said so
        return ()
    try:
        return (history_of(release, following),)
    except ManifestError as error:
        note = "the URLs of earlier releases are lost: they answer 404"
        problem = f"the earlier release can't be read: {error.problem}"
        diagnostics.warning(Code.UNREADABLE_RELEASE, error.path, problem, _HINT, note)
        return ()


def next_history(
    content: ReleaseContent, pasts: Sequence[History], keep: Keep, clock: Clock, label: str | None = None
) -> History:
    """Return the history of a release that comes after those of ``pasts``; where two know a release or URL, the first counts.

    A release that was current in one is replaced now. One that comes again is the one that it was. Nothing expires by the
    mere time of a build: what counts is when the last release was replaced, so that to build twice changes nothing.
    """
    pasts = pasts if any(keep) else ()
    known = _merged(release for past in pasts for release in past.releases)
    again = known.pop(content.id, None)
    kept = _kept(_replaced(known.values(), clock), keep)
    current = ReleaseRecord(
        content.id,
        again.time if again else clock.read() if kept or clock.epoch is not None else content.modified,
        label or (again.label if again else None),
        None,
    )
    return History((current, *kept), tuple(_urls(content, pasts, kept)))


def _merged(releases: Iterable[ReleaseRecord]) -> dict[str, ReleaseRecord]:
    """Return each release once, replaced when the last one says so."""
    merged: dict[str, ReleaseRecord] = {}
    for release in releases:
        known = merged.setdefault(release.id, release)
        times = [each.replaced for each in (known, release) if each.replaced is not None]
        merged[release.id] = known._replace(replaced=max(times, default=None))
    return merged


def _replaced(releases: Collection[ReleaseRecord], clock: Clock) -> list[tuple[int, ReleaseRecord]]:
    """Return releases with the time when each was replaced, the last one first; of those replaced now, the newest first."""
    dated = [(each.replaced, each) for each in releases if each.replaced is not None]
    if current := sorted((each for each in releases if each.replaced is None), key=lambda each: -each.time):
        now = max([clock.read(), *(at for at, _ in dated)])  # a clock may go back
        dated = [*((now, each._replace(replaced=now)) for each in current), *dated]
    return sorted(dated, key=lambda pair: -pair[0])


def _kept(replaced: Sequence[tuple[int, ReleaseRecord]], keep: Keep) -> list[ReleaseRecord]:
    return [
        release
        for number, (at, release) in enumerate(replaced)
        if number < keep.releases or replaced[0][0] - at < keep.days * _SECONDS_PER_DAY
    ]


def _urls(content: ReleaseContent, pasts: Sequence[History], kept: Sequence[ReleaseRecord]) -> list[Retired]:
    """Return what the kept releases linked to and this one does not, each as the last of them had it, in order."""
    places = {release.id: place for place, release in enumerate(kept)}
    former = [url for past in pasts for url in past.retired if url.release in places and url.url not in content.served]
    urls: dict[str, Retired] = {}
    for retired in sorted(former, key=lambda url: places[url.release]):
        urls.setdefault(retired.url, retired)
    return [urls[url] for url in sorted(urls)]


def _retired(url: Asset | RetiredUrl, release: str, headers: Callable[[int], HeaderSetRecord]) -> Retired:
    return Retired(url.url, release, headers(url.headers), url.modified, url.variants, url.pattern)
