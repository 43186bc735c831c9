"""What Django's middleware costs a worker before it can serve, beside ServeStatic's and WhiteNoise's.

Run ``.venv/bin/python benchmarks/django_start.py``. Each package's own collectstatic prepares its own STATIC_ROOT from
the same files; then each value is from a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from django_package import OURS, PACKAGES
from measure import SCRATCH, Row, Target, print_table

AT_LEAST_50_TIMES = Target("at least", 50)
_SUFFIXES = ("css", "js")
_URL = "/static/app0/css-0.css"


class Taken(NamedTuple):
    """Milliseconds of one start."""

    start: float  # import and construction
    answer: float  # with a first answer behind it


def main() -> None:
    """Prepare the projects, start each in turn, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=4_000, help="files that the finders find (%(default)s)")
    parser.add_argument("--rounds", type=int, default=25, help="times that each is started (%(default)s)")
    options = parser.parse_args()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=SCRATCH) as scratch:
        _write_sources(Path(scratch, "assets"), options.files)
        for name in PACKAGES:
            _run("collect", scratch, name)
        rows = list(_rows(_alternate(scratch, options.rounds)))
    print_table(f"Django's middleware with {options.files:,} files, in a new process each time", rows)


def _write_sources(directory: Path, files: int) -> None:
    """Write small style sheets and scripts, 50 in a directory."""
    random = Random(5)
    for number in range(files):
        suffix = _SUFFIXES[number % len(_SUFFIXES)]
        path = directory / f"app{number // 50}" / f"{suffix}-{number}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"/* {random.randbytes(400).hex()} */\n" * 2)


def _alternate(scratch: str, rounds: int) -> dict[str, list[Taken]]:
    """Return what each package took, by round. A round before the first warms the disk's cache."""
    taken: dict[str, list[Taken]] = {name: [] for name in PACKAGES}
    order = deque(PACKAGES)
    for number in range(rounds + 1):
        for name in order:
            this = Taken(*json.loads(_run("start", scratch, name)))
            if number:
                taken[name].append(this)
        order.rotate()
    return taken


def _rows(taken: Mapping[str, list[Taken]]) -> Iterator[Row]:
    yield from _compared(
        "start", {name: [each.start for each in all_] for name, all_ in taken.items()}, AT_LEAST_50_TIMES
    )
    yield from _compared(
        "start and first answer", {name: [each.answer for each in all_] for name, all_ in taken.items()}
    )


def _compared(what: str, values: Mapping[str, list[float]], target: Target | None = None) -> Iterator[Row]:
    for name in PACKAGES:
        yield Row(f"{name}: {what}", values[name], "ms")
    for name in PACKAGES:
        if name != OURS:
            quotients = [theirs / ours for ours, theirs in zip(values[OURS], values[name], strict=True)]
            yield Row(f"{name} / {OURS}: {what}, by round", quotients, "times", target)


def _run(mode: str, scratch: str, name: str) -> str:
    command = [sys.executable, "django_package.py", mode, scratch, name, _URL]
    # Bytecode is kept, as pip keeps that of installed packages: whoever runs from a checkout starts alike.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = subprocess.run(
        command, cwd=Path(__file__).parent, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return started.stdout


if __name__ == "__main__":
    main()
