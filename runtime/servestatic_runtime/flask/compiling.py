"""Compile an application's static folders. Only ``command`` imports this, when it runs: it needs the extra [build]."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from flask.sansio.app import App

from servestatic_build import Config, ConfigError, Source, build
from servestatic_build.report.console import (
    print_diagnostic,
    print_diagnostics,
    print_summary,
    stderr_console,
)
from servestatic_build.report.progress import shown_progress
from servestatic_build.settings.files import read_settings
from servestatic_build.settings.source import url_directory
from servestatic_runtime.flask.folders import DEFAULT_PREFIX, Folder, folder_url, folders


def compile_app(app: App, dist: str, *, check: bool, strict: bool) -> int:
    """Compile into DIST, say on stderr what there is to say, and return the exit code."""
    console = stderr_console()
    try:
        config = _config(app, dist, check=check, strict=strict)
        with shown_progress(console) as progress:
            result = build(config, progress)
    except ConfigError as error:
        print_diagnostic(console, error.diagnostic("compile-static"))
        return 2
    print_diagnostics(console, result.diagnostics)
    if result.ok:
        print_summary(console, result, config.out)
    return 0 if result.ok else 1


def _config(app: App, dist: str, *, check: bool, strict: bool) -> Config:
    # No file answers for its directory unless the settings name it: an index.html would take the application's own "/".
    settings: dict[str, Any] = {"index": "", **read_settings(None)}
    url = folder_url(app, "static")
    if url is not None:
        settings["prefix"] = url
    prefix = url_directory(settings.get("prefix", DEFAULT_PREFIX))
    app_folders = folders(app)
    app_sources = tuple(_source(folder, prefix) for folder in app_folders)
    others = tuple(_others(settings.get("sources", ()), app_folders))
    flags = {"strict": strict or settings.get("strict", False), "check": check}
    return Config(**{**settings, **flags, "sources": others + app_sources, "out": dist})


def _others(sources: tuple[Source, ...], app_folders: list[Folder]) -> Iterator[Source]:
    """Yield the sources of the settings that are no folders of the application."""
    app_directories = {_real(folder.directory) for folder in app_folders}
    return (source for source in sources if _real(source.directory) not in app_directories)


def _real(directory: str) -> str:
    return os.path.normcase(os.path.realpath(directory))


def _source(folder: Folder, prefix: str) -> Source:
    """Return the source whose files have the URLs that the application serves them at."""
    if folder.url.startswith(prefix):
        return Source(folder.directory, name_prefix=folder.url.removeprefix(prefix))
    return Source(folder.directory, folder.url, fingerprint=True)
