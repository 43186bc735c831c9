"""What a person sees of a build, on stderr, and what a program reads of it, as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from servestatic_build.build import BuildResult
from servestatic_build.diagnostics import Diagnostic, Severity

_STYLES = {Severity.NOTE: "cyan", Severity.WARNING: "yellow", Severity.ERROR: "bold red"}


class ProgressBar:
    """A line a stage, drawn on a terminal only; elsewhere a build talks when it is done."""

    def __init__(self, console: Console | None = None) -> None:
        """Draw on a console, or on stderr."""
        console = console or Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()

    def stage(self, name: str, steps: int) -> Callable[[], None]:
        """Begin a stage of so many steps and return what ends a step."""
        task = self._progress.add_task(name, total=steps)
        return lambda: self._progress.advance(task)


def print_diagnostic(console: Console, diagnostic: Diagnostic) -> None:
    """Print a problem as ``place: severity: message`` and its hint."""
    severity = (diagnostic.severity, _STYLES[diagnostic.severity])
    console.print(Text.assemble(f"{diagnostic.place}: ", severity, f": {diagnostic.message}"), soft_wrap=True)
    if diagnostic.hint:
        console.print(Text(f"  hint: {diagnostic.hint}"), soft_wrap=True)


def print_summary(console: Console, result: BuildResult, out: str) -> None:
    """Print what a build made: bytes by coding, time by stage, and the sentence that says it all."""
    table = Table(box=None, pad_edge=False)
    for heading in ("coding", "files", "bytes", "of"):
        table.add_column(heading, justify="left" if heading == "coding" else "right")
    for row in summary(result)["codings"]:
        table.add_row(row["coding"], f"{row['files']:,}", f"{row['bytes']:,}", f"{row['identity_bytes']:,}")
    console.print(table)
    console.print(Text(", ".join(f"{name} {seconds:.2f} s" for name, seconds in result.seconds.items())))
    console.print(Text(_sentence(result, out)), soft_wrap=True)


def summary(result: BuildResult) -> dict[str, Any]:
    """Return the summary of a build as plain data, the same that --json prints."""
    severities = Counter(diagnostic.severity for diagnostic in result.diagnostics)
    return {
        "ok": result.ok,
        "up_to_date": result.up_to_date,
        "files": len(result.assets),
        "new_files": result.new_files,
        "skipped": len(result.skipped),
        "missing_ignored": result.missing_ignored,
        "codings": _codings(result),
        "seconds": {name: round(seconds, 3) for name, seconds in result.seconds.items()},
        "warnings": severities[Severity.WARNING],
        "errors": severities[Severity.ERROR],
        "diagnostics": [
            {
                "severity": d.severity,
                "code": d.code,
                "place": d.place,
                "name": d.name,
                "line": d.line,
                "column": d.column,
                "message": d.message,
                "hint": d.hint,
            }
            for d in result.diagnostics
        ],
    }


def _codings(result: BuildResult) -> list[dict[str, Any]]:
    """Return, by coding: how many files have it, their bytes in it, and the bytes of the same files without it."""
    rows: dict[str, dict[str, Any]] = {}
    for asset in result.assets:
        for variant in asset.variants:
            row = rows.setdefault(
                variant.coding, {"coding": variant.coding, "files": 0, "bytes": 0, "identity_bytes": 0}
            )
            row["files"] += 1
            row["bytes"] += variant.file.size
            row["identity_bytes"] += asset.identity.size
    return list(rows.values())


def _sentence(result: BuildResult, out: str) -> str:
    warnings = sum(diagnostic.severity is Severity.WARNING for diagnostic in result.diagnostics)
    counts = f"{len(result.assets):,} files, {result.new_files:,} new on disk, {len(result.skipped):,} skipped"
    state = "is up to date" if result.up_to_date else "is compiled"
    return f"{out} {state}: {counts}, {warnings:,} warnings"
