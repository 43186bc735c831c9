"""Serving without a release: what the finders find, as it is at this moment, with the headers of production."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from hashlib import sha256
from time import time
from typing import NamedTuple
from wsgiref.headers import Headers

from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.http import Http404
from django.utils._os import safe_join
from django.utils.module_loading import import_string

from servestatic_runtime.bodies import OpenBody, open_body
from servestatic_runtime.dates import EARLIEST_TELLING, clamped, format_date
from servestatic_runtime.default_headers import common_headers, default_headers, stays_in_304
from servestatic_runtime.django import compiling, conf
from servestatic_runtime.django.responses import Native, native
from servestatic_runtime.format import IDENTITY, FallbackRecord, etag
from servestatic_runtime.media_types import content_type, media_type
from servestatic_runtime.paths import quote_path
from servestatic_runtime.platform_files import open_nonblocking, with_slashes
from servestatic_runtime.records import Headers as Pairs
from servestatic_runtime.records import Variant
from servestatic_runtime.release import Release
from servestatic_runtime.resources import Resource, Resources
from servestatic_runtime.response import FileBody

_REVALIDATED = "no-cache"


class FileMatch(NamedTuple):
    """A file as it lies, whose only variant it is, or a redirect to the directory that it is the index of."""

    headers: Pairs
    modified: int
    variants: tuple[Variant, ...]
    location: str | None = None
    immutable: bool = False

    def ok_headers(self, _variant: Variant) -> Pairs:
        """Return the headers of the 200, or of the redirect."""
        return self.headers

    def not_modified_headers(self, _variant: Variant) -> Pairs:
        """Return the headers of the 304."""
        return [pair for pair in self.headers if stays_in_304(pair[0])]

    def body_path(self, variant: Variant) -> str:
        """Return where the file lies."""
        return variant.file


class _File(NamedTuple):
    """A file that a build would publish: its logical name, its URL path, where it lies, and its size and date."""

    name: str
    path: str
    place: str
    modified: int
    variant: Variant


class FoundFiles:
    """Takes a manifest's place. Every question goes to the file system."""

    fallbacks: tuple[FallbackRecord, ...] = ()

    def __init__(self, settings: conf.Settings) -> None:
        build = settings.build
        self.prefix = settings.prefix
        self._root = settings.root
        self._index = build["index"]
        self._types = {suffix.removeprefix(".").lower(): kind for suffix, kind in build.get("types", {}).items()}
        self._cross_origin = build.get("cross-origin", True)
        self._apply_rules = compiling.header_rules(settings)
        self._hook = _hook(build.get("headers-hook"))

    def find(self, path: str) -> FileMatch | None:
        """Return what is at a decoded URL path now, or None."""
        if not path.endswith("/") and (file := self._file(path)):
            return self._match(file)
        directory = path if path.endswith("/") else f"{path}/"
        index = self._file(directory + self._index) if self._index else None
        if index is None:
            return None
        return self._match(index) if path == directory else self._redirect(index, directory)

    def explain_missing(self, *paths: str) -> None:
        """Raise Http404, saying where a path below the prefix was looked for. All else is the application's."""
        for path in paths:
            if path.startswith(self.prefix) and self.prefix != "/":
                name = path.removeprefix(self.prefix)
                _find(name)  # notes where it looks
                places = "".join(f"\n  {place}" for place in finders.searched_locations)
                raise Http404(f"There is no static file {name!r}. It was looked for in{places or ' no directory'}")

    def _match(self, file: _File) -> FileMatch:
        return FileMatch(self._headers(file), file.modified, (file.variant,))

    def _redirect(self, index: _File, directory: str) -> FileMatch:
        headers = [("Cache-Control", _REVALIDATED), *common_headers(cross_origin=self._cross_origin)]
        return FileMatch(headers, index.modified, (index.variant,), directory)

    def _headers(self, file: _File) -> Pairs:
        """Return the headers of the 200: as a build makes them, but to be asked for each time."""
        body_headers = {"Content-Length": str(file.variant.size), "ETag": file.variant.etag}
        if EARLIEST_TELLING <= file.modified <= time():
            body_headers["Last-Modified"] = format_date(file.modified)
        kind = media_type(file.name, self._types)
        defaults = default_headers(
            content_type(kind), body_headers, _REVALIDATED, varies=False, cross_origin=self._cross_origin
        )
        headers = Headers(list(defaults))
        self._apply_rules(headers, file.name)
        self._hook(headers, file.place, quote_path(file.path))
        headers["Cache-Control"] = _REVALIDATED
        headers["Content-Length"] = body_headers["Content-Length"]  # a build refuses a hook that changes it
        return headers.items()

    def _file(self, path: str) -> _File | None:
        """Return the published file at a path. One of ROOT wins, as it does in a build."""
        if not _is_published(path):
            return None
        if self._root and (file := _described(path, path, _join(self._root, path[1:]))):
            return file
        name = path.removeprefix(self.prefix)
        return _described(name, path, _find(name)) if path.startswith(self.prefix) else None


class FoundResources(Resources[Native]):
    """Resources that are not kept: the next request looks again."""

    def __missing__(self, path: str) -> Resource[Native] | None:
        match = self.provider.find(path)
        return None if match is None else Resource(match, self._native)


class FoundRelease(Release[Native]):
    """What a process serves from the finders. It keeps nothing in memory, since any file may change, or grow."""

    def __init__(self, files: FoundFiles) -> None:
        super().__init__(files, native, cache_bytes=0)
        self.resources = FoundResources(files, native)

    def fetch(self, file_body: FileBody) -> OpenBody:
        """Open the file, however small; raise BodyError where it changed since it was found."""
        return open_body(file_body, open_nonblocking)


def _described(name: str, path: str, place: str | None) -> _File | None:
    """Return a regular file. Its ETag is of what changes with its bytes, which are not read for it."""
    try:
        status = os.stat(place) if place else None
    except (OSError, ValueError):
        return None
    if place is None or status is None or not stat.S_ISREG(status.st_mode):
        return None
    changing = (place, status.st_ino, status.st_size, status.st_mtime_ns)
    variant = Variant(IDENTITY, status.st_size, etag(sha256(repr(changing).encode()).digest()), place)
    return _File(name, path, place, clamped(status.st_mtime), variant)


def _is_published(path: str) -> bool:
    """Return whether a build would publish a file at this path: nothing hidden, nothing on the way up."""
    segments = with_slashes(path[1:]).split("/")
    return all(segment and (segment[0] != "." or segment == ".well-known") for segment in segments)


def _find(name: str) -> str | None:
    try:
        return finders.find(name) or None
    except (SuspiciousFileOperation, ValueError):  # a way out of the directories, a null byte
        return None


def _join(root: str, path: str) -> str | None:
    try:
        return str(safe_join(root, path))
    except (SuspiciousFileOperation, ValueError):  # a drive's own path, on Windows
        return None


def _hook(given: Callable[..., object] | str | None) -> Callable[[Headers, str, str], object]:
    if given is None:
        return lambda _headers, _path, _url: None
    hook: Callable[[Headers, str, str], object] = (
        import_string(given.replace(":", ".")) if isinstance(given, str) else given
    )
    return hook
