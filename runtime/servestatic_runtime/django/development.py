"""Serving without a release: what the finders find, as it is at this moment, with the headers of production."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from wsgiref.headers import Headers

from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.http import Http404
from django.utils._os import safe_join
from django.utils.module_loading import import_string

from servestatic_runtime import found_files
from servestatic_runtime.django import compiling, conf
from servestatic_runtime.format import FallbackRecord
from servestatic_runtime.found_files import FoundFile, described
from servestatic_runtime.paths import quote_path


class FoundFiles(found_files.FoundFiles):
    """What the finders find, and the files of ROOT."""

    def __init__(self, settings: conf.Settings) -> None:
        build = settings.build
        types = {suffix.removeprefix(".").lower(): kind for suffix, kind in build.get("types", {}).items()}
        super().__init__(settings.prefix, build["index"], types, cross_origin=build.get("cross-origin", True))
        self._root = settings.root
        self.fallbacks = tuple(self._fallbacks(settings))
        self._apply_rules = compiling.header_rules(settings)
        self._hook = _hook(build.get("headers-hook"))

    def located(self, path: str) -> FoundFile | None:
        """Return the published file at a path. One of ROOT wins, as it does in a build."""
        if self._root and (file := described(path, path, _join(self._root, path[1:]))):
            return file
        name = path.removeprefix(self.prefix)
        return described(name, path, _find(name)) if path.startswith(self.prefix) else None

    def adjust(self, headers: Headers, file: FoundFile) -> None:
        """Change headers by the rules and the hook of the settings."""
        self._apply_rules(headers, file.name)
        self._hook(headers, file.place, quote_path(file.path))

    def _fallbacks(self, settings: conf.Settings) -> Iterator[FallbackRecord]:
        """Yield the pages for unknown paths, each where the finders have it now, else in ROOT."""
        for url, name, status in compiling.fallback_settings(settings):
            path = self.prefix + name if _find(name) else f"/{name.removeprefix('/')}"
            yield FallbackRecord(url, path, status)

    def explain_missing(self, *paths: str) -> None:
        """Raise Http404, saying where a path below the prefix was looked for. All else is the application's."""
        for path in paths:
            if path.startswith(self.prefix) and self.prefix != "/":
                name = path.removeprefix(self.prefix)
                _find(name)  # notes where it looks
                places = "".join(f"\n  {place}" for place in finders.searched_locations)
                raise Http404(f"There is no static file {name!r}. It was looked for in{places or ' no directory'}")


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
