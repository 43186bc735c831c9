"""HTTP dates: three forms in, one out, and nothing that only looks like one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from servestatic_runtime.dates import LATEST, clamped, format_date, parse_date

RFC_EXAMPLE = 784_111_777  # RFC 9110 5.6.7


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("Sun, 06 Nov 1994 08:49:37 GMT", RFC_EXAMPLE, id="IMF-fixdate"),
        pytest.param("Sunday, 06-Nov-94 08:49:37 GMT", RFC_EXAMPLE, id="RFC 850"),
        pytest.param("Sun Nov  6 08:49:37 1994", RFC_EXAMPLE, id="asctime"),
        pytest.param("Wed Nov 16 08:49:37 1994", RFC_EXAMPLE + 10 * 86400, id="asctime with two digits"),
        pytest.param("Thu, 01 Jan 1970 00:00:00 GMT", 0, id="the epoch"),
        pytest.param("Wed, 31 Dec 1969 23:59:59 GMT", -1, id="before the epoch"),
        pytest.param("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800, id="leap day"),
        pytest.param("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800, id="leap second"),
        pytest.param("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799, id="the last year"),
    ],
)
def test_each_form_is_read(text: str, seconds: int) -> None:
    assert parse_date(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("0", id="a number"),
        pytest.param("1994-11-06T08:49:37Z", id="ISO 8601"),
        pytest.param("Sun, 06 Nov 1994 08:49:37 UTC", id="another zone"),
        pytest.param("Sun, 06 Nov 1994 08:49:37 +0000", id="an offset"),
        pytest.param("Sun, 06 Nov 1994 08:49:37", id="no zone"),
        pytest.param("Sun, 06 Nov 1994 08:49:37 GMT; length=3", id="a parameter"),
        pytest.param("Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", id="a list"),
        pytest.param("Sun, 06 Nov 1994 08:49:37 GMT\n", id="a line end"),
        pytest.param("sun, 06 nov 1994 08:49:37 gmt", id="lower case"),
        pytest.param("Sun, 6 Nov 1994 08:49:37 GMT", id="a day of one digit"),
        pytest.param("Sun, 06 Nov 94 08:49:37 GMT", id="a year of two digits in the long form"),
        pytest.param("Sun, 06 Nov 19940 08:49:37 GMT", id="a year of five digits"),
        pytest.param("Sun, 06 Nov 1994 08:49:37 GMT".replace("6", "\u0666"), id="digits that are not ASCII"),
        pytest.param("Sun, 06 Dez 1994 08:49:37 GMT", id="another language"),
        pytest.param("Sun, 00 Nov 1994 08:49:37 GMT", id="day 0"),
        pytest.param("Sun, 32 Nov 1994 08:49:37 GMT", id="day 32"),
        pytest.param("Fri, 31 Feb 2023 00:00:00 GMT", id="31 February"),
        pytest.param("Wed, 29 Feb 2023 00:00:00 GMT", id="29 February of a common year"),
        pytest.param("Sun, 06 Nov 1994 24:00:00 GMT", id="hour 24"),
        pytest.param("Sun, 06 Nov 1994 08:60:00 GMT", id="minute 60"),
        pytest.param("Sun, 06 Nov 1994 08:49:61 GMT", id="second 61"),
    ],
)
def test_anything_else_is_no_date(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    ("seconds", "date"), [(-1, 0), (0, 0), (1.9, 1), (LATEST, LATEST), (LATEST + 1, LATEST), (2**62, LATEST)]
)
def test_what_no_date_says_is_the_nearest_that_one_says(seconds: float, date: int) -> None:
    assert clamped(seconds) == date


@pytest.mark.parametrize("ahead", [-49, -10, 0, 10, 49], ids=lambda years: f"{years:+} years")
def test_a_year_of_two_digits_is_the_one_within_50_years(ahead: int) -> None:
    year = datetime.now(UTC).year + ahead
    date = datetime(year, 6, 1, tzinfo=UTC)
    assert parse_date(f"{date:%A}, 01-Jun-{year % 100:02} 00:00:00 GMT") == date.timestamp()


def test_every_date_is_written_as_the_standard_library_writes_it_and_read_back() -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    for days in range(0, 400 * 366, 13):
        date = start + timedelta(days, seconds=days * 7919 % 86400)
        text = format_date(int(date.timestamp()))
        assert text == format_datetime(date, usegmt=True)
        assert parse_date(text) == date.timestamp()
