"""Read many files at once: in processes beside this one, since the extractors hold Python's one lock.

The processes are of our own making and not multiprocessing's, which on Windows and macOS runs the caller's main program
again in each: whoever calls ``build()`` need not guard theirs. What goes wrong in a process is done here instead.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from threading import Lock, Thread
from typing import Any

from servestatic_build.references.extracting import Extracted, Wanted, from_answer, read_and_extracted, receive, send

# A process takes a quarter of a second to begin, in which this one reads a megabyte.
_LEAST_BYTES = 4 * 2**20
_BATCH_BYTES = 256 * 2**10
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from servestatic_build.references.extracting import main; main()"


def extracted_by_many(
    sizes: Mapping[Wanted, int], known: Collection[bytes], jobs: int, done: Callable[[], None]
) -> Mapping[Wanted, Extracted | None]:
    """Return what is in the files, read by so many processes; nothing where those don't pay."""
    if jobs == 1 or sum(sizes.values()) < _LEAST_BYTES or not _can_start_others():
        return {}
    work = _Work(sizes, known, done)
    helpers = [Thread(target=work.have_helped) for _ in range(jobs - 1)]
    with suppress(RuntimeError):  # the system has no thread left
        for helper in helpers:
            helper.start()
    work.help()
    for helper in helpers:
        if helper.ident is not None:
            helper.join()
    work.help()  # with what a process has left undone
    return work.results


def _can_start_others() -> bool:
    """Return whether this process knows which program is Python: not inside another program, such as uWSGI."""
    return os.path.basename(sys.executable or "").lower().startswith(("python", "pypy"))


class _Work:
    """Files that are shared out: the largest first to other processes, the smallest first to this one."""

    def __init__(self, sizes: Mapping[Wanted, int], known: Collection[bytes], done: Callable[[], None]) -> None:
        self._batches = deque(_batches(sizes))
        self._known = known
        self._done = done
        self._lock = Lock()
        self.results: dict[Wanted, Extracted | None] = {}

    def help(self) -> None:
        """Do what is left."""
        try:
            while batch := self._next(self._batches.pop):
                for wanted in batch:
                    self._add(wanted, read_and_extracted(wanted, self._known))
        except BaseException:
            self._batches.clear()  # nobody needs it any more
            raise

    def have_helped(self) -> None:
        """Have another process do what is left, as long as it can."""
        with suppress(OSError), _started() as process:
            try:
                send(_open(process.stdin), [*self._known])
                while batch := self._next(self._batches.popleft):
                    self._ask(process, batch)
            except Exception:  # noqa: BLE001 - whatever it is, this process does what is left
                process.kill()

    def _ask(self, process: subprocess.Popen[bytes], batch: list[Wanted]) -> None:
        try:
            send(_open(process.stdin), batch)
            answers = [from_answer(answer) for answer in receive(_open(process.stdout))]
            for wanted, answer in zip(batch, answers, strict=True):
                self._add(wanted, answer)
        except BaseException:
            self._batches.append(batch)
            raise

    def _next(self, take: Callable[[], list[Wanted]]) -> list[Wanted]:
        try:
            return take()
        except IndexError:
            return []

    def _add(self, wanted: Wanted, result: Extracted | None) -> None:
        with self._lock:
            self.results[wanted] = result
            self._done()


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-c", _PROGRAM, *sys.path]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing)  # noqa: S603 - it is this very Python


def _batches(sizes: Mapping[Wanted, int]) -> Iterator[list[Wanted]]:
    """Yield the files in batches, the largest first."""
    batch: list[Wanted] = []
    size = 0
    for wanted in sorted(sizes, key=lambda wanted: (-sizes[wanted], wanted)):
        batch.append(wanted)
        size += sizes[wanted]
        if size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _open(stream: Any) -> Any:
    assert stream is not None, "it is a pipe"
    return stream
