"""The pieces of an ASGI server, for tests that look at the messages themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import trio

RUNNERS: dict[str, Callable[[Coroutine[Any, Any, None]], None]] = {
    "asyncio": asyncio.run,
    "trio": lambda main: trio.run(lambda: main),
}
both_loops = pytest.mark.parametrize("run", RUNNERS.values(), ids=RUNNERS.keys())


def http_scope(path: str, *extensions: str, **fields: str) -> dict[str, Any]:
    """Return the scope of a GET with these fields, from a server that has these extensions."""
    headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "query_string": b""}
    return {**scope, "extensions": {name: {} for name in extensions}} if extensions else scope


async def receive() -> Any:
    """Be a client that sends no body and never leaves."""
    if trio.lowlevel.in_trio_run():
        await trio.sleep_forever()
    await asyncio.Event().wait()


class Sent(list[Any]):
    """The messages of an answer."""

    async def send(self, message: Any) -> None:
        self.append(message)

    @property
    def types(self) -> list[str]:
        return [message["type"].removeprefix("http.response.") for message in self]

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self[1:])
