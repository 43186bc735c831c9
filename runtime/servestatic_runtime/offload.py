"""Blocking calls moved off the event loop, whichever library runs it, without importing either beforehand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what the function returns, called in a worker thread of asyncio or trio."""
    if _in_trio():
        from functools import partial  # noqa: PLC0415

        import trio  # noqa: PLC0415 - it is running

        result: T = await trio.to_thread.run_sync(partial(function, *args, **kwargs))
        return result
    import asyncio  # noqa: PLC0415 - it is running

    return await asyncio.to_thread(function, *args, **kwargs)


def _in_trio() -> bool:
    trio = sys.modules.get("trio")
    return trio is not None and trio.lowlevel.in_trio_run()
