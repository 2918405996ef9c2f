"""Numbers that stand in a relation to a label of the variable, each with a score."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from domain.scraping import context
from domain.scraping.labels import OWN, Hit, Names, hits, tokens
from domain.scraping.layout import Flow
from domain.scraping.numbers import Number
from domain.scraping.reading import Reading, row_date
from domain.scraping.units import Unit, named, unit_at

AFTER, ROW, COLUMN, BELOW, BEFORE = 3.0, 3.0, 2.6, 1.8, 1.5
SAME_UNIT, RIGHT_KIND, NO_UNIT = 1.0, 0.5, -0.2
FOREIGN_WORD, SKIPPED_NUMBER, BRACKETED = 0.3, 0.9, 0.4
HISTORY, PRIOR_COLUMN, PLAN = 1.0, 2.0, 1.0
MOST_FOREIGN_WORDS = 6
_CONNECTORS = frozenset(
    "of is was were are at the a an with level levels count value values reading today to be noted"
    " measured calculated calc about approximately around result results score total and in on by has"
    " his her now currently current this exam which estimated remains been found showed shows revealed"
    " serum plasma blood hi lo h l high low elevated normal stable positive only equals percent"
    " from to by with done performed within limits taken recorded ra room air oral orally lab labs most recent for mm hg random".split()
)


@dataclass(frozen=True)
class Wanted:
    """What is looked for: labels, the unit asked for, bounds, and the half of a pair if one."""

    names: Names
    unit: Unit | None
    low: Decimal | None
    high: Decimal | None
    half: str = ""
    prior: bool = False


@dataclass(frozen=True)
class Sighting:
    """A value near a label. `refusal` says why it can be no answer; empty when it can."""

    text: str
    flow: Flow
    words: tuple[int, ...]
    label: str
    score: float
    when: date | None = None
    refusal: str = ""
    snippet: str = ""
    exact: bool = True


@dataclass
class Search:
    """All sightings of one variable in one document."""

    reading: Reading
    wanted: Wanted
    labels: list[Hit] = field(default_factory=list)

    def sightings(self) -> list[Sighting]:
        found: list[Sighting] = []
        for flow in self.reading.layout.flows:
            in_flow = hits(flow, self.reading.known[flow], self.wanted.names)
            for hit in in_flow:
                if self._is_wanted(hit):
                    self.labels.append(hit)
                    found.extend(self._around(hit, in_flow))
        return found

    def _is_wanted(self, hit: Hit) -> bool:
        if hit.key != OWN and not (self.wanted.half and hit.key == "blood pressure"):
            return False
        before = tokens(hit.flow.text[: hit.start])
        qualifier = self.wanted.names.qualifier
        return not qualifier or before[-len(qualifier) :] == qualifier

    def _around(self, hit: Hit, in_flow: tuple[Hit, ...]) -> Iterator[Sighting]:
        own = list(self._after(hit, in_flow))
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
            foreign = foreign_words(between)
            if foreign > MOST_FOREIGN_WORDS:
                return
            score = AFTER - FOREIGN_WORD * foreign - SKIPPED_NUMBER * skipped
            score -= BRACKETED * (_depth(between) > 0)
            yield self._judged(hit, hit.flow, number, score)
            skipped += number.role == "plain" and _depth(between) == 0

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
                other.end <= number.start and not re.search(r"[;.]\s", text[other.end : number.start])
                for other in in_flow
            )
            if not claimed and _directly(between, number.unit):
                yield self._judged(hit, hit.flow, number, BEFORE)
            return

    def _beside(self, hit: Hit) -> Iterator[Sighting]:
        """Cells to the right of the label's cell in the same row."""
        extra = foreign_words(_unbracketed(hit.flow.text[: hit.start])) + foreign_words(
            _unbracketed(hit.flow.text[hit.end :])
        )
        if extra > 4:
            return
        skipped = 0
        for cell in self.reading.right_of(hit.flow):
            if any(other.start < 3 for other in self.reading.known[cell]):
                return
            table = self.reading.grid.table(cell)
            role = table.role(cell) if table else "other"
            numbers = self.reading.numbers[cell]
            if role == "unit":
                continue
            for position, number in enumerate(numbers):
                score = ROW - FOREIGN_WORD * extra - SKIPPED_NUMBER * skipped
                score -= FOREIGN_WORD * foreign_words(cell.text[: number.start])
                score -= SKIPPED_NUMBER * (position > 0) * 0.5
                score -= PRIOR_COLUMN * (role == "prior" and not self.wanted.prior)
                seen = self._judged(hit, cell, number, score)
                yield replace(seen, refusal="a reference range") if role == "reference" else seen
            dated = table is not None and (head := table.heading(cell)) and self.reading.dates[head]
            plain = any(number.role == "plain" for number in numbers)
            skipped += plain and role != "reference" and not dated

    def _in_column(self, hit: Hit) -> Iterator[Sighting]:
        """Cells below a label that is a column heading."""
        table = self.reading.grid.table(hit.flow)
        if table is None or table.header is None or self.reading.numbers[hit.flow]:
            return
        if hit.flow not in table.header.cells:
            return
        words = hit.flow.words_between(hit.start, hit.end)
        column = self.reading.layout.box_of(words)
        for depth, row in enumerate(table.rows):
            for cell in row.cells:
                middle = cell.segments[0].box
                head = table.heading(cell)
                near = min(middle.x2, column.x2) - max(middle.x1, column.x1) > 0
                if cell is hit.flow or not (near or head is hit.flow):
                    continue
                for number in self.reading.numbers[cell][:1]:
                    foreign = foreign_words(cell.text[: number.start])
                    score = COLUMN - FOREIGN_WORD * foreign - 0.05 * depth
                    yield self._judged(hit, cell, number, score)

    def _below(self, hit: Hit) -> Iterator[Sighting]:
        """The first number of the text directly under a label that stands alone."""
        under = self.reading.under(hit.flow)
        if under is None or self.reading.numbers[hit.flow] or len(hit.flow.words) > 6:
            return
        for number in self.reading.numbers[under][:1]:
            if foreign_words(under.text[: number.start]) == 0 and not self.reading.known[under]:
                yield self._judged(hit, under, number, BELOW)

    def _judged(self, hit: Hit, flow: Flow, number: Number, score: float) -> Sighting:
        """The sighting with its score and, where it can be no answer, why."""
        text = number.text
        if self.wanted.half == "diastolic" and number.second is not None:
            text = number.second
        elif self.wanted.half == "pair" and number.second is not None:
            text = f"{number.text}/{number.second}"
        unit = number.unit or self._stated_unit(hit, flow)
        refusal = self._not_a_value(hit, number) or self._wrong_unit(unit, number)
        refusal = refusal or self._out_of_bounds(text) or self._about_something_else(hit, flow, number)
        score += self._unit_score(unit) - self._context_penalty(hit, flow, number)
        words = flow.words_between(number.start, number.end)
        when = self._when(hit, flow, number)
        return Sighting(text, flow, words, hit.text, score, when, refusal, _snippet(hit, flow, number))

    def _not_a_value(self, hit: Hit, number: Number) -> str:
        if number.role == "range":
            return "a range"
        if number.role == "bound":
            return "a limit"
        pair_only = hit.key == "blood pressure" or self.wanted.half == "pair"
        if pair_only and number.second is None:
            return "half a pair"
        if not self.wanted.half and number.second is not None:
            return "a pair"
        return ""

    def _stated_unit(self, hit: Hit, flow: Flow) -> Unit | None:
        """The unit beside the label, in the unit column, or in the column heading."""
        beside = unit_at(hit.flow.text, hit.end)
        if beside is not None and (hit.flow is not flow or hit.flow.text[hit.end :][:2].strip("( ") == ""):
            return beside[0]
        table = self.reading.grid.table(flow)
        if table is None:
            return None
        for cell in self.reading.grid.row(flow).cells:
            if table.role(cell) == "unit" or (cell is not flow and named(cell.text)):
                return named(cell.text)
        return None

    def _wrong_unit(self, unit: Unit | None, number: Number) -> str:
        if unit is None or number.second is not None:
            return ""
        wanted, concept = self.wanted.unit, self.wanted.names.concept
        if wanted is not None and unit.dimension != wanted.dimension:
            return f"in {unit.spelling}, which measures something else"
        if wanted is not None and unit.factor != wanted.factor:
            return f"in {unit.spelling}, not in the unit of the variable"
        if wanted is None and concept and concept.dimensions:
            if unit.dimension not in concept.dimensions:
                return f"in {unit.spelling}, which measures something else"
        return ""

    def _unit_score(self, unit: Unit | None) -> float:
        if unit is None:
            return NO_UNIT if self.wanted.unit is not None else 0.0
        return SAME_UNIT if self.wanted.unit is not None else RIGHT_KIND

    def _out_of_bounds(self, text: str) -> str:
        concept = self.wanted.names.concept
        for half in text.split("/"):
            value = Decimal(half)
            if self.wanted.low is not None and value < self.wanted.low:
                return "below what the variable allows"
            if self.wanted.high is not None and value > self.wanted.high:
                return "above what the variable allows"
            if concept is not None and not concept.low <= value <= concept.high:
                return "not a possible value"
        return ""

    def _about_something_else(self, hit: Hit, flow: Flow, number: Number) -> str:
        text = hit.flow.text
        start, _ = context.sentence(text, hit.start)
        end = number.start if flow is hit.flow else len(text)
        clause = text[start:end] if end > start else text[start:]
        if context.FAMILY.search(clause):
            return "a relative's"
        if context.GOAL.search(_unbracketed(clause)):
            return "a goal or reference"
        if context.ORDERED.search(text[hit.end : end]):
            return "ordered"
        if context.FAMILY_SECTION.search(self.reading.heading(hit.flow)):
            return "a relative's"
        return ""

    def _context_penalty(self, hit: Hit, flow: Flow, number: Number) -> float:
        text = hit.flow.text
        start, end = context.sentence(text, hit.start)
        near = text[max(start, hit.start - 40) : end]
        penalty = 0.0
        if not self.wanted.prior and context.HISTORY.search(near):
            penalty += HISTORY
        if context.PLAN_SECTION.search(self.reading.heading(hit.flow)):
            penalty += PLAN
        return penalty

    def _when(self, hit: Hit, flow: Flow, number: Number) -> date | None:
        """The date of a value: in its own sentence, else by its place in a table."""
        start, end = context.sentence(flow.text, number.start)
        near = [
            printed
            for printed in self.reading.dates[flow]
            if start <= printed.start < end and "birth" not in flow.text[start:end].lower()
        ]
        if near:
            return min(near, key=lambda printed: abs(printed.start - number.start)).value
        if len(flow.words) > 12:
            return None
        return row_date(self.reading, flow)


def foreign_words(text: str) -> int:
    """How many words of `text` are no mere connectors."""
    return sum(word not in _CONNECTORS and not word.isdigit() for word in tokens(text))


def _depth(text: str) -> int:
    return text.count("(") + text.count("[") - text.count(")") - text.count("]")


def _unbracketed(text: str) -> str:
    return re.sub(r"\([^()]*\)|\[[^\[\]]*\]", " ", text)


def _directly(between: str, unit: Unit | None) -> bool:
    if "," in between or len(between) > 24:
        return False
    rest = between.lower().replace(unit.spelling, "", 1) if unit else between
    return foreign_words(rest) == 0 and not re.search(r"[;:]|\.\s", rest)


def _snippet(hit: Hit, flow: Flow, number: Number) -> str:
    """The words around the value as printed, at most about 80 characters."""
    if flow is not hit.flow:
        return f"{hit.flow.text[:60]} | {flow.text[:60]}"
    start = max(hit.flow.text.rfind(" ", 0, max(0, min(hit.start, number.start) - 10)) + 1, 0)
    return hit.flow.text[start : max(number.end, hit.end) + 15].strip()
