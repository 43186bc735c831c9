"""Which files a browser may keep as dictionaries for those that come after them (RFC 9842), and for which URLs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from servestatic_build.model import Asset
from servestatic_build.sources.bundlers.hashes import hash_in
from servestatic_runtime.paths import quote_path, with_fingerprint

# Browsers keep 500 for a site, and throw the oldest away; the application may have some of its own.
_MOST = 400
_LEAST_BYTES = 1024  # as the client gets it: below, a difference from an earlier file saves nothing
_MOST_BYTES = 100 * 2**20  # of the file itself, more than which no browser keeps
# What quote_path leaves and a URL pattern reads as its own: two characters in the header make one of its string.
_ESCAPED = str.maketrans({character: rf"\\{character}" for character in "()*+"})


def with_patterns(assets: Sequence[Asset]) -> tuple[Asset, ...]:
    """Return the assets, those with a pattern that are dictionaries.

    That is the last segment of their URLs with a star for the hash. It holds below any mount, and in no other directory.
    Two files of one pattern have none: a browser keeps one dictionary for each.
    """
    patterns = {number: pattern for number, asset in enumerate(assets) if (pattern := _pattern(asset))}
    places = {number: (assets[number].path.rpartition("/")[0], pattern) for number, pattern in patterns.items()}
    times = Counter(places.values())
    alone = [number for number in patterns if times[places[number]] == 1]
    chosen = set(sorted(alone, key=lambda number: (-_smallest(assets[number]), number))[:_MOST])
    return tuple(
        replace(asset, pattern=patterns[number]) if number in chosen else asset for number, asset in enumerate(assets)
    )


def _pattern(asset: Asset) -> str | None:
    """Return the pattern of an asset that is worth it: compressible, and its URL another for each content."""
    if len(asset.variants) == 1 or _smallest(asset) < _LEAST_BYTES or asset.identity.size > _MOST_BYTES:
        return None
    name = asset.source.plain_path.rpartition("/")[2]
    if asset.source.fingerprinted:
        before, after = with_fingerprint(name, "\0").split("\0")
    elif asset.source.hashed and (token := hash_in(name)):
        before, _, after = name.rpartition(token)
    else:
        return None
    return f"{_escaped(before)}*{_escaped(after)}"


def _smallest(asset: Asset) -> int:
    return min(variant.file.size for variant in asset.variants)


def _escaped(text: str) -> str:
    return quote_path(text).translate(_ESCAPED)
