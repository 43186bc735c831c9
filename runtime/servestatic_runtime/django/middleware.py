"""The Django middleware: an adapter beside wsgi and asgi, native in both of Django's modes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase

from servestatic_runtime.concurrency import run_in_thread
from servestatic_runtime.django import conf, middleware_order, opened
from servestatic_runtime.django.responses import Native, StaticFileResponse, StaticResponse, native
from servestatic_runtime.errors import ManifestError, log, warn
from servestatic_runtime.fallbacks import fallback_for, respond_with_page
from servestatic_runtime.format import FallbackRecord
from servestatic_runtime.release import Release
from servestatic_runtime.releases import Releases
from servestatic_runtime.respond import not_found, respond
from servestatic_runtime.response import FileBody, Response
from servestatic_runtime.wsgi import fields_of, query_of

__all__ = ["ServeStaticMiddleware"]


class ServeStaticMiddleware:
    """Serve the release in STATIC_ROOT, under DEBUG what the finders find. It comes right after SecurityMiddleware."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        """Open the release; raise ManifestError, or, where unknown names are no errors either, serve nothing."""
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)
        wrong = middleware_order.problem(django_settings.MIDDLEWARE)
        if (
            wrong and middleware_order.CHECK not in django_settings.SILENCED_SYSTEM_CHECKS
        ):  # nobody runs checks before each server, and without the app there are none
            warn(f"{wrong} {middleware_order.HINT}")
        settings = conf.read()
        self._claims = settings.claim_prefix
        self._explain_missing: Callable[..., None] | None = None
        if django_settings.DEBUG or opened.in_tests():
            self._current = self._without_release(settings)
        else:
            self._current = _current(settings)

    def __call__(self, request: HttpRequest) -> Any:
        """Answer a request for a listed path, pass on any other. In async mode, return what is to be awaited."""
        release = self._current()
        resource = release.resources[request.path]
        if resource is None and request.path_info != request.path:
            resource = release.resources[request.path_info]
        if resource is None:
            return self._otherwise(request, release)
        meta = request.META
        encoding, fields = meta.get("HTTP_ACCEPT_ENCODING"), fields_of(meta)
        representation = resource.for_fields(encoding, fields) if fields else resource[encoding]
        query = b"" if resource.location is None else query_of(meta)
        response = respond(resource, representation, request.method, fields, query)
        file_body = response.file_body
        if file_body is None:
            return self._send(response, response.body)
        body = release.bodies.get(file_body)
        return (
            self._send_from_disk(release, response, file_body, request) if body is None else self._send(response, body)
        )

    def _without_release(self, settings: conf.Settings) -> Callable[[], Release[Native]]:
        """Serve what the finders find, and explain a 404 where only static files can be meant."""
        from servestatic_runtime.django.development import FoundFiles  # noqa: PLC0415 - not in production
        from servestatic_runtime.found_files import FoundRelease  # noqa: PLC0415

        files = FoundFiles(settings)
        release = FoundRelease(files, native)
        if self._claims or django_settings.DEBUG:
            self._explain_missing = files.explain_missing
        return lambda: release

    def _otherwise(self, request: HttpRequest, release: Release[Native]) -> Any:
        if self._explain_missing is not None:
            self._explain_missing(request.path, request.path_info)
        elif request.path.startswith(release.prefix) or request.path_info.startswith(release.prefix):
            if self._claims:
                response = not_found(request.method, native)
                return self._send(response, response.body)
            answer = self.get_response(request)
            return _without_stored_404_later(answer) if self._is_async else _without_stored_404(answer)
        answer = self.get_response(request)
        fallback = _fallback(release, request) if release.fallbacks else None
        if fallback is None:
            return answer
        with_page = _with_page_later if self._is_async else _with_page
        return with_page(answer, release, fallback, request)

    def _send(self, response: Response[Native], body: bytes) -> Any:
        answer = StaticResponse(response, body)
        return _ready(answer) if self._is_async else answer

    def _send_from_disk(self, *arguments: Any) -> Any:
        return run_in_thread(_from_disk, *arguments) if self._is_async else _from_disk(*arguments)


def _current(settings: conf.Settings) -> Callable[[], Release[Native]]:
    """Return a function that returns the release to serve."""
    releases = _open(settings)

    def newest() -> Release[Native]:
        releases.refresh()
        return releases.current

    return newest if settings.reload else lambda: releases.current


def _open(settings: conf.Settings) -> Releases[Native]:
    if settings.dist is None:
        raise ImproperlyConfigured("STATIC_ROOT says where the release is, and it is not set")
    try:
        return Releases(opened.release(), native, settings.cache_bytes)
    except ManifestError as error:
        if settings.strict:
            raise
        log(error)
        raise MiddlewareNotUsed(str(error)) from error


async def _ready(response: HttpResponseBase) -> HttpResponseBase:
    return response


async def _without_stored_404_later(answer: Awaitable[HttpResponseBase]) -> HttpResponseBase:
    return _without_stored_404(await answer)


def _without_stored_404(answer: HttpResponseBase) -> HttpResponseBase:
    """Let no cache keep a 404: during a deploy another process may have the file."""
    if answer.status_code == 404:
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _fallback(release: Release[Native], request: HttpRequest) -> FallbackRecord | None:
    accept, paths = request.META.get("HTTP_ACCEPT", ""), (request.path, request.path_info)
    return fallback_for(release.fallbacks, release.prefix, request.method, accept, paths)


def _with_page(
    answer: HttpResponseBase, release: Release[Native], fallback: FallbackRecord, request: HttpRequest
) -> HttpResponseBase:
    """Return a page of the release in place of a 404."""
    page = release.page(fallback) if answer.status_code == 404 else None
    if page is None:
        return answer
    representation, fields = page[request.META.get("HTTP_ACCEPT_ENCODING")], fields_of(request.META)
    response = respond_with_page(page, representation, request.method, fields, b"", fallback.status)
    if response.file_body is None:
        return StaticResponse(response, response.body)
    return _from_disk(release, response, response.file_body, request)


async def _with_page_later(
    answer: Awaitable[HttpResponseBase], release: Release[Native], fallback: FallbackRecord, request: HttpRequest
) -> HttpResponseBase:
    awaited = await answer
    return (
        await run_in_thread(_with_page, awaited, release, fallback, request) if awaited.status_code == 404 else awaited
    )


def _from_disk(
    release: Release[Native], response: Response[Native], file_body: FileBody, request: HttpRequest
) -> HttpResponseBase:
    response, body = release.opened(response, file_body)
    if isinstance(body, bytes):
        return StaticResponse(response, body)
    return StaticFileResponse(response, body, request)
