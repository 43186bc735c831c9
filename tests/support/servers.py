"""The servers that the runtime is tried on: how each is started, and what it does its own way."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from support.processes import started
from support.required import missing

# What they serve: DIST beside it.
APP = {
    "app.py": """
from servestatic_runtime import ServeStatic, ServeStaticASGI
wsgi = ServeStatic(None, "dist")
asgi = ServeStaticASGI(None, "dist")
"""
}

# Request targets that servers differ about: of eight kilobytes, in the absolute form that every server has to take
# (RFC 9112 3.2.2), and with characters that no URI has.
LONG_PATH = "/static/" + "a" * 8192
ABSOLUTE = "http://127.0.0.1/static/css/app.css"
RAW_QUERY = "/static/docs?a=%0d%0aSet-Cookie:b&c=<\"'>"

ALWAYS = frozenset({200, 304, 416})


@dataclass(frozen=True, slots=True)
class Server:
    """A server of APP, and what it does its own way."""

    package: str  # the module that has to be installed
    command: tuple[str, ...]
    closes_after: frozenset[int] = frozenset()  # statuses after which it closes the connection
    refuses: Mapping[str, int] = field(default_factory=dict)  # targets that it answers itself, or does not take apart
    leaves_chunks: bool = False  # takes a chunked body that nobody read for the connection's next request
    pipelines: bool = True  # answers requests that it got at once
    buffers_all: bool = False  # takes whatever the application sends into its memory

    def required(self) -> Server:
        """Return the server. If it is not installed the test is skipped, or fails under REQUIRE_SERVERS=1."""
        if find_spec(self.package) is None:
            missing("SERVERS", f"{self.package} is not installed")
        return self


def module(name: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs a module of this Python."""
    return (sys.executable, "-m", name, *arguments)


def gunicorn(application: str, *options: str) -> list[str]:
    """Return the command that serves ``module:name`` with gunicorn's gthread worker."""
    return ["gunicorn", application, "--bind", "127.0.0.1:0", "--worker-class", "gthread", "--threads", "4", *options]


def uvicorn(application: str, *options: str) -> list[str]:
    """Return the command that serves ``module:name`` with uvicorn."""
    return ["uvicorn", application, "--host", "127.0.0.1", "--port", "0", "--no-access-log", *options]


@contextmanager
def running(command: list[str], env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Iterator[int]:
    """Run ``python -m command...`` until the block ends; yield the port that it listens on."""
    with started(module(*command), env, cwd) as server:
        yield server.port


def _granian(interface: str, *options: str) -> tuple[str, ...]:
    return module(
        "granian", f"app:{interface}", "--interface", interface, "--host", "127.0.0.1", "--port", "0", *options
    )


def _hypercorn(kind: str) -> tuple[str, ...]:
    return module("hypercorn", "app:asgi", "--bind", "127.0.0.1:0", "--workers", "0", "--worker-class", kind)


_UWSGI = (
    *(str(Path(sys.executable).with_name("uwsgi")), "--http11-socket", "127.0.0.1:0", "--module", "app:wsgi"),
    # Without a larger buffer it drops the connection at a head of more than 4 kB.
    *("--virtualenv", sys.prefix, "--threads", "4", "--die-on-term", "--disable-logging", "--buffer-size", "32768"),
)

SERVERS: Mapping[str, Server] = {
    "gunicorn sync": Server(
        "gunicorn",
        module("gunicorn", "app:wsgi", "--bind", "127.0.0.1:0", "--workers", "2"),
        closes_after=ALWAYS,  # a worker serves one connection at a time, and can't wait for its next request
        pipelines=False,
        refuses={LONG_PATH: 414},  # --limit-request-line is 4094
    ),
    "gunicorn gthread": Server("gunicorn", module(*gunicorn("app:wsgi")), refuses={LONG_PATH: 414}),
    "waitress": Server(
        "waitress",
        module("waitress", "--listen", "127.0.0.1:0", "app:wsgi"),
        closes_after=frozenset({304}),  # whatever has no Content-Length
    ),
    "uWSGI": Server(
        "uwsgidecorators",
        _UWSGI,
        refuses={ABSOLUTE: 404},
        leaves_chunks=True,  # it has a reader of its own for them
        pipelines=False,
    ),
    "cheroot": Server(
        "cheroot",
        module("cheroot", "--bind", "127.0.0.1:0", "app:wsgi"),
        refuses={ABSOLUTE: 400, "//etc/passwd": 400},  # which it takes for another absolute URI
        leaves_chunks=True,  # it reads on only to a Content-Length
    ),
    "granian WSGI": Server("granian", _granian("wsgi", "--blocking-threads", "4"), refuses={RAW_QUERY: 400}),
    "wsgiref": Server(
        "wsgiref",
        module("servestatic_runtime", "dist", "--port", "0"),
        refuses={ABSOLUTE: 404},
    ),
    "uvicorn h11": Server(
        "uvicorn", module(*uvicorn("app:asgi", "--http", "h11", "--loop", "asyncio")), refuses={ABSOLUTE: 404}
    ),
    "uvicorn httptools": Server("uvicorn", module(*uvicorn("app:asgi", "--http", "httptools", "--loop", "uvloop"))),
    "hypercorn asyncio": Server("hypercorn", _hypercorn("asyncio"), refuses={ABSOLUTE: 404}),
    "hypercorn trio": Server("hypercorn", _hypercorn("trio"), refuses={ABSOLUTE: 404}),
    "granian ASGI": Server("granian", _granian("asgi"), refuses={RAW_QUERY: 400}),
    "daphne": Server(
        "daphne",
        module("daphne", "--bind", "127.0.0.1", "--port", "0", "app:asgi"),
        refuses={ABSOLUTE: 404},
        buffers_all=True,  # its send() hands every message to Twisted's transport at once
    ),
}
