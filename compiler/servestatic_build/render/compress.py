"""Make the variants: every coding of every asset that gains by it, on all cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, replace

from servestatic_build.codecs import CODECS
from servestatic_build.media_types import compresses
from servestatic_build.model import Asset, StagedFile, Variant
from servestatic_build.store.staging import Staging
from servestatic_build.workers import Workers
from servestatic_runtime.format import FILE_SUFFIXES

# A variant must save this much over identity, which is what a client that takes no other coding would get.
_LEAST_PERCENT_SAVED = 1
_LEAST_BYTES_SAVED = 20


@dataclass(frozen=True, slots=True)
class Compression:
    """Which codings to make, how hard to try, and on how many threads."""

    codings: tuple[str, ...]
    effort: str
    jobs: int


def compress(
    assets: Sequence[Asset], compression: Compression, staging: Staging, advance: Callable[[], None]
) -> tuple[Asset, ...]:
    """Return the assets with their variants, staged. The codecs release the GIL, so threads use every core."""
    made: dict[tuple[int, str], Variant | None] = {}
    with Workers(compression.jobs) as workers:
        futures = {
            workers.submit(_variant, assets[number], coding, compression.effort, staging): (number, coding)
            for number, coding in tasks(assets, compression.codings)
        }
        try:
            for future in as_completed(futures):
                made[futures[future]] = future.result()
                advance()
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise
    return tuple(
        replace(asset, variants=(*asset.variants, *_ordered(made, number, compression.codings)))
        for number, asset in enumerate(assets)
    )


def tasks(assets: Sequence[Asset], codings: Sequence[str]) -> list[tuple[int, str]]:
    """Return what to compress as (number, coding), the largest first, so that no core ends on a long one."""
    worth = [number for number, asset in enumerate(assets) if _may_gain(asset)]
    worth.sort(key=lambda number: -assets[number].identity.size)
    return [(number, coding) for number in worth for coding in codings]


def _may_gain(asset: Asset) -> bool:
    return compresses(asset.source.media_type) and asset.identity.size > _LEAST_BYTES_SAVED


def _variant(asset: Asset, coding: str, effort: str, staging: Staging) -> Variant | None:
    identity = asset.identity
    with open(identity.staged, "rb") as file:
        coded = CODECS[coding].encode(file.read(), effort)
    if not _gains(identity.size, len(coded)):
        return None
    written = staging.write([coded])
    target = identity.target + FILE_SUFFIXES[coding]
    return Variant(coding, StagedFile(written.path, target, written.size, written.sha256))


def _gains(size: int, coded: int) -> bool:
    return coded * 100 <= size * (100 - _LEAST_PERCENT_SAVED) and coded <= size - _LEAST_BYTES_SAVED


def _ordered(made: dict[tuple[int, str], Variant | None], number: int, codings: Sequence[str]) -> Iterator[Variant]:
    """Yield an asset's variants in the order of the table of codecs, whatever order they were made in."""
    return (variant for coding in CODECS if coding in codings if (variant := made.get((number, coding))))
