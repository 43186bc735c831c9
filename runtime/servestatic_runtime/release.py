"""A release as a process serves it: its pages, the bodies it keeps in memory, and the files that have failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

from servestatic_runtime.bodies import BodyCache, OpenBody, open_body
from servestatic_runtime.errors import BodyError, log
from servestatic_runtime.manifest import Headers, Manifest
from servestatic_runtime.pages import Pages
from servestatic_runtime.response import Content, Native


class Release(Generic[Native]):
    """What both interfaces stand on. Safe to share."""

    def __init__(self, manifest: Manifest, native: Callable[[Headers], Native], cache_bytes: int) -> None:
        self.pages: Pages[Native] = Pages(manifest, native)
        self.bodies = BodyCache(cache_bytes)
        self._failures: dict[str, BodyError] = {}

    def claims(self, *paths: str) -> bool:
        """Return whether a path is below the prefix, so that nobody but the release should answer it."""
        return any(path.startswith(self.pages.manifest.prefix) for path in paths)

    def fetch(self, content: Content) -> bytes | OpenBody:
        """Read a small file into memory, open a large one.

        Raise BodyError for a file that is not what the manifest says; it is logged when it was well before.
        """
        try:
            found = self.bodies.load(content) if self.bodies.admits(content) else open_body(content)
        except BodyError as error:
            if self._failures.setdefault(content.path, error) is error:
                log(error)
            raise
        self._failures.pop(content.path, None)
        return found
