"""The ASGI 3 application and middleware (https://asgi.readthedocs.io/en/latest/specs/www.html)."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeAlias

from servestatic_runtime.bodies import DEFAULT_CACHE_BYTES, OpenBody
from servestatic_runtime.concurrency import run_in_thread, watch_disconnect
from servestatic_runtime.current_release import CurrentRelease
from servestatic_runtime.fallbacks import fallback_for, respond_with_page
from servestatic_runtime.format import FallbackRecord
from servestatic_runtime.manifest import Manifest
from servestatic_runtime.old_arguments import WithoutOldArguments
from servestatic_runtime.records import Headers
from servestatic_runtime.release import Release
from servestatic_runtime.releases import Releases
from servestatic_runtime.resources import DECIDING_FIELDS
from servestatic_runtime.respond import not_found, respond
from servestatic_runtime.response import Response

if TYPE_CHECKING:
    from servestatic_runtime.tags import Assets

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApplication: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
RawHeaders: TypeAlias = "list[tuple[bytes, bytes]]"

_RELEVANT_HEADERS = {name.encode(): name for name in ("accept-encoding", *DECIDING_FIELDS)}


class ServeStaticASGI(WithoutOldArguments):
    """Serve a release in front of an ASGI application, or on its own when that is None."""

    def __init__(
        self,
        app: ASGIApplication | None,
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
        self.app = app or _not_found_app
        self._claim_prefix = claim_prefix
        self._reload = reload
        self._releases = Releases(manifest, _native, cache_bytes, sources, strict=strict)

    @property
    def manifest(self) -> Manifest:
        """The release that is served now."""
        return self._releases.manifest

    @property
    def prefix(self) -> str:
        """The URL path that static files are served below."""
        return self._releases.current.prefix

    def assets(self) -> Assets:
        """Return what templates link to: the files of the release, or while there is none those of the sources."""
        return self._releases.assets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: C901 - each call would cost
        """Answer a request for a listed path; pass any other, and any other scope, to the application."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self._reload:
            self._releases.refresh()
        release = self._releases.current
        path: str = scope["path"]
        mount = scope.get("root_path")
        resource = release.resources[path]
        if resource is None and mount:
            path = _below_mount(scope)
            resource = release.resources[path]
        if resource is None:
            if release.fallbacks and _fallback(release, scope):
                del release
                await self._answer_with_fallback(scope, receive, send)
                return
            is_ours = path.startswith(release.prefix) or (mount and scope["path"].startswith(release.prefix))
            del release  # which an application that answers for hours would keep alive
            await (self._answer_below_prefix if is_ours else self.app)(scope, receive, send)
            return
        # Inlined from here on: nearly every answer is a whole file from memory, and each call would cost measurably.
        encoding: bytes | None = None
        fields: dict[str, str] | None = None
        for name, value in scope["headers"]:
            if name not in _RELEVANT_HEADERS:
                continue
            if name == b"accept-encoding":  # repeated fields form one list (RFC 9110 5.3)
                encoding = value if encoding is None else b"%b, %b" % (encoding, value)
            else:
                field, text = _RELEVANT_HEADERS[name], value.decode("latin-1")
                fields = fields or {}
                fields[field] = f"{fields[field]}, {text}" if field in fields else text
        representation = resource[encoding] if fields is None else resource.for_fields(encoding, fields)
        if representation is not None and fields is None and scope["method"] == "GET":
            response = representation.ok  # as respond() would say
            body = release.bodies.entries.get(representation.file_body.path)
        else:
            response = respond(resource, representation, scope["method"], fields or {}, scope.get("query_string", b""))
            body = response.body if response.file_body is None else release.bodies.get(response.file_body)
        if body is None:
            await _send_from_disk(response, release, scope, receive, send)
            return
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers.copy()})
        await send({"type": "http.response.body", "body": body})

    async def _answer_with_fallback(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the application, and send a page of the release that is current then in place of its 404."""
        is_404 = False

        async def held(message: Message) -> None:
            nonlocal is_404
            if message["type"] == "http.response.start":
                is_404 = message["status"] == 404
            if not is_404:
                await send(message)

        await self.app(scope, receive, held)
        if not is_404:
            return
        release = self._releases.current
        fallback = _fallback(release, scope)
        page = release.page(fallback) if fallback else None
        if fallback is None or page is None:
            await _not_found_app(scope, receive, send)
            return
        encoding, fields = _fields(scope)
        representation, method = page[encoding], scope["method"]
        response = respond_with_page(page, representation, method, fields, b"", fallback.status)
        if response.file_body is None:
            await _send_whole(response, response.body, send)
        else:
            await _send_from_disk(response, release, scope, receive, send)

    async def _answer_below_prefix(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request below the prefix for a path that is not listed: a 404 of the application's is not to be stored."""
        app = _not_found_app if self._claim_prefix else self.app
        await app(scope, receive, _without_stored_404(send))


async def _send_from_disk(
    response: Response[RawHeaders], release: Release[RawHeaders], scope: Scope, receive: Receive, send: Send
) -> None:
    file_body = response.file_body
    assert file_body is not None, "there is a file to read"
    response, body = await run_in_thread(release.opened, response, file_body)
    if isinstance(body, bytes):
        await _send_whole(response, body, send)
    else:
        await _send_file(response, body, scope, receive, send)


async def _send_whole(response: Response[RawHeaders], body: bytes, send: Send) -> None:
    # A copy: other middleware edits the headers of messages in place.
    await send({"type": "http.response.start", "status": response.status, "headers": response.headers.copy()})
    await send({"type": "http.response.body", "body": body})


async def _send_file(
    response: Response[RawHeaders], opened: OpenBody, scope: Scope, receive: Receive, send: Send
) -> None:
    """Have the server send the file where it can (https://asgi.readthedocs.io/en/latest/extensions.html)."""
    extensions = scope.get("extensions") or {}
    with closing(opened):
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers.copy()})
        if "http.response.pathsend" in extensions and opened.file_body.parts is None and opened.is_in_its_place():
            await send({"type": "http.response.pathsend", "path": opened.file_body.path})
        elif "http.response.zerocopysend" in extensions:
            await _send_by_descriptor(opened, send)
        else:
            await _send_chunks(opened, receive, send)


async def _send_by_descriptor(opened: OpenBody, send: Send) -> None:
    for part in opened.parts:
        if isinstance(part, bytes):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        else:
            place = {"file": opened.file, "offset": part.start, "count": part.end - part.start}
            await send({"type": "http.response.zerocopysend", **place, "more_body": True})
            opened.check()
    await send({"type": "http.response.body", "body": b""})


async def _send_chunks(opened: OpenBody, receive: Receive, send: Send) -> None:
    chunks = iter(opened)
    async with watch_disconnect(receive) as left:
        while chunk := await run_in_thread(next, chunks, b""):
            if left():
                return
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _not_found_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand in where there is no application: answer 404, refuse WebSockets, acknowledge lifespan events."""
    if scope["type"] == "http":
        response = not_found(scope["method"], _native)
        await _send_whole(response, response.body, send)
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close"})
    elif scope["type"] == "lifespan":
        for phase in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{phase}.complete"})


def _without_stored_404(send: Send) -> Send:
    """Return a send that lets no cache keep a 404: during a deploy another process may have the file."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 404:
            headers = list(message.get("headers", ()))
            if not any(name.lower() == b"cache-control" for name, _ in headers):
                message = {**message, "headers": [*headers, (b"cache-control", b"no-store")]}
        await send(message)

    return sent


def _fallback(release: Release[RawHeaders], scope: Scope) -> FallbackRecord | None:
    accept = ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"accept")
    paths = (scope["path"], _below_mount(scope))
    return fallback_for(release.fallbacks, release.prefix, scope["method"], accept, paths)


def _fields(scope: Scope) -> tuple[bytes | None, dict[str, str]]:
    """Return Accept-Encoding and the conditional fields. Repeated fields form one list (RFC 9110 5.3)."""
    lists: dict[str, list[bytes]] = {}
    for name, value in scope["headers"]:
        if name in _RELEVANT_HEADERS:
            lists.setdefault(_RELEVANT_HEADERS[name], []).append(value)
    encodings = lists.pop("accept-encoding", None)
    fields = {name: b", ".join(values).decode("latin-1") for name, values in lists.items()}
    return b", ".join(encodings) if encodings else None, fields


def _below_mount(scope: Scope) -> str:
    """Return the path below ``root_path``, with which ``path`` begins; some servers leave it out of ``path``."""
    path: str = scope["path"]
    mount = scope.get("root_path")
    if not mount:
        return path
    mount = mount.rstrip("/")
    return path[len(mount) :] if path.startswith(f"{mount}/") else path


def _native(headers: Headers) -> RawHeaders:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
