"""Compile static assets: fingerprint, rewrite references, precompress, and write one manifest."""

try:
    from servestatic_build.build import BuildResult, build
    from servestatic_build.diagnostics import ConfigError
    from servestatic_build.settings.config import Config
    from servestatic_build.settings.source import Source
except ModuleNotFoundError as error:
    message = f'{error.name} is missing. To compile, install the extra: pip install "servestatic-build[build]"'
    raise ImportError(message) from error

__all__ = ["BuildResult", "Config", "ConfigError", "Source", "build"]
