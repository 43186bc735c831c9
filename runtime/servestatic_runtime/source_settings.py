"""What a build would be told of its sources: as an application names them, or as a settings file says."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from wsgiref.headers import Headers

from servestatic_runtime.format import FallbackRecord

DEFAULT_PREFIX = "/static/"
_INDEX = "index.html"


class SourceSettings(NamedTuple):
    """The URL path and the directory of each source, the last of which counts, and what the settings say of its files.

    ``adjust`` changes the headers of a logical name, which lies at a place and has a URL path. ``pages`` are the URL that
    unknown paths begin with, a name, and a status.
    """

    sources: tuple[tuple[str, str], ...]
    prefix: str = DEFAULT_PREFIX
    index_name: str = _INDEX
    types: Mapping[str, str] = {}
    cross_origin: bool = True
    adjust: Callable[[Headers, str, str, str], None] = lambda *_: None
    pages: tuple[FallbackRecord, ...] = ()  # whose path is a name, as the settings have it


def named(sources: Sequence[str]) -> SourceSettings:
    """Return what sources mean, each ``DIR`` or ``URL=DIR``, without any settings."""
    return SourceSettings(tuple(_source(str(source)) for source in sources))


def read(path: str) -> SourceSettings:
    """Return what a settings file says, as servestatic-build reads it.

    Raise the compiler's ConfigError, or ImportError without the extra [build].
    """
    from servestatic_build.extra import extra_needed  # noqa: PLC0415 - where there is no release, and this is asked for

    with extra_needed():
        from servestatic_build.settings.files import read_settings  # noqa: PLC0415
        from servestatic_build.settings.hooks import load_hook  # noqa: PLC0415
    given = read_settings(path)
    rules, hook = given.get("headers", ()), given.get("headers_hook")
    change = load_hook("headers-hook", hook) if hook else None

    def adjust(headers: Headers, name: str, place: str, url: str) -> None:
        for rule in rules:
            if rule.files.match(name):
                rule.apply(headers)
        if change is not None:
            change(headers, place, url)

    prefix = given.get("prefix", DEFAULT_PREFIX)
    statuses = ("spa", 200), ("not_found", 404)
    pages = [FallbackRecord(page.url, page.file, status) for key, status in statuses for page in given.get(key, ())]
    return SourceSettings(
        sources=tuple((each.url or prefix, os.path.abspath(each.directory)) for each in given.get("sources", ())),
        prefix=prefix,
        index_name=given.get("index", _INDEX),
        types={suffix.removeprefix(".").lower(): kind for suffix, kind in given.get("types", {}).items()},
        cross_origin=given.get("cross_origin", True),
        adjust=adjust,
        pages=tuple(sorted(pages, key=lambda page: -len(page.url))),
    )


def _source(text: str) -> tuple[str, str]:
    """Return the URL that a source is served below, and its directory."""
    url, equals, directory = text.partition("=")
    if not (equals and url.startswith("/")) or os.path.isdir(text):
        return DEFAULT_PREFIX, os.path.abspath(text)
    return url if url.endswith("/") else f"{url}/", os.path.abspath(directory)
