"""The manifest: what is asked of it. Opened in constant time, one record decoded per question.

A question hashes a key, reads one bucket of the index, and decodes the records it points at (almost always none or
one).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from servestatic_runtime import format as schema
from servestatic_runtime.base_url import base_url as checked
from servestatic_runtime.document import Document
from servestatic_runtime.errors import UnknownAssetError
from servestatic_runtime.format import HeaderSetRecord, ReleaseRecord
from servestatic_runtime.import_maps import import_map_at
from servestatic_runtime.paths import quote_path
from servestatic_runtime.platform_files import native_path
from servestatic_runtime.records import (
    Asset,
    Headers,
    ImportMap,
    RetiredUrl,
    Variant,
    available_dictionary,
    csp_source,
    fill_variant_headers,
    integrity_value,
)

_SUFFIX = os.path.splitext(schema.MANIFEST_NAME)[1]
_MOST_URLS = 4096  # kept for templates, which name the same few again and again; a full table is cleared


class Preload(NamedTuple):
    """What ``<link rel="modulepreload">`` says of one module."""

    url: str  # percent-encoded
    integrity: str


class AssetMatch(NamedTuple):
    """What a URL path of a release leads to.

    That is an asset under one of its header sets, a redirect to its directory, or what a retired URL had.
    """

    manifest: Manifest
    asset: Asset | RetiredUrl
    header_set: int
    location: str | None = None  # where a redirect leads to, decoded

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The asset's bodies, identity first."""
        return self.asset.variants

    @property
    def modified(self) -> int:
        """The asset's date, in seconds since 1970."""
        return self.asset.modified

    @property
    def immutable(self) -> bool:
        """Whether the URL path is named by the content."""
        return self.asset.immutable and self.header_set == self.asset.headers

    @property
    def deltas(self) -> Mapping[str, Variant]:
        """What leads from earlier files to this one, by the value of Available-Dictionary; only at the URL to link to."""
        asset = self.asset
        if not isinstance(asset, Asset) or not asset.deltas or self.header_set != asset.headers:
            return {}
        return {available_dictionary(delta.dictionary): delta.variant for delta in asset.deltas}

    def ok_headers(self, variant: Variant) -> Headers:
        """Return all headers of the 200 for a variant."""
        return fill_variant_headers(self._header_set(variant).ok, self.modified, variant, self.asset.pattern)

    def not_modified_headers(self, variant: Variant) -> Headers:
        """Return all headers of the 304 for a variant."""
        return fill_variant_headers(self._header_set(variant).not_modified, self.modified, variant, self.asset.pattern)

    def body_path(self, variant: Variant) -> str:
        """Return the absolute path of a variant's file."""
        return self.manifest.body_path(variant)

    def _header_set(self, variant: Variant) -> HeaderSetRecord:
        asset = self.asset
        if variant.coding == schema.DELTA and isinstance(asset, Asset) and asset.delta_headers is not None:
            return self.manifest.header_set(asset.delta_headers)
        return self.manifest.header_set(self.header_set)


class Manifest:
    """A release, read from DIST or from its manifest.msgpack."""

    def __init__(self, document: Document, base_url: str = "") -> None:
        """Take a document, beside which its files are. ``base_url`` is a checked one."""
        self.path = document.path
        self.root = os.path.dirname(document.path)
        self.base_url = base_url
        site = document.site
        self.prefix, self.index, self.root_url, self.fallbacks = (
            site.prefix,
            site.index_name,
            site.root_url,
            site.fallbacks,
        )
        self._redirect_headers, self._beginnings = site.redirect_headers, site.beginnings
        self._document = document
        self._candidates = document.candidates  # asked by every request that is not ours
        self._asset = document.asset
        self._assets = document.assets
        self._urls: dict[str, str] = {}

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, base_url: str | None = None) -> Manifest:
        """Map the manifest at ``path``, a DIST directory or the file itself; raise ManifestError.

        ``base_url`` stands before every URL for templates: ``https://cdn.example.com``, or the path of a mount. None is
        SERVESTATIC_BASE_URL of the environment; raise ValueError for what is no such URL.
        """
        base = checked(base_url)
        directory, file_name = os.path.split(manifest_path(path))
        # If a deploy points a link elsewhere, this release keeps its own files.
        name = os.path.join(os.path.realpath(directory), file_name)
        return cls(Document.open(name), base)

    def at(self, base_url: str) -> Manifest:
        """Return the same release with another base URL, at nearly no cost; raise ValueError."""
        manifest = object.__new__(type(self))
        manifest.__dict__ |= {**self.__dict__, "base_url": checked(base_url), "_urls": {}}
        return manifest

    def close(self) -> None:
        """Release the mapping. What was read from it stays valid."""
        self._document.close()

    def __len__(self) -> int:
        """Return the number of assets."""
        return self._assets

    def __iter__(self) -> Iterator[Asset]:
        """Yield every asset in order of name."""
        return map(self._asset, range(self._assets))

    def retired(self) -> Iterator[RetiredUrl]:
        """Yield every URL of earlier releases that is still served."""
        return self._document.all_retired()

    def releases(self) -> tuple[ReleaseRecord, ...]:
        """Return the current release, then those whose URLs are still served, the newest first; none before version 2."""
        return self._document.releases()

    def url(self, name: str) -> str:
        """Return the URL of a logical name, percent-encoded: the base URL, if any, and the path.

        Raise UnknownAssetError.
        """
        url = self._urls.get(name)
        if url is None:
            url = self._url(self.asset(name))
            if len(self._urls) >= _MOST_URLS:
                self._urls.clear()
            self._urls[name] = url
        return url

    def integrity(self, name: str) -> str:
        """Return the ``integrity`` attribute of a logical name (SHA-384); raise UnknownAssetError."""
        return integrity_value(self.asset(name))

    def asset(self, name: str) -> Asset:
        """Return the asset of a logical name; raise UnknownAssetError."""
        for number in self._candidates(name):
            if number >= self._assets:  # a retired URL, which no name leads to
                continue
            asset = self._asset(number)
            if asset.name == name or name in asset.aliases:
                return asset
        raise UnknownAssetError(name, self.path)

    def references(self, asset: Asset) -> tuple[str, ...]:
        """Return the logical names that an asset's content refers to, in order."""
        return tuple(self._asset(number).name for number in asset.references)

    def import_map(self) -> ImportMap:
        """Return the import map of the release, for ``<script type="importmap">``."""
        text, digest = self._document.import_map()
        if self.base_url:
            text, digest = import_map_at(self.base_url, text)
        return ImportMap(text, csp_source(digest))

    def module_preload(self, name: str) -> list[Preload]:
        """Return a module and all that it imports statically, for ``<link rel="modulepreload">``.

        Each comes once, in the order in which the modules ask for each other; raise UnknownAssetError.
        """
        module = self.asset(name)
        preloads = {module.url: self._preload(module)}
        waiting, seen = [*reversed(module.imports)], set[int]()
        while waiting:
            number = waiting.pop()
            if number not in seen:
                seen.add(number)
                module = self._asset(number)
                preloads[module.url] = self._preload(module)
                waiting += reversed(module.imports)
        return list(preloads.values())

    def find(self, path: str) -> AssetMatch | None:
        """Return what a decoded URL path leads to, or None when it is not in this release."""
        # How a path begins tells most of what is not ours, at a tenth of the cost of the index.
        if self._beginnings is not None and not path.startswith(self._beginnings) and path != "/":
            return None
        for number in self._candidates(path):
            if number >= self._assets:
                retired = self._document.retired(number - self._assets)
                if path == retired.url:
                    return AssetMatch(self, retired, retired.headers)
                continue
            asset = self._asset(number)
            if path == asset.url:
                return AssetMatch(self, asset, asset.headers)
            if asset.plain_headers is not None and path in {asset.plain_url, asset.directory}:
                return AssetMatch(self, asset, asset.plain_headers)
            if asset.directory and path == asset.directory[:-1]:
                return AssetMatch(self, asset, self._redirect_headers, asset.directory)
        return None

    def header_set(self, number: int) -> HeaderSetRecord:
        """Return a header set of an asset, by its number there."""
        return self._document.header_set(number)

    def body_path(self, variant: Variant) -> str:
        """Return the absolute path of a variant's file."""
        return native_path(f"{self.root}/{variant.file}")

    def _url(self, asset: Asset) -> str:
        return self.base_url + quote_path(asset.url)

    def _preload(self, module: Asset) -> Preload:
        return Preload(self._url(module), integrity_value(module))


def manifest_path(path: str | os.PathLike[str]) -> str:
    """Return the absolute path of a manifest, given that or DIST. What is not there yet is a DIST unless its name says so."""
    name = os.path.abspath(path)
    is_dist = os.path.isdir(name) or not (name.endswith(_SUFFIX) or os.path.exists(name))
    return os.path.join(name, schema.MANIFEST_NAME) if is_dist else name
