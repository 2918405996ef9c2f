"""A document read once: its layout, tables, labels, numbers and dates, for any variable."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from domain.scraping.dates import PrintedDate, dates_in, day_first
from domain.scraping.flows import Flow
from domain.scraping.headers import is_stamp
from domain.scraping.labels import Hit, known
from domain.scraping.layout import Layout, lay_out
from domain.scraping.numbers import Number, numbers_in, uses_decimal_comma
from domain.scraping.phrases import Spelled, spell
from domain.scraping.stamps import Stamp, stamp_of_cell
from domain.scraping.tables import Grid, Row, grid
from domain.scraping.words import DocumentWords, Page

_PERFORMED = re.compile(
    r"\b(?:operative )?(?:procedures?|operations?|study|specimens?)(?: performed| type)?:", re.I
)

_PROCEDURE = re.compile(r"(?:procedures?|operations?|study|exam(?:ination)? type)\s?:?", re.I)
_TO_COME = re.compile(
    r"\b(?:next|due|follow|return|schedul|appointment|appt|expir|until|through|valid|accredit"
    r"|repeat|in \d+ (?:weeks|months|years))\w*[^.;]*$",
    re.I,
)
HEADING_LETTERS, TITLE_ROWS, TITLE_WORDS = 60, 4, 10
READINGS = 8
"""Documents that are kept read; one patient seldom has more."""
MOST_ROWS_UP, SHORT_LINE, TO_COME_REACH, MOST_DATE_LINE_WORDS = 40, 40, 40, 2


@dataclass(frozen=True, eq=False)
class Reading:
    """Everything found in the text of a document before a variable is asked for."""

    layout: Layout
    grid: Grid
    spelled: dict[Flow, Spelled]
    known: dict[Flow, tuple[Hit, ...]]
    numbers: dict[Flow, tuple[Number, ...]]
    dates: dict[Flow, tuple[PrintedDate, ...]]
    headings: tuple[str, ...]
    blank_pages: tuple[int, ...]
    unread: tuple[Page, ...]
    latest: date | None

    def right_of(self, flow: Flow) -> tuple[Flow, ...]:
        """The cells of the same row that start to the right of `flow`."""
        left = flow.segments[0].box.x1
        return tuple(cell for cell in self.grid.row(flow).cells if cell.segments[0].box.x1 > left)

    def has_dated_heading(self, cell: Flow) -> bool:
        head = self.grid.heading(cell)
        return head is not None and is_stamp(head)

    def rows_below(self, flow: Flow) -> Iterator[tuple[Flow, ...]]:
        """The cells of the rows under `flow` in its table, and where that goes on over the page."""
        table = self.grid.table(flow)
        if table is not None:
            row = self.grid.row(flow)
            yield from (other.cells for other in table.rows if other.box.y1 > row.box.y1)
            for other in dict.fromkeys(self.grid.table_of.values()):
                if other is not table and other.header is table.header is not None:
                    yield from (each.cells for each in other.rows)

    def under(self, flow: Flow) -> Flow | None:
        """The flow that starts directly below `flow`, at the same left edge."""
        index = self.grid.row_of[flow] + 1
        bottom, height = flow.segments[-1].box.y2, flow.segments[-1].box.height
        while index < len(self.grid.rows) and self.grid.rows[index].page == flow.page:
            for cell in self.grid.rows[index].cells:
                top, left = cell.segments[0].box.y1, cell.segments[0].box.x1
                if top - bottom > 1.2 * height:
                    return None
                if abs(left - flow.segments[0].box.x1) < 1.5 * height:
                    return cell
            index += 1
        return None

    def heading(self, flow: Flow) -> str:
        """The nearest line above that stands alone and reads like a heading; else ""."""
        return self.headings[self.grid.row_of[flow]]

    def title(self) -> str:
        """What the document is about: its first lines, and what follows "Procedure performed:"."""
        first = [row.cells[0].text for row in self.grid.rows[:TITLE_ROWS] if self._is_title(row)]
        named = [
            " ".join((flow.text[found.start() :][:80], below.text if below else ""))
            for flow in self.layout.flows
            if (found := _PERFORMED.search(flow.text)) is not None
            for below in [self.under(flow) if found.start() == 0 else None]
        ]
        beside = [
            cell.text
            for flow in self.layout.flows
            if _PROCEDURE.fullmatch(flow.text)
            for cell in self.right_of(flow)[:1]
        ]
        return " ".join((*first, *named, *beside))

    def _is_title(self, row: Row) -> bool:
        cell = row.cells[0]
        short = len(row.cells) == 1 and len(cell.words) <= TITLE_WORDS
        return short and not self.dates[cell] and not cell.text.endswith(".")


@lru_cache(maxsize=READINGS)
def read(document: DocumentWords) -> Reading:
    """The reading of `document`. The last few are kept for the next variables."""
    layout = lay_out(document)
    rows = grid(layout)
    month_last = day_first(flow.text for flow in layout.flows)
    spelled = {flow: spell(flow.text) for flow in layout.flows}
    comma = uses_decimal_comma(flow.text for flow in layout.flows)
    numbers = {flow: numbers_in(flow.text, comma) for flow in layout.flows}
    dates = {flow: tuple(dates_in(flow.text, month_last)) for flow in layout.flows}
    plain = {flow for flow in layout.flows if not numbers[flow] and not dates[flow]}
    blank = {page.number for page in document.pages} - {word.page for word in document.words}
    return Reading(
        layout,
        rows,
        spelled,
        {flow: known(flow, spelled[flow]) for flow in layout.flows},
        numbers,
        dates,
        tuple(_headings(rows, plain)),
        tuple(sorted(blank)),
        tuple(page for page in document.pages if page.unread),
        _latest(layout, dates),
    )


def _headings(rows: Grid, plain: set[Flow]) -> Iterator[str]:
    """The heading above each row: a short line alone, without figures, that ends no sentence."""
    heading = ""
    for row in rows.rows:
        yield heading
        cell = row.cells[0]
        short = len(cell.text) < HEADING_LETTERS and len(cell.segments) == 1
        if len(row.cells) == 1 and short and cell in plain:
            heading = heading if cell.text.endswith((".", ",", ";")) else cell.text


def row_stamp(reading: Reading, flow: Flow) -> Stamp | None:
    """When a cell's value was measured, by its column heading, its row, or the rows above."""
    row = reading.grid.row(flow)
    table = reading.grid.table(flow)
    head = reading.grid.heading(flow)
    if head is not None and is_stamp(head):
        return stamp_of_cell(head.text, reading.dates[head], reading.latest)
    others = [cell for cell in row.cells if cell is not flow and not _is_birth(reading, cell)]
    for cell in others:
        if reading.dates[cell]:
            return stamp_of_cell(cell.text, reading.dates[cell], reading.latest)
    first = row.cells[0]
    if table is not None and table.header is not None and first is not flow and is_stamp(first):
        return stamp_of_cell(first.text, (), reading.latest)
    return _stamp_above(reading, flow)


def _stamp_above(reading: Reading, flow: Flow) -> Stamp | None:
    """The date of a group of rows: in an emptier column further left, or on a line of its own."""
    index = reading.grid.row_of[flow]
    left = flow.segments[0].box.x1
    leftmost = min(cell.segments[0].box.x1 for cell in reading.grid.rows[index].cells)
    for above in range(index - 1, max(-1, index - MOST_ROWS_UP), -1):
        row = reading.grid.rows[above]
        first = row.cells[0]
        dated = bool(reading.dates[first]) and not _is_birth(reading, first)
        edge = first.segments[0].box.x1
        alone = len(row.cells) == 1 and _is_date_line(first.text, reading.dates[first])
        if dated and (alone or edge < leftmost - 2) and edge <= left:
            return stamp_of_cell(first.text, reading.dates[first], reading.latest)
        if len(row.cells) == 1 and not reading.numbers[first] and not dated:
            return None
    return None


def _is_date_line(text: str, dates: tuple[PrintedDate, ...]) -> bool:
    """Whether a line is a date with a word or two, that dates the rows below."""
    if not dates or len(text) >= SHORT_LINE or text.endswith("."):
        return False
    rest = f"{text[: dates[0].start]} {text[dates[0].end :]}"
    return len(re.findall(r"[^\W\d]{3,}", rest)) <= MOST_DATE_LINE_WORDS


def _latest(layout: Layout, dates: dict[Flow, tuple[PrintedDate, ...]]) -> date | None:
    """The last date that is not of something to come."""
    past = [
        each.value
        for flow in layout.flows
        for each in dates[flow]
        if not _TO_COME.search(flow.text, max(0, each.start - TO_COME_REACH), each.start)
    ]
    return max(past, default=None)


def _is_birth(reading: Reading, cell: Flow) -> bool:
    text = " ".join(each.text for each in reading.grid.row(cell).cells).lower()
    return "birth" in text or "dob" in text
