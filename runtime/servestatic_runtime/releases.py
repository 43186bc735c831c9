"""The releases of one server, one after the other; before the first, what its sources hold."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Generic

from servestatic_runtime.current_release import CurrentRelease, OpenRelease
from servestatic_runtime.errors import ManifestError, warn
from servestatic_runtime.manifest import Manifest
from servestatic_runtime.records import Headers
from servestatic_runtime.release import Release
from servestatic_runtime.response import Native

if TYPE_CHECKING:
    from servestatic_runtime.source_settings import SourceSettings
    from servestatic_runtime.tags import Assets


class Releases(Generic[Native]):
    """The current release as one server has it, and whichever comes after it."""

    def __init__(
        self,
        manifest: str | os.PathLike[str] | CurrentRelease,
        native: Callable[[Headers], Native],
        cache_bytes: int,
        sources: Sequence[str] | str = (),
        *,
        strict: bool = True,
    ) -> None:
        """Open the release at a path, unless it is open; raise ManifestError for one that can't be read.

        Where there is none, ``sources`` are served instead; without any, files are answered 503 until there is a release.
        ``strict`` raises ManifestError then, too.
        """
        self._native = native
        self._cache_bytes = cache_bytes
        self._lock = Lock()
        self._path = manifest
        self._source: CurrentRelease | None = None
        self._opened: OpenRelease | None = None
        try:
            self._adopt()
        except ManifestError as error:
            if strict or not error.is_absence:
                raise
            self.current = self._without_release(sources, error)

    @property
    def manifest(self) -> Manifest:
        """The manifest of the current release; raise ManifestError where there is none yet."""
        return self._opened.manifest if self._opened else Manifest.open(_as_path(self._path))

    def assets(self) -> Assets:
        """Return the release's assets, or plain URLs while there is none."""
        if self._opened:
            return self._opened.manifest
        from servestatic_runtime.tags import DevelopmentAssets  # noqa: PLC0415 - not in production

        return DevelopmentAssets(self.current.prefix)

    def refresh(self) -> None:
        """Switch to a new release as soon as there is one."""
        if self._source is None:
            with self._lock, suppress(ManifestError):
                self._adopt()
        elif self._source.refresh() is not self._opened:
            with self._lock:
                opened = self._source.opened  # now: another thread may have gone on to the next one
                if opened is not self._opened:
                    self.current = self._served(opened)
                    self._opened = opened

    def _adopt(self) -> None:
        path = self._path
        source = path if isinstance(path, CurrentRelease) else CurrentRelease(path)
        self._opened = source.opened
        self.current = self._served(self._opened)
        self._source = source

    def _without_release(self, sources: Sequence[str] | str, error: ManifestError) -> Release[Native]:
        """Return what is served as long as there is no release; the log says so."""
        from servestatic_runtime.found_files import FoundRelease, NoFiles, SourceFiles  # noqa: PLC0415 - not in production

        settings = _settings(sources)
        instead = "files are served from their sources" if settings else "requests for files are answered 503"
        warn(f"There is no release, so {instead}: {error}")
        files = SourceFiles(settings) if settings else NoFiles(error.hint, self.refresh)
        return FoundRelease(files, self._native)

    def _served(self, opened: OpenRelease) -> Release[Native]:
        return Release(opened.manifest, self._native, self._cache_bytes, opened.opener)


def _settings(sources: Sequence[str] | str) -> SourceSettings | None:
    """Return what is known of the sources, None where there are none, or no compiler that could read their settings."""
    from servestatic_runtime import source_settings  # noqa: PLC0415 - not in production

    if not isinstance(sources, str):
        return source_settings.named(sources) if sources else None
    try:
        return source_settings.read(sources)
    except ImportError as error:
        warn(f"The settings in {sources} are not read: {error}")
        return None


def _as_path(manifest: str | os.PathLike[str] | CurrentRelease) -> str | os.PathLike[str]:
    return manifest.path if isinstance(manifest, CurrentRelease) else manifest
