"""What the files of a release may weigh: one file, several together, or all that a page or a script downloads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from servestatic_build.codecs import CODECS
from servestatic_build.diagnostics import ConfigError
from servestatic_build.settings import converters
from servestatic_build.settings.globs import Globs, patterns
from servestatic_build.settings.problems import within
from servestatic_runtime.format import IDENTITY

_KEYS = {"for", "scope", "page", "entry", "coding", "max"}  # of a table
_WHAT = ("for", "page", "entry")
_SCOPES = ("each", "total")
_EXAMPLE = 'write max = "150 kB" and one of for = "*.js", page = "index.html", entry = "js/app.js"'


@dataclass(frozen=True, slots=True)
class Budget:
    """The most bytes that files may have: those of ``files``, or what a ``page`` or an ``entry`` script downloads.

    They are counted in a ``coding``, and without one in that which makes each smallest. ``scope`` is of ``files``: each
    of them, or all in total.
    """

    most: int
    files: Globs | None = None
    page: str = ""
    entry: str = ""
    scope: str = "each"
    coding: str = ""

    @classmethod
    def of(cls, value: Any) -> Budget:
        """Return a budget, or what a table says as one; raise ConfigError."""
        if isinstance(value, Budget):
            return value
        table = converters.table(value, lambda item: item, "a table")
        if not set(table) <= _KEYS or "max" not in table or sum(key in table for key in _WHAT) != 1:
            raise ConfigError(f"a budget has the keys {', '.join(sorted(table)) or 'none'}", _EXAMPLE)
        if "scope" in table and "for" not in table:
            raise ConfigError("scope is for the files of a pattern", "leave it out: a page or an entry is one total")
        return cls(**dict(_converted(key, given) for key, given in table.items()))

    @property
    def name(self) -> str:
        """What it is for, as the settings have it."""
        return self.page or self.entry or ", ".join(self.files.patterns if self.files else ())


def _converted(key: str, value: Any) -> tuple[str, Any]:
    with within(key):
        if key == "max":
            return "most", converters.size(value)
        if key == "for":
            return "files", patterns(value)
        if key == "scope":
            return "scope", converters.one_of(value, _SCOPES)
        if key == "coding":
            return "coding", converters.one_of(value, (IDENTITY, *CODECS))
        return key, converters.text(value)
