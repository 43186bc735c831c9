"""What a build does about references to files that do not exist."""

from __future__ import annotations

from dataclasses import dataclass

from servestatic_build.settings import converters
from servestatic_build.settings.globs import Globs, patterns

POLICIES = ("ignore", "warn", "error")


@dataclass(frozen=True, slots=True)
class MissingRule:
    """What to do about references to missing files of these names."""

    files: Globs
    policy: str

    def __post_init__(self) -> None:
        """Raise ConfigError for a pattern that can't be read and a policy that does not exist."""
        object.__setattr__(self, "files", patterns(self.files))
        policy(self.policy)


@dataclass(frozen=True, slots=True)
class MissingRules:
    """What to do about all references to missing files: a later rule goes before an earlier one, ``otherwise`` last.

    Where that is None, a static import is an error, for a browser runs nothing of such a module, and all else a warning.
    """

    otherwise: str | None = None
    rules: tuple[MissingRule, ...] = ()

    def __post_init__(self) -> None:
        """Raise ConfigError for a policy that does not exist."""
        if self.otherwise is not None:
            policy(self.otherwise)


def policy(value: object) -> str:
    """Return a policy; raise ConfigError for one that does not exist."""
    return converters.one_of(value, POLICIES)
