"""Servers started for a test and stopped behind it, and what the system says of their processes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TypeVar

import psutil

T = TypeVar("T")

# What anything that is waited for may take. It is long: beside it a whole test suite may be running.
PATIENCE_SECONDS = 60.0
_STEP_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens on a port, with all its processes."""

    process: psutil.Process
    port: int

    def has_open(self, path: Path) -> bool:
        """Return whether any of its processes has this file open."""
        return any(file.path == str(path) for process in family(self.process) for file in process.open_files())

    def bytes_read(self) -> int:
        """Return the bytes that its processes have read, or sent straight from a file."""
        return sum(process.io_counters().read_chars for process in family(self.process))

    def memory(self) -> int:
        """Return the bytes of memory that its processes occupy."""
        return sum(int(process.memory_info().rss) for process in family(self.process))


@contextmanager
def started(
    command: Sequence[str], env: Mapping[str, str] | None = None, cwd: Path | None = None, pass_fds: Sequence[int] = ()
) -> Iterator[Running]:
    """Run a server that was told to listen on a port of 127.0.0.1, of the system's choice, until the block ends."""
    with TemporaryFile("w+") as log:
        process = psutil.Popen(
            list(command),
            env={**os.environ, **(env or {})},
            cwd=cwd,
            pass_fds=pass_fds,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield Running(process, _port(process, log))
        finally:
            _stop(process)


def eventually(ask: Callable[[], T]) -> T:
    """Return the first answer that is true, or the last one when patience is at its end."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (answer := ask()) and time.monotonic() < end:
        time.sleep(_STEP_SECONDS)
    return answer


def family(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and all that it started; nothing if it has ended."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _stop(process: psutil.Popen) -> None:
    everyone = family(process)
    _signal([process], signal.SIGTERM)
    _, left = psutil.wait_procs(everyone, timeout=20)
    _signal(left, signal.SIGKILL)
    psutil.wait_procs(left)


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # it has ended by itself
            process.send_signal(number)


def _port(process: psutil.Popen, log: IO[str]) -> int:
    """Return the port that the process, or one that it started, listens on; fail if it ends before that."""
    port = eventually(lambda: _listening(process) or process.poll() is not None)
    if port is True or not port:
        log.seek(0)
        raise AssertionError(f"{process.args[0]} does not listen:\n{log.read()}")
    return port


def _listening(process: psutil.Process) -> int:
    """Return the port of 127.0.0.1 that is listened on: varnishd, before that, tries for a moment on all addresses."""
    with suppress(psutil.NoSuchProcess):  # one may end while it is asked
        for one in family(process):
            for connection in one.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN and connection.laddr.ip == "127.0.0.1":
                    return int(connection.laddr.port)
    return 0
