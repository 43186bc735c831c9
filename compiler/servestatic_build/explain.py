"""What a manifest says of one asset, for a person."""

from __future__ import annotations

from collections.abc import Iterator

from servestatic_build.media_types import HTML
from servestatic_runtime import Manifest
from servestatic_runtime.manifest import Asset
from servestatic_runtime.paths import quote_path


def explained(manifest: Manifest, asset: Asset) -> Iterator[str]:
    """Yield the lines that say an asset's URLs, why they are so, its references both ways, and all its headers."""
    yield f"{asset.name}"
    if asset.aliases:
        yield f"  also named: {', '.join(asset.aliases)}"
    yield f"  url: {quote_path(asset.url)}"
    if asset.plain_url not in {None, asset.url}:
        yield f"  plain url: {quote_path(asset.plain_url or '')}"
    if asset.directory:
        yield f"  answers for: {quote_path(asset.directory)}"
    yield f"  {_reason(manifest, asset)}"
    yield from _listed("refers to", manifest.references(asset))
    yield from _listed("referred to by", _referrers(manifest, asset))
    for variant in asset.variants:
        yield f"  {variant.coding}: {variant.size:,} bytes in {variant.file}"
        for name, value in manifest.ok_headers(asset.headers, asset, variant):
            yield f"    {name}: {value}"


def _reason(manifest: Manifest, asset: Asset) -> str:
    """Return why an asset's URL is fingerprinted or not."""
    if asset.immutable and asset.url == asset.plain_url:
        return "not fingerprinted again: a bundler named it by its content"
    fingerprint = asset.digest.hex()[:12]
    if asset.immutable and f".{fingerprint}" in asset.url:
        return "fingerprinted: its URL has the first digits of its SHA-256"
    if asset.immutable:
        return "fingerprinted: its URL has the hash of the cycle of files that it is part of"
    if _media_type(manifest, asset) in HTML:
        return "not fingerprinted: HTML keeps its plain URL"
    if asset.name.startswith("/"):
        return "not fingerprinted: its source is served at a URL of its own"
    return "not fingerprinted: a --plain pattern matches its name"


def _media_type(manifest: Manifest, asset: Asset) -> str:
    headers = dict(manifest.ok_headers(asset.headers, asset, asset.variants[0]))
    return headers.get("Content-Type", "").partition(";")[0]


def _referrers(manifest: Manifest, asset: Asset) -> list[str]:
    return [other.name for other in manifest if asset.name in manifest.references(other)]


def _listed(what: str, names: list[str] | tuple[str, ...]) -> Iterator[str]:
    yield f"  {what}: {', '.join(names) or 'nothing'}"
