"""Compile static assets: fingerprint, rewrite references, precompress, and write one manifest."""

from servestatic_build.build import BuildResult, build
from servestatic_build.config import Config, Source
from servestatic_build.errors import ConfigError

__all__ = ["BuildResult", "Config", "ConfigError", "Source", "build"]
