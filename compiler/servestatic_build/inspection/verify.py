"""``servestatic-manifest verify``: whether DIST holds what its manifest says. It needs the extra [build]."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from servestatic_build.extra import extra_needed
from servestatic_build.inspection.answers import NegativeAnswerError
from servestatic_build.inspection.json_view import as_json_text
from servestatic_runtime.printable import printable

if TYPE_CHECKING:
    from servestatic_build.diagnostics import Diagnostic
    from servestatic_build.verification.verify import Verification


def verify(dist: str, *, sample: int | None, missing: str, as_json: bool, verbose: bool) -> Iterator[str]:
    """Yield the lines about what is wrong with DIST; raise ManifestError, MissingExtraError, and NegativeAnswerError last."""
    with extra_needed(purpose="To verify a release"):
        from servestatic_build.report.console import stderr_console  # noqa: PLC0415 - needs the extra, as the next do
        from servestatic_build.report.digest import digest  # noqa: PLC0415
        from servestatic_build.report.progress import shown_progress  # noqa: PLC0415
        from servestatic_build.verification.verify import verify as verified  # noqa: PLC0415
    with shown_progress(stderr_console()) as progress:
        verification = verified(dist, sample=sample, missing=missing, progress=progress)
    if as_json:
        yield as_json_text(_data(verification))
    else:
        problems = verification.problems
        for problem in problems if verbose else digest(problems, "--verbose names them all, as --json does"):
            yield from map(printable, _lines(problem))
        yield printable(f"{dist}: {_sum(verification)}")
    if not verification.ok:
        raise NegativeAnswerError


def _lines(problem: Diagnostic) -> Iterator[str]:
    yield f"{problem.place}: {problem.severity}: {problem.message} [{problem.code}]"
    if problem.hint:
        yield f"  hint: {problem.hint}"


def _sum(verification: Verification) -> str:
    errors = sum(problem.severity == "error" for problem in verification.problems)
    faults = {0: "no fault", 1: "1 fault"}.get(errors, f"{errors:,} faults")
    read = f"{verification.read:,} of {verification.assets:,} assets ({verification.bytes_read:,} bytes)"
    return f"{faults}; read {read}, looked at {verification.files:,} files"


def _data(verification: Verification) -> dict[str, Any]:
    return {
        "ok": verification.ok,
        "assets": verification.assets,
        "read": verification.read,
        "files": verification.files,
        "bytes_read": verification.bytes_read,
        "problems": [_problem(problem) for problem in verification.problems],
    }


def _problem(problem: Diagnostic) -> dict[str, Any]:
    return {
        "severity": problem.severity,
        "code": problem.code,
        "file": problem.name,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "hint": problem.hint,
    }
