"""Which files are coded already, by pattern."""

from __future__ import annotations

from dataclasses import dataclass

from servestatic_build.settings.globs import Globs


@dataclass(frozen=True, slots=True)
class ContentEncodings:
    """The codings that files of these names are in; a later pattern goes before an earlier one."""

    rules: tuple[tuple[Globs, str], ...] = ()

    def coding_of(self, name: str) -> str | None:
        """Return the coding that the file of a logical name is in, None for one that is not coded."""
        return next((coding for files, coding in reversed(self.rules) if files.match(name)), None)
