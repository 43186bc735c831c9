"""A release made ready to answer: for each path asked before, its answers in the server's own form.

The two tables here are dicts that make what they lack, so that what was made is found without a call.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol

from servestatic_runtime.manifest import Found
from servestatic_runtime.negotiate import choose
from servestatic_runtime.records import Asset, Headers, Variant
from servestatic_runtime.response import Content, Native, Response

# Paths kept ready, a few kilobytes each. The one made first leaves first.
MOST_PAGES = 4096

# Accept-Encoding values that a page remembers the outcome of; a value longer than any browser's is not kept.
MOST_CHOICES = 16
LONGEST_CHOICE = 256


class Representation(NamedTuple, Generic[Native]):
    """One variant under one URL: its validators, its 200 and its 304."""

    headers: Headers  # of the 200
    content: Content
    etag: str | None  # None where the rules took the header away
    modified: int | None
    ok: Response[Native]
    not_modified: Response[Native]
    boundary: str  # between several ranges; from the hash of the bytes, so that no file can have it inside


if TYPE_CHECKING:  # so that no start makes it

    class Listing(Protocol):
        """What pages are made of: a manifest, or what takes its place where nothing was compiled."""

        @property
        def prefix(self) -> str: ...
        def find(self, path: str) -> Found | None: ...
        def ok_headers(self, number: int, asset: Asset, variant: Variant) -> Headers: ...
        def not_modified_headers(self, number: int, asset: Asset, variant: Variant) -> Headers: ...
        def body_path(self, variant: Variant) -> str: ...


class Page(dict[str | None, Representation[Native] | None]):
    """What one URL path leads to: by Accept-Encoding, the representation to send, None where none will do.

    A redirect (``location``) has none.
    """

    def __init__(self, manifest: Listing, found: Found, native: Callable[[Headers], Native]) -> None:
        super().__init__()
        self._manifest = manifest
        self._found = found
        self._variants = sorted(found.asset.variants, key=lambda variant: variant.size)
        self._codings = tuple(variant.coding for variant in self._variants)
        self._representations: dict[int, Representation[Native]] = {}
        self.location = found.location
        self.native = native

    def __missing__(self, accept_encoding: str | None) -> Representation[Native] | None:
        """Negotiate, and remember the outcome. A full table starts anew."""
        choice = choose(accept_encoding, self._codings) if self.location is None else None
        representation = None if choice is None else self._representation(choice)
        if len(self) >= MOST_CHOICES:
            self.clear()
        if len(accept_encoding or "") <= LONGEST_CHOICE:
            self[accept_encoding] = representation
        return representation

    def headers(self) -> Headers:
        """Return the headers of the identity variant's 200, from which other answers take what they share."""
        return self._manifest.ok_headers(self._found.headers, self._found.asset, self._found.asset.variants[0])

    def _representation(self, choice: int) -> Representation[Native]:
        made = self._representations.get(choice)
        if made is None:
            made = self._representations[choice] = self._make(choice)
        return made

    def _make(self, choice: int) -> Representation[Native]:
        manifest, (asset, number, _) = self._manifest, self._found
        variant = self._variants[choice]
        headers = manifest.ok_headers(number, asset, variant)
        names = {name for name, _ in headers}
        content = Content(manifest.body_path(variant), variant.size)
        return Representation(
            headers,
            content,
            variant.etag if "ETag" in names else None,
            asset.modified if "Last-Modified" in names else None,
            Response(200, self.native(headers), content),
            Response(304, self.native(manifest.not_modified_headers(number, asset, variant))),
            variant.etag.strip('"'),
        )


class Pages(dict[str, Page[Native] | None]):
    """The pages of a release by decoded URL path, None for a path that it does not list. Safe to share."""

    def __init__(self, manifest: Listing, native: Callable[[Headers], Native]) -> None:
        super().__init__()
        self.manifest = manifest
        self._native = native
        self._lock = Lock()

    def __missing__(self, path: str) -> Page[Native] | None:
        """Look a path up in the manifest, and keep its page."""
        found = self.manifest.find(path)
        if found is None:
            return None
        page = Page(self.manifest, found, self._native)
        with self._lock:
            if len(self) >= MOST_PAGES:
                del self[next(iter(self))]
            self[path] = page
        return page
