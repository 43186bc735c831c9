"""A manifest of any size, made with the manifest writer directly: no file behind it exists."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice, product
from pathlib import Path
from random import Random

from servestatic_build.model import Asset, Signature, SourceFile, StagedFile, Variant
from servestatic_build.releases.content import Site, content_of_build
from servestatic_build.releases.headers import AssetHeaders, HeaderPolicy
from servestatic_build.releases.history import without_past
from servestatic_build.releases.manifest_writer import manifest_bytes
from servestatic_runtime.format import FILE_SUFFIXES, MANIFEST_NAME
from servestatic_runtime.media_types import media_type
from servestatic_runtime.url_reason import UrlReason

PREFIX = "/static/"
URLS_PER_ASSET = 2  # one with a fingerprint, and the plain one

_POLICY = HeaderPolicy(max_age=60, cross_origin=True, rules=(), hook=None)
_APPS = ("accounts", "admin", "analytics", "blog", "calendar", "checkout", "search", "shop")
_FOLDERS = ("css/base", "css/themes/dark", "img/icons", "js", "js/pages", "js/vendor/widgets")
_STEMS = ("avatar", "button", "carousel", "date-picker", "dialog", "menu", "table", "tooltip")
_SUFFIXES = {"css": "css", "img": "svg", "js": "js"}  # by the first part of a folder


def write_manifest(dist: Path, urls: int) -> None:
    """Write a manifest with this many URLs: three codings an asset, and two references."""
    random = Random(urls)
    assets = [_asset(name, number, random) for number, name in enumerate(logical_names(urls))]
    site = Site(PREFIX, "index.html", _POLICY.redirect())
    dist.mkdir(parents=True)
    content = content_of_build(site, assets, _headers(assets))
    (dist / MANIFEST_NAME).write_bytes(manifest_bytes(content, without_past(content)))


def logical_names(urls: int) -> list[str]:
    """Return the names of the assets of ``write_manifest``, sorted."""
    return sorted(islice(_names(), urls // URLS_PER_ASSET))


def _names() -> Iterator[str]:
    for number in count(1):
        for app, folder, stem in product(_APPS, _FOLDERS, _STEMS):
            yield f"{app}/{folder}/{stem}-{number}.{_SUFFIXES[folder.partition('/')[0]]}"


def _asset(name: str, number: int, random: Random) -> Asset:
    source = SourceFile(
        name=name,
        path=name,
        plain_path=PREFIX + name,
        signature=Signature(random.randrange(500, 200_000), 0, 0),
        modified=1_700_000_000 + number,
        media_type=media_type(name, {}),
        reason=UrlReason.CONTENT,
        plain=True,
        real_path=name,
    )
    stem, _, suffix = name.rpartition(".")
    path = f"{PREFIX}{stem}.{random.randbytes(6).hex()}.{suffix}"
    references = tuple(range(max(0, number - 2), number))
    return Asset(
        source, path, source.modified, random.randbytes(48), references, _variants(path, source.signature.size, random)
    )


def _variants(path: str, size: int, random: Random) -> tuple[Variant, ...]:
    return tuple(
        Variant(coding, StagedFile("", path[1:] + suffix, size // place, random.randbytes(32)))
        for place, (coding, suffix) in enumerate(FILE_SUFFIXES.items(), start=1)
    )


def _headers(assets: list[Asset]) -> list[AssetHeaders]:
    """Return each asset's header sets, which by default depend on its type alone."""
    by_type = {asset.source.media_type: asset for asset in assets}
    made = {kind: _POLICY.headers_of(asset) for kind, asset in by_type.items()}
    return [made[asset.source.media_type] for asset in assets]
