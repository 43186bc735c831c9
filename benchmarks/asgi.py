"""What ServeStaticASGI costs on uvicorn, beside a bare application and ServeStatic 4.4.

Run ``.venv/bin/python benchmarks/asgi.py``. It needs wrk (apt-get install wrk) and two cores.
wrk runs on core 0; ``--server-cores 1`` keeps the servers, with all their threads, on the other one.
"""

from __future__ import annotations

import servestatic

from measure import Target, print_table
from one_file import DIST, SERVESTATIC_ROOT, answer
from servers import CONNECTIONS, compare
from servestatic_runtime import ServeStaticASGI
from servestatic_runtime.asgi import ASGIApplication, Receive, Scope, Send

OURS, BARE, PEER = "ours", "bare application", "ServeStatic 4.4"
TARGETS = {
    (OURS, BARE): Target("at least", 0.90),
    (OURS, PEER): Target("at least", 15),
    (BARE, PEER): None,  # the most that any application can reach
}


def main() -> None:
    """Measure the three in turn and print the table."""
    commands = {OURS: _uvicorn("ours"), BARE: _uvicorn("bare"), PEER: _uvicorn("peer")}
    rows = compare(__doc__, commands, TARGETS)
    size = len(answer().body)
    print_table(f"uvicorn (httptools, uvloop), {size:,} bytes of brotli, {CONNECTIONS} connections kept alive", rows)


def _uvicorn(factory: str) -> list[str]:
    server = ["uvicorn", "--factory", f"asgi:{factory}", "--host", "127.0.0.1", "--port", "0", "--workers", "1"]
    return [*server, "--http", "httptools", "--loop", "uvloop", "--no-access-log", "--lifespan", "off"]


def ours() -> ASGIApplication:
    """Return the application to be measured."""
    return ServeStaticASGI(None, DIST)


def bare() -> ASGIApplication:
    """Return an application that sends the same, whatever it is asked for."""
    _, headers, body = answer()
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]

    async def application(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    return application


def peer() -> ASGIApplication:
    """Return ServeStatic with the same file and its variants."""
    application: ASGIApplication = servestatic.ServeStaticASGI(None, root=SERVESTATIC_ROOT, prefix="/static/")
    return application


if __name__ == "__main__":
    main()
