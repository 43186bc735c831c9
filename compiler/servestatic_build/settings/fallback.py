"""A page for the paths below a URL that nobody knows."""

from __future__ import annotations

from typing import NamedTuple

from servestatic_build.diagnostics import ConfigError
from servestatic_build.settings import converters
from servestatic_build.settings.source import url_directory


class Fallback(NamedTuple):
    """A URL path that ends in a slash, and the logical name or the URL path of the page."""

    url: str
    file: str

    @classmethod
    def parse(cls, value: object) -> Fallback:
        """Return what ``URL=FILE`` means, or ``FILE`` for the whole site; raise ConfigError."""
        if isinstance(value, Fallback):
            return value
        given = converters.text(value)
        url, equals, file = given.partition("=") if given.startswith("/") else ("/", "=", given)
        if not (equals and file):
            raise ConfigError(f"{given!r} names no file", "write URL=FILE, for example /=index.html")
        return cls(url_directory(url), file)
