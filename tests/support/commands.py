"""A command of argparse's, run in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit code."""

    exit_code: int
    stdout: str
    stderr: str


def run_command(main: Callable[[Sequence[str]], int], *arguments: str) -> Done:
    """Run a command. An exception that it does not handle is the test's."""
    stdout, stderr = StringIO(), StringIO()
    with redirect_stdout(stdout), redirect_stderr(stderr):
        try:
            code = main(arguments)
        except SystemExit as stop:  # argparse's, after --help or a wrong argument
            code = int(stop.code or 0)
    return Done(code, stdout.getvalue(), stderr.getvalue())
