"""What is different between two releases, from their manifests, and from their files where those are there."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, TypeAlias

from servestatic_build.inspection.causes import Causes
from servestatic_runtime import Manifest
from servestatic_runtime.format import DELTA, IDENTITY
from servestatic_runtime.paths import quote_path
from servestatic_runtime.records import Asset

_Header: TypeAlias = "tuple[str, str | None]"  # None is a value that is the variant's own


class NewFile(NamedTuple):
    """A logical name that only the second release has; ``was`` is one that is gone and had these very bytes."""

    asset: Asset
    was: str | None


class Change(NamedTuple):
    """A logical name whose bytes or URL changed.

    ``own`` says whether its own content did, None where the files that tell are not there. ``because_of`` names the files
    whose change renamed this one.
    """

    old: Asset
    new: Asset
    own: bool | None
    because_of: tuple[str, ...]


class HeaderChange(NamedTuple):
    """What changed in the headers of these URLs."""

    removed: tuple[_Header, ...]
    added: tuple[_Header, ...]
    urls: tuple[str, ...]


class Bytes(NamedTuple):
    """What a client downloads that takes one coding: all of each release, and what the second adds to the first."""

    old: int
    new: int
    returning: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the second release has that the first has not, and the other way round; in order of name."""

    new: tuple[NewFile, ...]
    gone: tuple[Asset, ...]
    changed: tuple[Change, ...]
    headers: tuple[HeaderChange, ...]
    bytes: Mapping[str, Bytes]  # by coding

    @property
    def is_empty(self) -> bool:
        """Whether a visitor gets the same from both."""
        return not (self.new or self.gone or self.changed or self.headers)


def compared(old: Manifest, new: Manifest) -> Comparison:
    """Return what is different; raise ManifestError."""
    before, after = ({asset.name: asset for asset in manifest} for manifest in (old, new))
    gone = tuple(asset for name, asset in before.items() if name not in after)
    pairs = [(before[name], asset) for name, asset in after.items() if name in before]
    by_digest = {asset.digest: asset.name for asset in gone}
    return Comparison(
        new=tuple(NewFile(asset, by_digest.get(asset.digest)) for name, asset in after.items() if name not in before),
        gone=gone,
        changed=tuple(_changes(old, new, pairs)),
        headers=tuple(_header_changes(old, new, pairs)),
        bytes=_bytes([*before.values()], [*after.values()]),
    )


def _changes(old: Manifest, new: Manifest, pairs: Sequence[tuple[Asset, Asset]]) -> Iterator[Change]:
    changed = {after.name: (before, after) for before, after in pairs if _differ(before, after)}
    causes = Causes(old, new, changed)
    for before, after in changed.values():
        yield Change(before, after, causes.is_own(after.name), causes.of(after.name))


def _differ(before: Asset, after: Asset) -> bool:
    return (before.digest, before.url, before.plain_url) != (after.digest, after.url, after.plain_url)


def _header_changes(old: Manifest, new: Manifest, pairs: Sequence[tuple[Asset, Asset]]) -> Iterator[HeaderChange]:
    urls: dict[tuple[tuple[_Header, ...], tuple[_Header, ...]], list[str]] = {}
    for before, after in pairs:
        for url, was, now in _urls(before, after):
            if was is not None and now is not None:
                sets = old.header_set(was).ok, new.header_set(now).ok
                difference = _minus(*sets), _minus(*reversed(sets))
                if any(difference):
                    urls.setdefault(difference, []).append(quote_path(url))
    for (removed, added), changed in urls.items():
        yield HeaderChange(removed, added, tuple(changed))


def _urls(before: Asset, after: Asset) -> Iterator[tuple[str, int | None, int | None]]:
    """Yield the URLs of an asset with the header sets that each has in the two releases."""
    yield after.url, before.headers, after.headers
    if after.plain_url not in {None, after.url}:
        yield after.plain_url or "", before.plain_headers, after.plain_headers


def _minus(headers: Sequence[_Header], others: Sequence[_Header]) -> tuple[_Header, ...]:
    return tuple((name, value) for name, value in headers if [name, value] not in map(list, others))


def _bytes(before: Sequence[Asset], after: Sequence[Asset]) -> dict[str, Bytes]:
    known = {(asset.url, asset.digest) for asset in before}
    added = [asset for asset in after if (asset.url, asset.digest) not in known]
    codings = dict.fromkeys([IDENTITY])
    codings |= dict.fromkeys(variant.coding for asset in chain(before, after) for variant in asset.variants)
    sizes = {coding: Bytes(*(_total(assets, coding) for assets in (before, after, added))) for coding in codings}
    if any(asset.deltas for asset in after):
        held = {asset.digest for asset in before}
        returning = sum(_smallest_for(asset, held) for asset in added)
        sizes[DELTA] = Bytes(sum(map(_smallest, before)), sum(map(_smallest, after)), returning)
    return sizes


def _smallest(asset: Asset) -> int:
    return min(variant.size for variant in asset.variants)


def _smallest_for(asset: Asset, held: Container[bytes]) -> int:
    """Return the bytes that a client downloads which holds files with these SHA-256 and takes every coding."""
    return min([_smallest(asset), *(delta.variant.size for delta in asset.deltas if delta.dictionary in held)])


def _total(assets: Sequence[Asset], coding: str) -> int:
    return sum(size_in(asset, coding) for asset in assets)


def size_in(asset: Asset, coding: str) -> int:
    """Return the bytes that a client downloads which takes this coding: those of the file where it has no such variant."""
    return next((variant.size for variant in asset.variants if variant.coding == coding), asset.variants[0].size)
