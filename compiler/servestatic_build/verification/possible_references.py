"""Whether all that may be a reference of a published file leads to a file of the release: then no reference is broken."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from servestatic_build.references.extractors.candidates import CANDIDATES, UndecidedError
from servestatic_build.references.urls import target_path
from servestatic_runtime.records import Asset, RetiredUrl


class ReleasePaths:
    """The decoded URL paths that a release answers, or that its import map leads on from."""

    def __init__(self, entries: Iterable[Asset | RetiredUrl], specifiers: Iterable[str]) -> None:
        """Take all that the manifest lists, and the specifiers of its import map."""
        self._paths = {entry.url for entry in entries}
        self._paths.update(unquote(specifier) for specifier in specifiers)
        for asset in entries:
            if isinstance(asset, Asset) and asset.plain_url is not None:
                self._paths.add(asset.plain_url)

    def have_all_of(self, data: bytes, media_type: str, url: str) -> bool:
        """Return whether all that may be a reference in the bytes at a URL leads to one of the paths, or elsewhere.

        False tells nothing: only a lexer can say what is wrong, if anything.
        """
        candidates = CANDIDATES.get(media_type)
        if candidates is None:
            return False
        try:
            return all(self._have(target_path(value, url)) for value in candidates(data))
        except UndecidedError:
            return False

    def _have(self, path: str | None) -> bool:
        return path is None or path in self._paths
