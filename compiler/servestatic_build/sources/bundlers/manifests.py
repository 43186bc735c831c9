"""The bundlers' manifests of a build: which there are, and what they say."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError
from servestatic_build.platform_files import is_within
from servestatic_build.sources.bundlers.reports import REPORTS
from servestatic_build.sources.bundlers.shapes import ESBUILD, VITE, WEBPACK, Output, Shape
from servestatic_runtime.platform_files import with_slashes

_SHAPES = (VITE, ESBUILD, *REPORTS, WEBPACK)  # the most particular first

# Where Vite puts the manifest below its output: since Vite 5 into a directory of its own.
_VITE_DIRECTORY = ".vite"
_VITE = "manifest.json"


class BundlerManifest(NamedTuple):
    """A bundler's manifest: where it lies, and what it says."""

    path: str
    shape: Shape
    outputs: tuple[Output, ...]


def manifests_of(found: Iterable[str], directories: Iterable[str], named: Iterable[str]) -> Iterator[BundlerManifest]:
    """Yield the manifests among all that was found in the sources' directories, then those that are named by their paths."""
    paths = {os.path.abspath(path): path for path in named}
    for path in _vite_paths(found, directories):
        is_new = os.path.abspath(path) not in paths and os.path.isfile(path)
        if is_new and (manifest := read_manifest(path) if _is_certain(path) else _if_vite(path)):
            yield manifest
    yield from map(read_manifest, paths.values())


def _vite_paths(found: Iterable[str], directories: Iterable[str]) -> list[str]:
    """Return where a manifest of Vite's may lie: those of a later source behind those of an earlier one."""
    roots = tuple(map(os.path.abspath, directories))

    def order(path: str) -> tuple[int, str]:
        return max((number for number, root in enumerate(roots) if is_within(path, root)), default=0), path

    inside = (os.path.join(path, _VITE) if path.endswith(_VITE_DIRECTORY) else path for path in found)
    return sorted((path for path in inside if path.endswith(_VITE) and os.path.basename(path) == _VITE), key=order)


def _is_certain(path: str) -> bool:
    return os.path.basename(os.path.dirname(path)) == _VITE_DIRECTORY


def _if_vite(path: str) -> BundlerManifest | None:
    """Return the manifest of Vite 4, or None: a file of this name may be anything."""
    try:
        manifest = read_manifest(path)
    except BuildError:
        return None
    return manifest if manifest.shape is VITE else None


def read_manifest(path: str) -> BundlerManifest:
    """Return what a bundler's manifest says; raise BuildError for a file that is none."""
    document = _json(path)
    if isinstance(document, dict):
        for shape in _SHAPES:
            if shape.recognises(document):
                return BundlerManifest(path, shape, tuple(map(_with_slashes, shape.read(document))))
    hint = "name a bundler's manifest, esbuild's metafile, or a report of webpack, Rspack, Parcel or Rollup"
    message = "this bundler's manifest has no known form"
    raise BuildError(Code.INVALID_BUNDLER_MANIFEST, path, message, hint)


def _with_slashes(output: Output) -> Output:
    """Return what a manifest says of a file with its paths as a manifest of another system has them."""
    alias = output.alias and with_slashes(output.alias)
    return output._replace(
        file=with_slashes(output.file), origins=tuple(map(with_slashes, output.origins)), alias=alias
    )


def _json(path: str) -> Any:
    try:
        with open(path, "rb") as file:
            document = json.loads(file.read())
        json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except OSError as error:
        message = f"this bundler's manifest can't be read: {error.strerror}"
        raise BuildError(Code.FILE_SYSTEM, path, message) from error
    except (ValueError, RecursionError) as error:
        message = f"this bundler's manifest is not JSON: {error}"
        raise BuildError(Code.INVALID_BUNDLER_MANIFEST, path, message, "run the bundler again") from error
    return document
