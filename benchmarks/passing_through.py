"""What a request that is not ours pays for passing through the middleware, in process.

Run ``.venv/bin/python benchmarks/passing_through.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from in_process import REQUESTS, Measure, asgi, wsgi
from measure import Row, Target, print_table
from servestatic_runtime import ServeStatic, ServeStaticASGI
from servestatic_runtime.asgi import Receive, Scope, Send
from two_files import DIST, compile_two_files

ROUNDS = 41
PATH = "/api/orders/4711"
UNDER_1_5_US = Target("under", 1.5)


def main() -> None:
    """Measure both interfaces, with and without the middleware in turn, and print the table."""
    compile_two_files()
    through_wsgi = _added(wsgi(_wsgi_app, PATH), wsgi(ServeStatic(_wsgi_app, DIST), PATH))
    through_asgi = _added(asgi(_asgi_app, PATH), asgi(ServeStaticASGI(_asgi_app, DIST), PATH))
    rows = [
        Row("added by ServeStatic (WSGI)", through_wsgi, "µs", UNDER_1_5_US),
        Row("added by ServeStaticASGI", through_asgi, "µs", UNDER_1_5_US),
    ]
    print_table(f"A request that is not ours, {REQUESTS:,} a round", rows)


def _added(bare: Measure, wrapped: Measure) -> list[float]:
    """Return what the second takes longer than the first, in microseconds a request, by round."""
    bare(), wrapped()
    pairs = [(bare(), wrapped()) for _ in range(ROUNDS)]
    return [second - first for first, second in pairs]


def _wsgi_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:  # noqa: ARG001
    return ()


async def _asgi_app(scope: Scope, receive: Receive, send: Send) -> None:
    pass


if __name__ == "__main__":
    main()
