"""When something was measured, as far as a document says: to the minute, the day, month or year."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from domain.scraping.dates import PrintedDate, month_of, rough_dates_in

UNKNOWN = -1
SOME_DAY = date(2000, 12, 31)
"""Where no date has a year, any year tells which of two is the later."""
_CLOCK = re.compile(
    r"[\s,]{1,2}(?:at\s)?(?P<h>[01]?\d|2[0-3]):?(?P<m>[0-5]\d)(?!\d)(?:\s?(?P<pm>[ap])\.?m\b)?",
    re.I,
)
CLOCK = re.compile(r"(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?:\s?(?P<pm>[ap])\.?m\.?)?", re.I)
SHORT = r"(?P<month>1[0-2]|0?[1-9])/(?P<day>3[01]|[12]\d|0?[1-9])"
_SHORT_IN_TEXT = re.compile(
    rf"(?:\b(?:on|from|since|dated|of|at)\s|\((?:on\s)?){SHORT}(?![\w/]|[.,-]\d)", re.I
)
_MONTH_IN_TEXT = re.compile(
    r"(?:\bin\s|\(|\bsince\s|\blast\s)(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?"
    r"|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b(?!\.?,?\s?\d)",
    re.I,
)
_SHORT_CELL = re.compile(rf"(?:[^\W\d]+\s)?{SHORT}", re.I)
_YEAR_CELL = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Stamp:
    """`minutes` after midnight or UNKNOWN; `exact` when the document prints the whole date."""

    day: date
    minutes: int = UNKNOWN
    exact: bool = True

    def is_before(self, other: "Stamp") -> bool:
        """Whether this is certainly earlier; times count only where both are known."""
        if self.day != other.day:
            return self.day < other.day
        return UNKNOWN not in (self.minutes, other.minutes) and self.minutes < other.minutes


@dataclass(frozen=True, slots=True)
class PrintedStamp:
    """A stamp and the characters that print it."""

    stamp: Stamp
    start: int
    end: int


def stamps_in(
    text: str, dates: tuple[PrintedDate, ...], start: int, end: int, latest: date | None
) -> list[PrintedStamp]:
    """All dates between `start` and `end` of `text`, which has `dates`. Those without a year are
    the last such day up to `latest`."""
    found = [
        PrintedStamp(Stamp(each.value, _clock(text, each.end)), each.start, each.end)
        for each in dates
        if start <= each.start < end
    ]
    found += [
        PrintedStamp(Stamp(each.value, exact=False), each.start, each.end)
        for each in rough_dates_in(text, start, end)
    ]
    for match in _SHORT_IN_TEXT.finditer(text, start, end):
        if (stamp := _short(match, latest or SOME_DAY)) is not None:
            found.append(PrintedStamp(stamp, match.start("month"), match.end("day")))
    for match in _MONTH_IN_TEXT.finditer(text, start, end):
        day = _last(latest or SOME_DAY, month_of(match["name"]), 1)
        if day is not None:
            found.append(PrintedStamp(Stamp(day, exact=False), match.start("name"), match.end()))
    return found


def stamp_of_cell(text: str, dates: tuple[PrintedDate, ...], latest: date | None) -> Stamp | None:
    """The date of a cell that holds one, or is a day of a month, a month, a year or a time."""
    if dates:
        return Stamp(dates[0].value, _clock(text, dates[0].end))
    match = _SHORT_CELL.match(text)
    if match is not None:
        clock = _CLOCK.fullmatch(text, match.end())
        if match.end() == len(text) or clock is not None:
            short = _short(match, latest or SOME_DAY)
            return Stamp(short.day, _clock(text, match.end()), False) if short else None
    if (clock := CLOCK.fullmatch(text)) is not None:
        return Stamp(latest or SOME_DAY, _minutes(clock), False)
    if _YEAR_CELL.fullmatch(text.strip("()")):
        return Stamp(date(int(text.strip("()")), 1, 1), exact=False)
    rough = [each for each in rough_dates_in(text, 0, len(text)) if each.end - each.start > 4]
    return Stamp(rough[0].value, exact=False) if rough and len(text) < 24 else None


def short_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where `text` prints a month and day that are certainly a date."""
    for match in _SHORT_IN_TEXT.finditer(text):
        yield match.start("month"), match.end("day")


def _clock(text: str, position: int) -> int:
    match = _CLOCK.match(text, position)
    return _minutes(match) if match is not None else UNKNOWN


def _minutes(match: re.Match[str]) -> int:
    hours = int(match["h"])
    if match["pm"]:
        hours = hours % 12 + 12 * (match["pm"].lower() == "p")
    return 60 * hours + int(match["m"])


def _short(match: re.Match[str], latest: date) -> Stamp | None:
    day = _last(latest, int(match["month"]), int(match["day"]))
    return Stamp(day, exact=False) if day is not None else None


def _last(latest: date, month: int, day: int) -> date | None:
    """The last such day up to `latest`; None where the calendar has none."""
    for year in (latest.year, latest.year - 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= latest:
            return found
    return None
