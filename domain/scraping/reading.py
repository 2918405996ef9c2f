"""A document read once: its layout, tables, labels, numbers and dates, for any variable."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from domain.scraping.dates import PrintedDate, dates_in, day_first
from domain.scraping.flows import Flow
from domain.scraping.labels import Hit, known
from domain.scraping.layout import Layout, lay_out
from domain.scraping.numbers import Number, numbers_in
from domain.scraping.tables import Grid, Role, Row, grid
from domain.scraping.words import DocumentWords

_PERFORMED = re.compile(r"(?:operative )?(?:procedures?|operations?)(?: performed)?:", re.I)


@dataclass(frozen=True, eq=False)
class Reading:
    """Everything found in the text of a document before a variable is asked for."""

    layout: Layout
    grid: Grid
    known: dict[Flow, tuple[Hit, ...]]
    numbers: dict[Flow, tuple[Number, ...]]
    dates: dict[Flow, tuple[PrintedDate, ...]]
    blank_pages: tuple[int, ...]

    def right_of(self, flow: Flow) -> tuple[Flow, ...]:
        """The cells of the same row that start to the right of `flow`."""
        left = flow.segments[0].box.x1
        return tuple(cell for cell in self.grid.row(flow).cells if cell.segments[0].box.x1 > left)

    def role(self, cell: Flow) -> Role:
        """What the column of `cell` holds."""
        table = self.grid.table(cell)
        return table.role(cell) if table is not None else "other"

    def has_dated_heading(self, cell: Flow) -> bool:
        table = self.grid.table(cell)
        head = table.heading(cell) if table is not None else None
        return head is not None and bool(self.dates[head])

    def rows_below(self, flow: Flow) -> Iterator[tuple[Flow, ...]]:
        """The cells of the rows under `flow` in its table."""
        table = self.grid.table(flow)
        if table is not None:
            row = self.grid.row(flow)
            yield from (other.cells for other in table.rows if other.box.y1 > row.box.y1)

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
        for index in range(self.grid.row_of[flow], -1, -1):
            cells = self.grid.rows[index].cells
            text = cells[0].text
            alone = len(cells) == 1 and len(text) < 60 and len(cells[0].segments) == 1
            figures = self.numbers[cells[0]] or self.dates[cells[0]]
            ended = text.endswith((".", ",", ";"))
            if alone and cells[0] is not flow and not figures and not ended:
                return text
        return ""

    def title(self) -> str:
        """What the document is about: its first lines, and what follows "Procedure performed:"."""
        first = [row.cells[0].text for row in self.grid.rows[:4] if self._is_title(row)]
        named = [
            " ".join((flow.text[:80], below.text if (below := self.under(flow)) else ""))
            for flow in self.layout.flows
            if _PERFORMED.match(flow.text)
        ]
        return " ".join((*first, *named))

    def _is_title(self, row: Row) -> bool:
        alone = len(row.cells) == 1 and not self.dates[row.cells[0]]
        return alone and len(row.cells[0].words) <= 10 and not row.cells[0].text.endswith(".")


@lru_cache(maxsize=4)
def read(document: DocumentWords) -> Reading:
    """The reading of `document`."""
    layout = lay_out(document)
    month_last = day_first(flow.text for flow in layout.flows)
    return Reading(
        layout,
        grid(layout),
        {flow: known(flow) for flow in layout.flows},
        {flow: numbers_in(flow.text) for flow in layout.flows},
        {flow: tuple(dates_in(flow.text, month_last)) for flow in layout.flows},
        tuple(sorted({page.number for page in document.pages} - {w.page for w in document.words})),
    )


def row_date(reading: Reading, flow: Flow) -> date | None:
    """When a cell's value was measured, by its column heading, its row, or the rows above."""
    table = reading.grid.table(flow)
    if table is not None:
        head = table.heading(flow)
        if head is not None and reading.dates[head]:
            return reading.dates[head][0].value
    index = reading.grid.row_of[flow]
    for cell in reading.grid.rows[index].cells:
        if cell is not flow and reading.dates[cell] and not _is_birth(reading, cell):
            return reading.dates[cell][0].value
    return _date_above(reading, flow, index)


def _date_above(reading: Reading, flow: Flow, index: int) -> date | None:
    """The date of a group of rows: in an emptier column further left, or on a line of its own."""
    left = flow.segments[0].box.x1
    leftmost = min(cell.segments[0].box.x1 for cell in reading.grid.rows[index].cells)
    for above in range(index - 1, max(-1, index - 40), -1):
        row = reading.grid.rows[above]
        first = row.cells[0]
        dated = bool(reading.dates[first]) and not _is_birth(reading, first)
        edge = first.segments[0].box.x1
        alone = len(row.cells) == 1 and len(first.text) < 40
        if dated and (alone or edge < leftmost - 2) and edge <= left:
            return reading.dates[first][0].value
        if len(row.cells) == 1 and not reading.numbers[first] and not dated:
            return None
    return None


def _is_birth(reading: Reading, cell: Flow) -> bool:
    text = " ".join(each.text for each in reading.grid.row(cell).cells).lower()
    return "birth" in text or "dob" in text
