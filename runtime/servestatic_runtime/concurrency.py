"""Threads and tasks beside a coroutine, under asyncio or trio; neither is imported unless it runs the event loop."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, ParamSpec, TypeVar

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


@asynccontextmanager
async def watch_disconnect(receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> AsyncIterator[Callable[[], bool]]:
    """Yield a function that says whether the client has left. ``receive`` is ASGI's.

    Nothing else says it everywhere: after a disconnect uvicorn's ``send`` returns as if all were well.
    """
    if _in_trio():
        import trio  # noqa: PLC0415 - it is running

        left = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_wait_until_left, receive, left.set)
            yield left.is_set
            nursery.cancel_scope.cancel()
        return
    import asyncio  # noqa: PLC0415 - it is running

    gone = asyncio.Event()
    task = asyncio.create_task(_wait_until_left(receive, gone.set))
    try:
        yield gone.is_set
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _wait_until_left(receive: Callable[[], Awaitable[Mapping[str, Any]]], left: Callable[[], None]) -> None:
    message = await receive()
    while message.get("more_body"):  # of the request's body, which nobody reads
        message = await receive()
    if message["type"] == "http.request":
        message = await receive()
    if message["type"] == "http.disconnect":
        left()


def _in_trio() -> bool:
    trio = sys.modules.get("trio")
    return trio is not None and trio.lowlevel.in_trio_run()
