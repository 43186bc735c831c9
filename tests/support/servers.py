"""Real servers on ports that the system picks, started for a test and stopped behind it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_LISTENING = re.compile(r"(?:Listening at:|running on|Serving .* on|http://) ?(?:http://)?127\.0\.0\.1:(\d+)")


@contextmanager
def running(command: list[str], env: Mapping[str, str] | None = None) -> Iterator[int]:
    """Run ``python -m command...`` until the block ends; yield the port that it says it listens on."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        env={**os.environ, **(env or {}), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield _port(process)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if match := _LISTENING.search(line):
            return int(match[1])
    raise AssertionError("the server ended:\n" + "".join(seen))
