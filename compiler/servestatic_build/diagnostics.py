"""Problems as values: how bad, of which kind, where, what is wrong and what to do.

Every stage tells them to the one ``Diagnostics`` of its build, and the report prints them. What programs decide, they
decide by ``code``; a message is for people and may change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from servestatic_build.codes import Code
from servestatic_build.model import Position
from servestatic_build.places import Place, places


class Severity(StrEnum):
    """How bad a problem is. An error fails the build; --strict makes each warning one."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


_CODES = {code.value: code for code in Code}


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A problem, from any stage, for the report. ``name`` is a file's logical name or path, or what is wrong itself."""

    severity: Severity
    code: Code
    name: str
    message: str
    hint: str | None = None  # what to do
    note: str | None = None  # what follows from it
    line: int | None = None  # as column, from 1; None where no part of a file is meant
    column: int | None = None  # in characters

    @property
    def place(self) -> str:
        """The name, and ``:line:column`` where they are known."""
        return self.name if self.line is None else f"{self.name}:{self.line}:{self.column}"


class ConfigError(Exception):
    """Settings or arguments that no build can follow (exit code 2)."""

    def __init__(self, message: str, hint: str | None = None, place: str | None = None) -> None:
        """Say what is wrong, what to do, and at which line of which file where a file says it."""
        super().__init__(f"{place}: {message}" if place else message)
        self.message = message
        self.hint = hint
        self.place = place

    def diagnostic(self, program: str) -> Diagnostic:
        """Return the problem as what ``program`` prints."""
        return Diagnostic(Severity.ERROR, Code.INVALID_SETTING, self.place or program, self.message, self.hint)


class BuildError(Exception):
    """A problem behind which the build can't go on; it becomes a diagnostic of the result."""

    def __init__(self, code: Code, place: str | Position, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.place = place
        self.message = message
        self.hint = hint


class _Problem(NamedTuple):
    severity: Severity
    code: Code
    place: str | Position
    message: str
    hint: str | None
    note: str | None = None


class Diagnostics:
    """The problems of one build, from all its stages. What is told twice counts once."""

    def __init__(self, *, strict: bool = False) -> None:
        self._warning = Severity.ERROR if strict else Severity.WARNING
        self._problems: dict[_Problem, None] = {}
        self.failed = False  # there is an error

    @property
    def count(self) -> int:
        """How many problems there are so far."""
        return len(self._problems)

    def note(self, code: Code, place: str | Position, message: str, hint: str | None = None) -> None:
        """Add what a person may want to know, and need not act on."""
        self._add(_Problem(Severity.NOTE, code, place, message, hint))

    def warning(
        self, code: Code, place: str | Position, message: str, hint: str | None = None, note: str | None = None
    ) -> None:
        """Add what is probably wrong: an error where the build is strict."""
        self._add(_Problem(self._warning, code, place, message, hint, note))

    def warning_of_machine(self, code: Code, place: str, message: str, hint: str) -> None:
        """Add what is wrong where the build runs and not with the release: no error, where the build is strict, too."""
        self._add(_Problem(Severity.WARNING, code, place, message, hint))

    def error(self, code: Code, place: str | Position, message: str, hint: str | None = None) -> None:
        """Add what the release can't be published with."""
        self._add(_Problem(Severity.ERROR, code, place, message, hint))

    def told(self) -> Sequence[Sequence[Any]]:
        """Return all problems as plain values, for ``tell_again`` in another build."""
        return tuple(self._problems)

    def tell_again(self, problems: Iterable[Sequence[Any]]) -> None:
        """Add what an earlier build with the same settings told."""
        for severity, code, place, *texts in problems:
            where = place if isinstance(place, str) else Position(*place)
            self._add(_Problem(Severity(severity), _CODES[code], where, *texts))

    def _add(self, problem: _Problem) -> None:
        self._problems[problem] = None
        self.failed |= problem.severity is Severity.ERROR

    def located(self) -> tuple[Diagnostic, ...]:
        """Return all problems in the order in which they came, positions as lines and columns; reads each file once."""
        offsets: dict[str, set[int]] = defaultdict(set)
        for problem in self._problems:
            if isinstance(problem.place, Position):
                offsets[problem.place.path].add(problem.place.offset)
        by_path = {path: places(path, wanted) for path, wanted in offsets.items()}
        return tuple(_located(problem, by_path) for problem in self._problems)


def _located(problem: _Problem, by_path: dict[str, dict[int, Place]]) -> Diagnostic:
    severity, code, place, message, hint, note = problem
    if isinstance(place, str):
        return Diagnostic(severity, code, place, message, hint, note)
    line, column = by_path[place.path].get(place.offset, (None, None))
    return Diagnostic(severity, code, place.name, message, hint, note, line, column)
