"""``servestatic-manifest explain``: all that a manifest says of one asset, for a person or as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from servestatic_build.inspection.json_view import as_json_text, asset_data
from servestatic_build.inspection.lookup import asset_of
from servestatic_runtime import Manifest
from servestatic_runtime.manifest import AssetMatch
from servestatic_runtime.paths import quote_path
from servestatic_runtime.printable import printable
from servestatic_runtime.records import Asset, Headers, Variant, integrity_value
from servestatic_runtime.url_reason import UrlReason

_LABEL_WIDTH = 16


def explain(dist: str, name: str, *, as_json: bool) -> Iterator[str]:
    """Yield the lines about one asset of DIST, by logical name or URL; raise ManifestError or UnknownAssetError."""
    manifest = Manifest.open(dist)
    asset = asset_of(manifest, name)
    if as_json:
        yield as_json_text(explained_data(manifest, asset))
    else:
        yield from map(printable, explained(manifest, asset))


def explained(manifest: Manifest, asset: Asset) -> Iterator[str]:
    """Yield the lines that say an asset's URLs, why they are so, its references both ways, and all its headers."""
    yield asset.name
    for label, values in _facts(manifest, asset):
        for number, value in enumerate(values):
            yield f"  {'' if number else label:{_LABEL_WIDTH}}{value}"
    yield from _headers_by_variant(manifest, asset)
    yield from _headers_of_plain_url(manifest, asset)


def explained_data(manifest: Manifest, asset: Asset) -> dict[str, Any]:
    """Return the same as an object: what the asset is in the manifest's, and more."""
    data, reason = asset_data(manifest, asset), UrlReason.of(asset.reason)
    for variant, shown in zip(asset.variants, data["variants"], strict=True):
        shown["headers"] = AssetMatch(manifest, asset, asset.headers).ok_headers(variant)
        shown["plain_headers"] = _plain_headers(manifest, asset, variant)
    return {
        **data,
        "reason": _REASONS[reason],
        "reason_code": reason.name.lower().replace("_", "-"),
        "directory": None if asset.directory is None else quote_path(asset.directory),
        "aliases": asset.aliases,
        "referenced_by": _referrers(manifest, asset),
    }


def _facts(manifest: Manifest, asset: Asset) -> Iterator[tuple[str, Sequence[str]]]:
    yield "also named", asset.aliases
    yield "url", [quote_path(asset.url), _REASONS[UrlReason.of(asset.reason)]]
    if asset.plain_url not in {None, asset.url}:
        yield "plain url", [quote_path(asset.plain_url or "")]
    if asset.directory:
        yield "answers for", [quote_path(asset.directory)]
    yield "integrity", [integrity_value(asset)]
    yield "refers to", manifest.references(asset) or ["nothing"]
    yield "referred to by", _referrers(manifest, asset) or ["nothing"]


_REASONS = {
    UrlReason.UNKNOWN: "nothing says why it is fingerprinted or not: compile again",
    UrlReason.CONTENT: "fingerprinted: it has the first digits of the file's SHA-256",
    UrlReason.CYCLE: "fingerprinted: it has the hash of the cycle of files that this one is part of",
    UrlReason.FINGERPRINT_PATTERN: "fingerprinted: a --fingerprint pattern matches its name",
    UrlReason.HTML: "not fingerprinted: HTML keeps its plain URL",
    UrlReason.SOURCE_URL: "not fingerprinted: its source is served at a URL of its own",
    UrlReason.PLAIN_PATTERN: "not fingerprinted: a --plain pattern matches its name",
    UrlReason.SERVICE_WORKER: "not fingerprinted: it is a service worker, and browsers update those by their URL",
    UrlReason.HASHED_PATTERN: "not fingerprinted again: a --hashed pattern matches its name",
    UrlReason.HASHED_HOOK: "not fingerprinted again: the hashed-hook says that its name holds a hash",
    UrlReason.BUNDLER_MANIFEST: "not fingerprinted again: a bundler's manifest lists it, and its name holds a hash",
    UrlReason.FOREIGN: "not fingerprinted: another program wrote it into DIST",
    UrlReason.FOREIGN_HASHED: "not fingerprinted again: another program wrote it into DIST, and its name holds a hash",
}


def _referrers(manifest: Manifest, asset: Asset) -> list[str]:
    number = next(number for number, other in enumerate(manifest) if other.name == asset.name)
    return [other.name for other in manifest if number in other.references]


def _headers_by_variant(manifest: Manifest, asset: Asset) -> Iterator[str]:
    """Yield each variant with its headers; what several have in common is said once, before them."""
    linked = AssetMatch(manifest, asset, asset.headers)
    headers = {body: linked.ok_headers(body) for body in asset.bodies}
    earlier = {delta.variant: f", from the file with the SHA-256 {delta.dictionary.hex()}" for delta in asset.deltas}
    shared: Headers = []
    if len(headers) > 1:
        shared = [pair for pair in headers[asset.variants[0]] if all(pair in others for others in headers.values())]
        yield from _block("every variant", map(_line, shared))
    for variant, pairs in headers.items():
        title = f"{variant.coding}: {variant.size:,} bytes in {variant.file}{earlier.get(variant, '')}"
        yield from _block(title, (_line(pair) for pair in pairs if pair not in shared))


def _headers_of_plain_url(manifest: Manifest, asset: Asset) -> Iterator[str]:
    """Yield what is different under the plain URL, where there is one beside the other."""
    identity = asset.variants[0]
    linked = AssetMatch(manifest, asset, asset.headers).ok_headers(identity)
    plain = _plain_headers(manifest, asset, identity)
    if plain is not None and plain != linked:
        names = {name for name, _ in plain}
        yield from _block("under the plain url", (_line(pair) for pair in plain if pair not in linked))
        yield from (f"    no {name}" for name, _ in linked if name not in names)


def _plain_headers(manifest: Manifest, asset: Asset, variant: Variant) -> Headers | None:
    number = asset.plain_headers
    return None if number is None else AssetMatch(manifest, asset, number).ok_headers(variant)


def _block(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield f"  {title}"
    yield from (f"    {line}" for line in lines)


def _line(pair: tuple[str, str]) -> str:
    return ": ".join(pair)
