"""The command servestatic-build."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import click

from servestatic_build.diagnostics import ConfigError
from servestatic_build.options import config_keywords, setting_options
from servestatic_build.report.console import print_diagnostic, stderr_console
from servestatic_build.report.told import ToldBuilds
from servestatic_build.settings.config import Config
from servestatic_build.settings.files import read_settings, settings_file
from servestatic_build.sources.rescan import Scanner
from servestatic_build.watching import bursts

_PROGRAM = "servestatic-build"
# While somebody waits to see a change. Production's URLs and headers are the same.
_WATCH_DEFAULTS = {"effort": "fast", "codings": "none"}


@click.command(name=_PROGRAM, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@setting_options
@click.option(
    "--watch", is_flag=True, help="Compile again whenever something changes; fast and without codings unless told."
)
@click.option("--report", "report_file", metavar="FILE", help="Write an HTML page about the release and what changed.")
@click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON to stdout.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
@click.option(
    "--verbose", is_flag=True, help="Name the skipped files and every problem, and say how the cache was used."
)
@click.option(
    "--config", "config_file", metavar="FILE", help="A settings file.  [default: pyproject.toml, if it exists]"
)
@click.version_option(package_name="servestatic-build")
@click.pass_context
def main(
    context: click.Context,
    /,
    *,
    config_file: str | None,
    watch: bool,
    report_file: str | None,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **options: Any,
) -> None:
    """Compile static files into DIST.

    SOURCE is DIR, served below the prefix, or URL=DIR, served at that URL (/=public). A later SOURCE wins.
    """
    console = stderr_console()
    builds = ToldBuilds(console, as_json=as_json, quiet=quiet, verbose=verbose)
    try:
        read = partial(_config, config_file, options, watch=watch)
        _check_together(watch=watch, report_file=report_file)
        config = read()
        if watch:
            _keep_compiled(config, read, settings_file(config_file), builds)
            is_good = True
        elif report_file:
            from servestatic_build.reported import build_and_report  # noqa: PLC0415 - it imports all that compares releases

            is_good = build_and_report(builds, config, report_file)
        else:
            is_good = builds.build(config).ok
    except ConfigError as error:
        print_diagnostic(console, error.diagnostic(_PROGRAM))
        context.exit(2)
    context.exit(0 if is_good else 1)


def _config(config_file: str | None, options: dict[str, Any], *, watch: bool) -> Config:
    defaults = _WATCH_DEFAULTS if watch else {}
    config = Config(**{**defaults, **read_settings(config_file), **config_keywords(options)})
    if watch and config.check:
        raise ConfigError("--check writes nothing, so there is nothing to --watch for", "leave one of them out")
    return config


def _check_together(*, watch: bool, report_file: str | None) -> None:
    if watch and report_file:
        raise ConfigError("--report writes a page about one build, and --watch goes on", "leave one of them out")


def _keep_compiled(config: Config, read: Callable[[], Config], settings: str, builds: ToldBuilds) -> None:
    """Compile now, and whenever the sources or the settings change, until Ctrl-C. Settings with an error wait for better ones."""

    def places() -> list[str]:
        return [settings, *config.bundler_manifests, *(source.directory for source in config.sources)]

    scanner = Scanner()
    with suppress(KeyboardInterrupt):
        for changed in bursts(places):  # the first at once
            scanner.note(changed)
            try:
                config = read()
                builds.build_again(config, scanner.scan)
            except ConfigError as error:
                builds.tell_problem(error)
