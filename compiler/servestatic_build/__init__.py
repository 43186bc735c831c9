"""Compile static assets: fingerprint, rewrite references, precompress, and write one manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from servestatic_build.api import (
        Asset,
        BuildResult,
        Code,
        Config,
        ConfigError,
        Diagnostic,
        Globs,
        HeaderRule,
        MissingRule,
        MissingRules,
        Progress,
        Severity,
        Skipped,
        SkipReason,
        Source,
        SourceFile,
        StagedFile,
        Variant,
        build,
    )
else:

    def __getattr__(name: str) -> Any:
        """Import the compiler when it is first asked for. What only reads a release needs neither it nor its extra."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from servestatic_build.extra import extra_needed  # noqa: PLC0415

        with extra_needed():
            from servestatic_build import api  # noqa: PLC0415
        return getattr(api, name)


__all__ = [
    "Asset",
    "BuildResult",
    "Code",
    "Config",
    "ConfigError",
    "Diagnostic",
    "Globs",
    "HeaderRule",
    "MissingRule",
    "MissingRules",
    "Progress",
    "Severity",
    "SkipReason",
    "Skipped",
    "Source",
    "SourceFile",
    "StagedFile",
    "Variant",
    "build",
]
