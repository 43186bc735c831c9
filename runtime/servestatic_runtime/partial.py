"""Partial answers: one range, or several as multipart/byteranges (RFC 9110 14.6, 15.3.7). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from servestatic_runtime.records import Headers
from servestatic_runtime.response import BodyPart, FileBody, Span


def partial(headers: Headers, file_body: FileBody, boundary: str, spans: list[Span]) -> tuple[Headers, FileBody]:
    """Return the headers and the body of the 206 for spans of the 200 that has ``headers`` and ``file_body``.

    ``boundary`` may not stand in the file. However many the spans, there is little more to send than the whole file: one
    part's head and the last line, since what lies between two parts is longer than the head that it saves.
    """
    delimiter = _Delimiter(headers, file_body.size, boundary)
    spans = coalesced(spans, len(delimiter(Span(file_body.size - 1, file_body.size))))
    if len(spans) == 1:
        (span,) = spans
        whole = span == (0, file_body.size)
        range_headers = [
            ("Content-Length", str(span.end - span.start)),
            ("Content-Range", _content_range(span, file_body.size)),
        ]
        return _without(headers, "content-length") + range_headers, file_body._replace(parts=None if whole else (span,))
    parts = (*_alternating(spans, delimiter), f"\r\n--{boundary}--\r\n".encode())
    multipart_headers = [
        ("Content-Type", f"multipart/byteranges; boundary={boundary}"),
        ("Content-Length", str(sum(map(_length, parts)))),
    ]
    return _without(headers, "content-length", "content-type") + multipart_headers, file_body._replace(parts=parts)


def coalesced(spans: list[Span], gap: int) -> list[Span]:
    """Merge spans that overlap or lie less than ``gap`` apart; each comes where the first of its own was asked for."""
    merged: list[tuple[int, int, int]] = []
    for start, end, order in sorted((*span, order) for order, span in enumerate(spans)):
        if merged and start - merged[-1][2] < gap:
            first, start_before, end_before = merged.pop()
            merged.append((min(order, first), start_before, max(end, end_before)))
        else:
            merged.append((order, start, end))
    return [Span(start, end) for _, start, end in sorted(merged)]


class _Delimiter:
    """What stands before each range of a multipart body: the line end is part of the delimiter (RFC 2046 5.1.1)."""

    def __init__(self, headers: Headers, size: int, boundary: str) -> None:
        types = [f"Content-Type: {value}\r\n" for name, value in headers if name.lower() == "content-type"]
        self._start = f"\r\n--{boundary}\r\n{''.join(types)}Content-Range: "
        self._size = size

    def __call__(self, span: Span) -> bytes:
        return f"{self._start}{_content_range(span, self._size)}\r\n\r\n".encode("latin-1")


def _alternating(spans: list[Span], delimiter: _Delimiter) -> Iterator[BodyPart]:
    for span in spans:
        yield delimiter(span)
        yield span


def _content_range(span: Span, size: int) -> str:
    return f"bytes {span.start}-{span.end - 1}/{size}"


def _length(part: BodyPart) -> int:
    return len(part) if isinstance(part, bytes) else part.end - part.start


def _without(headers: Headers, *names: str) -> Headers:
    return [pair for pair in headers if pair[0].lower() not in names]
