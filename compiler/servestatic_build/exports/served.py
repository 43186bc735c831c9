"""What a release serves at each of its URL paths, in the shape that the exports write out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from servestatic_runtime import Manifest
from servestatic_runtime.format import IDENTITY
from servestatic_runtime.records import Asset

CODINGS = ("br", "zstd", "gzip")  # what a client asks for by Accept-Encoding alone


class Served(NamedTuple):
    """A decoded URL path, and its asset under one of its header sets, or the decoded path that it redirects to."""

    path: str
    number: int  # of the asset, in the order of the manifest
    asset: Asset
    header_set: int
    location: str | None = None


def served(manifest: Manifest) -> Iterator[Served]:
    """Yield all that a release answers, in the order of its assets."""
    for number, asset in enumerate(manifest):
        paths = dict.fromkeys(path for path in (asset.url, asset.plain_url, asset.directory) if path)
        if asset.directory and asset.directory != "/":
            paths[asset.directory[:-1]] = None
        for path in paths:
            match = manifest.find(path)
            if match and isinstance(match.asset, Asset) and match.asset.name == asset.name:
                yield Served(path, number, asset, match.header_set, match.location)


def codings_by_size(asset: Asset) -> tuple[str, ...]:
    """Return the codings of an asset, the smallest body first, as far as they make it smaller."""
    order = [variant.coding for variant in sorted(asset.variants, key=lambda variant: variant.size)]
    return tuple(coding for coding in order[: order.index(IDENTITY)] if coding in CODINGS)


def one_line(text: str) -> str:
    """Return a text as a comment may have it, which ends with its line."""
    return text.replace("\r", " ").replace("\n", " ")
