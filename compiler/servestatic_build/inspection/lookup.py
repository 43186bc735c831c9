"""The asset that a person means: by its logical name, or by a URL that a browser shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from servestatic_runtime import Manifest, UnknownAssetError
from servestatic_runtime.records import Asset


def asset_of(manifest: Manifest, text: str) -> Asset:
    """Return the asset of a logical name or a URL; raise UnknownAssetError.

    A URL may be any that the asset answers at, percent-encoded, with a base URL before it and a query behind it.
    """
    with suppress(UnknownAssetError):
        return manifest.asset(text)
    for path in _paths(text):
        match = manifest.find(path)
        if match and isinstance(match.asset, Asset):
            return match.asset
    raise UnknownAssetError(text, manifest.path)


def _paths(url: str) -> Iterator[str]:
    """Yield the decoded path of a URL, then what stays of it below a mount of one segment, two, and so on."""
    try:
        path = "/" + unquote(urlsplit(url).path).lstrip("/")
    except ValueError:  # no URL, such as https://[::1
        return
    while path:
        yield path
        _, slash, rest = path[1:].partition("/")
        path = slash + rest
