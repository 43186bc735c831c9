"""The WSGI application and middleware (PEP 3333)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from servestatic_runtime.bodies import CHUNK_BYTES, DEFAULT_CACHE_BYTES, BodyCache, next_chunk, open_body
from servestatic_runtime.conditional import Fields
from servestatic_runtime.errors import BodyError
from servestatic_runtime.failures import report
from servestatic_runtime.manifest import Headers, Manifest
from servestatic_runtime.pages import Pages
from servestatic_runtime.respond import CONDITIONAL_FIELDS, REASONS, not_found, respond
from servestatic_runtime.response import Content, Response

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_KEYS = tuple((name, "HTTP_" + name.upper().replace("-", "_")) for name in CONDITIONAL_FIELDS)
# Two chunks of nothing: wsgiref gives none, or one, a Content-Length of its own, and a 304 may have none.
_NO_BODY = (b"", b"")
_STATUS_LINES = {status: f"{status} {reason}" for status, reason in REASONS.items()}


class ServeStatic:
    """Serve a release in front of a WSGI application, or on its own when that is None."""

    def __init__(
        self,
        application: WSGIApplication | None,
        manifest: str | os.PathLike[str],
        *,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> None:
        """Open the release; raise ManifestError.

        ``manifest`` is DIST or its manifest.msgpack, ``cache_bytes`` the memory that this process may keep bodies in.
        """
        self.application = application
        self._pages: Pages[Headers] = Pages(Manifest.open(manifest), _native)
        self._bodies = BodyCache(cache_bytes)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request for a listed path; hand any other to the application."""
        path = _decoded(environ.get("PATH_INFO", ""))
        page = self._pages[path] if path else None
        method = environ["REQUEST_METHOD"]
        if page is not None:
            encoding, query = (
                environ.get("HTTP_ACCEPT_ENCODING"),
                environ.get("QUERY_STRING", "").encode("latin-1", "replace"),
            )
            response = respond(page, method, encoding, _fields(environ), query)
        elif self.application is not None:
            return self.application(environ, start_response)
        else:
            response = not_found(method, _native)
        return self._send(response, environ, start_response)

    def _send(
        self, response: Response[Headers], environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        try:
            body = self._body(response, environ)
        except BodyError as error:
            response = report(error, _native)
            body = (response.body,)
        start_response(_STATUS_LINES[response.status], list(response.headers))
        return body

    def _body(self, response: Response[Headers], environ: WSGIEnvironment) -> Iterable[bytes]:
        content = response.content
        if content is None:
            return (response.body,) if response.body else _NO_BODY
        cached = self._bodies.get(content)
        if cached is not None:
            return (cached,)
        if self._bodies.admits(content):
            return (self._bodies.load(content),)
        return _streamed(content, environ)


def _streamed(content: Content, environ: WSGIEnvironment) -> Iterable[bytes]:
    file = open_body(content)
    wrapper = environ.get("wsgi.file_wrapper")
    # A wrapper sends to the end of the file, and uWSGI's begins at its beginning, wherever the file stands.
    wrappable = content.end == content.size and not (content.start and "uwsgi.version" in environ)
    if wrapper is not None and wrappable:
        wrapped: Iterable[bytes] = wrapper(file, CHUNK_BYTES)
        return wrapped
    return _Chunks(file, content.end - content.start)


class _Chunks:
    """The next ``remaining`` bytes of a file; closed by the server, or before the first byte is asked for."""

    def __init__(self, file: BinaryIO, remaining: int) -> None:
        self._file = file
        self._remaining = remaining

    def __iter__(self) -> Iterator[bytes]:
        while self._remaining > 0:
            chunk = next_chunk(self._file, self._remaining)
            self._remaining -= len(chunk)
            yield chunk

    def close(self) -> None:
        self._file.close()


def _native(headers: Headers) -> Headers:
    return headers


def _decoded(path: str) -> str | None:
    """Return PATH_INFO, which holds UTF-8 as latin-1, as text; None when it is not UTF-8."""
    if path.isascii():
        return path
    try:
        return path.encode("latin-1").decode()
    except UnicodeError:
        return None


def _fields(environ: WSGIEnvironment) -> Fields:
    return {name: environ[key] for name, key in _KEYS if key in environ}
