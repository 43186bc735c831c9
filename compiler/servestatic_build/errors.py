"""What ends a build before its last stage."""

from __future__ import annotations

from servestatic_build.model import Diagnostic, Severity


class ConfigError(Exception):
    """Settings or arguments that no build can follow (exit code 2)."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class BuildError(Exception):
    """A problem behind which the build can't go on; it becomes a diagnostic of the result."""

    def __init__(self, place: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(Severity.ERROR, place, message, hint)
