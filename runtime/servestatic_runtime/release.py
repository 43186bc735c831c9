"""A release as a process serves it: its resources, the bodies it keeps in memory, and the files that have failed.

A release holds its mapping, and only its server and the responses in flight hold a release: the last of them frees it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Generic

from servestatic_runtime.bodies import BodyCache, OpenBody, open_body
from servestatic_runtime.errors import BodyError, ManifestError, log
from servestatic_runtime.fallbacks import FallbackMatch
from servestatic_runtime.format import FallbackRecord
from servestatic_runtime.platform_files import Opener, open_nonblocking
from servestatic_runtime.records import Headers
from servestatic_runtime.resources import Resource, Resources
from servestatic_runtime.respond import failure
from servestatic_runtime.response import FileBody, Native, Response

if TYPE_CHECKING:
    from servestatic_runtime.resources import ResourceProvider


class Release(Generic[Native]):
    """What every interface serves from. Thread-safe."""

    def __init__(
        self,
        provider: ResourceProvider,
        native: Callable[[Headers], Native],
        cache_bytes: int,
        opener: Opener = open_nonblocking,
    ) -> None:
        self.resources: Resources[Native] = Resources(provider, native)
        # Below it only the release should answer. Every request that is passed on asks, so it is here.
        self.prefix = provider.prefix
        # Nearly always none. Every request that is passed on asks, too.
        self.fallbacks = provider.fallbacks
        self._pages: dict[str, Resource[Native]] = {}
        self.bodies = BodyCache(cache_bytes, opener)
        self._opener = opener
        self._native = native
        self._failing: set[str] = set()  # paths; an error's traceback would keep the request and this release
        self._lock = Lock()

    def page(self, fallback: FallbackRecord) -> Resource[Native] | None:
        """Return the page of a fallback; None where the manifest is damaged."""
        page = self._pages.get(fallback.path)
        if page is None:
            try:
                match = self.resources.provider.find(fallback.path)
            except ManifestError as error:
                log(error)
                return None
            if match is None:
                return None
            self._pages[fallback.path] = page = Resource(FallbackMatch(match), self._native)
        return page

    def fetch(self, file_body: FileBody) -> bytes | OpenBody:
        """Read a small file into memory, open a large one; raise BodyError if it is not what the manifest says."""
        body = self.bodies.load(file_body) if self.bodies.admits(file_body) else open_body(file_body, self._opener)
        self._failing.discard(file_body.path)
        return body

    def opened(self, response: Response[Native], file_body: FileBody) -> tuple[Response[Native], bytes | OpenBody]:
        """Return a response with its file, read or opened; where that is not what the manifest says, another, or a 500."""
        try:
            return response, self.fetch(file_body)
        except BodyError as error:
            self._note_failure(file_body.path, error)
        if response.instead is not None and response.instead.file_body is not None:
            return self.opened(response.instead, response.instead.file_body)
        response = failure(self._native, 500)
        return response, response.body

    def _note_failure(self, path: str, error: BodyError) -> None:
        """Log what is wrong with a file, unless the last answer from it failed too."""
        with self._lock:
            known = path in self._failing
            self._failing.add(path)
        if not known:
            log(error)
