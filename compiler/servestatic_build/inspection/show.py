"""``servestatic-manifest show``: what a release holds, as a table or as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from servestatic_build.inspection.json_view import as_json_text, manifest_data
from servestatic_runtime import Manifest
from servestatic_runtime.paths import quote_path
from servestatic_runtime.printable import printable

_HEADINGS = ("name", "url", "size", "codings")


def show(dist: str, *, as_json: bool) -> Iterator[str]:
    """Yield the lines that list the assets of DIST; raise ManifestError."""
    manifest = Manifest.open(dist)
    if as_json:
        yield as_json_text(manifest_data(manifest))
    else:
        yield from _as_table([_HEADINGS, *_rows(manifest)])


def _rows(manifest: Manifest) -> Iterator[Sequence[str]]:
    for asset in manifest:
        codings = " ".join(dict.fromkeys(body.coding for body in asset.bodies[1:]))
        yield printable(asset.name), quote_path(asset.url), f"{asset.variants[0].size:,}", codings


def _as_table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows with their columns below each other, the sizes at the right of theirs."""
    name_width, url_width, size_width, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    for name, url, size, codings in rows:
        yield f"{name:{name_width}}  {url:{url_width}}  {size:>{size_width}}  {codings}".rstrip()
