"""The WSGI application and middleware (PEP 3333)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from servestatic_runtime.bodies import CHUNK_BYTES, DEFAULT_CACHE_BYTES, OpenBody
from servestatic_runtime.conditional import Fields
from servestatic_runtime.current_release import CurrentRelease
from servestatic_runtime.fallbacks import fallback_for, respond_with_page
from servestatic_runtime.format import FallbackRecord
from servestatic_runtime.manifest import Manifest
from servestatic_runtime.old_arguments import WithoutOldArguments
from servestatic_runtime.records import Headers
from servestatic_runtime.release import Release
from servestatic_runtime.releases import Releases
from servestatic_runtime.resources import DECIDING_FIELDS
from servestatic_runtime.respond import REASONS, not_found, respond
from servestatic_runtime.response import Response, Span

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from servestatic_runtime.tags import Assets

_KEYS = tuple((name, "HTTP_" + name.upper().replace("-", "_")) for name in DECIDING_FIELDS)
_DECIDING_KEYS = frozenset(key for _, key in _KEYS)
# Two empty chunks: with none, or one, wsgiref adds a Content-Length, and a 304 must not have one.
_NO_BODY = (b"", b"")
# Servers whose wrapper begins at the file's position and stops at Content-Length, as PEP 3333 says, so that it can
# send a range: gunicorn (Response.sendfile) and waitress (ReadOnlyFileBasedBuffer.prepare). wsgiref goes on to the end of
# the file, uWSGI sends all of it from its start (uwsgi_response_sendfile_do); cheroot and granian have no wrapper.
_WRAPPERS_THAT_STOP = frozenset({"gunicorn.http.wsgi", "waitress.buffers"})
_STATUS_LINES = {status: f"{status} {reason}" for status, reason in REASONS.items()}


class ServeStatic(WithoutOldArguments):
    """Serve a release in front of a WSGI application, or on its own when that is None."""

    def __init__(
        self,
        application: WSGIApplication | None,
        manifest: str | os.PathLike[str] | CurrentRelease,
        *,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
        claim_prefix: bool = False,
        reload: bool = False,
        sources: Sequence[str] | str = (),
        strict: bool = False,
    ) -> None:
        """Open the release; raise ManifestError for one that can't be read.

        ``manifest`` is DIST or its manifest.msgpack, or a release that is open already; ``cache_bytes`` is the memory that
        this process may keep bodies in.
        ``claim_prefix`` answers 404 below the prefix (``/static/``) for what is not listed, instead of the application.
        ``reload`` looks for a new manifest at every request (one stat).
        ``sources`` are served as they lie while there is no release: a list of ``DIR``, below ``/static/``, and ``URL=DIR``,
        or the file whose settings name them, such as "pyproject.toml", with another prefix and header rules. Without any,
        requests below ``/static/`` are answered 503 then, with what to run. ``strict`` raises ManifestError instead.
        """
        self.application = application or _not_found_app
        self._claim_prefix = claim_prefix
        self._reload = reload
        self._releases = Releases(manifest, _native, cache_bytes, sources, strict=strict)

    @property
    def manifest(self) -> Manifest:
        """The release that is served now."""
        return self._releases.manifest

    def assets(self) -> Assets:
        """Return what templates link to: the files of the release, or while there is none those of the sources."""
        return self._releases.assets()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request for a listed path; pass any other to the application."""
        if self._reload:
            self._releases.refresh()
        release = self._releases.current
        below, mount = environ.get("PATH_INFO", ""), environ.get("SCRIPT_NAME", "")
        path = mount + below
        path = path if path.isascii() else _decoded(path)
        resource = release.resources[path]
        if resource is None and mount:
            below = _decoded(below)
            resource = release.resources[below]
        if resource is None:
            if release.fallbacks and (fallback := _fallback(release, environ, (path, below))):
                return self._with_fallback(environ, start_response, release, fallback)
            if not path.startswith(release.prefix) and not (mount and below.startswith(release.prefix)):
                return self.application(environ, start_response)
            application = _not_found_app if self._claim_prefix else self.application
            return application(environ, _without_stored_404(start_response))
        encoding, fields = environ.get("HTTP_ACCEPT_ENCODING"), fields_of(environ)
        representation = resource.for_fields(encoding, fields) if fields else resource[encoding]
        query = b"" if resource.location is None else query_of(environ)
        response = respond(resource, representation, environ["REQUEST_METHOD"], fields, query)
        response, body = _with_body(response, release, environ)
        start_response(_STATUS_LINES[response.status], list(response.headers))
        return body

    def _with_fallback(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        release: Release[Headers],
        fallback: FallbackRecord,
    ) -> Iterable[bytes]:
        """Ask the application, and send a page in place of its 404."""
        start = _HeldStart(start_response)
        body = self.application(environ, start)
        if not start.is_called:  # a generator starts its answer with its first chunk
            body = _Begun(body)
        page = release.page(fallback) if start.is_404 else None
        if page is None:
            start.release()
            return body
        _close(body)
        representation = page[environ.get("HTTP_ACCEPT_ENCODING")]
        method, fields = environ["REQUEST_METHOD"], fields_of(environ)
        response = respond_with_page(page, representation, method, fields, b"", fallback.status)
        response, sent = _with_body(response, release, environ)
        start_response(_STATUS_LINES[response.status], list(response.headers))
        return sent


class _HeldStart:
    """A start_response that keeps a 404 back."""

    def __init__(self, start_response: StartResponse) -> None:
        self._start_response = start_response
        self._held: tuple[Any, ...] = ()
        self.is_called = False

    @property
    def is_404(self) -> bool:
        """Whether a 404 is kept back."""
        return bool(self._held)

    def __call__(self, status: str, headers: Headers, *exc_info: Any) -> Any:
        self.is_called = True
        if status.startswith("404"):
            self._held = (status, headers, *exc_info)
            return lambda _data: None
        self._held = ()
        return self._start_response(status, headers, *exc_info)

    def release(self) -> None:
        """Let a 404 go after all."""
        if self._held:
            self._start_response(*self._held)


class _Begun:
    """A body whose first chunk has been made."""

    def __init__(self, body: Iterable[bytes]) -> None:
        chunks = iter(body)
        self._chunks = chain([*islice(chunks, 1)], chunks)
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        _close(self._body)


def _close(body: Iterable[bytes]) -> None:
    if close := getattr(body, "close", None):
        close()


def _fallback(release: Release[Headers], environ: WSGIEnvironment, paths: tuple[str, str]) -> FallbackRecord | None:
    method, accept = environ["REQUEST_METHOD"], environ.get("HTTP_ACCEPT", "")
    return fallback_for(release.fallbacks, release.prefix, method, accept, paths)


def _with_body(
    response: Response[Headers], release: Release[Headers], environ: WSGIEnvironment
) -> tuple[Response[Headers], Iterable[bytes]]:
    file_body = response.file_body
    if file_body is None:
        return response, (response.body,) if response.body else _NO_BODY
    cached = release.bodies.get(file_body)
    if cached is not None:
        return response, (cached,)
    response, body = release.opened(response, file_body)
    return response, (body,) if isinstance(body, bytes) else _streamed(body, environ)


def _streamed(opened: OpenBody, environ: WSGIEnvironment) -> Iterable[bytes]:
    wrapper: Any = environ.get("wsgi.file_wrapper")
    file = file_for(wrapper, opened)
    if file is None:
        return opened
    wrapped: Iterable[bytes] = wrapper(file, CHUNK_BYTES)
    return wrapped


def file_for(wrapper: Any, opened: OpenBody) -> FileLike | None:
    """Return what the server's wsgi.file_wrapper can send, None where it can't or there is none."""
    first, *more = opened.parts
    suits = opened.file_body.parts is None or getattr(wrapper, "__module__", None) in _WRAPPERS_THAT_STOP
    if wrapper is None or more or not suits or not isinstance(first, Span):
        return None
    return FileLike(opened, first)


class FileLike:
    """One span of an open file, as wsgi.file_wrapper takes it: to be read, or sent by its descriptor."""

    def __init__(self, opened: OpenBody, span: Span) -> None:
        self._opened = opened
        self._end = span.end
        self._read = opened.file.read
        self.fileno, self.seek, self.tell = opened.file.fileno, opened.file.seek, opened.file.tell
        self.seek(span.start)

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        wanted = min(size, self._end - self.tell())
        data = self._read(wanted)
        if not data and wanted:
            self._opened.check()
        return data

    def close(self) -> None:
        """Close the file; raise BodyError if it has become too short: then the server closes the connection."""
        with closing(self._opened):
            self._opened.check()


def _not_found_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Stand in where there is no application: answer 404."""
    response = not_found(environ["REQUEST_METHOD"], _native)
    start_response(_STATUS_LINES[response.status], response.headers)
    return (response.body,) if response.body else _NO_BODY


def _without_stored_404(start_response: StartResponse) -> StartResponse:
    """Return a start_response that lets no cache keep a 404: during a deploy another process may have the file."""

    def start(status: str, headers: Headers, *exc_info: Any) -> Any:
        if status.startswith("404") and not any(name.lower() == "cache-control" for name, _ in headers):
            headers = [*headers, ("Cache-Control", "no-store")]
        return start_response(status, headers, *exc_info)

    return start


def _native(headers: Headers) -> Headers:
    return headers


def _decoded(path: str) -> str:
    """Return PATH_INFO, which holds UTF-8 as latin-1, as text. No listed path has bytes that are not UTF-8."""
    if path.isascii():
        return path
    try:
        return path.encode("latin-1").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # from a server that does not follow PEP 3333
        return path


def fields_of(environ: WSGIEnvironment) -> Fields:
    """Return those of DECIDING_FIELDS that a request has."""
    if environ.keys().isdisjoint(_DECIDING_KEYS):  # as most requests are; one call is quicker than to look for each
        return {}
    return {name: environ[key] for name, key in _KEYS if key in environ}


def query_of(environ: WSGIEnvironment) -> bytes:
    """Return the query string of a request."""
    query: str = environ.get("QUERY_STRING", "")
    return query.encode("latin-1", "replace")
