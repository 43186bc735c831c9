"""Preconditions (RFC 9110 13) and ranges (RFC 9110 14)."""

from __future__ import annotations

import pytest

from servestatic_runtime.conditional import precondition, ranges

TAG = '"abc"'
MODIFIED = 1_700_000_000
THEN = "Tue, 14 Nov 2023 22:13:20 GMT"
EARLIER, LATER = "Tue, 14 Nov 2023 22:13:19 GMT", "Tue, 14 Nov 2023 22:13:21 GMT"
RFC_850, ASCTIME = "Tuesday, 14-Nov-23 22:13:20 GMT", "Tue Nov 14 22:13:20 2023"


@pytest.mark.parametrize(
    ("tags", "matches"),
    [
        pytest.param('"abc"', True, id="the tag"),
        pytest.param('W/"abc"', True, id="the tag, weak"),
        pytest.param("*", True, id="star"),
        pytest.param(" * ", True, id="star in white space"),
        pytest.param('"x", "abc"', True, id="list"),
        pytest.param('"x","y" ,\tW/"abc" ', True, id="list with odd white space"),
        pytest.param(', ,"abc",,', True, id="list with empty members"),
        pytest.param('"abc", ', True, id="list that an empty field was joined to"),
        pytest.param('"a,b", "abc"', True, id="comma in a tag"),
        pytest.param('"\\", "abc"', True, id="a backslash escapes nothing"),
        pytest.param('"\xe9", "abc"', True, id="a tag that is not ASCII"),
        pytest.param('"", "abc"', True, id="empty tag"),
        pytest.param("", False, id="empty"),
        pytest.param('"x"', False, id="another tag"),
        pytest.param('"ABC"', False, id="case of a tag"),
        pytest.param('"abc-gzip"', False, id="a proxy's suffix"),
        pytest.param("abc", False, id="no quotes"),
        pytest.param('"abc', False, id="one quote"),
        pytest.param('w/"abc"', False, id="small w"),
        pytest.param('W/ "abc"', False, id="space after W/"),
        pytest.param('"abc" "x"', False, id="no comma"),
        pytest.param('"abc", x', False, id="garbage behind"),
        pytest.param('x, "abc"', False, id="garbage before"),
        pytest.param('*, "abc"', False, id="star in a list"),
        pytest.param('"a\0b", "abc"', False, id="NUL in a tag"),
        pytest.param('"a b", "abc"', False, id="space in a tag"),
        pytest.param('"x"' * 10_000, False, id="ten thousand tags without a comma"),
    ],
)
def test_if_none_match_finds_the_tag_in_a_list_weakly(tags: str, matches: bool) -> None:
    assert precondition({"if-none-match": tags}, TAG, MODIFIED) == (304 if matches else None)


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        pytest.param('"abc"', None, id="the tag"),
        pytest.param('"x", "abc"', None, id="list"),
        pytest.param("*", None, id="star"),
        pytest.param('W/"abc"', 412, id="the tag, weak"),
        pytest.param('W/"abc", "abc"', None, id="the tag, weak and strong"),
        pytest.param('"x"', 412, id="another tag"),
        pytest.param('"abc", x', 412, id="garbage behind"),
    ],
)
def test_if_match_finds_the_tag_in_a_list_strongly(tags: str, status: int | None) -> None:
    assert precondition({"if-match": tags}, TAG, MODIFIED) == status


@pytest.mark.parametrize(
    ("tags", "etag", "status"),
    [
        pytest.param('"a,b"', '"a,b"', 304, id="a tag with a comma"),
        pytest.param('"a", "b"', '"a,b"', None, id="its two halves"),
        pytest.param('"abc"', None, None, id="no tag to match"),
        pytest.param("*", None, 304, id="star needs no tag"),
    ],
)
def test_if_none_match_with_other_tags_of_ours(tags: str, etag: str | None, status: int | None) -> None:
    assert precondition({"if-none-match": tags}, etag, MODIFIED) == status


@pytest.mark.parametrize(
    ("date", "since", "unmodified"),
    [
        pytest.param(THEN, 304, None, id="the date itself"),
        pytest.param(RFC_850, 304, None, id="the date as in RFC 850"),
        pytest.param(ASCTIME, 304, None, id="the date as asctime"),
        pytest.param(f" {THEN}\t", 304, None, id="white space around"),
        pytest.param(LATER, 304, None, id="later"),
        pytest.param(EARLIER, None, 412, id="earlier"),
        pytest.param("yesterday", None, None, id="no date"),
        pytest.param("", None, None, id="empty"),
        pytest.param(f"{LATER}, {LATER}", None, None, id="two dates"),
    ],
)
def test_dates_are_compared_and_what_is_no_date_is_ignored(
    date: str, since: int | None, unmodified: int | None
) -> None:
    assert precondition({"if-modified-since": date}, TAG, MODIFIED, immutable=True) == since
    assert precondition({"if-unmodified-since": date}, TAG, MODIFIED) == unmodified


@pytest.mark.parametrize(
    ("date", "status"),
    [(THEN, 304), (RFC_850, 304), (ASCTIME, 304), (EARLIER, None), (LATER, None), ("yesterday", None)],
)
def test_where_bytes_may_change_only_the_very_date_is_not_modified(date: str, status: int | None) -> None:
    assert precondition({"if-modified-since": date}, TAG, MODIFIED) == status


@pytest.mark.parametrize("field", ["if-modified-since", "if-unmodified-since"])
def test_without_a_date_of_ours_dates_are_ignored(field: str) -> None:
    assert precondition({field: EARLIER}, TAG, None) is None


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"if-match": TAG, "if-unmodified-since": EARLIER}, None, id="If-Match over its date"),
        pytest.param({"if-match": '"x"', "if-unmodified-since": LATER}, 412, id="If-Match over its date, failing"),
        pytest.param({"if-none-match": '"x"', "if-modified-since": LATER}, None, id="If-None-Match over its date"),
        pytest.param({"if-none-match": TAG, "if-modified-since": EARLIER}, 304, id="If-None-Match over it, matching"),
        pytest.param({"if-none-match": "garbage", "if-modified-since": LATER}, None, id="even when malformed"),
        pytest.param({"if-match": '"x"', "if-none-match": TAG}, 412, id="If-Match first"),
        pytest.param({"if-match": TAG, "if-none-match": TAG}, 304, id="If-None-Match after If-Match holds"),
        pytest.param({"if-unmodified-since": EARLIER, "if-none-match": TAG}, 412, id="If-Unmodified-Since first"),
        pytest.param({"if-unmodified-since": THEN, "if-modified-since": THEN}, 304, id="both dates hold"),
        pytest.param({"if-range": TAG, "range": "bytes=0-0"}, None, id="If-Range is none of them"),
    ],
)
def test_the_order_of_preconditions(fields: dict[str, str], status: int | None) -> None:
    assert precondition(fields, TAG, MODIFIED) == status


MANY = "9" * 5000  # int() refuses these


@pytest.mark.parametrize(
    ("field", "spans"),
    [
        pytest.param("bytes=2-4", [(2, 5)], id="first and last"),
        pytest.param("bytes=0-0", [(0, 1)], id="the first byte"),
        pytest.param("bytes=9-9", [(9, 10)], id="the last byte"),
        pytest.param("bytes=0-9", [(0, 10)], id="all"),
        pytest.param("bytes=4-", [(4, 10)], id="open-ended"),
        pytest.param("bytes=-3", [(7, 10)], id="suffix"),
        pytest.param("bytes=-99", [(0, 10)], id="suffix longer than the file"),
        pytest.param("bytes=8-99", [(8, 10)], id="clipped"),
        pytest.param("BYTES=2-4", [(2, 5)], id="case of the unit"),
        pytest.param("bytes= 2-4\t", [(2, 5)], id="white space"),
        pytest.param("bytes=002-004", [(2, 5)], id="leading zeros"),
        pytest.param(f"bytes={'0' * 5000}2-4", [(2, 5)], id="five thousand leading zeros"),
        pytest.param(f"bytes=2-{MANY}", [(2, 10)], id="huge last"),
        pytest.param(f"bytes=-{MANY}", [(0, 10)], id="huge suffix"),
        pytest.param("bytes=5-6 ,\t0-1", [(5, 7), (0, 2)], id="several, in the order asked"),
        pytest.param("bytes=,2-4, ,", [(2, 5)], id="empty members"),
        pytest.param("bytes=0-1,99-", [(0, 2)], id="several, one past the end"),
        pytest.param("bytes=10-", [], id="past the end"),
        pytest.param("bytes=10-10", [], id="just past the end"),
        pytest.param("bytes=98-99", [], id="far past the end"),
        pytest.param(f"bytes={MANY}-", [], id="huge first"),
        pytest.param("bytes=-0", [], id="suffix of nothing"),
        pytest.param("bytes=10-,-0", [], id="several, none in the file"),
    ],
)
def test_ranges_are_clipped_to_the_file(field: str, spans: list[tuple[int, int]]) -> None:
    assert ranges({"range": field}, TAG, MODIFIED, 10) == spans


@pytest.mark.parametrize(
    "field",
    [
        pytest.param("", id="empty"),
        pytest.param("bytes", id="unit alone"),
        pytest.param("bytes=", id="no range"),
        pytest.param("bytes=,", id="empty members alone"),
        pytest.param("bytes=-", id="no number"),
        pytest.param("bytes=4-2", id="backwards"),
        pytest.param("bytes=0-1,4-2", id="backwards behind a good one"),
        pytest.param("bytes=0-1,x", id="garbage behind a good one"),
        pytest.param("bytes=0-1-2", id="two dashes"),
        pytest.param("bytes=--1", id="negative suffix"),
        pytest.param("bytes=0 - 1", id="white space inside"),
        pytest.param("bytes 0-1", id="no equals sign"),
        pytest.param("bytes =0-1", id="white space before the equals sign"),
        pytest.param("items=0-1", id="another unit"),
        pytest.param("bytes=+0-1", id="plus"),
        pytest.param("bytes=0x0-0x1", id="hexadecimal"),
        pytest.param("bytes=0_0-1", id="underscore"),
        pytest.param("bytes=0.0-1", id="fraction"),
        pytest.param("bytes=²-³", id="superscript digits"),
        pytest.param("bytes=\u0660-\u0661", id="Arabic digits"),
        pytest.param("bytes=0-1\n", id="line end"),
    ],
)
def test_a_malformed_range_is_ignored(field: str) -> None:
    assert ranges({"range": field}, TAG, MODIFIED, 10) is None


@pytest.mark.parametrize(
    ("field", "spans"),
    [
        pytest.param("bytes=0-", [], id="open-ended"),
        pytest.param("bytes=0-0", [], id="the first byte"),
        pytest.param("bytes=-0", [], id="suffix of nothing"),
        # Satisfiable by RFC 9110 14.1.2, and no Content-Range can say it: the whole, which is empty.
        pytest.param("bytes=-5", None, id="suffix"),
    ],
)
def test_ranges_of_an_empty_file(field: str, spans: list[tuple[int, int]] | None) -> None:
    assert ranges({"range": field}, TAG, MODIFIED, 0) == spans


@pytest.mark.parametrize(
    ("validator", "holds"),
    [
        pytest.param(TAG, True, id="the tag"),
        pytest.param(f"\t{TAG} ", True, id="white space around the tag"),
        pytest.param(f" {THEN}\t", True, id="white space around the date"),
        pytest.param(f"W/{TAG}", False, id="the tag, weak"),
        pytest.param('"x"', False, id="another tag"),
        pytest.param(f'"x", {TAG}', False, id="a list"),
        pytest.param("*", False, id="star"),
        pytest.param("", False, id="empty"),
        pytest.param(THEN, True, id="the date"),
        pytest.param(RFC_850, True, id="the date as in RFC 850"),
        pytest.param(ASCTIME, True, id="the date as asctime"),
        pytest.param(EARLIER, False, id="an earlier date"),
        pytest.param(LATER, False, id="a later date"),
        pytest.param("yesterday", False, id="no date"),
    ],
)
def test_a_range_is_sent_only_when_if_range_names_these_very_bytes(validator: str, holds: bool) -> None:
    fields = {"range": "bytes=0-1", "if-range": validator}
    assert ranges(fields, TAG, MODIFIED, 10) == ([(0, 2)] if holds else None)


@pytest.mark.parametrize("validator", [TAG, THEN, "yesterday"])
def test_if_range_never_holds_without_a_validator_of_ours(validator: str) -> None:
    assert ranges({"range": "bytes=0-1", "if-range": validator}, None, None, 10) is None
