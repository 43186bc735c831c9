"""Several ranges in one answer (RFC 9110 14.6, 15.3.7.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servestatic_runtime.conditional import MOST_RANGES, ranges
from servestatic_runtime.partial import coalesced, partial
from servestatic_runtime.records import Headers
from servestatic_runtime.response import BodyPart, FileBody, Span
from support.multipart import Part, parts_of

BOUNDARY = "0123456789abcdef01234567"
HEADERS: Headers = [("Content-Type", "text/css"), ("Content-Length", "10000"), ("ETag", '"x"'), ("Vary", "Accept")]
FILE = bytes(number % 251 for number in range(10_000))
HEAD = len(f"\r\n--{BOUNDARY}\r\nContent-Type: text/css\r\nContent-Range: bytes 9999-9999/10000\r\n\r\n")


def joined(parts: tuple[BodyPart, ...] | None) -> bytes:
    assert parts is not None
    return b"".join(part if isinstance(part, bytes) else FILE[part.start : part.end] for part in parts)


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        pytest.param([(0, 5), (50, 60)], [(0, 5), (50, 60)], id="apart"),
        pytest.param([(50, 60), (0, 5)], [(50, 60), (0, 5)], id="apart, in the order asked"),
        pytest.param([(0, 5), (3, 9)], [(0, 9)], id="overlapping"),
        pytest.param([(3, 9), (0, 5)], [(0, 9)], id="overlapping, backwards"),
        pytest.param([(0, 9), (3, 5)], [(0, 9)], id="one inside the other"),
        pytest.param([(0, 5), (0, 5)], [(0, 5)], id="twice the same"),
        pytest.param([(0, 5), (5, 9)], [(0, 9)], id="touching"),
        pytest.param([(0, 5), (14, 20)], [(0, 20)], id="nearly touching"),
        pytest.param([(0, 5), (15, 20)], [(0, 5), (15, 20)], id="as far apart as a head is long"),
        pytest.param([(0, 1), (20, 21), (10, 11)], [(0, 21)], id="a chain"),
        pytest.param([(80, 90), (0, 5), (60, 70), (4, 9)], [(80, 90), (0, 9), (60, 70)], id="two of four"),
        pytest.param([(60, 70), (0, 5), (71, 80)], [(60, 80), (0, 5)], id="merged where the first was asked for"),
        pytest.param([(60, 70), (0, 5), (50, 59)], [(50, 70), (0, 5)], id="merged with an earlier one asked for later"),
    ],
)
def test_ranges_that_overlap_or_nearly_touch_become_one(
    asked: list[tuple[int, int]], sent: list[tuple[int, int]]
) -> None:
    assert coalesced([Span(*span) for span in asked], gap=10) == sent


def test_several_ranges_are_parts_with_their_type_and_place() -> None:
    headers, file_body = partial(HEADERS, FileBody("f", 10_000), BOUNDARY, [Span(9000, 9003), Span(0, 1)])
    body = joined(file_body.parts)
    assert body == (
        b"\r\n--0123456789abcdef01234567\r\nContent-Type: text/css\r\nContent-Range: bytes 9000-9002/10000\r\n\r\n"
        + FILE[9000:9003]
        + b"\r\n--0123456789abcdef01234567\r\nContent-Type: text/css\r\nContent-Range: bytes 0-0/10000\r\n\r\n"
        + FILE[:1]
        + b"\r\n--0123456789abcdef01234567--\r\n"
    )
    assert headers == [
        ("ETag", '"x"'),
        ("Vary", "Accept"),
        ("Content-Type", "multipart/byteranges; boundary=0123456789abcdef01234567"),
        ("Content-Length", str(len(body))),
    ]


@pytest.mark.parametrize(("named", "line"), [([("content-TYPE", "a/b")], "a/b"), ([], None)], ids=["odd case", "none"])
def test_a_part_has_the_type_that_the_rules_left(named: Headers, line: str | None) -> None:
    headers, file_body = partial(named, FileBody("f", 10_000), BOUNDARY, [Span(0, 1), Span(9000, 9001)])
    assert [part.content_type for part in parts_of(dict(headers)["Content-Type"], joined(file_body.parts))] == [
        line
    ] * 2
    assert [name.lower() for name, _ in headers].count("content-type") == 1


@pytest.mark.parametrize(
    ("spans", "content_range", "parts"),
    [
        pytest.param([(2, 5)], "bytes 2-4/10000", ((2, 5),), id="one"),
        pytest.param([(2, 5), (5, 9)], "bytes 2-8/10000", ((2, 9),), id="two that became one"),
        pytest.param([(0, 10_000)], "bytes 0-9999/10000", None, id="the whole file"),
        pytest.param([(0, 9000), (8000, 10_000)], "bytes 0-9999/10000", None, id="two that are the whole file"),
    ],
)
def test_one_range_is_no_multipart(
    spans: list[tuple[int, int]], content_range: str, parts: tuple[BodyPart, ...] | None
) -> None:
    headers, file_body = partial(HEADERS, FileBody("f", 10_000), BOUNDARY, [Span(*span) for span in spans])
    assert file_body.parts == parts
    assert dict(headers)["Content-Range"] == content_range
    assert dict(headers)["Content-Type"] == "text/css"


@pytest.mark.parametrize("count", [MOST_RANGES, MOST_RANGES + 1])
def test_more_ranges_than_anybody_needs_get_the_whole(count: int) -> None:
    field = "bytes=" + ",".join(f"{200 * n}-{200 * n}" for n in range(count))
    wanted = ranges({"range": field}, '"x"', 0, 200 * count)
    assert (wanted is None) is (count > MOST_RANGES)


spans = st.tuples(st.integers(0, 9999), st.integers(1, 3000)).map(
    lambda pair: Span(pair[0], min(pair[0] + pair[1], 10_000))
)


@given(st.lists(spans, min_size=1, max_size=MOST_RANGES))
def test_every_byte_asked_for_comes_once_and_all_is_no_longer_than_the_file_and_one_head(asked: list[Span]) -> None:
    headers, file_body = partial(HEADERS, FileBody("f", 10_000), BOUNDARY, asked)
    if file_body.parts is None or len(file_body.parts) == 1:
        return
    body = joined(file_body.parts)
    parts = parts_of(dict(headers)["Content-Type"], body)
    assert dict(headers)["Content-Length"] == str(len(body))
    assert all(part.body == FILE[part.start : part.end] for part in parts)
    sent = [number for part in parts for number in range(part.start, part.end)]
    assert len(sent) == len(set(sent))
    assert {number for span in asked for number in range(*span)} <= set(sent)
    assert len(body) <= len(FILE) + HEAD + len(f"\r\n--{BOUNDARY}--\r\n")


def test_parts_are_read_as_any_mail_reader_reads_them() -> None:
    headers, file_body = partial(HEADERS, FileBody("f", 10_000), BOUNDARY, [Span(0, 3), Span(5000, 5003)])
    assert parts_of(dict(headers)["Content-Type"], joined(file_body.parts)) == [
        Part("text/css", 0, 3, FILE[:3]),
        Part("text/css", 5000, 5003, FILE[5000:5003]),
    ]
