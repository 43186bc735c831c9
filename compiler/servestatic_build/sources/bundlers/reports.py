"""How bundlers report on a build, for those that know no manifest: statistics by file, from which the names can be told."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from servestatic_build.sources.bundlers.shapes import VITE, WEBPACK, Output, Shape


def _is_tracker(document: Mapping[str, Any]) -> bool:
    """Return whether it is webpack-bundle-tracker's webpack-stats.json, which django-webpack-loader reads."""
    return "status" in document and isinstance(document.get("chunks"), dict)


def _tracker(document: Mapping[str, Any]) -> Iterator[Output]:
    """Yield the files by chunk, then the others. Before its version 1 the chunks held what "assets" holds since."""
    assets = _table(document.get("assets"))
    yield from (_tracked(asset) for asset in _tables(assets.values()))
    for chunk, files in document["chunks"].items():
        listed = [assets.get(file) if isinstance(file, str) else file for file in _list(files)]
        outputs = [_tracked(asset) for asset in _tables(listed)]
        for output in outputs:
            name = chunk + posixpath.splitext(output.file)[1]
            is_only = [posixpath.splitext(other.file)[1] for other in outputs].count(name.removeprefix(chunk)) == 1
            yield output._replace(origins=(*output.origins, name), alias=name if is_only else None)


def _tracked(asset: Mapping[str, Any]) -> Output:
    """Return what an asset's entry says. Its path is of the machine that ran webpack."""
    source = asset.get("sourceFilename")
    file = next((text for key in ("path", "name") if isinstance(text := asset.get(key), str)), "")
    return Output(file, (source,), source) if isinstance(source, str) else Output(file)


def _is_stats(document: Mapping[str, Any]) -> bool:
    """Return whether it is what ``webpack --json`` and ``rspack build --json`` print (https://webpack.js.org/api/stats)."""
    assets = document.get("assets")
    return isinstance(assets, list) and all(isinstance(_table(asset).get("name"), str) for asset in assets)


def _stats(document: Mapping[str, Any]) -> Iterator[Output]:
    """Yield the files. "immutable" says that the name has a hash, whatever it looks like."""
    place = document.get("outputPath")
    for asset in document["assets"]:
        info = _table(asset.get("info"))
        file = re.split("[?#]", asset["name"])[0]
        suffix = posixpath.splitext(file)[1]
        source = info.get("sourceFilename")
        chunks = [chunk + suffix for chunk in _list(asset.get("chunkNames")) if isinstance(chunk, str)]
        origins = (*([source] if isinstance(source, str) else []), *chunks)
        path = f"{place}/{file}" if isinstance(place, str) else file
        yield Output(path, origins, origins[0] if origins else None, is_hashed=info.get("immutable") is True)


def _is_parcel(document: Mapping[str, Any]) -> bool:
    """Return whether it is parcel-metrics.json, of @parcel/reporter-build-metrics."""
    bundles = document.get("bundles")
    return isinstance(bundles, list) and all(isinstance(_table(each).get("filePath"), str) for each in bundles)


def _parcel(document: Mapping[str, Any]) -> Iterator[Output]:
    for bundle in document["bundles"]:
        paths = (asset.get("filePath") for asset in _tables(_list(bundle.get("assets"))))
        yield Output(bundle["filePath"], tuple(path for path in paths if isinstance(path, str)))


def _is_rollup(document: Mapping[str, Any]) -> bool:
    """Return whether it is the raw data of rollup-plugin-visualizer, whose tree has the files and then their modules."""
    return "nodeParts" in document and isinstance(_table(document.get("tree")).get("children"), list)


def _rollup(document: Mapping[str, Any]) -> Iterator[Output]:
    names = (file.get("name") for file in _tables(document["tree"]["children"]))
    yield from (Output(name) for name in names if isinstance(name, str))


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _tables(values: Any) -> Iterator[Mapping[str, Any]]:
    return (value for value in values if isinstance(value, dict))


REPORTS = (
    Shape(_is_tracker, _tracker, WEBPACK.own_hash),
    Shape(_is_stats, _stats, WEBPACK.own_hash),
    Shape(_is_parcel, _parcel, re.compile(r"(?:^|\.)([0-9a-f]{8})(?=\.|$)")),
    Shape(_is_rollup, _rollup, VITE.own_hash),
)
