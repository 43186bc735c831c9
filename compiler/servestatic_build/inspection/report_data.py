"""What the report shows of a release, as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from servestatic_build.inspection.comparison import Comparison, compared
from servestatic_build.inspection.diff_data import comparison_data
from servestatic_build.inspection.json_view import served_type
from servestatic_runtime import Manifest
from servestatic_runtime.format import IDENTITY
from servestatic_runtime.manifest import AssetMatch
from servestatic_runtime.paths import quote_path
from servestatic_runtime.records import Asset

CODINGS = (IDENTITY, "gzip", "br", "zstd")
_LONGEST = 50  # rows of a list that is not the table of all


class Problem(NamedTuple):
    """What a build found wrong, as it is printed."""

    severity: str
    place: str
    message: str
    code: str


class BudgetUse(NamedTuple):
    """What a budget is for and allows, and what its files weigh: all together, or the largest where each counts by itself."""

    name: str
    counts: str
    coding: str
    size: int
    most: int
    largest: str


def report_data(
    manifest: Manifest, against: Manifest | None, problems: Sequence[Problem], budgets: Sequence[BudgetUse] = ()
) -> dict[str, Any]:
    """Return all that the page shows: the lists that stand in it, and the rows of the table as arrays."""
    assets = [*manifest]
    comparison = None if against is None else compared(against, manifest)
    used = Counter(number for asset in assets for number in asset.references)
    return {
        "title": manifest.root,
        "files": len(assets),
        "totals": _totals(assets, comparison),
        "largest": _largest(assets),
        "uncompressed": _uncompressed(manifest, assets),
        "duplicates": _duplicates(assets),
        "changes": None if comparison is None else comparison_data(comparison),
        "problems": [problem._asdict() for problem in problems],
        "budgets": [budget._asdict() for budget in budgets],
        "table": {
            "assets": [_row(manifest, asset, used[number]) for number, asset in enumerate(assets)],
            "headers": _header_texts(manifest, assets),
        },
    }


def _totals(assets: Sequence[Asset], comparison: Comparison | None) -> list[dict[str, Any]]:
    """Return, by coding, what a visitor downloads that takes it: all, and what a returning one needs of it."""
    new = {coding: sum(size_in(asset, coding) for asset in assets) for coding in CODINGS}
    back = {} if comparison is None else {coding: each.returning for coding, each in comparison.bytes.items()}
    return [
        {"coding": coding, "files": _files(assets, coding), "new": new[coding], "returning": back.get(coding)}
        for coding in CODINGS
    ]


def _files(assets: Sequence[Asset], coding: str) -> int:
    return sum(any(variant.coding == coding for variant in asset.variants) for asset in assets)


def size_in(asset: Asset, coding: str) -> int:
    """Return what a client downloads that takes one coding."""
    return next((each.size for each in asset.variants if each.coding == coding), asset.variants[0].size)


def _largest(assets: Sequence[Asset]) -> list[dict[str, Any]]:
    order = sorted(assets, key=lambda asset: -asset.variants[0].size)[:_LONGEST]
    return [{"name": asset.name, "size": asset.variants[0].size, "br": size_in(asset, "br")} for asset in order]


def _uncompressed(manifest: Manifest, assets: Sequence[Asset]) -> list[dict[str, Any]]:
    whole = [asset for asset in assets if len(asset.variants) == 1]
    order = sorted(whole, key=lambda asset: -asset.variants[0].size)[:_LONGEST]
    return [
        {"name": asset.name, "size": asset.variants[0].size, "type": served_type(manifest, asset)} for asset in order
    ]


def _duplicates(assets: Sequence[Asset]) -> list[dict[str, Any]]:
    by_digest: dict[bytes, list[Asset]] = {}
    for asset in assets:
        by_digest.setdefault(asset.digest, []).append(asset)
    same = [each for each in by_digest.values() if len(each) > 1 and each[0].variants[0].size]
    same.sort(key=lambda each: -each[0].variants[0].size * (len(each) - 1))
    return [{"names": [asset.name for asset in each], "size": each[0].variants[0].size} for each in same[:_LONGEST]]


def _row(manifest: Manifest, asset: Asset, used: int) -> list[Any]:
    """Return a row of the table, as short as 20,000 of them have to be; a size of 0 says that there is no such coding."""
    sizes = {variant.coding: variant.size for variant in asset.variants}
    return [
        asset.name,
        quote_path(asset.url).removeprefix(manifest.prefix),
        [sizes.get(coding, 0) for coding in CODINGS],
        len(asset.references),
        used,
        asset.headers,
    ]


def _header_texts(manifest: Manifest, assets: Sequence[Asset]) -> dict[int, str]:
    """Return the headers of each header set as text, without what each variant has of its own."""
    texts = {}
    for asset in assets:
        if asset.headers not in texts:
            own = {"Content-Length", "ETag", "Last-Modified", "Content-Encoding"}
            headers = AssetMatch(manifest, asset, asset.headers).ok_headers(asset.variants[0])
            texts[asset.headers] = "\n".join(f"{name}: {value}" for name, value in headers if name not in own)
    return texts
