"""A build of which a page is written: what it made, and what changed since the release before."""

from __future__ import annotations

from servestatic_build.build_result import BuildResult
from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostic, Severity
from servestatic_build.extra import MissingExtraError
from servestatic_build.inspection.report_data import BudgetUse, Problem
from servestatic_build.inspection.report_page import write_report
from servestatic_build.report.console import print_diagnostic
from servestatic_build.report.told import ToldBuilds
from servestatic_build.settings.config import Config
from servestatic_runtime import Manifest, ManifestError


def build_and_report(builds: ToldBuilds, config: Config, file: str) -> bool:
    """Compile and tell of it, write the page, and return whether both went well; raise ConfigError.

    A build that failed, or that wrote nothing, has no page.
    """
    previous = _release(config.out)
    result = builds.build(config)
    if not result.ok or config.check:
        return result.ok
    try:
        write_report(Manifest.open(config.out), file, previous, _problems(result), _budgets(result))
    except (OSError, MissingExtraError) as error:
        problem = error.strerror if isinstance(error, OSError) else None
        message = f"the report cannot be written: {problem or error}"
        print_diagnostic(builds.console, Diagnostic(Severity.ERROR, Code.FILE_SYSTEM, file, message))
        return False
    return True


def _release(dist: str) -> Manifest | None:
    """Return the release that a build will replace, which stays readable, or None where there is none to compare with."""
    try:
        return Manifest.open(dist)
    except ManifestError:
        return None


def _problems(result: BuildResult) -> list[Problem]:
    return [Problem(each.severity, each.place, each.message, each.code) for each in result.diagnostics]


def _budgets(result: BuildResult) -> list[BudgetUse]:
    return [
        BudgetUse(
            name=each.budget.name,
            counts="each file" if each.budget.files is not None and each.budget.scope == "each" else "all in total",
            coding=each.budget.coding or "the smallest",
            size=each.size,
            most=each.budget.most,
            largest=each.files[0].name,
        )
        for each in result.budgets
    ]
