"""What a person sees of a build, on stderr."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from servestatic_build.build_result import BuildResult
from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostic, Severity
from servestatic_build.model import Skipped
from servestatic_build.releases.budgets import WeighedBudget
from servestatic_build.report.digest import digest
from servestatic_runtime.printable import printable

_MOST_OFFENDERS = 10
_STYLES = {Severity.NOTE: "cyan", Severity.WARNING: "yellow", Severity.ERROR: "bold red"}


def stderr_console() -> Console:
    """Return the console that a command talks on."""
    return Console(stderr=True, highlight=False)


def print_diagnostics(console: Console, diagnostics: Sequence[Diagnostic], *, verbose: bool = False) -> None:
    """Print problems, many of one kind as one unless ``verbose``."""
    for diagnostic in diagnostics if verbose else digest(diagnostics, "--verbose names them all, as --json does"):
        print_diagnostic(console, diagnostic)


def print_diagnostic(console: Console, diagnostic: Diagnostic) -> None:
    """Print a problem as ``place: severity: message [code]``, then its note and its hint."""
    severity = (diagnostic.severity, _STYLES[diagnostic.severity])
    place, *message = map(printable, (diagnostic.place, diagnostic.message, diagnostic.code))
    console.print(Text.assemble(f"{place}: ", severity, ": {} [{}]".format(*message)), soft_wrap=True)
    for label, text in (("note", diagnostic.note), ("hint", diagnostic.hint)):
        if text:
            _print_line(console, f"  {label}: {text}")


def print_skipped(console: Console, skipped: Iterable[Skipped]) -> None:
    """Print which files are not published, and why."""
    for file in skipped:
        _print_line(console, f"{file.path}: skipped: {file.reason}")


def print_cache_uses(console: Console, result: BuildResult) -> None:
    """Print how often the cache had what the build needed."""
    for kind, uses in sorted(result.cache.items()):
        _print_line(console, f"cache: {kind}: {_count(uses.hits, 'hit')}, {_count(uses.misses, 'miss', 'misses')}")


def print_over_budget(console: Console, over_budget: Iterable[WeighedBudget]) -> None:
    """Print, for each budget that is exceeded, its largest files and how much they grew since the last release."""
    for over in over_budget:
        table = Table(box=None, pad_edge=False)
        for heading in (over.budget.name, "bytes", "growth"):
            table.add_column(printable(heading), justify="right" if heading in {"bytes", "growth"} else "left")
        for file in over.files[:_MOST_OFFENDERS]:
            growth = "new" if file.growth is None else f"{file.growth:+,}" if file.growth else "0"
            table.add_row(printable(file.name), f"{file.size:,}", growth)
        console.print(table)
        if len(over.files) > _MOST_OFFENDERS:
            _print_line(console, f"and {_count(len(over.files) - _MOST_OFFENDERS, 'smaller file')}")


def print_summary(console: Console, result: BuildResult, out: str) -> None:
    """Print what a build made: bytes by coding, time by stage, and its outcome."""
    table = Table(box=None, pad_edge=False)
    for heading in ("coding", "files", "bytes", "of"):
        table.add_column(heading, justify="left" if heading == "coding" else "right")
    for coding, *numbers in result.totals:
        table.add_row(coding, *(f"{number:,}" for number in numbers))
    console.print(table)
    _print_line(console, ", ".join(f"{name} {seconds:.2f} s" for name, seconds in result.seconds.items()))
    print_outcome(console, result, out)


def print_outcome(console: Console, result: BuildResult, out: str) -> None:
    """Print the sentence that says it all."""
    for sentence in _sentences(result, out):
        _print_line(console, sentence)


def _print_line(console: Console, text: str) -> None:
    console.print(Text(printable(text)), soft_wrap=True)


def _sentences(result: BuildResult, out: str) -> Iterator[str]:
    warnings = [each for each in result.diagnostics if each.severity is Severity.WARNING]
    state = "is up to date" if result.up_to_date else "is compiled"
    files = f"{_count(len(result.assets), 'file')}, {result.new_files:,} new on disk, {len(result.skipped):,} skipped"
    yield f"{out} {state}: {files}, {_count(len(warnings), 'warning')}"
    if warnings:
        broken = sum(each.code is Code.MISSING_REFERENCE for each in warnings)
        yield f"{_count(broken, 'broken reference')}; --strict makes every warning an error"


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
