"""A release made ready to answer: for each path asked before, its headers in the server's own form."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, NamedTuple

from servestatic_runtime.manifest import Found, Headers, Manifest
from servestatic_runtime.response import Content, Native, Response

# Paths kept ready, a few kilobytes each. The one made first leaves first.
MOST_PAGES = 4096


class Representation(NamedTuple, Generic[Native]):
    """One variant under one URL: its validators, its 200 and its 304."""

    headers: Headers  # of the 200
    content: Content
    etag: str | None  # None where the rules took the header away
    modified: int | None
    ok: Response[Native]
    not_modified: Response[Native]


class Page(Generic[Native]):
    """What one URL path leads to. A representation is made when it is first asked for."""

    __slots__ = ("_found", "_manifest", "_representations", "_variants", "codings", "location", "native")

    def __init__(self, manifest: Manifest, found: Found, native: Callable[[Headers], Native]) -> None:
        self._manifest = manifest
        self._found = found
        self._variants = sorted(found.asset.variants, key=lambda variant: variant.size)
        self._representations: dict[int, Representation[Native]] = {}
        self.codings = tuple(variant.coding for variant in self._variants)  # smallest body first
        self.location = found.location
        self.native = native

    def representation(self, choice: int) -> Representation[Native]:
        """Return the representation of the coding at this place in ``codings``."""
        made = self._representations.get(choice)
        if made is None:
            made = self._representations[choice] = self._make(choice)
        return made

    def headers(self) -> Headers:
        """Return the headers of the identity variant's 200, from which other answers take what they share."""
        return self._manifest.ok_headers(self._found.headers, self._found.asset, self._found.asset.variants[0])

    def _make(self, choice: int) -> Representation[Native]:
        manifest, (asset, number, _) = self._manifest, self._found
        variant = self._variants[choice]
        headers = manifest.ok_headers(number, asset, variant)
        names = {name for name, _ in headers}
        content = Content(manifest.body_path(variant), variant.size, 0, variant.size)
        return Representation(
            headers,
            content,
            variant.etag if "ETag" in names else None,
            asset.modified if "Last-Modified" in names else None,
            Response(200, self.native(headers), content),
            Response(304, self.native(manifest.not_modified_headers(number, asset, variant))),
        )


class Release(Generic[Native]):
    """A manifest and the pages made from it. Safe to share between threads."""

    def __init__(self, manifest: Manifest, native: Callable[[Headers], Native]) -> None:
        self.manifest = manifest
        self.native = native
        self._pages: dict[str, Page[Native]] = {}
        self._lock = Lock()

    def page(self, path: str) -> Page[Native] | None:
        """Return the page of a decoded URL path, or None when the release does not list it."""
        page = self._pages.get(path)
        if page is None:
            found = self.manifest.find(path)
            if found is not None:
                page = self._keep(path, Page(self.manifest, found, self.native))
        return page

    def _keep(self, path: str, page: Page[Native]) -> Page[Native]:
        with self._lock:
            if len(self._pages) >= MOST_PAGES:
                del self._pages[next(iter(self._pages))]
            return self._pages.setdefault(path, page)
