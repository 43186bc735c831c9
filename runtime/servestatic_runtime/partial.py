"""Partial answers: one range, or several as multipart/byteranges (RFC 9110 14.6, 15.3.7). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from servestatic_runtime.records import Headers
from servestatic_runtime.response import Content, Piece, Span


def partial(headers: Headers, content: Content, boundary: str, spans: list[Span]) -> tuple[Headers, Content]:
    """Return the headers and the content of the 206 for spans of the 200 that ``headers`` and ``content`` are.

    ``boundary`` may not stand in the file. However many the spans, there is little more to send than the whole file: one
    part's head and the last line, since what lies between two parts is longer than the head that it saves.
    """
    head = _PartHead(headers, content.size, boundary)
    spans = coalesced(spans, len(head(Span(content.size - 1, content.size))))
    if len(spans) == 1:
        (span,) = spans
        whole = span == (0, content.size)
        own = [("Content-Length", str(span.end - span.start)), ("Content-Range", _content_range(span, content.size))]
        return _without(headers, "content-length") + own, content._replace(pieces=None if whole else (span,))
    pieces = (*_alternating(spans, head), f"\r\n--{boundary}--\r\n".encode())
    own = [
        ("Content-Type", f"multipart/byteranges; boundary={boundary}"),
        ("Content-Length", str(sum(map(_length, pieces)))),
    ]
    return _without(headers, "content-length", "content-type") + own, content._replace(pieces=pieces)


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


class _PartHead:
    """What stands before each part: its line end is part of the delimiter (RFC 2046 5.1.1)."""

    def __init__(self, headers: Headers, size: int, boundary: str) -> None:
        types = [f"Content-Type: {value}\r\n" for name, value in headers if name.lower() == "content-type"]
        self._start = f"\r\n--{boundary}\r\n{''.join(types)}Content-Range: "
        self._size = size

    def __call__(self, span: Span) -> bytes:
        return f"{self._start}{_content_range(span, self._size)}\r\n\r\n".encode("latin-1")


def _alternating(spans: list[Span], head: _PartHead) -> Iterator[Piece]:
    for span in spans:
        yield head(span)
        yield span


def _content_range(span: Span, size: int) -> str:
    return f"bytes {span.start}-{span.end - 1}/{size}"


def _length(piece: Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece.end - piece.start


def _without(headers: Headers, *names: str) -> Headers:
    return [pair for pair in headers if pair[0].lower() not in names]
