"""Preconditions (RFC 9110 13) and ranges (RFC 9110 14). Pure: text in, decisions out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from servestatic_runtime.dates import parse_date
from servestatic_runtime.response import Span

Fields: TypeAlias = Mapping[str, str]

# The request fields that make an answer depend on what the client has already.
CONDITIONAL_FIELDS = (
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "if-range",
    "range",
)

# RFC 9110 8.8.3: any visible character but the quote, so a comma may stand inside a tag.
_TAG = re.compile(r'[ \t]*(W/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,|$)')
_EMPTY_MEMBER = re.compile(r"[ \t]*,")
_RANGES = re.compile(r"bytes=(.*)", re.IGNORECASE | re.DOTALL)
_RANGE = re.compile(r"[ \t]*([0-9]*)-([0-9]*)[ \t]*")
MOST_RANGES = 50  # more are of use only to an attacker (RFC 9110 14.2)
_LARGEST = 10**18  # more digits than this mean "past the end", and int() refuses very long ones


def precondition(fields: Fields, etag: str | None, modified: int | None, *, immutable: bool = False) -> int | None:
    """Return 304 or 412 when the preconditions of a GET or HEAD decide the answer, else None (13.2.2).

    ``etag`` is the selected variant's (quoted), ``modified`` its seconds since 1970; None where there is none.
    ``immutable`` says that the URL never has other bytes.
    """
    return _unless_unchanged(fields, etag, modified) or _if_changed(fields, etag, modified, immutable=immutable)


def _unless_unchanged(fields: Fields, etag: str | None, modified: int | None) -> int | None:
    if (tags := fields.get("if-match")) is not None:
        return None if matches(tags, etag, weak=False) else 412
    if (text := fields.get("if-unmodified-since")) is not None:
        date = parse_date(text)
        return 412 if date is not None and modified is not None and modified > date else None
    return None


def _if_changed(fields: Fields, etag: str | None, modified: int | None, *, immutable: bool) -> int | None:
    if (tags := fields.get("if-none-match")) is not None:
        return 304 if matches(tags, etag, weak=True) else None
    if (text := fields.get("if-modified-since")) is not None:
        date = parse_date(text)
        if date is None or modified is None:
            return None
        # What is older than the client's copy may be other bytes: those of a release that was brought back.
        return 304 if date == modified or (immutable and date > modified) else None
    return None


def matches(tags: str, etag: str | None, *, weak: bool) -> bool:
    """Return whether the list names the tag. A list that is malformed anywhere names nothing."""
    tags = tags.strip(" \t")
    if tags == "*":
        return True
    is_named, i = False, 0
    while i < len(tags):
        if empty := _EMPTY_MEMBER.match(tags, i):
            i = empty.end()
            continue
        tag = _TAG.match(tags, i)
        if tag is None:
            return False
        is_named = is_named or (tag[2] == etag and (weak or not tag[1]))
        i = tag.end()
    return is_named


def ranges(fields: Fields, etag: str | None, modified: int | None, size: int) -> list[Span] | None:
    """Return the byte ranges to send, in the order asked, clipped to ``size``.

    None: send the whole (no Range, a malformed one, too many, or an If-Range that does not hold). Empty: 416.
    """
    match = _RANGES.fullmatch(fields.get("range", ""))
    if match is None or not _if_range(fields, etag, modified):
        return None
    spans = []
    for member in match[1].split(","):
        if not member.strip(" \t"):
            continue
        bounds = _RANGE.fullmatch(member)
        span = _span(bounds[1], bounds[2], size) if bounds else None
        if span is None:
            return None
        spans.append(span)
    wanted = [span for span in spans if span.start < span.end]
    return wanted if spans and len(wanted) <= MOST_RANGES else None


def _span(first: str, last: str, size: int) -> Span | None:
    """Return one range, empty when it is not satisfiable, None when malformed."""
    if first:
        start = _number(first)
        end = _number(last) + 1 if last else size
        return Span(start, min(end, size)) if end > start or not last else None
    length = _number(last) if last else 0
    # The end of nothing is satisfiable (14.1.2), and no Content-Range can say so: the whole, too, is nothing.
    return Span(size - min(length, size), size) if last and (size or not length) else None


def _number(digits: str) -> int:
    digits = digits.lstrip("0")
    return int(digits or 0) if len(digits) < 19 else _LARGEST


def _if_range(fields: Fields, etag: str | None, modified: int | None) -> bool:
    """Return whether Range may be honoured: no If-Range, the strong tag itself, or the very date (13.1.5)."""
    validator = fields.get("if-range")
    if validator is None:
        return True
    validator = validator.strip(" \t")
    if validator.endswith('"'):
        return validator == etag
    return modified is not None and parse_date(validator) == modified
