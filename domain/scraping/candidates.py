"""Numbers that stand in a relation to a label of the variable, each with a score."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from domain.scraping import context, sightings
from domain.scraping.flows import Flow
from domain.scraping.judge import Judge
from domain.scraping.labels import Hit, hits
from domain.scraping.lines import overlaps
from domain.scraping.names import OWN
from domain.scraping.phrases import tokens
from domain.scraping.reading import Reading
from domain.scraping.sightings import MOST_LABELS, Sighting
from domain.scraping.units import Unit
from domain.scraping.wanted import Wanted

AFTER, ROW, COLUMN, BELOW, BEFORE = 3.0, 3.0, 2.6, 1.8, 1.5
FOREIGN_WORD, SKIPPED_NUMBER, BRACKETED, DEEPER_ROW = 0.3, 0.9, 0.4, 0.05
NOT_FIRST = 0.45
MOST_FOREIGN_WORDS = 6
MOST_EXTRA_WORDS, MOST_CELL_WORDS, MOST_LABEL_WORDS = 4, 30, 6
SUFFIXES = frozenset(["year old", "years old", "yr old", "y o", "yo"])
"""Labels that only ever follow their number."""
_AND = re.compile(r"\s?(?:and|&|/)\s?", re.I)


@dataclass
class NumberSearch:
    """All sightings of one variable in one document; `labels` are where it is named."""

    reading: Reading
    wanted: Wanted
    labels: list[Hit] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.judge = Judge(self.reading, self.wanted)

    def sightings(self) -> list[Sighting]:
        """What was seen; nothing where the variable is named more than MOST_LABELS times."""
        found: list[Sighting] = []
        for flow in self.reading.layout.flows:
            in_flow = hits(flow, self.reading.known[flow], self.wanted.names)
            for hit in in_flow:
                if self._is_wanted(hit):
                    self.labels.append(hit)
                    if len(self.labels) > MOST_LABELS:
                        return []
                    found.extend(self._around(hit, in_flow))
        return found

    def _is_wanted(self, hit: Hit) -> bool:
        return hit.key == OWN or (self.wanted.half != "" and hit.key == "blood pressure")

    def _around(self, hit: Hit, in_flow: tuple[Hit, ...]) -> Iterator[Sighting]:
        if " ".join(tokens(hit.text)) in SUFFIXES:
            yield from (replace(each, is_now=False) for each in self._before(hit, in_flow))
            return
        shared = self._shared(hit, in_flow)
        own = [shared] if shared is not None else list(self._after(hit, in_flow))
        yield from own
        if not any(not each.refusal for each in own):
            yield from self._before(hit, in_flow)
            row = list(self._beside(hit))
            yield from row
            yield from self._in_column(hit)
            if not row:
                yield from self._below(hit)

    def _after(self, hit: Hit, in_flow: tuple[Hit, ...]) -> Iterator[Sighting]:
        """Numbers that follow the label in the same text."""
        text = hit.flow.text
        stop = context.sentence(text, hit.end)[1]
        others = [other.start for other in in_flow if other.start >= hit.end and self._parts(other)]
        stop = min([stop, *others])
        skipped = 0
        for number in self.reading.numbers[hit.flow]:
            first = hit.start if hit.is_loose else hit.end
            if not first <= number.start < stop:
                continue
            between = text[hit.end : number.start]
            foreign = context.foreign_words(context.unbracketed(between))
            if foreign > MOST_FOREIGN_WORDS:
                return
            score = AFTER - FOREIGN_WORD * foreign - SKIPPED_NUMBER * skipped
            score -= BRACKETED * (context.depth(between) > 0)
            seen = self.judge.sighting(hit, hit.flow, number, score)
            yield seen
            counts = number.role == "plain" and seen.refusal != sightings.OTHER_KIND
            counts = counts and not seen.is_past
            skipped += counts and context.depth(between) == 0

    def _shared(self, hit: Hit, in_flow: tuple[Hit, ...]) -> Sighting | None:
        """ "AST and ALT 60 and 50": the number of the label's place among two labels."""
        text, place = hit.flow.text, in_flow.index(hit)
        for first, index in ((place, 0), (place - 1, 1)):
            both = in_flow[max(first, 0) : first + 2]
            if first < 0 or len(both) < 2 or not _AND.fullmatch(text, both[0].end, both[1].start):
                continue
            after = [each for each in self.reading.numbers[hit.flow] if each.start >= both[1].end]
            if len(after) < 2 or not _AND.fullmatch(text, after[0].end, after[1].start):
                continue
            if context.foreign_words(text[both[1].end : after[0].start]) == 0:
                return self.judge.sighting(hit, hit.flow, after[index], AFTER)
        return None

    def _parts(self, other: Hit) -> bool:
        """Whether another label ends the reach of this one."""
        return not (self.wanted.half and other.key in ("systolic", "diastolic", "blood pressure"))

    def _before(self, hit: Hit, in_flow: tuple[Hit, ...]) -> Iterator[Sighting]:
        """ "51% neutrophils": the number directly before the label."""
        text = hit.flow.text
        for number in reversed(self.reading.numbers[hit.flow]):
            if number.start >= hit.start:
                continue
            between = text[number.end : hit.start]
            claimed = any(
                other.end <= number.start
                and not re.search(r"[;.]\s", text[other.end : number.start])
                for other in in_flow
            )
            if not claimed and _directly(between, number.unit):
                yield self.judge.sighting(hit, hit.flow, number, BEFORE)
            return

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
            of_another = any(other.start < 3 for other in self.reading.known[cell])
            if of_another or context.ORDERED.match(cell.text):
                return
            yield from self._in_cell(hit, cell, score)
            score -= SKIPPED_NUMBER * self._holds_a_value(cell)

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
        if hit.flow not in table.header.cells:
            return
        words = hit.flow.words_between(hit.start, hit.end)
        column = self.reading.layout.box_of(words)
        for depth, cells in enumerate(self.reading.rows_below(hit.flow)):
            for cell in cells:
                head = self.reading.grid.heading(cell)
                if overlaps(cell.segments[0].box, column) or head is hit.flow:
                    yield from self._first(hit, cell, COLUMN - DEEPER_ROW * depth)

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


def _directly(between: str, unit: Unit | None) -> bool:
    if "," in between or len(between) > 24:
        return False
    rest = between.lower().replace(unit.spelling, "", 1) if unit else between
    return context.foreign_words(rest) == 0 and not re.search(r"[;:]|\.\s", rest)
