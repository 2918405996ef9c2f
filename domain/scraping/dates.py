"""Dates as documents print them, and the order of day and month a document keeps to."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

_MONTHS = "january february march april may june july august september october november december"
_MONTH = {name[:3]: index for index, name in enumerate(_MONTHS.split(), 1)}
_NAME = (
    r"(?P<{0}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<{0}>[0-3]?\d)"
_YEAR = r"(?P<{0}>(?:18|19|20)\d\d)"
_PATTERN = re.compile(
    r"(?<![\w./-])(?:"
    + rf"{_YEAR.format('y1')}-(?P<m1>[01]?\d)-{_DAY.format('d1')}(?=T\d|(?![\w/-]))"
    + rf"|{_YEAR.format('y2')}/(?P<m2>[01]?\d)/{_DAY.format('d2')}(?![\w/-])"
    + r"|(?P<a>[0-3]?\d)(?P<sep>[/.-])(?P<b>[0-3]?\d)(?P=sep)"
    + r"(?P<y3>(?:18|19|20)\d\d|\d\d)(?![\w/-])"
    + rf"|{_DAY.format('d4')}(?:st|nd|rd|th)?[\s-]{{0,2}}(?:of\s)?{_NAME.format('n4')}[\s,-]{{0,2}}"
    + rf"{_YEAR.format('y4')}(?![\w/-])"
    + rf"|{_NAME.format('n5')}[\s-]{{0,2}}{_DAY.format('d5')}(?:st|nd|rd|th)?[\s,-]{{1,3}}"
    + rf"{_YEAR.format('y5')}(?![\w/-])"
    + r"|(?P<y6>(?:19|20)\d\d)(?P<m6>0[1-9]|1[0-2])(?P<d6>0[1-9]|[12]\d|3[01])(?![\w/.-])"
    + r")",
    re.IGNORECASE,
)
_PARTIAL = re.compile(rf"\b{_NAME.format('n')}[\s,]{{1,2}}(?:of\s)?{_YEAR.format('y')}\b", re.I)
_TIME = re.compile(r"(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?!\d)")
_YEAR_ALONE = re.compile(
    r"(?:\b(?:in|since|quit|of|from|until|till|year|early|late|around|circa|before|after|by)\s|\()"
    r"(?P<y>(?:19|20)\d\d)(?![\d.,/-]\d|\w)",
    re.I,
)
PIVOT = 30


@dataclass(frozen=True, slots=True)
class PrintedDate:
    """A complete date; `ambiguous` when day and month could be the other way round."""

    value: date
    start: int
    end: int
    ambiguous: bool = False


def dates_in(text: str, day_first: bool = False) -> Iterator[PrintedDate]:
    """Every complete, existing date in `text`. 03/04/2024 is read by `day_first`."""
    for match in _PATTERN.finditer(text):
        fields = match.groupdict()
        if fields["a"] is not None:
            found = _numeric(match, day_first)
        else:
            found = _calendar(*_named(fields)), False
        if found[0] is not None:
            yield PrintedDate(found[0], match.start(), match.end(), found[1])


def day_first(texts: Iterable[str]) -> bool:
    """Whether a document writes the day before the month: its own dates vote, else month first."""
    votes = 0
    for text in texts:
        for match in _PATTERN.finditer(text):
            if match["a"] is not None and match["sep"] != ".":
                votes += (int(match["a"]) > 12) - (int(match["b"]) > 12)
    return votes > 0


def masked(text: str) -> Iterator[tuple[int, int]]:
    """Spans of `text` whose digits belong to a date or a time of day."""
    for pattern in (_PATTERN, _PARTIAL, _TIME, _YEAR_ALONE):
        for match in pattern.finditer(text):
            yield match.span()


def rough_dates_in(text: str, start: int, end: int) -> Iterator[PrintedDate]:
    """Months and years ("November 2003", "in 2021") as their first day: good only to compare.

    Only those from `start` to `end` of `text`.
    """
    for match in _PARTIAL.finditer(text, start, end):
        day = date(int(match["y"]), month_of(match["n"]), 1)
        yield PrintedDate(day, match.start(), match.end(), True)
    for match in _YEAR_ALONE.finditer(text, start, end):
        yield PrintedDate(date(int(match["y"]), 1, 1), match.start("y"), match.end(), True)


def month_of(name: str) -> int:
    """The number of the month called `name`, in full or by three letters."""
    return _MONTH[name[:3].lower()]


def _named(fields: dict[str, str | None]) -> tuple[int, int, int]:
    for index in "12456":
        year, day = fields[f"y{index}"], fields[f"d{index}"]
        if year is not None and day is not None:
            if index in "45":
                return int(year), month_of(fields[f"n{index}"] or ""), int(day)
            return int(year), int(fields[f"m{index}"] or 0), int(day)
    return 0, 0, 0


def _numeric(match: re.Match[str], day_first: bool) -> tuple[date | None, bool]:
    first, second, year = int(match["a"]), int(match["b"]), int(match["y3"])
    if len(match["y3"]) == 2:
        year += 2000 if year <= PIVOT else 1900
    dotted = match["sep"] == "."
    if dotted or first > 12 or (day_first and second <= 12):
        return _calendar(year, second, first), not dotted and first <= 12
    return _calendar(year, first, second), second <= 12


def _calendar(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
