"""Whether a number beside a label can be the measured value, and how well it fits."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.scraping import context, sightings
from domain.scraping.figures import figure
from domain.scraping.flows import Flow
from domain.scraping.labels import Hit
from domain.scraping.numbers import Number
from domain.scraping.reading import Reading, row_stamp
from domain.scraping.sightings import Sighting, snippet
from domain.scraping.stamps import PrintedStamp, Stamp, stamps_in
from domain.scraping.units import Unit, named, unit_at
from domain.scraping.wanted import Wanted

HISTORY, FROM, PLAN, PAST_SECTION, RESULTS = 1.0, 1.6, 1.0, 0.8, 0.5
LONG_TEXT = 12
"""Words above which a flow is prose and takes no date from its place in a table."""


@dataclass(frozen=True)
class Judge:
    """Scores sightings of one variable in one document."""

    reading: Reading
    wanted: Wanted

    def sighting(self, hit: Hit, flow: Flow, number: Number, score: float) -> Sighting:
        """`number` of `flow` as the value of the label `hit`; `score` is for how they stand."""
        words = flow.words_between(number.start, number.end)
        unit = number.unit or self._stated_unit(hit, flow)
        printed = flow.text[number.start : max(number.end, number.stop)].strip()
        found = figure(number, printed, unit, self.wanted)
        refusal = (
            self._role(hit, number)
            or (sightings.INVISIBLE if self.reading.layout.is_white(words) else "")
            or found.refusal
            or self._context(hit, flow, number)
        )
        near = context.clause(flow.text, number.start, number.end)
        stamp = self._stamp(flow, number)
        return Sighting(
            found.text,
            flow,
            words,
            hit.text,
            score + found.score - self._penalty(hit, flow, number),
            stamp.day if stamp is not None and stamp.exact else None,
            refusal,
            snippet(hit, flow, number.start, number.end),
            stamp,
            context.NOW.search(near) is not None,
            converted_from=found.converted_from,
            assumed=found.assumed,
        )

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

    def _stamp(self, flow: Flow, number: Number) -> Stamp | None:
        """When a value was measured: by its sentence, else by its place in a table."""
        start, end = context.sentence(flow.text, number.start)
        printed = stamps_in(flow.text, self.reading.dates[flow], start, end, self.reading.latest)
        if printed and not context.BIRTH.search(flow.text, start, end):
            return _nearest(flow.text, number, printed)
        return None if len(flow.words) > LONG_TEXT else row_stamp(self.reading, flow)


def _nearest(text: str, number: Number, printed: Sequence[PrintedStamp]) -> Stamp | None:
    """The date that follows the number in its clause, else the last before it, else the next.

    A value of today has none of them.
    """
    clause_end = context.clause_end(text, number.end)
    after = [each for each in printed if number.end <= each.start < clause_end]
    if after:
        return after[0].stamp
    if context.NOW.search(text, context.clause_start(text, number.start), clause_end):
        return None
    before = [each for each in printed if each.end <= number.start]
    return (max(before, key=lambda each: each.start) if before else printed[0]).stamp
