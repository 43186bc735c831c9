"""What a manifest says, as data for JSON."""

from __future__ import annotations

import json
from typing import Any

from servestatic_runtime import Manifest
from servestatic_runtime.manifest import AssetMatch
from servestatic_runtime.media_types import DEFAULT
from servestatic_runtime.paths import quote_path
from servestatic_runtime.records import Asset, integrity_value

_VERSION = 1  # of what the data looks like, whatever the manifest's is


def manifest_data(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest as an object: files relative to DIST, assets in order of name."""
    return {
        "version": _VERSION,
        "prefix": manifest.prefix,
        "assets": [asset_data(manifest, asset) for asset in manifest],
    }


def asset_data(manifest: Manifest, asset: Asset) -> dict[str, Any]:
    """Return one of a manifest's assets as an object."""
    identity = asset.variants[0]
    return {
        "name": asset.name,
        "url": quote_path(asset.url),
        "plain_url": None if asset.plain_url is None else quote_path(asset.plain_url),
        "file": identity.file,
        "type": served_type(manifest, asset),
        "size": identity.size,
        "digest": asset.digest.hex(),
        "integrity": integrity_value(asset),
        "immutable": asset.immutable,
        "variants": [
            {"coding": variant.coding, "file": variant.file, "size": variant.size, "etag": variant.etag}
            for variant in asset.variants
        ],
        "references": list(manifest.references(asset)),
        **(_delta_data(asset) if asset.pattern else {}),
    }


def _delta_data(asset: Asset) -> dict[str, Any]:
    return {
        "pattern": asset.pattern,
        "deltas": [
            {
                "dictionary": delta.dictionary.hex(),
                "file": delta.variant.file,
                "size": delta.variant.size,
                "etag": delta.variant.etag,
            }
            for delta in asset.deltas
        ],
    }


def served_type(manifest: Manifest, asset: Asset) -> str:
    """Return the Content-Type that an asset is served with."""
    headers = dict(AssetMatch(manifest, asset, asset.headers).ok_headers(asset.variants[0]))
    return headers.get("Content-Type", DEFAULT)


def as_json_text(data: dict[str, Any]) -> str:
    """Return an object as it is printed."""
    return json.dumps(data, indent=2, ensure_ascii=False)
