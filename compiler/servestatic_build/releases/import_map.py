"""The import map of a release: from the specifiers that modules use to the URLs that they are served at."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence

from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError
from servestatic_build.model import IMPORTS, Asset, Graph, Link
from servestatic_build.references.specifiers import Specifiers, is_bare_import
from servestatic_runtime.import_maps import import_map_text
from servestatic_runtime.paths import quote_path


def import_map(assets: Sequence[Asset], graph: Graph, specifiers: Specifiers, *, of_all_modules: bool) -> str:
    """Return the import map as JSON that may stand in a script element; raise BuildError (HTML, 8.1.6.2).

    It has the bare specifiers of the settings and, where modules keep their bytes (``of_all_modules``), each one that
    another imports, from its plain URL to the one that its content gave it. All of them get their integrity.
    """
    imported = [link for file in graph.files for link in file.links if link.reference.kind in IMPORTS]
    targets = dict(_exact(assets, specifiers)) | dict(_bare(assets, imported))
    if of_all_modules:
        targets |= dict(_from_plain_urls(assets, imported))
    imports = {specifier: quote_path(asset.path) for specifier, asset in targets.items()}
    integrity = {quote_path(asset.path): _integrity(asset) for asset in targets.values()}
    return import_map_text(imports, integrity)


def with_assets(text: str, changes: Iterable[tuple[Asset, Asset]]) -> str:
    """Return the import map of a release in which assets have become others, each with the one before."""
    known = json.loads(text)
    changed = {quote_path(former.path): asset for former, asset in changes}
    urls = {url: quote_path(asset.path) for url, asset in changed.items()}
    imports = {specifier: urls.get(url, url) for specifier, url in known["imports"].items()}
    integrity = {
        urls.get(url, url): _integrity(changed[url]) if url in changed else value
        for url, value in known["integrity"].items()
    }
    return import_map_text(imports, integrity)


def _exact(assets: Sequence[Asset], specifiers: Specifiers) -> Iterator[tuple[str, Asset]]:
    """Yield the settings' entries that are for one specifier, used or not."""
    by_path = {asset.source.plain_path: asset for asset in assets}
    for specifier, path in specifiers.exact.items():
        if path not in by_path:
            message = f"{specifier!r} resolves to {path}, which does not exist"
            raise BuildError(Code.MISSING_IMPORT, "imports", message, "correct the entry, or add the file")
        yield specifier, by_path[path]


def _bare(assets: Sequence[Asset], imported: Sequence[Link]) -> Iterator[tuple[str, Asset]]:
    """Yield an exact entry for each bare specifier in use: one that ends in a slash can't name fingerprints."""
    for link in imported:
        if is_bare_import(link.reference):
            yield link.reference.value, assets[link.target]


def _from_plain_urls(assets: Sequence[Asset], imported: Sequence[Link]) -> Iterator[tuple[str, Asset]]:
    for number in sorted({link.target for link in imported if not is_bare_import(link.reference)}):
        if assets[number].source.fingerprinted:
            yield quote_path(assets[number].source.plain_path), assets[number]


def _integrity(asset: Asset) -> str:
    return "sha384-" + b64encode(asset.integrity).decode()
