"""What ServeStatic costs on gunicorn, beside a bare application and ServeStatic 4.4.

Run ``.venv/bin/python benchmarks/wsgi.py``. It needs wrk (apt-get install wrk) and two cores.
wrk runs on core 0; ``--server-cores 1`` keeps the servers, with all their threads, on the other one.
"""

from __future__ import annotations

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import servestatic

from measure import Target, print_table
from one_file import DIST, SERVESTATIC_ROOT, answer
from servers import CONNECTIONS, compare
from servestatic_runtime import ServeStatic

THREADS = 4
OURS, BARE, PEER = "ours", "bare application", "ServeStatic 4.4"
TARGETS = {(OURS, BARE): Target("at least", 0.95), (OURS, PEER): None}


def main() -> None:
    """Measure the three in turn and print the table."""
    commands = {OURS: _gunicorn("ours"), BARE: _gunicorn("bare"), PEER: _gunicorn("peer")}
    rows = compare(__doc__, commands, TARGETS)
    size = len(answer().body)
    server = f"gunicorn (gthread, {THREADS} threads)"
    print_table(f"{server}, {size:,} bytes of brotli, {CONNECTIONS} connections kept alive", rows)


def _gunicorn(factory: str) -> list[str]:
    server = ["gunicorn", f"wsgi:{factory}()", "--bind", "127.0.0.1:0", "--workers", "1"]
    return [*server, "--worker-class", "gthread", "--threads", str(THREADS)]


def ours() -> WSGIApplication:
    """Return the application to be measured."""
    return ServeStatic(None, DIST)


def bare() -> WSGIApplication:
    """Return an application that sends the same, whatever it is asked for."""
    _, headers, body = answer()

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:  # noqa: ARG001
        start_response("200 OK", headers)
        return (body,)

    return application


def peer() -> WSGIApplication:
    """Return ServeStatic with the same file and its variants."""

    def nothing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:  # noqa: ARG001
        start_response("404 Not Found", [])
        return ()

    application: WSGIApplication = servestatic.ServeStatic(nothing, root=SERVESTATIC_ROOT, prefix="/static/")
    return application


if __name__ == "__main__":
    main()
