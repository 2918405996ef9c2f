"""Which rows of a table name its columns."""

import re
from collections.abc import Sequence

from domain.scraping.columns import is_column
from domain.scraping.dates import dates_in
from domain.scraping.flows import Flow
from domain.scraping.labels import known
from domain.scraping.numbers import numbers_in
from domain.scraping.occasions import events_in
from domain.scraping.phrases import spell
from domain.scraping.stamps import CLOCK, SHORT

MOST_WORDS, LONG_HEADING = 6, 10
_TESTS = re.compile(r"(?:lab )?(?:tests?|results?)", re.I)
_FORM = re.compile(r":\s*\w")
_COUNTED = re.compile(r"[^\W\d]+\s?#?\d{1,2}", re.I)
_SHORT_STAMP = re.compile(rf"(?:[^\W\d]+\s)?{SHORT}(?:\s\d\d?:?\d\d)?")
_OTHER_STAMP = re.compile(r"\(?(?:19|20)\d\d\)?|(?:[a-z]{3,9}\.?[ -])(?:19|20)\d\d", re.I)


def is_stamp(cell: Flow) -> bool:
    """Whether a cell holds nothing but a date, perhaps with a time and a word before it."""
    text = cell.text
    if any(each.fullmatch(text) for each in (_SHORT_STAMP, _OTHER_STAMP, CLOCK)):
        return True
    printed = next(dates_in(text), None)
    if printed is None or events_in(text, spell(text)):
        return False
    rest = text[: printed.start] + text[printed.end :]
    return len(re.findall(r"[^\W\d]{2,}", rest)) <= 2


def heads_first(cells: Sequence[Flow]) -> bool:
    """Whether the first row of a block may name its columns: it holds no figures, and dates only
    as columns of their own, never as the values of a form."""
    stamps = [is_stamp(cell) for cell in cells]
    if any(_FORM.search(cell.text) for cell, stamp in zip(cells, stamps, strict=True) if not stamp):
        return False
    if any(stamps):
        first = stamps.index(True)
        if any(
            events_in(cell.text, spell(cell.text)) and not _TESTS.fullmatch(cell.text)
            for cell in cells[:first]
        ):
            return False
        rest = zip(cells[first:], stamps[first:], strict=True)
        return all(stamp or is_column(cell.text) for cell, stamp in rest)
    if any(next(dates_in(cell.text), None) for cell in cells):
        return False
    counted = sum(_COUNTED.fullmatch(cell.text) is not None for cell in cells)
    return not any(
        each.role == "plain"
        for cell in cells
        if not is_column(cell.text) and not (counted >= 2 and _COUNTED.fullmatch(cell.text))
        for each in numbers_in(cell.text)
    )


def heads_later(cells: Sequence[Flow], below: Sequence[Flow]) -> bool:
    """Whether a row inside a block starts another table: cells that can only be headings, over a
    row of values."""
    if len(cells) < 2 or any(len(cell.words) > MOST_WORDS for cell in cells):
        return False
    if any(numbers_in(cell.text) and not is_stamp(cell) for cell in cells):
        return False
    if not heads_first(cells):
        return False
    heading = sum(is_stamp(cell) or is_column(cell.text) or _is_label(cell) for cell in cells)
    values = sum(bool(numbers_in(cell.text)) or is_stamp(cell) for cell in below)
    return heading >= 2 and 2 * heading >= len(cells) and values >= 1 and len(below) >= 2


def _is_label(cell: Flow) -> bool:
    return len(cell.text) <= LONG_HEADING * 3 and any(
        hit.start == 0 for hit in known(cell, spell(cell.text))
    )
