"""Synthetic releases of any size, written with the manifest writer alone: behind them are no files, or only holes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256, sha384
from pathlib import Path

from servestatic_build.model import Asset, Signature, SourceFile, StagedFile, Variant
from servestatic_build.releases.content import Site, content_of_build
from servestatic_build.releases.headers import HeaderPolicy
from servestatic_build.releases.history import without_past
from servestatic_build.releases.manifest_writer import manifest_bytes
from servestatic_runtime.url_reason import UrlReason

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
        replace(asset, references=numbers, imports=numbers, variants=asset.variants[:1])
        for asset, numbers in zip(assets, targets, strict=True)
    )
    return _manifest(list(chained))


def sparse_release(dist: Path, sizes: Mapping[str, int]) -> None:
    """Write a release whose files, by their plain URL paths, are zeros that take no room on the disk."""
    for path, size in sizes.items():
        file = dist / "files" / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        os.truncate(file, size)
    (dist / "manifest.msgpack").write_bytes(_manifest([_hole(*item) for item in sorted(sizes.items())]))


def two_releases(root: Path) -> Path:
    """Write a release and the one after it, and return where: ``root``."""
    sparse_release(root / "first", {"/small.txt": 1000, "/empty.txt": 0, "/large.bin": 1_000_000})
    sparse_release(root / "next", {"/small.txt": 10})
    return root


def _manifest(assets: Sequence[Asset]) -> bytes:
    site = Site("/static/", "index.html", _POLICY.redirect())
    content = content_of_build(site, assets, map(_POLICY.headers_of, assets))
    return manifest_bytes(content, without_past(content))


def _asset(number: int) -> Asset:
    name = f"js/{number:07}.js"
    digest = sha256(name.encode())
    path = f"/static/js/{number:07}.{digest.hexdigest()[:12]}.js"
    file, url = f"/src/{name}", f"/static/{name}"
    source = SourceFile(
        name, file, url, Signature(4000, 0, 0), 0, "text/javascript", UrlReason.CONTENT, plain=True, real_path=file
    )
    variants = tuple(
        Variant(
            coding, StagedFile("", path[1:] + suffix, 4000 - 1000 * n, sha256(digest.digest() + bytes((n,))).digest())
        )
        for n, (coding, suffix) in enumerate(_SUFFIXES.items())
    )
    return Asset(source, path, 1_700_000_000, sha384(name.encode()).digest(), (), variants)


def _hole(path: str, size: int) -> Asset:
    content = bytes(size) if size <= 1_000_000 else path.encode()  # nobody reads a gigabyte to check it
    digest = sha256(content).digest()
    file, kind = f"/src{path}", "application/octet-stream"
    source = SourceFile(
        path, file, path, Signature(size, 0, 0), 0, kind, UrlReason.SOURCE_URL, plain=True, real_path=file
    )
    return Asset(
        source, path, 1_700_000_000, bytes(48), (), (Variant("identity", StagedFile("", path[1:], size, digest)),)
    )
