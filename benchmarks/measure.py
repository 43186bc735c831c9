"""What every benchmark shares: measured values beside their targets, printed as one table."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from operator import ge, le, lt
from pathlib import Path
from statistics import median, quantiles

SCRATCH = Path(__file__).parent.parent / "build" / "benchmarks"

_PACKAGES = (
    "uvicorn",
    "httptools",
    "uvloop",
    "gunicorn",
    "granian",
    "servestatic",
    "starlette",
    "blacknoise",
    "whitenoise",
)
_HOLDS: Mapping[str, Callable[[float, float], bool]] = {"under": lt, "at most": le, "at least": ge}
_COLUMNS = ("what", "n", "median", "quartiles", "unit", "target", "met")


@dataclass(frozen=True, slots=True)
class Target:
    """A number that the project promises, of which the median is held to it; ``bound`` is a key of ``_HOLDS``."""

    bound: str
    limit: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: all that was measured, in ``unit``. Without a target it is there for information."""

    what: str
    values: Sequence[float]
    unit: str
    target: Target | None = None


def print_table(title: str, rows: Iterable[Row]) -> None:
    """Print the rows, and under them the versions and the machine they were measured with."""
    lines = [_COLUMNS, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(title, end="\n\n")
    for what, *numbers in lines:
        cells = [what.ljust(widths[0]), *map(str.rjust, numbers, widths[1:])]
        print("  ".join(cells).rstrip())
    print(f"\n{_environment()}")


def _cells(row: Row) -> tuple[str, ...]:
    low, middle, high = _quartiles(row.values)
    spread = f"{_number(low)} to {_number(high)}"
    return (row.what, f"{len(row.values):,}", _number(middle), spread, row.unit, *_judged(row.target, middle))


def _quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, median(values), high


def _judged(target: Target | None, value: float) -> tuple[str, str]:
    if target is None:
        return "", ""
    return f"{target.bound} {target.limit:g}", "yes" if _HOLDS[target.bound](value, target.limit) else "NO"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _environment() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return f"Python {platform.python_version()}, {packages}; {os.cpu_count()} cores"
