"""A GET of a small file beside the same at another commit, in process, the two in turn.

Run ``.venv/bin/python benchmarks/beside.py COMMIT`` in a clone that has that commit. Each compiles a release of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree, rmtree
from statistics import median

from in_process import REQUESTS, asgi, wsgi
from measure import SCRATCH, Row, Target, print_table
from servestatic_runtime import ServeStatic, ServeStaticASGI
from two_files import DIST, compile_two_files, small

STARTS = 15  # two processes of the same code differ by up to 3 %
ROUNDS = 15  # each some 40 ms, one right after the other on one core, so that what else runs slows both
INTERFACES = ("WSGI", "ASGI")
HERE, THERE = Path(__file__).parent.parent, SCRATCH / "beside"
_ANSWERS = "answers"
AT_MOST_1_02 = Target("at most", 1.02)

_Process = subprocess.Popen[str]


def main() -> None:
    """Measure both commits in turn and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit", help="what git knows it by")
    commit = parser.parse_args().commit
    if commit == _ANSWERS:
        return _answer()
    _check_out(commit)
    ratios = [_ratios() for _ in range(STARTS)]
    rows = [
        Row(f"{interface}, CPU time: this / {commit}", values, "times", AT_MOST_1_02)
        for interface, values in zip(INTERFACES, zip(*ratios, strict=True), strict=True)
    ]
    return print_table(f"A GET of a small file, {REQUESTS:,} a round", rows)


def _check_out(commit: str) -> None:
    """Write the files of a commit below THERE, with the benchmarks of this one."""
    rmtree(THERE, ignore_errors=True)
    THERE.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", commit], cwd=HERE, stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(["tar", "-x", "--exclude=benchmarks"], cwd=THERE, input=archive, check=True)
    copytree(HERE / "benchmarks", THERE / "benchmarks")


def _ratios() -> tuple[float, ...]:
    """Start both and return how many times longer this commit takes, by interface."""
    with _started(HERE) as this, _started(THERE) as other:
        rounds = [
            [_microseconds(this, name) / _microseconds(other, name) for name in INTERFACES] for _ in range(ROUNDS)
        ]
    return tuple(map(median, zip(*rounds, strict=True)))


@contextmanager
def _started(root: Path) -> Iterator[_Process]:
    """Run the other half of this script with the code below ``root``; its release is compiled at the first answer."""
    code = os.pathsep.join(str(root / name) for name in ("runtime", "compiler"))
    command, pipe = [sys.executable, str(root / "benchmarks" / Path(__file__).name), _ANSWERS], subprocess.PIPE
    environment = {**os.environ, "PYTHONPATH": code}
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        process.communicate()


def _microseconds(process: _Process, interface: str) -> float:
    assert process.stdin
    assert process.stdout
    print(interface, file=process.stdin, flush=True)
    return float(process.stdout.readline())


def _answer() -> None:
    """Say, for each interface that standard input names, how long a request takes."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    compile_two_files()
    measures = {
        "WSGI": wsgi(ServeStatic(None, DIST), small().url),
        "ASGI": asgi(ServeStaticASGI(None, DIST), small().url),
    }
    for line in sys.stdin:
        print(measures[line.strip()](), flush=True)


if __name__ == "__main__":
    main()
