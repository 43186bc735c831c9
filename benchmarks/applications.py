"""What the benchmarks serve the two files with: ours, bare applications that send the same, and the peers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from servestatic_runtime import ServeStatic, ServeStaticASGI
from servestatic_runtime.asgi import ASGIApplication, Receive, Scope, Send
from servestatic_runtime.records import Headers
from two_files import DIST, PLAIN_ROOT, PREFIX, small

# The packages of the peers are imported where they are served: each process has its own and no other.
# ruff: noqa: PLC0415


def asgi_ours() -> ASGIApplication:
    """Return the application to be measured."""
    return ServeStaticASGI(None, DIST)


def asgi_bare() -> ASGIApplication:
    """Return an application that sends the small file, whatever it is asked for."""
    file = small()
    return _asgi(200, file.headers, Path(file.path).read_bytes())


def asgi_bare_304() -> ASGIApplication:
    """Return an application that says that the small file is the same, whatever it is asked for."""
    return _asgi(304, small().not_modified, b"")


def asgi_servestatic() -> ASGIApplication:
    """Return ServeStatic with the files and their variants."""
    from servestatic import ServeStaticASGI as Peer

    application: ASGIApplication = Peer(None, root=PLAIN_ROOT, prefix=PREFIX)
    return application


def asgi_starlette() -> ASGIApplication:
    """Return Starlette's StaticFiles, which knows no variants."""
    from starlette.routing import Mount, Router
    from starlette.staticfiles import StaticFiles

    application: ASGIApplication = Router([Mount(PREFIX, StaticFiles(directory=PLAIN_ROOT))])
    return application


def asgi_blacknoise() -> ASGIApplication:
    """Return blacknoise with the files and their variants."""
    from blacknoise import BlackNoise

    peer = BlackNoise(None)
    peer.add(PLAIN_ROOT, PREFIX)
    application: ASGIApplication = peer
    return application


def wsgi_ours() -> WSGIApplication:
    """Return the application to be measured."""
    return ServeStatic(None, DIST)


def wsgi_bare() -> WSGIApplication:
    """Return an application that sends the small file, whatever it is asked for."""
    file = small()
    headers, body = file.headers, Path(file.path).read_bytes()

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:  # noqa: ARG001
        start_response("200 OK", headers)
        return (body,)

    return application


def wsgi_servestatic() -> WSGIApplication:
    """Return ServeStatic with the files and their variants."""
    from servestatic import ServeStatic as Peer

    application: WSGIApplication = Peer(_not_found_app, root=PLAIN_ROOT, prefix=PREFIX)
    return application


def wsgi_whitenoise() -> WSGIApplication:
    """Return WhiteNoise with the files and their variants."""
    from whitenoise import WhiteNoise

    application: WSGIApplication = WhiteNoise(_not_found_app, root=PLAIN_ROOT, prefix=PREFIX)
    return application


def _asgi(status: int, headers: Headers, body: bytes) -> ASGIApplication:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]

    async def application(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    return application


def _not_found_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:  # noqa: ARG001
    start_response("404 Not Found", [])
    return ()
