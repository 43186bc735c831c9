"""How far a build is: a bar on a terminal, and elsewhere a line for each stage and one every ten seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as RichProgress

from servestatic_build.stages import Progress

_SECONDS = 10.0


@contextmanager
def shown_progress(console: Console, *, names_stages: bool = False, seconds: float = _SECONDS) -> Iterator[Progress]:
    """Show while the block runs what its build is doing.

    Where there is no terminal, a line every so many ``seconds`` does it, and with ``names_stages`` one for each stage.
    """
    if console.is_terminal:
        with _drawn(_bar(console)) as bar:
            yield _Bar(bar)
    else:
        lines, done = _Lines(console, names_stages=names_stages), Event()
        thread = Thread(target=_tell_until, args=(done, seconds, lines), daemon=True)
        with suppress(RuntimeError):  # the system has no thread left, which is a matter of the build's
            thread.start()
        try:
            yield lines
        finally:
            done.set()
            if thread.ident is not None:
                thread.join()


class _Bar:
    """A line a stage, drawn anew with every step, and gone in the end."""

    def __init__(self, progress: RichProgress) -> None:
        self._progress = progress

    def stage(self, name: str, steps: int) -> Callable[[], None]:
        """Begin a stage of so many steps and return what ends a step."""
        task = self._progress.add_task(name, total=steps)
        return lambda: self._progress.advance(task)


class _Lines:
    """Lines for logs: what says nothing for ten minutes is killed by many a CI."""

    def __init__(self, console: Console, *, names_stages: bool) -> None:
        self._console = console
        self._names_stages = names_stages
        self._name, self._steps, self._done = "", 0, 0

    def stage(self, name: str, steps: int) -> Callable[[], None]:
        """Begin a stage of so many steps and return what ends a step."""
        self._name, self._steps, self._done = name, steps, 0
        if self._names_stages:
            self.tell()
        return self._advance

    def tell(self) -> None:
        """Print how far the stage is, if there is one."""
        if self._name:
            counted = f"{self._name}: {self._done:,} of {self._steps:,}" if self._steps > 1 else self._name
            self._console.print(counted, soft_wrap=True)

    def _advance(self) -> None:
        self._done += 1


def _tell_until(done: Event, seconds: float, lines: _Lines) -> None:
    while not done.wait(seconds):
        lines.tell()


def _bar(console: Console) -> RichProgress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return RichProgress(*columns, console=console, transient=True)


@contextmanager
def _drawn(bar: RichProgress) -> Iterator[RichProgress]:
    with suppress(RuntimeError):  # no thread left, as above
        bar.start()
    try:
        yield bar
    finally:
        bar.stop()
