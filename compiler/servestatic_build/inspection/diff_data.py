"""A comparison as data for JSON."""

from __future__ import annotations

from typing import Any

from servestatic_build.inspection.comparison import Bytes, Change, Comparison, HeaderChange, NewFile
from servestatic_runtime.paths import quote_path
from servestatic_runtime.records import Asset


def comparison_data(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as an object; lists are in order of name."""
    return {
        "new": [_new(each) for each in comparison.new],
        "gone": [_file(asset) for asset in comparison.gone],
        "changed": [_change(each) for each in comparison.changed],
        "headers": [_headers(each) for each in comparison.headers],
        "bytes": {coding: _bytes(each) for coding, each in comparison.bytes.items()},
    }


def _file(asset: Asset) -> dict[str, Any]:
    return {"name": asset.name, "url": quote_path(asset.url), "size": asset.variants[0].size}


def _new(file: NewFile) -> dict[str, Any]:
    return {**_file(file.asset), "was": file.was}


def _change(change: Change) -> dict[str, Any]:
    old, new = _file(change.old), _file(change.new)
    return {
        "name": new["name"],
        "old_url": old["url"],
        "url": new["url"],
        "old_size": old["size"],
        "size": new["size"],
        "renamed": old["url"] != new["url"],
        "same_bytes": change.old.digest == change.new.digest,
        "own_content": change.own,
        "because_of": change.because_of,
    }


def _headers(change: HeaderChange) -> dict[str, Any]:
    return {"urls": change.urls, "removed": change.removed, "added": change.added}


def _bytes(sizes: Bytes) -> dict[str, int]:
    return {"old": sizes.old, "new": sizes.new, "returning": sizes.returning}
