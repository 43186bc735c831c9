"""The files that manifests name, found among those of the sources."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.model import Skipped, SourceFile
from servestatic_build.sources.bundlers.manifests import BundlerManifest
from servestatic_runtime.platform_files import with_slashes


class Locator:
    """Finds the files that manifests name, whatever their paths are relative to.

    Vite's are relative to its output, esbuild's to the directory that it ran in, webpack's have the URL of its output
    in front, and no manifest says which. So a path is tried below the manifest's directory, those above it, the
    working directory and the sources; then without its first segment, and so on.
    """

    def __init__(
        self,
        files: Iterable[SourceFile],
        skipped: Iterable[Skipped],
        directories: Iterable[str],
        diagnostics: Diagnostics,
    ) -> None:
        """Take what the sources in these directories hold."""
        self._published = {with_slashes(file.path): file.path for file in files}
        self._skipped = frozenset(with_slashes(each.path) for each in skipped)
        self._roots = tuple(with_slashes(os.path.abspath(directory)) for directory in directories)
        self._diagnostics = diagnostics

    def published(self, manifest: BundlerManifest) -> dict[str, str]:
        """Return the path of each file of a manifest that is published; warn of those that are not there.

        Not of maps: many delete them before they deploy.
        """
        directory = with_slashes(os.path.dirname(os.path.abspath(manifest.path)))
        bases = tuple(dict.fromkeys((*_and_above(directory), with_slashes(os.getcwd()), *self._roots)))
        published = {}
        for file in dict.fromkeys(output.file for output in manifest.outputs):
            path = next((path for path in _candidates(file, bases) if path in self._published), None)
            if path is not None:
                published[file] = self._published[path]
            elif not (file.endswith(".map") or self._is_left_out(_candidates(file, bases))):
                message = f"this manifest names {file}, which is in no SOURCE"
                self._diagnostics.warning(Code.STALE_BUNDLER_MANIFEST, manifest.path, message, _STALE)
        return published

    def _is_left_out(self, candidates: Iterable[str]) -> bool:
        there = filter(os.path.exists, candidates)
        return any(above in self._skipped for path in there for above in _and_above(path))


_STALE = "build the bundle again, and name the directory that it is in as a SOURCE"


def _and_above(path: str) -> Iterator[str]:
    """Yield a path, whose separator is the slash on Windows too, and those above it but the root."""
    while path.strip("/"):
        yield path
        path = path.rpartition("/")[0]


def _candidates(file: str, bases: Iterable[str]) -> Iterator[str]:
    rest = posixpath.normpath(file).lstrip("/")
    while rest:
        for base in bases:
            path = f"{base}/{rest}"
            yield posixpath.normpath(path) if rest.startswith("..") else path
        rest = rest.partition("/")[2]
