"""Numbers that stand in a row, under a heading or below a label of the variable."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from domain.scraping import context, sightings
from domain.scraping.flows import Flow
from domain.scraping.headers import is_stamp
from domain.scraping.judge import Judge
from domain.scraping.labels import Hit
from domain.scraping.lines import overlaps
from domain.scraping.names import FILLER, OWN
from domain.scraping.phrases import Tokens, tokens
from domain.scraping.reading import Reading
from domain.scraping.sightings import Sighting
from domain.scraping.tables import Row, Table
from domain.scraping.units import named

ROW, COLUMN, CROSSED, SERIES, BELOW = 3.0, 2.6, 3.2, 2.4, 1.8
FOREIGN_WORD, SKIPPED_NUMBER, DEEPER_ROW, NOT_FIRST = 0.3, 0.9, 0.05, 0.45
MOST_EXTRA_WORDS, MOST_CELL_WORDS, MOST_LABEL_WORDS, MOST_TAIL = 4, 30, 6, 20
MOST_HEADING_LINES = 5


@dataclass(frozen=True)
class Tabular:
    """Looks beside and below a label."""

    judge: Judge

    @property
    def reading(self) -> Reading:
        return self.judge.reading

    def around(self, hit: Hit) -> Iterator[Sighting]:
        """What stands in the row of a label, under it as a heading, or below it alone."""
        row = list(self._beside(hit))
        yield from row
        yield from self._in_column(hit)
        if not row:
            yield from self._series(hit)
            yield from self._below(hit)

    def _beside(self, hit: Hit) -> Iterator[Sighting]:
        """Cells to the right of the label's cell in the same row."""
        if len(hit.flow.words) > MOST_CELL_WORDS:
            return
        extra = sum(
            context.foreign_words(context.unbracketed(part))
            for part in (hit.flow.text[: hit.start], hit.flow.text[hit.end :])
        )
        if extra > MOST_EXTRA_WORDS:
            return
        score = ROW - FOREIGN_WORD * extra
        for cell in self.reading.right_of(hit.flow):
            if self._is_of_another(cell) or context.ORDERED.match(cell.text):
                return
            yield from self._in_cell(hit, cell, score)
            score -= SKIPPED_NUMBER * self._holds_a_value(cell)

    def _is_of_another(self, cell: Flow) -> bool:
        """Whether a cell starts with the name of another quantity; K/uL names no potassium."""
        starts = any(other.start < 3 for other in self.reading.known[cell])
        return starts and named(cell.text) is None

    def _in_cell(self, hit: Hit, cell: Flow, score: float) -> Iterator[Sighting]:
        role = self.reading.grid.role(cell)
        for position, number in enumerate(self.reading.numbers[cell]):
            foreign = context.foreign_words(cell.text[: number.start])
            fit = score - FOREIGN_WORD * foreign - NOT_FIRST * (position > 0)
            seen = self.judge.sighting(hit, cell, number, fit)
            yield replace(seen, refusal=sightings.RANGE) if role == "reference" else seen

    def _holds_a_value(self, cell: Flow) -> bool:
        """Whether a cell stands between label and later cells; columns of other dates do not."""
        if self.reading.grid.role(cell) == "reference" or self.reading.has_dated_heading(cell):
            return False
        return any(number.role == "plain" for number in self.reading.numbers[cell])

    def _in_column(self, hit: Hit) -> Iterator[Sighting]:
        """Cells below a label that is a column heading."""
        table = self.reading.grid.table(hit.flow)
        if table is None or table.header is None or self.reading.numbers[hit.flow]:
            return
        if hit.flow not in table.header.cells and not self._is_stacked(hit.flow, table):
            return
        words = hit.flow.words_between(hit.start, hit.end)
        column = self.reading.layout.box_of(words)
        for depth, cells in enumerate(self.reading.rows_below(hit.flow)):
            for cell in cells:
                head = self.reading.grid.heading(cell)
                under = overlaps(cell.segments[0].box, column) or head is hit.flow
                if under and not self._are_merged(hit.flow, cell):
                    yield from self._first(hit, cell, COLUMN - DEEPER_ROW * depth)

    def _are_merged(self, heading: Flow, cell: Flow) -> bool:
        """Whether columns stand so close that neither headings nor values can be told apart."""
        return len(self.reading.known[heading]) > 1 and len(self.reading.numbers[cell]) > 1

    def _is_stacked(self, flow: Flow, table: Table) -> bool:
        """Whether a cell is a further line of the heading: no figures stand above it."""
        place = table.rows.index(self.reading.grid.row(flow))
        above = table.rows[: place + 1]
        return (
            table.header is above[0]
            and len(above) <= MOST_HEADING_LINES
            and not any(self.reading.numbers[cell] for row in above for cell in row.cells)
        )

    def _series(self, hit: Hit) -> Iterator[Sighting]:
        """Rows of a date and a value each, directly below a text that ends with the label."""
        text = hit.flow.text
        if len(text) - hit.end > MOST_TAIL or self._numbers_after(hit):
            return
        rows = self.reading.grid.rows
        for row in rows[self.reading.grid.row_of[hit.flow] + 1 :]:
            if len(row.cells) != 2 or not is_stamp(row.cells[0]):
                return
            yield from self._first(hit, row.cells[1], SERIES)

    def _numbers_after(self, hit: Hit) -> bool:
        return any(each.start >= hit.end for each in self.reading.numbers[hit.flow])

    def _below(self, hit: Hit) -> Iterator[Sighting]:
        """The first number of the text directly under a label that stands alone."""
        under = self.reading.under(hit.flow)
        alone = not self.reading.numbers[hit.flow] and len(hit.flow.words) <= MOST_LABEL_WORDS
        if under is not None and alone and not self.reading.known[under]:
            yield from self._first(hit, under, BELOW)

    def _first(self, hit: Hit, cell: Flow, score: float) -> Iterator[Sighting]:
        for number in self.reading.numbers[cell][:1]:
            foreign = context.foreign_words(cell.text[: number.start])
            if foreign <= 1:
                yield self.judge.sighting(hit, cell, number, score - FOREIGN_WORD * foreign)

    def crossed(self, name: Tokens) -> Iterator[Sighting]:
        """Cells where a row and a column make up `name`: row "Femoral neck", column "T-score"."""
        wanted = frozenset(name) - FILLER
        if len(wanted) < 2:
            return
        for index, row in enumerate(self.reading.grid.rows):
            table = self.reading.grid.table_of.get(index)
            if table is not None and table.header is not None and row is not table.header:
                yield from self._crossed_in(row, table.header, wanted)

    def _crossed_in(self, row: Row, header: Row, wanted: frozenset[str]) -> Iterator[Sighting]:
        first = row.cells[0]
        in_row = wanted & _words(first)
        if not in_row or in_row == wanted:
            return
        for cell in row.cells[1:]:
            head = self.reading.grid.heading(cell)
            heading = _words(head) if head is not None and head is not header.cells[0] else set()
            if heading - FILLER <= wanted <= in_row | heading:
                hit = Hit(first, 0, len(first.text), OWN)
                yield from self._in_cell(hit, cell, CROSSED)


def _words(cell: Flow) -> set[str]:
    return set(tokens(context.unbracketed(cell.text)))
