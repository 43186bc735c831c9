"""The import map of a release: from the specifiers that modules use to the URLs that they are served at."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence

from servestatic_build.config import Config
from servestatic_build.errors import BuildError
from servestatic_build.model import Asset, Graph, ReferenceKind
from servestatic_build.refs.json_text import in_markup
from servestatic_runtime.paths import quote_path

IMPORTS = frozenset({ReferenceKind.IMPORT, ReferenceKind.DYNAMIC_IMPORT})


def import_map(assets: Sequence[Asset], graph: Graph, config: Config) -> str:
    """Return the import map as JSON that may stand in a script element; raise BuildError (HTML, 8.1.6.2).

    It has the bare specifiers of the settings and, where modules keep their bytes, each module that another imports,
    from its plain URL to the one that its content gave it. All of them get their integrity.
    """
    targets = dict(_from_settings(assets, graph, config))
    if config.modules == "importmap":
        targets |= dict(_from_plain_urls(assets, graph))
    imports = {specifier: quote_path(asset.path) for specifier, asset in targets.items()}
    integrity = {quote_path(asset.path): _integrity(asset) for asset in targets.values()}
    text = json.dumps({"imports": imports, "integrity": integrity}, sort_keys=True, separators=(",", ":"))
    return in_markup(text)


def _from_plain_urls(assets: Sequence[Asset], graph: Graph) -> Iterator[tuple[str, Asset]]:
    links = (link for file in graph.files for link in file.links if link.reference.kind in IMPORTS)
    for number in sorted({link.target for link in links}):
        if assets[number].source.fingerprinted:
            yield quote_path(assets[number].source.plain_path), assets[number]


def _from_settings(assets: Sequence[Asset], graph: Graph, config: Config) -> Iterator[tuple[str, Asset]]:
    by_name = {asset.source.name: asset for asset in assets}
    for specifier, name in config.imports.items():
        if specifier.endswith("/"):
            yield from _below(specifier, name, by_name, graph)
        elif name in by_name:
            yield specifier, by_name[name]
        else:
            raise BuildError("imports", f"{specifier!r} leads to {name}, which is not there")


def _below(prefix: str, directory: str, by_name: Mapping[str, Asset], graph: Graph) -> Iterator[tuple[str, Asset]]:
    """Yield an exact entry for each specifier that a module uses below a prefix: a prefix can't name fingerprints."""
    for specifier in graph.bare_specifiers:
        if specifier.startswith(prefix) and (asset := by_name.get(directory + specifier.removeprefix(prefix))):
            yield specifier, asset


def _integrity(asset: Asset) -> str:
    return "sha384-" + b64encode(asset.integrity).decode()
