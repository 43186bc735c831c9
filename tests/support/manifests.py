"""Synthetic releases of any size, written with the manifest writer alone: there are no files behind them."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256, sha384

from servestatic_build.headers import HeaderPolicy
from servestatic_build.manifest_writer import Site, manifest_bytes
from servestatic_build.model import Asset, SourceFile, StagedFile, Variant

_POLICY = HeaderPolicy(max_age=60, cross_origin=True, rules=(), hook=None)
_SUFFIXES = {"identity": "", "gzip": ".gz", "br": ".br", "zstd": ".zst"}


def synthetic_manifest(count: int) -> bytes:
    """Return the manifest of ``count`` scripts with three codings each, named ``js/0000000.js`` and so on."""
    return _manifest([_asset(number) for number in range(count)])


def chain_manifest(count: int) -> bytes:
    """Return the manifest of the same scripts without codings when each imports the next."""
    assets = [_asset(number) for number in range(count)]
    targets = [*((number,) for number in range(1, count)), ()]
    chained = (
        replace(asset, references=own, imports=own, variants=asset.variants[:1])
        for asset, own in zip(assets, targets, strict=True)
    )
    return _manifest(list(chained))


def _manifest(assets: list[Asset]) -> bytes:
    return manifest_bytes(Site("/static/", "index.html", _POLICY.redirect()), assets, map(_POLICY.headers_of, assets))


def _asset(number: int) -> Asset:
    name = f"js/{number:07}.js"
    digest = sha256(name.encode())
    path = f"/static/js/{number:07}.{digest.hexdigest()[:12]}.js"
    source = SourceFile(
        name, f"/src/{name}", f"/static/{name}", 4000, 0, "text/javascript", fingerprinted=True, plain=True
    )
    variants = tuple(
        Variant(
            coding, StagedFile("", path[1:] + suffix, 4000 - 1000 * n, sha256(digest.digest() + bytes((n,))).digest())
        )
        for n, (coding, suffix) in enumerate(_SUFFIXES.items())
    )
    return Asset(source, path, 1_700_000_000, sha384(name.encode()).digest(), (), variants)
