"""A release as the objects of a bucket: one JSON object a line, in the order in which to upload them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from servestatic_build.exports.served import CODINGS, Served, served
from servestatic_runtime import Manifest
from servestatic_runtime.format import FILE_SUFFIXES, IDENTITY
from servestatic_runtime.manifest import AssetMatch
from servestatic_runtime.records import Variant

# What a bucket keeps with an object, by the names of its API.
_KEPT = {
    "content-type": "ContentType",
    "cache-control": "CacheControl",
    "content-encoding": "ContentEncoding",
    "content-disposition": "ContentDisposition",
    "content-language": "ContentLanguage",
}


def objects(manifest: Manifest) -> Iterator[str]:
    """Yield a line an object: what is named by its content first, then the rest, then pages, which refer to both.

    An object has the key of its URL, and a coded one that of the URL and the suffix of its coding: a bucket does not choose.
    """
    paths = [each for each in served(manifest) if each.location is None and not each.path.endswith("/")]
    for each in sorted(paths, key=lambda each: _rank(manifest, each)):
        for variant in each.asset.variants:
            if variant.coding in {IDENTITY, *CODINGS}:
                yield json.dumps(_object(manifest, each, variant), ensure_ascii=False)


def _rank(manifest: Manifest, each: Served) -> tuple[int, str]:
    is_page = dict(manifest.header_set(each.header_set).ok).get("Content-Type", "") or ""
    return (2 if is_page.startswith("text/html") else int(each.path != each.asset.url), each.path)


def _object(manifest: Manifest, each: Served, variant: Variant) -> dict[str, Any]:
    headers = AssetMatch(manifest, each.asset, each.header_set).ok_headers(variant)
    suffix = "" if variant.coding == IDENTITY else FILE_SUFFIXES[variant.coding]
    kept = {_KEPT[name.lower()]: value for name, value in headers if name.lower() in _KEPT}
    return {"Key": each.path.lstrip("/") + suffix, "File": variant.file, **kept}
