"""Real servers on ports that the system picks, started for a test and stopped behind it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

_LISTENING = re.compile(r"http://127\.0\.0\.1:(\d+)")


@contextmanager
def running(command: list[str], env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Iterator[int]:
    """Run ``python -m command...`` until the block ends; yield the port that it says it listens on."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        env={**os.environ, **(env or {}), "PYTHONUNBUFFERED": "1"},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        port = _port(process)
        drain = Thread(target=process.communicate)  # an unread pipe would stop the server in the end
        drain.start()
    except BaseException:
        process.kill()
        process.communicate()
        raise
    try:
        yield port
    finally:
        process.terminate()
        drain.join(timeout=20)


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if match := _LISTENING.search(line):
            return int(match[1])
    raise AssertionError("the server ended:\n" + "".join(seen))


def gunicorn(application: str, *options: str) -> list[str]:
    """Return the command that serves ``module:name`` with gunicorn's gthread worker."""
    return ["gunicorn", application, "--bind", "127.0.0.1:0", "--worker-class", "gthread", "--threads", "4", *options]


def uvicorn(application: str, *options: str) -> list[str]:
    """Return the command that serves ``module:name`` with uvicorn."""
    return ["uvicorn", application, "--host", "127.0.0.1", "--port", "0", "--no-access-log", *options]
