"""The bundlers' manifests of a build: which there are, and what they say."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from servestatic_build.diagnostics import BuildError, Code
from servestatic_build.sources.bundlers.shapes import SHAPES, VITE, Output, Shape
from servestatic_runtime.platform_files import with_slashes

# Where Vite 5 and later, and Vite 4 and earlier, put the manifest below their output.
_VITE = os.path.join(".vite", "manifest.json")
_VITE_4 = "manifest.json"


class BundlerManifest(NamedTuple):
    """A bundler's manifest: where it lies, and what it says."""

    path: str
    shape: Shape
    outputs: tuple[Output, ...]


def manifests_of(directories: Iterable[str], named: Iterable[str]) -> Iterator[BundlerManifest]:
    """Yield the manifests that directories hold, then those that are named by their paths."""
    paths = {os.path.abspath(path): path for path in named}
    for directory in directories:
        for name, find in ((_VITE, read_manifest), (_VITE_4, _if_vite)):
            path = os.path.join(directory, name)
            if os.path.abspath(path) not in paths and os.path.isfile(path) and (manifest := find(path)):
                yield manifest
    yield from map(read_manifest, paths.values())


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
        for shape in SHAPES:
            if shape.recognises(document):
                return BundlerManifest(path, shape, tuple(map(_with_slashes, shape.read(document))))
    hint = "name the manifest of Vite or of a webpack plugin, or esbuild's metafile"
    message = "this bundler's manifest has no known form"
    raise BuildError(Code.INVALID_BUNDLER_MANIFEST, path, message, hint)


def _with_slashes(output: Output) -> Output:
    """Return what a manifest says of a file with its paths as a manifest of another system has them."""
    alias = output.alias and with_slashes(output.alias)
    return Output(with_slashes(output.file), tuple(map(with_slashes, output.origins)), alias)


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
        raise BuildError(Code.INVALID_BUNDLER_MANIFEST, path, message) from error
    return document
