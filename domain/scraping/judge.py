"""Whether a number beside a label can be the measured value, and how well it fits."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.scraping import context, sightings
from domain.scraping.dates import PrintedDate, rough_dates_in
from domain.scraping.flows import Flow
from domain.scraping.labels import Hit
from domain.scraping.lexicon import Concept
from domain.scraping.names import Names
from domain.scraping.numbers import Number
from domain.scraping.reading import Reading, row_date
from domain.scraping.sightings import Sighting, snippet
from domain.scraping.units import Unit, named, unit_at

SAME_UNIT, RIGHT_KIND, NO_UNIT = 1.0, 0.5, -0.2
HISTORY, FROM, PLAN, PAST_SECTION, RESULTS = 1.0, 1.6, 1.0, 0.8, 0.5
LONG_TEXT = 12
"""Words above which a flow is prose and takes no date from its place in a table."""


@dataclass(frozen=True)
class Wanted:
    """What is looked for: labels, the unit asked for, bounds, and the half of a pair if one.

    `half` is "systolic", "diastolic", "pair" or, for what comes alone, "".
    """

    names: Names
    unit: Unit | None
    low: Decimal | None
    high: Decimal | None
    half: str = ""


@dataclass(frozen=True)
class Judge:
    """Scores sightings of one variable in one document."""

    reading: Reading
    wanted: Wanted

    def sighting(self, hit: Hit, flow: Flow, number: Number, score: float) -> Sighting:
        """`number` of `flow` as the value of the label `hit`; `score` is for how they stand."""
        text = self._text(number)
        words = flow.words_between(number.start, number.end)
        unit = number.unit or self._stated_unit(hit, flow)
        refusal = (
            self._role(hit, number)
            or (sightings.INVISIBLE if self.reading.layout.is_white(words) else "")
            or self._unit(unit, number)
            or self._bounds(text, unit)
            or self._context(hit, flow, number)
        )
        near = context.clause(flow.text, number.start, number.end)
        when, rough = self._when(flow, number)
        return Sighting(
            text,
            flow,
            words,
            hit.text,
            score + self._unit_score(unit) - self._penalty(hit, flow, number),
            when,
            refusal,
            snippet(hit, flow, number.start, number.end),
            rough,
            context.NOW.search(near) is not None,
        )

    def _text(self, number: Number) -> str:
        if number.second is None or self.wanted.half in ("", "systolic"):
            return number.text
        if self.wanted.half == "diastolic":
            return number.second
        return f"{number.text}/{number.second}"

    def _role(self, hit: Hit, number: Number) -> str:
        if number.role != "plain":
            return sightings.RANGE if number.role == "range" else sightings.LIMIT
        pair_only = hit.key == "blood pressure" or self.wanted.half == "pair"
        if pair_only and number.second is None:
            return sightings.NO_PAIR
        return sightings.NOT_ALONE if number.second and not self.wanted.half else ""

    def _stated_unit(self, hit: Hit, flow: Flow) -> Unit | None:
        """The unit beside the label, in the unit column, or in a cell of its own."""
        beside = unit_at(hit.flow.text, hit.end)
        bracketed = re.match(r"\s?[(\[]", hit.flow.text[hit.end :]) is not None
        if beside is not None and (bracketed or hit.flow is not flow):
            return beside[0]
        table = self.reading.grid.table(flow)
        for cell in self.reading.grid.row(flow).cells if table is not None else ():
            if cell is not flow and (unit := named(cell.text)):
                return unit
        return None

    def _unit(self, unit: Unit | None, number: Number) -> str:
        if unit is None or number.second is not None:
            return ""
        wanted, concept = self.wanted.unit, self.wanted.names.concept
        if wanted is None:
            allowed = concept.dimensions if concept else ()
            wrong = bool(allowed) and unit.dimension not in allowed
            return sightings.OTHER_KIND if wrong else ""
        if unit.dimension != wanted.dimension:
            return sightings.OTHER_KIND
        return "" if unit.is_same(wanted) else sightings.OTHER_UNIT

    def _unit_score(self, unit: Unit | None) -> float:
        if unit is None:
            return NO_UNIT if self.wanted.unit is not None else 0.0
        return SAME_UNIT if self.wanted.unit is not None else RIGHT_KIND

    def _bounds(self, text: str, unit: Unit | None) -> str:
        concept = self.wanted.names.concept
        for value in map(Decimal, text.split("/")):
            if self.wanted.low is not None and value < self.wanted.low:
                return sightings.OUT_OF_BOUNDS
            if self.wanted.high is not None and value > self.wanted.high:
                return sightings.OUT_OF_BOUNDS
            if concept is not None and not concept.low <= value <= concept.high:
                return sightings.IMPOSSIBLE
            if concept is not None and unit is None and self._is_in_other_unit(concept, value):
                return sightings.OTHER_UNIT
        return ""

    def _is_in_other_unit(self, concept: Concept, value: Decimal) -> bool:
        """Whether a figure without a unit cannot be in the unit of the variable."""
        wanted = self.wanted.unit
        for spelling, low, high in concept.usual:
            if wanted is not None and wanted.is_same(named(spelling)):
                return not low <= value <= high
        return False

    def _context(self, hit: Hit, flow: Flow, number: Number) -> str:
        text = hit.flow.text
        start, _ = context.sentence(text, hit.start)
        end = number.start if flow is hit.flow and number.start > start else len(text)
        clause = text[start:end]
        over = f"{self.reading.heading(hit.flow)} {context.inline_heading(text, hit.start)}"
        if context.FAMILY.search(clause) or context.FAMILY.search(over):
            return sightings.RELATIVE
        if context.GOAL.search(context.unbracketed(clause)) or context.GOAL_SECTION.search(over):
            return sightings.GOAL
        if context.DOSE.match(flow.text, number.end):
            return sightings.DOSE
        if context.CHANGE.search(flow.text, max(0, number.start - 20), number.start):
            return sightings.CHANGE
        sample = f"{over} {text[context.clause_start(text, hit.start) : hit.start]}"
        if context.OTHER_SAMPLE.search(sample) and not self._asks_for_sample(hit):
            return sightings.OTHER_SAMPLE
        return sightings.ORDERED if context.ORDERED.search(text[hit.end : end]) else ""

    def _asks_for_sample(self, hit: Hit) -> bool:
        """Whether the variable, or the label itself, is about a sample other than blood."""
        names = (" ".join(name) for name in self.wanted.names.own)
        return any(context.OTHER_SAMPLE.search(name) for name in (*names, hit.text))

    def _penalty(self, hit: Hit, flow: Flow, number: Number) -> float:
        near = context.clause(flow.text, number.start, number.end)
        if flow is hit.flow:
            start, _ = context.sentence(flow.text, hit.start)
            near = f"{flow.text[max(start, hit.start - 40) : hit.end]} {near}"
        was_from = context.is_from(flow.text, number.start)
        heading = self.reading.heading(hit.flow)
        return (
            HISTORY * (context.HISTORY.search(near) is not None)
            + FROM * was_from
            + PLAN * (context.PLAN.search(heading) is not None)
            + PAST_SECTION * (context.PAST_SECTION.search(heading) is not None)
            - RESULTS * (context.RESULTS.search(heading) is not None)
        )

    def _when(self, flow: Flow, number: Number) -> tuple[date | None, date | None]:
        """The date of a value, and a rough one: in its sentence, else by its place in a table."""
        start, end = context.sentence(flow.text, number.start)
        exact = [each for each in self.reading.dates[flow] if start <= each.start < end]
        rough = list(rough_dates_in(flow.text, start, end))
        if "birth" not in flow.text[start:end].lower() and (exact or rough):
            nearest = _nearest(flow.text, number, [*exact, *rough])
            return (
                None if nearest.ambiguous and nearest in rough else nearest.value
            ), nearest.value
        when = None if len(flow.words) > LONG_TEXT else row_date(self.reading, flow)
        return when, when


def _nearest(text: str, number: Number, dates: Sequence[PrintedDate]) -> PrintedDate:
    """The date that follows the number in its clause, else the last before it, else the next."""
    clause_end = context.clause_end(text, number.end)
    after = [each for each in dates if number.end <= each.start < clause_end]
    before = [each for each in dates if each.end <= number.start]
    if after:
        return after[0]
    return max(before, key=lambda each: each.start) if before else dates[0]
