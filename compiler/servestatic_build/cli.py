"""The command servestatic-build."""

from __future__ import annotations

import json
from typing import Any

import click

from servestatic_build.diagnostics import ConfigError, Severity
from servestatic_build.options import config_keywords, setting_options
from servestatic_build.pipeline import Silent, build
from servestatic_build.report.console import (
    ProgressBar,
    print_cache_uses,
    print_diagnostic,
    print_diagnostics,
    print_skipped,
    print_summary,
    stderr_console,
)
from servestatic_build.report.summary import summary
from servestatic_build.settings.config import Config
from servestatic_build.settings.files import read_settings


@click.command(
    name="servestatic-build", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@setting_options
@click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON to stdout.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
@click.option(
    "--verbose", is_flag=True, help="Name the skipped files and every problem, and say how the cache was used."
)
@click.option(
    "--config", "settings_file", metavar="FILE", help="A settings file.  [default: pyproject.toml, if it exists]"
)
@click.version_option(package_name="servestatic-build")
@click.pass_context
def main(
    context: click.Context,
    /,
    *,
    settings_file: str | None,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    **options: Any,
) -> None:
    """Compile static files into DIST.

    SOURCE is DIR, served below the prefix, or URL=DIR, served at that URL (/=public). A later SOURCE wins.
    """
    console = stderr_console()
    try:
        config = Config(**{**read_settings(settings_file), **config_keywords(options)})
        if quiet:
            result = build(config, Silent())
        else:
            with ProgressBar(console) as progress:
                result = build(config, progress)
    except ConfigError as error:
        print_diagnostic(console, error.diagnostic("servestatic-build"))
        context.exit(2)
    if verbose:
        print_skipped(console, result.skipped)
        print_cache_uses(console, result)
    shown = [each for each in result.diagnostics if not quiet or each.severity is Severity.ERROR]
    print_diagnostics(console, shown, verbose=verbose)
    if result.ok and not quiet:
        print_summary(console, result, config.out)
    if as_json:
        click.echo(json.dumps(summary(result), indent=2))
    context.exit(0 if result.ok else 1)
