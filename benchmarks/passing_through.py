"""What a request that is not ours pays for passing through the middleware, in process.

Run ``.venv/bin/python benchmarks/passing_through.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment
from wsgiref.util import setup_testing_defaults

from measure import Row, Target, print_table
from servestatic_runtime import ServeStatic, ServeStaticASGI
from servestatic_runtime.asgi import Receive, Scope, Send
from two_files import DIST, compile_two_files

ROUNDS = 41
REQUESTS = 20_000
PATH = "/api/orders/4711"
UNDER_1_5_US = Target("under", 1.5)


def main() -> None:
    """Measure both interfaces, with and without the middleware in turn, and print the table."""
    compile_two_files()
    rows = [
        Row(
            "added by ServeStatic (WSGI)",
            _added(_wsgi(_wsgi_app), _wsgi(ServeStatic(_wsgi_app, DIST))),
            "µs",
            UNDER_1_5_US,
        ),
        Row(
            "added by ServeStaticASGI",
            _added(_asgi(_asgi_app), _asgi(ServeStaticASGI(_asgi_app, DIST))),
            "µs",
            UNDER_1_5_US,
        ),
    ]
    print_table(f"A request that is not ours, {REQUESTS:,} a round", rows)


def _added(bare: Callable[[], float], wrapped: Callable[[], float]) -> list[float]:
    """Return what the second takes longer than the first, in microseconds a request, by round."""
    bare(), wrapped()
    pairs = [(bare(), wrapped()) for _ in range(ROUNDS)]
    return [(second - first) / REQUESTS * 1e6 for first, second in pairs]


def _wsgi(application: Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]) -> Callable[[], float]:
    environ: WSGIEnvironment = {}
    setup_testing_defaults(environ)
    environ["PATH_INFO"] = PATH

    def start_response(*_: Any) -> Any:
        return None

    def measure() -> float:
        start = perf_counter()
        for _ in range(REQUESTS):
            application(environ, start_response)
        return perf_counter() - start

    return measure


def _asgi(application: Callable[[Scope, Receive, Send], Any]) -> Callable[[], float]:
    scope = {"type": "http", "method": "GET", "path": PATH, "root_path": "", "query_string": b"", "headers": []}

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        pass

    async def ask() -> float:
        start = perf_counter()
        for _ in range(REQUESTS):
            await application(scope, receive, send)
        return perf_counter() - start

    return lambda: asyncio.run(ask())


def _wsgi_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:  # noqa: ARG001
    return ()


async def _asgi_app(scope: Scope, receive: Receive, send: Send) -> None:
    pass


if __name__ == "__main__":
    main()
