"""What other programs may use of the compiler (docs/reference/python-api.md), all of which the package itself has."""

from __future__ import annotations

from servestatic_build.build_result import BuildResult
from servestatic_build.codes import Code
from servestatic_build.diagnostics import ConfigError, Diagnostic, Severity
from servestatic_build.model import Asset, Skipped, SkipReason, SourceFile, StagedFile, Variant
from servestatic_build.pipeline import build
from servestatic_build.settings.config import Config
from servestatic_build.settings.globs import Globs
from servestatic_build.settings.header_rules import HeaderRule
from servestatic_build.settings.missing import MissingRule, MissingRules
from servestatic_build.settings.source import Source
from servestatic_build.stages import Progress

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
