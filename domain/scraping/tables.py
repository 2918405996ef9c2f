"""Rows and columns: which cells stand beside a label, and what the column above them says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.scraping.columns import Role, role_of
from domain.scraping.flows import Flow
from domain.scraping.headers import heads_first, heads_later
from domain.scraping.layout import Layout
from domain.scraping.lines import bands
from domain.scraping.words import Box, union

ROW_GAP = 2.2


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Cells from left to right that share a band of the page."""

    cells: tuple[Flow, ...]
    box: Box
    page: int


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows below each other; `header` is the row that names the columns, perhaps pages earlier."""

    rows: tuple[Row, ...]
    header: Row | None


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """All rows of a document in order, and where each flow and row belongs."""

    rows: tuple[Row, ...]
    row_of: dict[Flow, int]
    table_of: dict[int, Table]

    def row(self, flow: Flow) -> Row:
        return self.rows[self.row_of[flow]]

    def table(self, flow: Flow) -> Table | None:
        return self.table_of.get(self.row_of[flow])

    def heading(self, cell: Flow) -> Flow | None:
        """The header cell above `cell`: the one over it, else the one of the same position."""
        table = self.table(cell)
        if table is None or table.header is None or cell in table.header.cells:
            return None
        heads, place = table.header.cells, box(cell)
        nearest = min(heads, key=lambda head: _apart(box(head), place))
        row = self.row(cell).cells
        if _apart(box(nearest), place)[0] == 0 or len(row) != len(heads):
            return nearest
        return heads[row.index(cell)]

    def role(self, cell: Flow) -> Role:
        """What the column of `cell` holds, by its heading."""
        head = self.heading(cell)
        return role_of(head.text) if head is not None else "other"


def box(flow: Flow) -> Box:
    """The upright box of a cell."""
    return union(segment.box for segment in flow.segments)


def grid(layout: Layout) -> Grid:
    """The rows and tables of `layout`."""
    rows = tuple(_rows(layout))
    row_of = {cell: index for index, row in enumerate(rows) for cell in row.cells}
    table_of: dict[int, Table] = {}
    last: Table | None = None
    for run in _runs(rows):
        for part in _tables(rows, run):
            last = _table(rows, part, last)
            table_of.update(dict.fromkeys(part, last))
    return Grid(rows, row_of, table_of)


def _rows(layout: Layout) -> list[Row]:
    starting: dict[int, list[Flow]] = {}
    for flow in layout.flows:
        starting.setdefault(flow.segments[0].line, []).append(flow)
    rows = []
    for band in bands(layout.lines):
        cells = [flow for line in band for flow in starting.get(line.number, [])]
        if cells:
            cells.sort(key=lambda flow: flow.segments[0].box.x1)
            around = union(segment.box for cell in cells for segment in cell.segments[:1])
            rows.append(Row(tuple(cells), around, cells[0].page))
    return rows


def _runs(rows: Sequence[Row]) -> list[list[int]]:
    runs: list[list[int]] = []
    for index, row in enumerate(rows):
        above = rows[index - 1] if index else None
        close = above is not None and _is_close(above, row)
        if len(row.cells) < 2 and not (close and runs and _is_inside(rows, index)):
            continue
        if runs and runs[-1][-1] == index - 1 and close:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def _is_close(above: Row, row: Row) -> bool:
    bottom = max(segment.box.y2 for cell in above.cells for segment in cell.segments)
    height = row.cells[0].segments[0].box.height
    return above.page == row.page and row.box.y1 - bottom < ROW_GAP * height


def _is_inside(rows: Sequence[Row], index: int) -> bool:
    """A lone cell belongs to the table when the row below it goes on in the columns above."""
    if index + 1 >= len(rows) or not _is_close(rows[index], rows[index + 1]):
        return False
    above, below = rows[index - 1].cells, rows[index + 1].cells
    aligned = sum(any(abs(box(one).x1 - box(other).x1) < 2 for other in below) for one in above)
    return len(below) >= 2 and aligned >= 2


def _tables(rows: Sequence[Row], run: list[int]) -> Iterator[list[int]]:
    """The parts of a block of rows, each with its own heading row where it has one."""
    part = run[:1]
    for index in run[1:]:
        below = rows[index + 1].cells if index + 1 in run else ()
        if heads_later(rows[index].cells, below):
            yield part
            part = []
        part.append(index)
    yield part


def _table(rows: Sequence[Row], run: list[int], last: Table | None) -> Table:
    body = tuple(rows[index] for index in run)
    first = body[0]
    if heads_first(first.cells):
        return Table(body, first)
    continued = (
        last is not None
        and last.rows[-1].page == first.page - 1
        and all(row.page != first.page for row in rows[max(0, run[0] - 2) : run[0] - 1])
    )
    return Table(body, last.header if continued and last is not None else None)


def _apart(head: Box, cell: Box) -> tuple[float, float]:
    """How far two boxes are apart sideways, then how far their middles are."""
    gap = max(head.x1, cell.x1) - min(head.x2, cell.x2)
    return max(gap, 0.0), abs(head.x1 + head.x2 - cell.x1 - cell.x2)
