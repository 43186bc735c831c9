"""The processor's time from the start of Python to the first file that a WSGI application serves, beside the peers.

Run ``.venv/bin/python benchmarks/first_answer.py``. All serve the same directory, without codings; each value is of a process
of its own, one package after another.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import SCRATCH, Row, print_table
from processes import compiled

ROUNDS = 15
COUNTS = (100, 4_000)
ANSWER = """
from wsgiref.util import setup_testing_defaults
environ = {"PATH_INFO": "/static/d0/0.txt"}
setup_testing_defaults(environ)
said = []
b"".join(application(environ, lambda status, headers: said.append(status)))
assert said == ["200 OK"], said
from time import process_time
print(1000 * process_time())
"""
PACKAGES = {
    "servestatic-build": "from servestatic_runtime import ServeStatic; application = ServeStatic(None, 'dist')",
    "ServeStatic": "from servestatic import ServeStatic; application = ServeStatic(None, 'static', 'static')",
    "WhiteNoise": "from whitenoise import WhiteNoise; application = WhiteNoise(None, 'static', 'static')",
    "Python alone": "application = lambda environ, start: [start('200 OK', []) or b'']",
}


def main() -> None:
    """Measure trees of each size, and print the table."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    print_table("From the start of Python to the first file served", _rows())


def _rows() -> Iterator[Row]:
    for count in COUNTS:
        with TemporaryDirectory(dir=SCRATCH) as scratch:
            _write(Path(scratch), count)
            values: dict[str, list[float]] = {name: [] for name in PACKAGES}
            for _ in range(ROUNDS):
                for name, code in PACKAGES.items():
                    values[name].append(_milliseconds(code, scratch))
        yield from (Row(f"{count:,} files, {name}", each, "CPU ms") for name, each in values.items())


def _write(scratch: Path, count: int) -> None:
    for number in range(count):
        file = scratch / f"static/d{number % 40}/{number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{number}\n")
    compiled(scratch / "static", scratch / "dist", "--codings=none", "--no-cache")


def _milliseconds(code: str, scratch: str) -> float:
    command = [sys.executable, "-c", code + ANSWER]
    return float(subprocess.run(command, cwd=scratch, env=os.environ, capture_output=True, check=True).stdout)


if __name__ == "__main__":
    main()
