"""Measurement periods: a year, a quarter, or any two days."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.clinical_time import parse_date
from domain.errors import Invalid

_YEAR = re.compile(r"(\d{4})")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
_RULE = "must be a year (2025), a quarter (2025-Q3) or two days (2025-01-01..2025-06-30)"


@dataclass(frozen=True, order=True)
class Period:
    """All days from `start` to `end`, both included."""

    start: date
    end: date

    @property
    def quarters(self) -> tuple["Period", ...]:
        """The quarters of a calendar year; of any other period none."""
        if (self.start, self.end) != (date(self.start.year, 1, 1), date(self.start.year, 12, 31)):
            return ()
        return tuple(quarter(self.start.year, number) for number in (1, 2, 3, 4))

    def __str__(self) -> str:
        """As a client may write it: 2025, 2025-Q3 or two days."""
        year = self.start.year
        if self == calendar_year(year):
            return str(year)
        for number in (1, 2, 3, 4):
            if self == quarter(year, number):
                return f"{year}-Q{number}"
        return f"{self.start}..{self.end}"


def calendar_year(year: int) -> Period:
    """January to December of a year."""
    return Period(date(year, 1, 1), date(year, 12, 31))


def year_of(moment: datetime, zone: str) -> Period:
    """The calendar year that an instant lies in, in a time zone (IANA name)."""
    return calendar_year(moment.astimezone(ZoneInfo(zone)).year)


def quarter(year: int, number: int) -> Period:
    """The three months of a quarter, numbered from 1."""
    start = date(year, 3 * number - 2, 1)
    after = date(year + number // 4, 3 * number % 12 + 1, 1)
    return Period(start, after - timedelta(days=1))


def last_ended(every: str, today: date) -> Period:
    """The month, quarter or year that was over when this day began."""
    if every == "year":
        return calendar_year(today.year - 1)
    if every == "quarter":
        first = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
        before = first - timedelta(days=1)
        return quarter(before.year, (before.month + 2) // 3)
    last = today.replace(day=1) - timedelta(days=1)
    return Period(last.replace(day=1), last)


def parse_period(text: str) -> Period:
    """What a client asks for. Raises Invalid naming `period`."""
    if match := _YEAR.fullmatch(text):
        if int(match[1]) == 0:
            raise Invalid.field("period", _RULE)
        return calendar_year(int(match[1]))
    if match := _QUARTER.fullmatch(text):
        if int(match[1]) == 0 or match[0] == "9999-Q4":
            raise Invalid.field("period", _RULE)
        return quarter(int(match[1]), int(match[2]))
    first, separator, last = text.partition("..")
    if not separator:
        raise Invalid.field("period", _RULE)
    period = Period(parse_date(first, "period"), parse_date(last, "period"))
    if period.end < period.start:
        raise Invalid.field("period", "must not end before it starts")
    return period


def maintained(today: date) -> tuple[Period, ...]:
    """The periods whose results are kept up to date: this and last year with their quarters."""
    years = (calendar_year(today.year), calendar_year(today.year - 1))
    return tuple(period for year in years for period in (year, *year.quarters))
