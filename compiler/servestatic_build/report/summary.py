"""What a build made, as data: --json prints it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from servestatic_build.build_result import BuildResult
from servestatic_build.diagnostics import Diagnostic, Severity
from servestatic_build.releases.budgets import WeighedBudget


def summary(result: BuildResult) -> dict[str, Any]:
    """Return the summary of a build as plain data."""
    severities = Counter(diagnostic.severity for diagnostic in result.diagnostics)
    return {
        "ok": result.ok,
        "up_to_date": result.up_to_date,
        "files": len(result.assets),
        "new_files": result.new_files,
        "skipped": len(result.skipped),
        "missing_ignored": result.missing_ignored,
        "placeholders": result.placeholders,
        "codings": [total._asdict() for total in result.totals],
        "cache": {kind: {"hits": uses.hits, "misses": uses.misses} for kind, uses in sorted(result.cache.items())},
        "seconds": {name: round(seconds, 3) for name, seconds in result.seconds.items()},
        "over_budget": [_over_budget(each) for each in result.over_budget],
        "warnings": severities[Severity.WARNING],
        "errors": severities[Severity.ERROR],
        "diagnostics": [_diagnostic(diagnostic) for diagnostic in result.diagnostics],
    }


def _over_budget(over: WeighedBudget) -> dict[str, Any]:
    return {
        "for": over.budget.name,
        "coding": over.budget.coding or None,
        "max": over.budget.most,
        "bytes": over.size,
        "files": [{"name": file.name, "bytes": file.size, "growth": file.growth} for file in over.files],
    }


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "place": diagnostic.place,
        "name": diagnostic.name,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "message": diagnostic.message,
        "note": diagnostic.note,
        "hint": diagnostic.hint,
    }
