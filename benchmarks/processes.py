"""What a process takes from its start to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

BIN = Path(sys.executable).parent

_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # getrusage(2)


class Taken(NamedTuple):
    """What a process took; ``peak`` is the MB that were resident at most, in it or in one that it started."""

    seconds: float
    peak: float


def run(*command: str | Path) -> Taken:
    """Run a command to its end; exit if it fails."""
    start = perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed")
    return Taken(seconds, usage.ru_maxrss * _MAXRSS_UNIT / 1e6)


def compiled(source: Path, dist: Path, *options: str | Path) -> Taken:
    """Compile a tree into DIST."""
    return run(BIN / "servestatic-build", source, "--out", dist, "--quiet", *options)
