"""Whether the text inside a box is the answer as it was printed."""

import re
from collections import Counter
from datetime import date

from domain.scraping.extract import Found


def spells(text: str, answer: Found) -> bool:
    """Whether `text` is what the answer was read from, and no figure beside it.

    A converted value is printed as its note says; a sum such as Gleason's by its terms. A pair
    such as 128/76 is one word and spells both of its values.
    """
    if re.fullmatch(r"\d{4}-\d\d-\d\d", answer.value):
        return _spells_date(text, date.fromisoformat(answer.value))
    if any(_spells_figure(part, answer.value) for part in (text, *_pair(text))):
        return True
    bare = _bare(text).strip(".,;:")
    return bool(_digits(text)) and any(bare in clause for clause in _conversions(answer.note))


def _pair(text: str) -> list[str]:
    """The two sides of a slash; none where the text is no such pair."""
    sides = text.split("/")
    return sides if len(sides) == 2 and all(re.search(r"\d", side) for side in sides) else []


def _spells_figure(text: str, value: str) -> bool:
    terms, _, total = text.partition("=")
    if "+" in terms and not total:
        return value == str(sum(map(int, re.findall(r"\d+", terms))))
    printed = _digits(total or terms)
    return bool(printed) and printed == _digits(value)


def _spells_date(text: str, day: date) -> bool:
    figures = Counter(int(figure) for figure in re.findall(r"\d+", text))
    month = [] if day.strftime("%b").lower() in text.lower() else [day.month]
    spellings = (
        [int(day.strftime("%Y%m%d"))],
        [day.year, day.day, *month],
        [day.year % 100, day.day, *month],
    )
    return any(figures == Counter(spelling) for spelling in spellings)


def _digits(text: str) -> str:
    return re.sub(r"^0+(?=\d)", "", re.sub(r"\D", "", text))


def _conversions(note: str) -> list[str]:
    return [_bare(clause) for clause in re.split(r"(?<=[.;])\s", note) if "onvert" in clause]


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)
