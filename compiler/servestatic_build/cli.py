"""The command servestatic-build."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Console

from servestatic_build.build import Silent, build
from servestatic_build.codecs import EFFORTS
from servestatic_build.diagnostics import ConfigError, Severity
from servestatic_build.report.console import (
    ProgressBar,
    print_diagnostic,
    print_diagnostics,
    print_skipped,
    print_summary,
)
from servestatic_build.report.summary import summary
from servestatic_build.settings.config import MISSING, MODULES, Config, Source
from servestatic_build.settings.files import codings, read_settings
from servestatic_build.settings.globs import Globs

_GLOBS = ("ignore", "plain", "fingerprint", "hashed")


@click.command(
    name="servestatic-build", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
@click.option("-o", "--out", metavar="DIST", help="Where the release goes.  [default: dist]")
@click.option("--prefix", metavar="URL", help="Where a SOURCE that is a DIR is served.  [default: /static/]")
@click.option("--codings", metavar="LIST", help="Codings to make, or none.  [default: gzip,br,zstd]")
@click.option("--effort", type=click.Choice(EFFORTS), help="How hard to compress.  [default: default]")
@click.option("--jobs", type=int, metavar="N", help="Threads that compress.  [default: one a core]")
@click.option("--ignore", multiple=True, metavar="GLOB", help="Don't publish these files. May be repeated.")
@click.option("--plain", multiple=True, metavar="GLOB", help="Give these files their plain URL only. May be repeated.")
@click.option("--fingerprint", multiple=True, metavar="GLOB", help="Fingerprint these all the same. May be repeated.")
@click.option(
    "--hashed", multiple=True, metavar="GLOB", help="These files' names have a hash already. May be repeated."
)
@click.option("--plain-urls/--no-plain-urls", default=None, help="Serve fingerprinted files under plain URLs too.")
@click.option("--missing", type=click.Choice(MISSING), help="References to nothing.  [default: warn]")
@click.option("--modules", type=click.Choice(MODULES), help="How modules find each other.  [default: rewrite]")
@click.option("--origin", "origins", multiple=True, metavar="URL", help="An origin that serves DIST. May be repeated.")
@click.option(
    "--bundler-manifest",
    "bundler_manifests",
    multiple=True,
    metavar="FILE",
    help="A bundler's manifest; Vite's is found. May be repeated.",
)
@click.option("--strict", is_flag=True, default=None, help="Make every warning an error.")
@click.option("--max-age", type=int, metavar="SECONDS", help="How long a plain URL may be cached.  [default: 60]")
@click.option("--index", metavar="NAME", help="The file that answers for its directory.  [default: index.html]")
@click.option("--cross-origin/--no-cross-origin", default=None, help="Let other origins read the files (CORS).")
@click.option("--check", is_flag=True, default=None, help="Write nothing; exit 1 if DIST is not what would be written.")
@click.option("--json", "as_json", is_flag=True, help="Print a summary to stdout as JSON.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
@click.option("--verbose", is_flag=True, help="Name the skipped files and every problem.")
@click.option("--config", "settings_file", metavar="FILE", help="Settings.  [default: pyproject.toml, if it is there]")
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
    console = Console(stderr=True, highlight=False)
    try:
        config = Config(**{**read_settings(settings_file), **_given(options)})
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
    shown = [each for each in result.diagnostics if not quiet or each.severity is Severity.ERROR]
    print_diagnostics(console, shown, verbose=verbose)
    if result.ok and not quiet:
        print_summary(console, result, config.out)
    if as_json:
        click.echo(json.dumps(summary(result), indent=2))
    context.exit(0 if result.ok else 1)


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given, as keyword arguments of Config."""
    given = {name: value for name, value in options.items() if value not in {None, ()}}
    given.update({name: Globs.of(given[name]) for name in _GLOBS if name in given})
    if "sources" in given:
        given["sources"] = tuple(map(Source.parse, given["sources"]))
    if "codings" in given:
        given["codings"] = codings(given["codings"])
    return given
