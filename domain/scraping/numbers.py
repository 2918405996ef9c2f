"""Numbers as documents print them: value, unit, and whether they are a range or a bound."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from domain.scraping.compounds import compounds_in
from domain.scraping.dates import masked
from domain.scraping.stamps import short_spans
from domain.scraping.units import Unit, unit_at

_FIGURE = r"(?:\d{1,3}(?:,\d{2,3})*,\d{3}(?!\d)(?:\.\d+)?|\d+[.,]\d+|\d+|\.\d+)"
_NUMBER = re.compile(
    rf"(?<![\w.,:^#/])(?<![^\W\d_]-)(?P<sign>(?<![\d)][ -])[-\u2212])?(?P<figure>{_FIGURE})"
)
_PAIR = re.compile(
    r"(?<![\w.,/^#])(?P<first>\d{2,3}(?:\.\d)?)\s?(?:mm\s?\[?hg\]?)?\s?(?:/|over)\s?"
    r"(?P<second>\d{1,3}(?:\.\d)?)(?!\s?/|\w*\d|[.,]\d)",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"(?<![\w.])\d\s?\+\s?(?:[A-Z]\w*\s)?\d(?:\s?\+\s?(?:[A-Z]\w*\s)?\d)*"
    r"(?:\s?=\s?(?P<total>\d+))?(?:/\d+)?"
)
_RANGE = re.compile(
    rf"(?<![\w.,/]){_FIGURE}\s?(?:[^\W\d_]{{1,6}}(?:/[^\W\d_]{{1,6}})?|%|°[CF])?\s?(?:-|\u2013|\u2014|\bto\b)"
    rf"\s?{_FIGURE}(?![\w]*-\w)"
)
_PAIR_BEFORE = re.compile(r"\d/\d{2,3}\s?(?:-|\u2013|to)\s?$")
_PAIR_AFTER = re.compile(r"\s?(?:-|\u2013|to)\s?\d{2,3}/\d")
_BOUND = re.compile(
    r"(?:(?<!-)(?<!=)[<>\u2264\u2265\u2a7d\u2a7e]=?"
    r"|\b(?:less|greater|more|higher|lower) than(?: or equal to)?|\bbelow|\babove|\bunder"
    r"|(?<!\bwithdrawn )(?<!\bgiven )(?<!\binfused )\bover|\bat (?:least|most)|\bup to"
    r"|\bno more than|\bexceed\w*)\s*$",
    re.IGNORECASE,
)
_BOUND_AFTER = re.compile(
    r"\s?[\w/%.\u00b0]{0,8}(?: of age)?\s(?:(?:or|and) (?:more|higher|greater|above|less|lower"
    r"|below|over|under|older|younger|up)|(?:more|higher|greater|less|lower) than)\b",
    re.IGNORECASE,
)
_COMMA = re.compile(r"(?<![\d.,])\d{1,3},\d{1,2}(?![\d.,])")
_POINT = re.compile(r"(?<![\d.,/-])\d{1,3}\.\d{1,2}(?![\d./-])")
_JOINED = re.compile(
    rf"\s?(?::|=|of|was|were)?\s?({_FIGURE})\s?/\s?({_FIGURE})(?![\w/]|\.\d)", re.I
)
_CHANGED = re.compile(
    r"\b(?:rose|risen|increased|improved|decreased|declined|fell|fallen|dropped|went|gone|came"
    r"|changed|up|down|reduced)\s+from\s+$",
    re.IGNORECASE,
)
_NOT_A_VALUE = re.compile(
    r"(?:#|\bno\.|\bx|\bpage|\bfigure|\bgrade|\bstage|\btype|\bday|\bcycle|\broom)\s?$", re.I
)
MOST_DIGITS = 12
Role = Literal["plain", "range", "bound"]


@dataclass(frozen=True, slots=True)
class Number:
    """`text` is the value in plain digits; `second` the lower half of a pair such as 128/76.

    The digits stand from `start` to `end`, a unit behind them ends at `stop`. `is_sum` when two
    figures make up the value (5 ft 10 in), which is not printed itself.
    """

    text: str
    value: Decimal
    start: int
    end: int
    role: Role = "plain"
    unit: Unit | None = None
    second: str | None = None
    stop: int = 0
    is_sum: bool = False


def numbers_in(text: str, decimal_comma: bool = False) -> tuple[Number, ...]:
    """The numbers of `text` in order. Digits of dates, times, codes and names are not numbers.

    1.240 is read by `decimal_comma`.
    """
    taken = sorted([*masked(text), *short_spans(text)])
    found = []
    for value, unit, start, end, stop in compounds_in(text):
        if not _within(start, taken):
            found.append(Number(str(value), value, start, end, unit=unit, stop=stop, is_sum=True))
            taken.append((start, stop))
    for number in (*_sums(text, taken), *_pairs(text, taken), *_singles(text, decimal_comma)):
        if not _within(number.start, taken):
            printed, stop = unit_at(text, number.end) or (None, number.end)
            found.append(replace(number, unit=printed, stop=stop))
            taken.append((number.start, stop))
    return tuple(sorted(found, key=lambda number: number.start))


def uses_decimal_comma(texts: Iterable[str]) -> bool:
    """Whether a document writes 7,2 rather than 7.2: its own figures vote."""
    votes = 0
    for text in texts:
        votes += len(_COMMA.findall(text)) - len(_POINT.findall(text))
    return votes > 0


def plain(figure: str, decimal_comma: bool = False) -> str:
    """A printed figure in plain digits: grouping removed, decimal comma and bare point mended."""
    if decimal_comma and re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3})+", figure):
        return figure.replace(".", "")
    if re.fullmatch(r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?", figure):
        figure = figure.replace(",", "")
    figure = figure.replace(",", ".")
    return f"0{figure}" if figure.startswith(".") else figure


def joined_in(text: str, start: int) -> tuple[Number, ...]:
    """The two figures of "22/1.2" at `start` of `text`, which belong to two labels joined alike."""
    match = _JOINED.match(text, start)
    if match is None:
        return ()
    figures = ((plain(match[group]), *match.span(group)) for group in (1, 2))
    return tuple(
        Number(figure, Decimal(figure), begin, end, stop=end) for figure, begin, end in figures
    )


def _sums(text: str, taken: list[tuple[int, int]]) -> Iterator[Number]:
    for match in _SUM.finditer(text):
        if match["total"]:
            start, end = match.span("total")
            taken.append((match.start(), start))
            yield Number(match["total"], Decimal(match["total"]), start, end)
        taken.append((match.end("total") if match["total"] else match.start(), match.end()))


def _pairs(text: str, taken: list[tuple[int, int]]) -> Iterator[Number]:
    for match in _PAIR.finditer(text):
        first, second = Decimal(match["first"]), Decimal(match["second"])
        if 50 <= first <= 300 and (second == 0 or 20 <= second < first):
            role: Role = "bound" if _is_bound(text, match.start()) else "plain"
            role = "range" if _is_end_of_range(text, *match.span()) else role
            yield Number(match["first"], first, *match.span(), role, second=match["second"])


def _singles(text: str, decimal_comma: bool) -> Iterator[Number]:
    ranges = [match.span() for match in _RANGE.finditer(text) if not _is_no_range(text, match)]
    for match in _NUMBER.finditer(text):
        start, end = match.span("figure")
        if _is_code(match["figure"]) or _NOT_A_VALUE.search(text, max(0, start - 8), start):
            continue
        if text[end : end + 1].isalpha() and unit_at(text, end) is None:
            continue
        if "'" in (text[end : end + 1], text[start - 1 : start]):
            continue
        role: Role = "plain"
        if _within(start, ranges):
            role = "range"
        elif _is_bound(text, start) or _BOUND_AFTER.match(text, end):
            role = "bound"
        figure = plain(match["figure"], decimal_comma)
        sign = "-" if match["sign"] and role == "plain" else ""
        yield Number(sign + figure, Decimal(sign + figure), match.start(), end, role)


def _is_code(figure: str) -> bool:
    """Whether digits are too many, or start with a zero, as no measured value does."""
    return len(figure) > MOST_DIGITS or re.match(r"0\d", figure) is not None


def _is_end_of_range(text: str, start: int, end: int) -> bool:
    """Whether a pair is joined to another pair by "to" or a dash."""
    return bool(
        _PAIR_BEFORE.search(text, max(0, start - 20), start) or _PAIR_AFTER.match(text, end)
    )


def _is_bound(text: str, start: int) -> bool:
    return _BOUND.search(text, max(0, start - 30), start) is not None


def _is_no_range(text: str, match: re.Match[str]) -> bool:
    """A change from one value to another, a bulleted or a numbered item."""
    if _CHANGED.search(text, max(0, match.start() - 20), match.start()):
        return True
    return bool(re.match(r"\d+\.\s", match.group())) or " -" in match.group().replace(" - ", "")


def _within(position: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= position < end for start, end in spans)
