"""Ordinary Django responses, with exactly the headers that the core decided."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any, TypeAlias

from django import http

from servestatic_runtime.bodies import CHUNK_BYTES, OpenBody
from servestatic_runtime.concurrency import run_in_thread
from servestatic_runtime.records import Headers
from servestatic_runtime.response import Response
from servestatic_runtime.wsgi import file_for

Native: TypeAlias = "dict[str, str]"

# Decided, even where there is no such header. Without this, GZipMiddleware and its like compress what has no
# Content-Encoding (a range, too), ConditionalGetMiddleware makes an ETag where a rule has taken it away, and
# CommonMiddleware gives a 304 and a 204 a length (RFC 9110 8.6). They all ask has_header() first.
_DECIDED = frozenset({"content-encoding", "content-length", "etag"})


def native(headers: Headers) -> Native:
    """Return headers as Django holds them: each name once, the values of a repeated one as a list (RFC 9110 5.3)."""
    named: Native = {}
    for name, value in headers:
        named[name] = f"{named[name]}, {value}" if name in named else value
    return named


class _Decided(http.HttpResponseBase):
    """Keeps Django from adding a Content-Type, and other middleware from what would break an answer."""

    def __init__(self, response: Response[Native], body: Any) -> None:
        super().__init__(body, status=response.status, headers=response.headers)
        if "Content-Type" not in response.headers:
            del self.headers["Content-Type"]

    def has_header(self, header: str) -> bool:
        """Return whether other middleware should leave this header as it is."""
        return header.lower() in _DECIDED or header in self.headers

    __contains__ = has_header


class StaticResponse(_Decided, http.HttpResponse):
    """An answer from memory."""


class StaticFileResponse(_Decided, http.FileResponse):
    """An open file, sent by the server itself where it can, else in chunks."""

    block_size = CHUNK_BYTES

    def __init__(self, response: Response[Native], opened: OpenBody, request: http.HttpRequest) -> None:
        """Make the body as the request's interface wants it: whether a middleware runs in a thread says nothing."""
        self._opened = opened
        environ = getattr(request, "environ", None)  # WSGI's requests have one
        if environ is None:
            body: Any = _chunks(opened)
        else:
            body = file_for(environ.get("wsgi.file_wrapper"), opened) or opened
        super().__init__(response, body)

    def set_headers(self, filelike: object) -> None:
        """Add no header."""

    def close(self) -> None:
        """Close the file and the request; raise BodyError if the server sent the file itself and it was too short.

        Then the server ends the connection. Errors of what else Django closes here come to nothing.
        """
        try:
            if self.file_to_stream is not None and not self.closed:
                self._opened.check()
        finally:
            self._opened.close()
            super().close()


async def _chunks(opened: OpenBody) -> AsyncIterator[bytes]:
    chunks = iter(opened)
    with closing(opened):  # after an error Django closes no response
        while chunk := await run_in_thread(next, chunks, b""):
            yield chunk
