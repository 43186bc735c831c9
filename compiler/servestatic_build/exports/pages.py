"""The pages of single-page applications, in the shape that the exports write out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from servestatic_runtime import Manifest
from servestatic_runtime.fallbacks import varying
from servestatic_runtime.format import HeaderSetRecord
from servestatic_runtime.records import Asset


class Page(NamedTuple):
    """The URL that unknown paths begin with, the page's asset, and the headers that it has there."""

    url: str
    number: int  # of the asset, in the order of the manifest
    asset: Asset
    headers: HeaderSetRecord


def pages(manifest: Manifest) -> Iterator[Page]:
    """Yield the pages that are sent with status 200, those of the longest URLs first."""
    numbers = {asset.name: number for number, asset in enumerate(manifest)}
    for fallback in manifest.fallbacks:
        match = manifest.find(fallback.path)
        if fallback.status == 200 and match and isinstance(match.asset, Asset):
            record = manifest.header_set(match.header_set)
            headers = HeaderSetRecord(varying(record.ok), varying(record.not_modified))
            yield Page(fallback.url, numbers[match.asset.name], match.asset, headers)


def has_not_found_page(manifest: Manifest) -> bool:
    """Return whether a page with status 404 stands for unknown paths."""
    return any(fallback.status == 404 for fallback in manifest.fallbacks)
