"""Take what its release does not list out of DIST."""

from __future__ import annotations

import os
from contextlib import suppress

from servestatic_runtime.format import MANIFEST_NAME
from servestatic_runtime.manifest import Manifest

_UNFINISHED = ".servestatic-build-"  # directories of builds that run just now begin so


def clear(dist: str) -> int:
    """Remove every file but the manifest and those it lists, and directories that are empty then; return how many.

    It comes after the build, so there is a whole release at every moment.
    """
    manifest = Manifest.open(dist)
    kept = {variant.file for asset in manifest for variant in asset.variants} | {MANIFEST_NAME}
    removed = 0
    for directory, _, files in _bottom_up(manifest.root):
        below = os.path.relpath(directory, manifest.root)
        extra = [name for name in files if os.path.normpath(os.path.join(below, name)) not in kept]
        for name in extra:
            os.unlink(os.path.join(directory, name))
        removed += len(extra)
        with suppress(OSError):  # it is not empty
            os.rmdir(directory)
    return removed


def _bottom_up(root: str) -> list[tuple[str, list[str], list[str]]]:
    """Return what os.walk finds, the innermost first, without the builds that run."""
    found = []
    for directory, names, files in os.walk(root):
        names[:] = [name for name in names if not name.startswith(_UNFINISHED)]
        found.append((directory, names, files))
    return found[::-1]
