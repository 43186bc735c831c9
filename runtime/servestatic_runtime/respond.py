"""The decision: which status, which headers, which bytes. No I/O and no server in here."""

from __future__ import annotations

from collections.abc import Callable

from servestatic_runtime.conditional import Fields, precondition, ranges
from servestatic_runtime.methods import ALLOW, options
from servestatic_runtime.partial import partial
from servestatic_runtime.paths import quote_path, quote_query
from servestatic_runtime.records import Headers
from servestatic_runtime.resources import Representation, Resource
from servestatic_runtime.response import Native, Response

REASONS = {
    200: "OK",
    204: "No Content",
    206: "Partial Content",
    301: "Moved Permanently",
    304: "Not Modified",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    412: "Precondition Failed",
    416: "Range Not Satisfiable",
    500: "Internal Server Error",
    503: "Service Unavailable",
}

# What every answer takes over from the resource's 200, so that caches and scripts treat it as they do the others.
_SHARED = ("vary", "access-control-", "x-content-type-options")  # by their beginnings


def respond(
    resource: Resource[Native], representation: Representation[Native] | None, method: str, fields: Fields, query: bytes
) -> Response[Native]:
    """Decide the answer to a request for a resource.

    ``representation`` is the resource's for the request's Accept-Encoding and ``fields``, which holds those of
    DECIDING_FIELDS that the request has; ``query`` is its query string, which only a redirect needs.
    """
    if method != "GET":
        return _respond_otherwise(resource, representation, method, fields, query)
    if representation is None:
        if resource.location is None:
            return _refusal(resource, resource.refusal)
        return _redirect(resource, resource.location, query)
    if not fields:
        return representation.ok
    etag = representation.etag
    if fields.get("if-none-match", "") == etag and "if-match" not in fields and "if-unmodified-since" not in fields:
        return representation.not_modified  # as browsers ask, and as precondition() would say
    return _conditional(resource, representation, fields)


def not_found(method: str, native: Callable[[Headers], Native]) -> Response[Native]:
    """Return the 404 for an unknown path."""
    response = failure(native, 404)
    return _without_body(response) if method == "HEAD" else response


def failure(native: Callable[[Headers], Native], status: int, *extra: tuple[str, str]) -> Response[Native]:
    """Return an answer whose body is its status, and that no cache may store."""
    return _words(native, status, ("Cache-Control", "no-store"), *extra)


def _respond_otherwise(
    resource: Resource[Native], representation: Representation[Native] | None, method: str, fields: Fields, query: bytes
) -> Response[Native]:
    """Answer a HEAD as a GET without its body and Range (RFC 9110 9.3.2, 14.2), OPTIONS in short; refuse all else."""
    if method == "OPTIONS":
        return Response(204, resource.native(options(_shared(resource))))
    if method != "HEAD":
        return _refusal(resource, 405, ALLOW)
    fields = {name: value for name, value in fields.items() if name != "range"}
    return _without_body(respond(resource, representation, "GET", fields, query))


def _without_body(response: Response[Native]) -> Response[Native]:
    return Response(response.status, response.headers)


def _words(
    native: Callable[[Headers], Native], status: int, *extra: tuple[str, str], text: str = ""
) -> Response[Native]:
    body = (text or f"{status} {REASONS[status]}\n").encode("utf-8", "replace")
    body_headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    return Response(status, native([*body_headers, *extra]), body=body)


def _refusal(resource: Resource[Native], status: int, *extra: tuple[str, str]) -> Response[Native]:
    headers = (("Cache-Control", "no-store"), *extra, *_shared(resource))
    return _words(resource.native, status, *headers, text=resource.explanation)


def _shared(resource: Resource[Native]) -> Headers:
    return [pair for pair in resource.headers() if pair[0].lower().startswith(_SHARED)]


def _redirect(resource: Resource[Native], directory: str, query: bytes) -> Response[Native]:
    """Redirect to a directory's URL: relative, so that it holds below any mount and can name no other host."""
    headers = resource.headers()
    if not headers:  # they are damaged: what caches may do with the answer is not known
        return _refusal(resource, 500)
    last = directory.rstrip("/").rpartition("/")[2]
    location = f"./{quote_path(last)}/" + (f"?{quote_query(query)}" if query else "")
    return _words(resource.native, 301, ("Location", location), *headers)


def _conditional(
    resource: Resource[Native], representation: Representation[Native], fields: Fields
) -> Response[Native]:
    file_body, etag, modified = representation.file_body, representation.etag, representation.modified
    status = precondition(fields, etag, modified, immutable=representation.immutable)
    if status == 304:
        return representation.not_modified
    if status == 412:
        return _refusal(resource, 412)
    wanted = ranges(fields, etag, modified, file_body.size)
    if wanted is None:
        return representation.ok
    if not wanted:
        return _refusal(resource, 416, ("Content-Range", f"bytes */{file_body.size}"))
    headers, file_body = partial(representation.headers, file_body, representation.boundary, wanted)
    return Response(206, resource.native(headers), file_body)
