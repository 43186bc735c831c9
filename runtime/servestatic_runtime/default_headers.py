"""The headers of a file before any rule: what a build starts from, and what serving without a build sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

# What describes the body and has no place where there is none (RFC 9110 15.4.5).
_NOT_IN_304 = frozenset(
    {"accept-ranges", "content-encoding", "content-language", "content-length", "content-range", "content-type"}
)


def default_headers(
    content_type: str, body_headers: Mapping[str, str], cache_control: str, vary: Sequence[str], *, cross_origin: bool
) -> Iterator[tuple[str, str]]:
    """Yield the headers of a 200; ``body_headers`` are those that the bytes decide, ``vary`` the fields that choose a coding."""
    yield "Content-Type", content_type
    yield from body_headers.items()
    yield "Cache-Control", cache_control
    if vary:
        yield "Vary", ", ".join(vary)
    yield "Accept-Ranges", "bytes"
    yield from common_headers(cross_origin=cross_origin)


def common_headers(*, cross_origin: bool) -> Iterator[tuple[str, str]]:
    """Yield the headers that redirects have, too."""
    if cross_origin:
        yield "Access-Control-Allow-Origin", "*"
        # Without it a script that asks for ranges can't read Content-Range, Accept-Ranges or ETag.
        yield "Access-Control-Expose-Headers", "*"
    yield "X-Content-Type-Options", "nosniff"


def stays_in_304(name: str) -> bool:
    """Return whether a header of the 200 stands in the 304, too."""
    return name.lower() not in _NOT_IN_304
