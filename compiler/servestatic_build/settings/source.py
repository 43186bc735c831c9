"""What a build is made from: directories, each with the URL that it is served at."""

from __future__ import annotations

import os
from dataclasses import dataclass

from servestatic_build.diagnostics import ConfigError
from servestatic_build.settings import converters


@dataclass(frozen=True, slots=True)
class Source:
    """A source tree. ``url`` is where it is served, ending in a slash, or None for below the prefix.

    Frameworks that look for files in several directories say more: ``name_prefix`` stands before the logical name of
    each file of a tree below the prefix, ``only`` are the files to publish, by their paths from the directory, and
    ``fingerprint`` treats a tree at a URL of its own like those below the prefix. ``foreign`` is DIST itself, as far as
    other programs have written into it: such files keep their plain URLs.
    """

    directory: str
    url: str | None = None
    name_prefix: str = ""
    only: frozenset[str] | None = None
    fingerprint: bool = False
    foreign: bool = False

    def __post_init__(self) -> None:
        """Raise ConfigError for a directory or a URL that is none."""
        object.__setattr__(self, "directory", converters.path(self.directory))
        if self.url is not None:
            object.__setattr__(self, "url", url_directory(self.url))

    @classmethod
    def parse(cls, text: str) -> Source:
        """Return the source that ``DIR`` or ``URL=DIR`` means; raise ConfigError."""
        url, equals, directory = text.partition("=")
        if not (equals and url.startswith("/")) or os.path.isdir(text):
            return cls(text)
        if not directory:
            raise ConfigError(f"{text!r} names no directory", "write URL=DIR, for example /=public")
        return cls(directory, url)


def url_directory(value: object) -> str:
    """Return a URL path that begins and ends in a slash; raise ConfigError for anything but an absolute path."""
    url = converters.text(value)
    path = url if url.endswith("/") else url + "/"
    if not url.startswith("/") or "//" in path:
        raise ConfigError(f"{url!r} is not an absolute URL path, such as /static/")
    if {".", ".."} & set(path.split("/")):
        raise ConfigError(f"{url!r} has a segment that browsers take away")
    if {"?", "#", "%"} & set(path):
        raise ConfigError(f"{url!r}: write the path decoded, without a query or fragment")
    return path
