"""HTTP dates (RFC 9110 5.6.7), without a locale and without importing ``email`` or ``datetime``."""

from __future__ import annotations

import re
from time import gmtime

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?:{'|'.join(_DAYS)}), (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT",  # IMF-fixdate
        rf"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT",
        rf"(?:{'|'.join(_DAYS)}) {_MONTH} (?P<day>[0-9 ][0-9]) {_TIME} (?P<year>[0-9]{{4}})",  # asctime
    )
)

# What is older than the Web has a date that a tool writes into all that it packs (0, 1, 1980-01-01, 1985-10-26), in
# whichever time zone: it is the same for other bytes.
EARLIEST_TELLING = 631_152_000  # 1990-01-01
LATEST = 253_402_300_799  # the last second of the year 9999: none of the forms has room for a longer one


def clamped(seconds: float) -> int:
    """Return seconds since 1970 as the nearest number that there is a date for; file systems have others, too."""
    return min(max(int(seconds), 0), LATEST)


def format_date(seconds: int) -> str:
    """Return seconds since 1970 as an IMF-fixdate, for example ``Sun, 06 Nov 1994 08:49:37 GMT``."""
    t = gmtime(seconds)
    day, month = _DAYS[t.tm_wday], _MONTHS[t.tm_mon - 1]
    return f"{day}, {t.tm_mday:02} {month} {t.tm_year:04} {t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} GMT"


def parse_date(text: str) -> int | None:
    """Return the seconds since 1970 of a date in any of HTTP's three forms, or None for anything else."""
    text = text.strip(" \t")  # no part of the value (RFC 9110 5.5), but uWSGI and httptools pass on what stands behind
    for form in _FORMS:
        match = form.fullmatch(text)
        if match:
            year, month = _full_year(match["year"]), _MONTHS.index(match["month"]) + 1
            day, hour, minute, second = (int(match[part]) for part in ("day", "hour", "minute", "second"))
            if not (1 <= day <= _month_length(year, month) and hour < 24 and minute < 60 and second <= 60):
                return None
            return _days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
    return None


def _full_year(digits: str) -> int:
    """Return the year; one of two digits that seems over 50 years ahead is in the past (RFC 9110 5.6.7)."""
    year = int(digits)
    if len(digits) == 4:
        return year
    this_year = gmtime().tm_year
    year += this_year // 100 * 100
    return year - 100 if year > this_year + 50 else year


def _month_length(year: int, month: int) -> int:
    return _days(year + month // 12, month % 12 + 1, 1) - _days(year, month, 1)


def _days(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a date of the Gregorian calendar.

    Source: https://howardhinnant.github.io/date_algorithms.html#days_from_civil (years begin in March).
    """
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468
