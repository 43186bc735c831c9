"""Builds whose outcome is told: to a person on a console, and as data on stdout."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import click
from rich.console import Console

from servestatic_build.build_result import BuildResult
from servestatic_build.diagnostics import ConfigError, Diagnostic, Severity
from servestatic_build.pipeline import build_scanned
from servestatic_build.report.console import (
    print_cache_uses,
    print_diagnostic,
    print_diagnostics,
    print_outcome,
    print_over_budget,
    print_skipped,
    print_summary,
)
from servestatic_build.report.progress import shown_progress
from servestatic_build.report.summary import summary
from servestatic_build.settings.config import Config
from servestatic_build.sources.scan import ScanSources, scan
from servestatic_build.stages import Silent


@dataclass(slots=True)
class ToldBuilds:
    """Builds of one command, with the options that say what is printed of them."""

    console: Console
    as_json: bool
    quiet: bool
    verbose: bool
    _told: tuple[Diagnostic, ...] | None = field(
        default=None, init=False
    )  # of the build before; None where all is news

    def build(self, config: Config, scan: ScanSources = scan) -> BuildResult:
        """Compile and tell all of it; raise ConfigError."""
        result = self._built(config, scan)
        if self.verbose:
            print_skipped(self.console, result.skipped)
            print_cache_uses(self.console, result)
        self._tell_problems(result)
        if result.ok and not self.quiet:
            print_summary(self.console, result, config.out)
        self._tell_data(result)
        return result

    def build_again(self, config: Config, scan: ScanSources) -> None:
        """Compile and tell what is new since the last time; raise ConfigError."""
        if self._told is None:
            self.build(config, scan)
            return
        told, result = self._told, self._built(config, scan)
        if (result.up_to_date or not result.ok) and result.diagnostics == told:
            return
        self._tell_problems(result)
        if result.ok and not self.quiet:
            print_outcome(self.console, result, config.out)
        self._tell_data(result)

    def tell_problem(self, error: ConfigError) -> None:
        """Tell why there is no build."""
        self._told = None
        print_diagnostic(self.console, error.diagnostic("servestatic-build"))

    def _built(self, config: Config, scan: ScanSources) -> BuildResult:
        if self.quiet:
            result = build_scanned(config, Silent(), scan)
        else:
            with shown_progress(self.console, names_stages=True) as progress:
                result = build_scanned(config, progress, scan)
        self._told = result.diagnostics
        return result

    def _tell_problems(self, result: BuildResult) -> None:
        shown = [each for each in result.diagnostics if not self.quiet or each.severity is Severity.ERROR]
        print_diagnostics(self.console, shown, verbose=self.verbose)
        print_over_budget(self.console, result.over_budget)

    def _tell_data(self, result: BuildResult) -> None:
        if self.as_json:
            click.echo(json.dumps(summary(result), indent=2))
