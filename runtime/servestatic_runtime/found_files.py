"""Files as they lie, in place of a release: at this moment, under plain URLs, with the headers of production."""

from __future__ import annotations

import os
import stat
from abc import abstractmethod
from collections.abc import Callable, Mapping
from hashlib import sha256
from time import time
from typing import NamedTuple
from wsgiref.headers import Headers

from servestatic_runtime.bodies import OpenBody, open_body
from servestatic_runtime.dates import EARLIEST_TELLING, clamped, format_date
from servestatic_runtime.default_headers import common_headers, default_headers, stays_in_304
from servestatic_runtime.fallbacks import FallbackMatch
from servestatic_runtime.format import IDENTITY, FallbackRecord, etag
from servestatic_runtime.media_types import content_type, media_type
from servestatic_runtime.paths import quote_path
from servestatic_runtime.platform_files import open_nonblocking, with_slashes
from servestatic_runtime.records import Headers as Pairs
from servestatic_runtime.records import Variant
from servestatic_runtime.release import Release
from servestatic_runtime.resources import AcceptEncoding, Resource, Resources
from servestatic_runtime.response import FileBody, Native
from servestatic_runtime.source_settings import DEFAULT_PREFIX, SourceSettings

_REVALIDATED = "no-cache"


class FileMatch(NamedTuple):
    """A file as it lies, whose only variant it is, or a redirect to the directory that it is the index of."""

    headers: Pairs
    modified: int
    variants: tuple[Variant, ...]
    location: str | None = None
    immutable: bool = False

    @property
    def deltas(self) -> Mapping[str, Variant]:
        """Nothing: no earlier version is known of it."""
        return {}

    def ok_headers(self, _variant: Variant) -> Pairs:
        """Return the headers of the 200, or of the redirect."""
        return self.headers

    def not_modified_headers(self, _variant: Variant) -> Pairs:
        """Return the headers of the 304."""
        return [pair for pair in self.headers if stays_in_304(pair[0])]

    def body_path(self, variant: Variant) -> str:
        """Return where the file lies."""
        return variant.file


class FoundFile(NamedTuple):
    """A file that a build would publish: its logical name, its URL path, where it lies, and its size and date."""

    name: str
    path: str
    place: str
    modified: int
    variant: Variant


class FoundFiles:
    """Takes a manifest's place. Every question goes to the file system."""

    fallbacks: tuple[FallbackRecord, ...] = ()
    refusal = 404  # the status of an explanation

    def __init__(self, prefix: str, index: str, types: Mapping[str, str], *, cross_origin: bool) -> None:
        """Take what a build would be told; ``types`` are by suffix, without its dot."""
        self.prefix = prefix
        self._index = index
        self._types = types
        self._cross_origin = cross_origin

    @abstractmethod
    def located(self, path: str) -> FoundFile | None:
        """Return the file that a build would publish at a decoded URL path."""

    def explanation(self, path: str) -> str:  # noqa: ARG002
        """Return why there is nothing at a path, empty where the application may have something there."""
        return ""

    def find(self, path: str) -> FileMatch | None:
        """Return what is at a decoded URL path now, or None."""
        if not path.endswith("/") and (file := self._file(path)):
            return self._match(file)
        directory = path if path.endswith("/") else f"{path}/"
        index = self._file(directory + self._index) if self._index else None
        if index is None:
            return None
        return self._match(index) if path == directory else self._redirect(index, directory)

    def adjust(self, headers: Headers, file: FoundFile) -> None:
        """Change headers as rules of the settings would."""

    def _file(self, path: str) -> FoundFile | None:
        return self.located(path) if is_published(path) else None

    def _match(self, file: FoundFile) -> FileMatch:
        return FileMatch(self._headers(file), file.modified, (file.variant,))

    def _redirect(self, index: FoundFile, directory: str) -> FileMatch:
        headers = [("Cache-Control", _REVALIDATED), *common_headers(cross_origin=self._cross_origin)]
        return FileMatch(headers, index.modified, (index.variant,), directory)

    def _headers(self, file: FoundFile) -> Pairs:
        """Return the headers of the 200: as a build makes them, but to be asked for each time."""
        body_headers = {"Content-Length": str(file.variant.size), "ETag": file.variant.etag}
        if EARLIEST_TELLING <= file.modified <= time():
            body_headers["Last-Modified"] = format_date(file.modified)
        kind = media_type(file.name, self._types)
        defaults = default_headers(content_type(kind), body_headers, _REVALIDATED, (), cross_origin=self._cross_origin)
        headers = Headers(list(defaults))
        self.adjust(headers, file)
        headers["Cache-Control"] = _REVALIDATED
        headers["Content-Length"] = body_headers["Content-Length"]  # a build refuses a hook that changes it
        return headers.items()


class SourceFiles(FoundFiles):
    """The files of directories. Of two with one URL the later one counts."""

    def __init__(self, settings: SourceSettings) -> None:
        super().__init__(settings.prefix, settings.index_name, settings.types, cross_origin=settings.cross_origin)
        self._sources = settings.sources[::-1]
        self._adjust = settings.adjust
        self.fallbacks = tuple(page._replace(path=self._page(page.path)) for page in settings.pages)

    def located(self, path: str) -> FoundFile | None:
        """Return the file at a path, from the last source that has one."""
        for url, directory in self._sources:
            place = _below(directory, path.removeprefix(url)) if path.startswith(url) else None
            name = path.removeprefix(url) if url == self.prefix else path
            if file := described(name, path, place):
                return file
        return None

    def adjust(self, headers: Headers, file: FoundFile) -> None:
        """Change headers as the settings say."""
        self._adjust(headers, file.name, file.place, quote_path(file.path))

    def _page(self, name: str) -> str:
        """Return the URL path of a page: of the file below the prefix where there is one now, else at the root."""
        below_prefix = self.prefix + name
        return below_prefix if self.located(below_prefix) else f"/{name.removeprefix('/')}"

    def explanation(self, path: str) -> str:
        """Return where a path below the prefix was looked for."""
        if not path.startswith(self.prefix):
            return ""
        places = [
            os.path.join(directory, path.removeprefix(url)) for url, directory in self._sources if path.startswith(url)
        ]
        searched = "".join(f"\n  {place}" for place in places) or " no directory"
        return f"There is no static file at {path}. It was looked for in{searched}\n"


class NoFiles(FoundFiles):
    """What there is where nothing was compiled and no sources are named: an answer that says so."""

    refusal = 503

    def __init__(self, hint: str, look: Callable[[], None]) -> None:
        """``look`` is called whenever a file is asked for: there may be a release by now, for the next request."""
        super().__init__(DEFAULT_PREFIX, "", {}, cross_origin=False)
        self._hint = hint
        self._look = look

    def located(self, path: str) -> FoundFile | None:  # noqa: ARG002
        """Find nothing."""
        return None

    def explanation(self, path: str) -> str:
        """Return what to run, for a path below the prefix."""
        if not path.startswith(self.prefix):
            return ""
        self._look()
        return f"Static files are not compiled yet: {self._hint}\n"


class FoundResources(Resources[Native]):
    """Resources that are not kept: the next request looks again."""

    def __init__(self, files: FoundFiles, native: Callable[[Pairs], Native]) -> None:
        super().__init__(files, native)
        self._files = files

    def __missing__(self, path: str) -> Resource[Native] | None:
        match = self._files.find(path)
        if match is not None:
            return Resource(match, self._native)
        explanation = self._files.explanation(path)
        return _Explained(explanation, self._files.refusal, self._native) if explanation else None


class FoundRelease(Release[Native]):
    """What a process serves without a release. It keeps nothing in memory, since any file may change, or grow."""

    def __init__(self, files: FoundFiles, native: Callable[[Pairs], Native]) -> None:
        super().__init__(files, native, cache_bytes=0)
        self.resources = FoundResources(files, native)

    def page(self, fallback: FallbackRecord) -> Resource[Native] | None:
        """Return the page of a fallback as it is now."""
        match = self.resources.provider.find(fallback.path)
        return Resource(FallbackMatch(match), self._native) if match else None

    def fetch(self, file_body: FileBody) -> OpenBody:
        """Open the file, however small; raise BodyError where it changed since it was found."""
        return open_body(file_body, open_nonblocking)


class _Explained(Resource[Native]):
    """A refusal that says why."""

    def __init__(self, explanation: str, status: int, native: Callable[[Pairs], Native]) -> None:
        super().__init__(FileMatch([], 0, ()), native)
        self.refusal, self.explanation = status, explanation

    def __missing__(self, accept_encoding: AcceptEncoding) -> None:
        """Have no representation."""

    def headers(self) -> Pairs:
        """Return none to share."""
        return []


def described(name: str, path: str, place: str | None) -> FoundFile | None:
    """Return a regular file. Its ETag is of what changes with its bytes, which are not read for it."""
    try:
        status = os.stat(place) if place else None
    except (OSError, ValueError):
        return None
    if place is None or status is None or not stat.S_ISREG(status.st_mode):
        return None
    changing = (place, status.st_ino, status.st_size, status.st_mtime_ns)
    variant = Variant(IDENTITY, status.st_size, etag(sha256(repr(changing).encode()).digest()), place)
    return FoundFile(name, path, place, clamped(status.st_mtime), variant)


def is_published(path: str) -> bool:
    """Return whether a build would publish a file at this path: nothing hidden, nothing on the way up."""
    segments = with_slashes(path[1:]).split("/")
    return all(segment and (segment[0] != "." or segment == ".well-known") for segment in segments)


def _below(directory: str, path: str) -> str | None:
    """Return where a path is below a directory, None where a link leads out of it."""
    try:
        real, real_directory = os.path.realpath(os.path.join(directory, path)), os.path.realpath(directory)
        is_inside = os.path.commonpath((real, real_directory)) == real_directory
    except ValueError:  # a null byte; on Windows, another drive
        return None
    return real if is_inside else None
