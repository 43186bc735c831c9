"""Serving without a release: what the finders find, as it is at this moment, with the headers of production."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from hashlib import sha256
from wsgiref.headers import Headers

from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.http import Http404
from django.utils.module_loading import import_string

from servestatic_runtime.dates import format_date
from servestatic_runtime.default_headers import common_headers, default_headers, stays_in_304
from servestatic_runtime.django import compiling, conf
from servestatic_runtime.django.responses import Native, native
from servestatic_runtime.format import IDENTITY, etag
from servestatic_runtime.manifest import Match
from servestatic_runtime.media_types import media_type
from servestatic_runtime.paths import quote_path
from servestatic_runtime.records import Asset, Variant
from servestatic_runtime.records import Headers as Pairs
from servestatic_runtime.release import Release
from servestatic_runtime.resources import Resource, Resources

_REVALIDATED = "no-cache"
_NO_MEMORY = -1  # for bodies: even an empty file may grow
_FILE, _REDIRECT = 0, 1  # in place of the numbers of header sets


class FoundFiles:
    """Takes a manifest's place. Every question goes to the file system."""

    def __init__(self, settings: conf.Settings) -> None:
        build = settings.build
        self.prefix = settings.prefix
        self._root = settings.root
        self._index = build["index"]
        self._types = {suffix.removeprefix(".").lower(): kind for suffix, kind in build.get("types", {}).items()}
        self._cross_origin = build.get("cross-origin", True)
        self._apply_rules = compiling.header_rules(settings)
        self._hook = _hook(build.get("headers-hook"))

    def find(self, path: str) -> Match | None:
        """Return what is at a decoded URL path now, or None."""
        if path.endswith("/"):
            asset = self._asset(path + self._index) if self._index else None
            return asset and Match(asset, _FILE, None)
        if asset := self._asset(path):
            return Match(asset, _FILE, None)
        asset = self._asset(f"{path}/{self._index}") if self._index else None
        return asset and Match(asset, _REDIRECT, f"{path}/")

    def ok_headers(self, number: int, asset: Asset, variant: Variant) -> Pairs:
        """Return the headers of the 200: as a build makes them, but to be asked for each time."""
        if number == _REDIRECT:
            return [("Cache-Control", _REVALIDATED), *common_headers(cross_origin=self._cross_origin)]
        body_headers = {
            "Content-Length": str(variant.size),
            "ETag": variant.etag,
            "Last-Modified": format_date(asset.modified),
        }
        kind = media_type(asset.name, self._types)
        defaults = default_headers(kind, body_headers, _REVALIDATED, varies=False, cross_origin=self._cross_origin)
        headers = Headers(list(defaults))
        self._apply_rules(headers, asset.name)
        self._hook(headers, variant.file, quote_path(asset.url))
        headers["Cache-Control"] = _REVALIDATED
        headers["Content-Length"] = body_headers["Content-Length"]  # a build refuses a hook that changes it
        return headers.items()

    def not_modified_headers(self, number: int, asset: Asset, variant: Variant) -> Pairs:
        """Return the headers of the 304."""
        return [pair for pair in self.ok_headers(number, asset, variant) if stays_in_304(pair[0])]

    def body_path(self, variant: Variant) -> str:
        """Return where the file lies."""
        return variant.file

    def _asset(self, path: str) -> Asset | None:
        """Return the file at a path. One of ROOT wins, as it does in a build."""
        if self._root and (asset := self._described(path, path, os.path.join(self._root, path[1:]))):
            return asset
        name = path.removeprefix(self.prefix)
        return self._described(name, path, _find(name)) if path.startswith(self.prefix) else None

    def _described(self, name: str, path: str, file: str | None) -> Asset | None:
        """Return a published file as an asset. Its ETag is of what changes with its bytes, which are not read for it."""
        try:
            status = os.stat(file) if file and _is_published(path) else None
        except (OSError, ValueError):
            return None
        if status is None or not stat.S_ISREG(status.st_mode):
            return None
        digest = sha256(repr((file, status.st_ino, status.st_size, status.st_mtime_ns)).encode()).digest()
        identity = Variant(IDENTITY, status.st_size, etag(digest), file or "")
        modified = max(int(status.st_mtime), 0)
        return Asset(name, path, path, None, False, 0, 0, modified, digest, b"", (identity,), [], [], [])


class FoundResources(Resources[Native]):
    """Resources that are not kept: the next request looks again."""

    def __missing__(self, path: str) -> Resource[Native] | None:
        match = self.manifest.find(path)
        return None if match is None else Resource(self.manifest, match, self._native)


class FoundRelease(Release[Native]):
    """What a process serves from the finders."""

    def __init__(self, settings: conf.Settings) -> None:
        files = FoundFiles(settings)
        super().__init__(files, native, _NO_MEMORY)
        self.resources = FoundResources(files, native)

    def owns_path(self, *paths: str) -> bool:
        """Raise Http404, saying where a path below the prefix was looked for. All else is the application's."""
        prefix = self.resources.manifest.prefix
        for path in paths:
            if path.startswith(prefix) and prefix != "/":
                name = path.removeprefix(prefix)
                _find(name)  # notes where it looks
                places = "".join(f"\n  {place}" for place in finders.searched_locations)
                raise Http404(f"There is no static file {name!r}. It was looked for in{places or ' no directory'}")
        return False


def _is_published(path: str) -> bool:
    """Return whether a build would publish a file at this path: nothing hidden, nothing on the way up."""
    segments = path[1:].split("/")
    return all(segment and (segment[0] != "." or segment == ".well-known") for segment in segments)


def _find(name: str) -> str | None:
    try:
        return finders.find(name) or None
    except (SuspiciousFileOperation, ValueError):  # a way out of the directories, a null byte
        return None


def _hook(given: Callable[..., object] | str | None) -> Callable[[Headers, str, str], object]:
    if given is None:
        return lambda _headers, _path, _url: None
    hook: Callable[[Headers, str, str], object] = (
        import_string(given.replace(":", ".")) if isinstance(given, str) else given
    )
    return hook
