"""Requests to an application without a server: how long it takes to answer many."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from time import process_time
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment
from wsgiref.util import setup_testing_defaults

from servestatic_runtime.asgi import Receive, Scope, Send

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
REQUESTS = 20_000

Measure = Callable[[], float]


def wsgi(application: Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]], path: str) -> Measure:
    """Return a function that sends REQUESTS and returns the microseconds of CPU time that each took."""
    environ: WSGIEnvironment = {}
    setup_testing_defaults(environ)
    environ |= {"PATH_INFO": path, "HTTP_ACCEPT_ENCODING": ACCEPT_ENCODING}

    def start_response(*_: Any) -> Any:
        return None

    def measure() -> float:
        start = process_time()
        for _ in range(REQUESTS):
            b"".join(application(environ, start_response))
        return (process_time() - start) / REQUESTS * 1e6

    return measure


def asgi(application: Callable[[Scope, Receive, Send], Any], path: str) -> Measure:
    """Return a function that sends REQUESTS and returns the microseconds of CPU time that each took."""
    headers = [(b"host", b"127.0.0.1"), (b"accept-encoding", ACCEPT_ENCODING.encode())]
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "query_string": b"", "headers": headers}

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        pass

    async def ask() -> float:
        start = process_time()
        for _ in range(REQUESTS):
            await application(scope, receive, send)
        return (process_time() - start) / REQUESTS * 1e6

    return lambda: asyncio.run(ask())
