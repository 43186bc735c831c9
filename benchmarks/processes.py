"""What a process takes from its start to its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import NamedTuple

BIN = Path(sys.executable).parent

_POLL_SECONDS, _MOST_POLLS = 0.001, 120_000
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


@contextmanager
def watching(source: Path, dist: Path, *options: str | Path) -> Iterator[None]:
    """Compile a tree into DIST again and again while the block runs."""
    command = [BIN / "servestatic-build", source, "--out", dist, "--watch", "--quiet", *options]
    process = subprocess.Popen(list(map(str, command)))
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another in its place, None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def await_change(path: Path, before: tuple[int, int] | None) -> None:
    """Wait until there is another file at a path; exit where none comes."""
    for _ in range(_MOST_POLLS):
        if identity(path) != before:
            return
        sleep(_POLL_SECONDS)
    raise SystemExit(f"{path} did not change")
