"""Threads for what the build does at the same time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Workers(ThreadPoolExecutor):
    """A pool of threads that is a problem of the build, and no traceback, where the system has no thread left."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Have a thread call a function; raise BuildError."""
        try:
            return super().submit(fn, *args, **kwargs)
        except RuntimeError as error:  # here threads are started
            problem, hint = "the system can start no more threads", "lower --jobs, or raise the limit of processes"
            raise BuildError(Code.OUT_OF_RESOURCES, "servestatic-build", problem, hint) from error

    def each(self, do: Callable[[_T], None], items: Iterable[_T]) -> None:
        """Have the threads do something with each item, in this order; the first error ends it.

        A future for each of 80,000 files took 130 MB, more than all else that a build knew of them.
        """
        left = deque(items)

        def work() -> None:
            try:
                while (item := _taken(left)) is not None:
                    do(item[0])
            except BaseException:
                left.clear()
                raise

        try:
            for future in [self.submit(work) for _ in range(min(self._max_workers, len(left)))]:
                future.result()
        except BaseException:
            left.clear()
            raise


def _taken(left: deque[_T]) -> tuple[_T] | None:
    try:
        return (left.popleft(),)
    except IndexError:
        return None
