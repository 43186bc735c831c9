"""Threads for what the build does at the same time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from servestatic_build.diagnostics import BuildError, Code

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
