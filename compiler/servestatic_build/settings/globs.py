"""Patterns for names, written as in .gitignore."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from pathspec import GitIgnoreSpec

from servestatic_build.diagnostics import ConfigError
from servestatic_build.settings import converters


@dataclass(frozen=True, slots=True)
class Globs:
    """A list of patterns; a later ``!pattern`` takes back an earlier one."""

    patterns: tuple[str, ...] = ()
    _spec: GitIgnoreSpec = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "_spec", GitIgnoreSpec.from_lines(self.patterns))
        except (ValueError, re.error) as error:
            raise ConfigError(
                f"{', '.join(self.patterns)}: a pattern can't be read: {error}", "write patterns as in .gitignore"
            ) from error

    @classmethod
    def of(cls, patterns: str | Iterable[str]) -> Globs:
        """Return a pattern, or several of them, as globs."""
        return cls((patterns,) if isinstance(patterns, str) else tuple(patterns))

    def match(self, name: str) -> bool:
        """Return whether a logical name (its leading slash aside) matches."""
        return bool(self.patterns) and self._spec.match_file(name.lstrip("/"))


def patterns(value: object, wanted: str = "a list of patterns") -> Globs:
    """Return what is given as patterns: globs, one pattern or several; raise ConfigError."""
    return value if isinstance(value, Globs) else Globs(converters.items(value, converters.raw_text, wanted, str))
