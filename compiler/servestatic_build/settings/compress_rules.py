"""Which codings files get, by pattern."""

from __future__ import annotations

from dataclasses import dataclass

from servestatic_build.settings.globs import Globs


@dataclass(frozen=True, slots=True)
class CompressRule:
    """Which codings are tried on the files of these names: None for all that the build makes, whatever their type."""

    files: Globs
    codings: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class CompressRules:
    """Which codings are tried on all files; a later rule goes before an earlier one."""

    rules: tuple[CompressRule, ...] = ()

    def rule_for(self, name: str) -> CompressRule | None:
        """Return the rule for a logical name, None where the type of a file decides."""
        return next((rule for rule in reversed(self.rules) if rule.files.match(name)), None)
