"""One client for both interfaces, in process: the same request to WSGI and to ASGI, the same kind of answer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from wsgiref.validate import validator

from servestatic_runtime import ServeStatic, ServeStaticASGI

Fields = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """A response. Header names are in lower case; a name that comes twice fails the test that asks for it."""

    status: int
    raw_headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def headers(self) -> Mapping[str, str]:
        headers = dict(self.raw_headers)
        assert len(headers) == len(self.raw_headers), self.raw_headers
        return headers


class Client(Protocol):
    """Sends a request for a decoded path; ``mount`` is the part of it that the application is mounted at."""

    @property
    def app(self) -> ServeStatic | ServeStaticASGI: ...

    def request(self, method: str, path: str, fields: Fields = (), query: str = "", mount: str = "") -> Answer: ...

    def get(self, path: str, **fields: str) -> Answer: ...


class Kind(Protocol):
    """Makes a client of one interface, before an application or (None) on its own."""

    def __call__(self, dist: str | os.PathLike[str], application: Any = None, **options: Any) -> Client: ...


class _Client:
    def request(self, method: str, path: str, fields: Fields = (), query: str = "", mount: str = "") -> Answer:
        raise NotImplementedError

    def get(self, path: str, **fields: str) -> Answer:
        """Send a GET; ``accept_encoding="br"`` is the field Accept-Encoding."""
        return self.request("GET", path, [(name.replace("_", "-"), value) for name, value in fields.items()])


class WSGIClient(_Client):
    """Calls a ServeStatic as a server would, under wsgiref's validator."""

    def __init__(self, dist: str | os.PathLike[str], application: Any = None, **options: Any) -> None:
        self.app: Any = ServeStatic(application, dist, **options)

    def request(self, method: str, path: str, fields: Fields = (), query: str = "", mount: str = "") -> Answer:
        from io import BytesIO, StringIO

        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": _as_latin_1(mount),
            "PATH_INFO": _as_latin_1(path.removeprefix(mount)),
            "QUERY_STRING": query,
            "SERVER_NAME": "test",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            "wsgi.errors": StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in fields:
            key = "HTTP_" + name.upper().replace("-", "_")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:  # noqa: ARG001
            started.append((status, headers))
            return lambda data: None  # noqa: ARG005

        body = validator(self.app)(environ, start_response)
        try:
            content = b"".join(body)
        finally:
            body.close()  # type: ignore[attr-defined]
        ((status, headers),) = started
        return Answer(int(status[:3]), tuple((name.lower(), value) for name, value in headers), content)


class ASGIClient(_Client):
    """Calls a ServeStaticASGI as a server would."""

    def __init__(self, dist: str | os.PathLike[str], application: Any = None, **options: Any) -> None:
        self.app: Any = ServeStaticASGI(application, dist, **options)

    def request(self, method: str, path: str, fields: Fields = (), query: str = "", mount: str = "") -> Answer:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode("utf-8", "surrogateescape"),
            "query_string": query.encode("latin-1"),
            "root_path": mount,
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in fields],
        }
        messages: list[Any] = []

        received = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Any:
            return next(received, None) or await asyncio.Event().wait()  # this client never leaves

        async def send(message: Any) -> None:
            messages.append(message)

        asyncio.run(self.app(scope, receive, send))
        start, *bodies = messages
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
        assert [message.get("more_body", False) for message in bodies] == [True] * (len(bodies) - 1) + [False]
        return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in bodies))


def _as_latin_1(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("latin-1")
