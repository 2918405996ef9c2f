"""Whether a number beside a label can be the measured value, and how well it fits."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.scraping import context, sightings
from domain.scraping.columns import role_of
from domain.scraping.figures import Figure, figure
from domain.scraping.flows import Flow
from domain.scraping.labels import Hit
from domain.scraping.moments import Steer, is_early, is_late, told
from domain.scraping.numbers import Number
from domain.scraping.reading import Reading, row_stamp
from domain.scraping.sightings import Sighting, snippet
from domain.scraping.stamps import PrintedStamp, Stamp, stamps_in
from domain.scraping.surroundings import Surroundings, surroundings
from domain.scraping.units import Unit, named, unit_at
from domain.scraping.wanted import Wanted

HISTORY, FROM, PRIOR, PLAN, PAST_SECTION, RESULTS = 1.0, 1.6, 2.0, 0.6, 0.8, 0.5
LATER, LEAVING, MEANT, UNSURE = 0.8, 0.4, 2.5, 0.8
_SIDE = re.compile(r"\b(?:(?P<pre>pre)|(?P<post>post))[- ]?$", re.I)
_COMPARED = re.compile(r"[<>\u2264\u2265]=?\s?[\d.,]+")
_UPPER_END = re.compile(r"\s?%?\s?(?:-|\u2013|to)\s?\d[\d.]*\s?%?", re.I)
_CURRENT = re.compile(r"\b(?:current|today|this (?:exam|visit)|now)\b", re.I)
LONG_TEXT = 12
"""Words above which a flow is prose and takes no date from its place in a table."""


@dataclass(frozen=True)
class Judge:
    """Scores sightings of one variable in one document."""

    reading: Reading
    wanted: Wanted

    def sighting(self, hit: Hit, flow: Flow, number: Number, score: float) -> Sighting:
        """`number` of `flow` as the value of the label `hit`; `score` is for how they stand."""
        around = surroundings(self.reading, hit, flow, number)
        found = self._figure(hit, flow, number)
        words = flow.words_between(number.start, number.end)
        moment, other_moment = self._moment(around)
        remark = self._remark(hit, flow, number, around)
        if found.misprinted:
            remark = flow.text[number.start : number.stop]
        refusal = (
            ("" if remark and not found.misprinted else self._role(hit, number))
            or (sightings.INVISIBLE if self.reading.layout.is_white(words) else "")
            or found.refusal
            or self._context(hit, flow, number, around)
            or other_moment
        )
        was_from = self._is_from(flow, number)
        stamp = self._stamp(flow, number)
        return Sighting(
            found.text,
            flow,
            words,
            score + found.score + moment - self._penalty(around, was_from, remark),
            stamp.day if stamp is not None and stamp.exact else None,
            refusal,
            snippet(hit, flow, number.start, number.end),
            stamp,
            self._is_now(around),
            was_from or self._is_past(around),
            stamp is None and self._is_undatable(flow),
            converted_from=found.converted_from,
            assumed=found.assumed,
            remark=remark,
        )

    def _figure(self, hit: Hit, flow: Flow, number: Number) -> Figure:
        unit = number.unit or self._stated_unit(hit, flow)
        printed = flow.text[number.start : max(number.end, number.stop)].strip()
        return figure(number, printed, unit, self.wanted)

    def _remark(self, hit: Hit, flow: Flow, number: Number, around: Surroundings) -> str:
        """How a value is printed that is one only with a grain of salt: the result "<0.1" of a
        result column, or the range of a quantity that is reported as one."""
        concept = self.wanted.names.concept
        if number.role == "bound" and flow is not hit.flow and role_of(around.column) == "result":
            return flow.text if _COMPARED.fullmatch(flow.text[: number.end]) else ""
        if number.role == "range" and concept is not None and concept.is_a_range:
            upper = _UPPER_END.match(flow.text, number.end)
            open_bracket = context.depth(flow.text[: number.start]) > 0
            if upper is not None and not open_bracket and role_of(around.column) != "reference":
                return flow.text[number.start : upper.end()].strip()
        return ""

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

    def _context(self, hit: Hit, flow: Flow, number: Number, around: Surroundings) -> str:
        over = f"{around.section} {around.inline}"
        goal = f"{around.section} {around.inline if around.headed else ''}"
        if context.FAMILY.search(around.lead) or context.FAMILY.search(over):
            return sightings.RELATIVE
        if context.is_of_relative(hit.flow.text, hit.start):
            return sightings.RELATIVE
        if context.GOAL.search(context.unbracketed(around.lead)):
            return sightings.GOAL
        if context.GOAL_SECTION.search(goal) or context.DEFINES.match(flow.text, number.end):
            return sightings.GOAL
        if context.DOSE.match(flow.text, number.end):
            return sightings.DOSE
        if context.CHANGE.search(flow.text, max(0, number.start - 20), number.start):
            return sightings.CHANGE
        text = hit.flow.text
        sample = f"{goal} {text[context.clause_start(text, hit.start) : hit.start]}"
        if context.OTHER_SAMPLE.search(sample) and not self._asks_for_sample(hit):
            return sightings.OTHER_SAMPLE
        after = around.lead[len(around.opening) + hit.end - hit.start :]
        return sightings.ORDERED if context.ORDERED.search(after) else ""

    def _asks_for_sample(self, hit: Hit) -> bool:
        """Whether the variable, or the label itself, is about a sample other than blood."""
        names = (" ".join(name) for name in self.wanted.names.own)
        return any(context.OTHER_SAMPLE.search(name) for name in (*names, hit.text))

    def _moment(self, around: Surroundings) -> tuple[float, str]:
        """How well a value fits the moment asked for, or why it does not."""
        steer = self.wanted.names.steer
        if not steer.moment:
            heads = f"{around.column} {around.inline}"
            past = context.PAST_SECTION.search(around.section)
            leaving = not past and told((around.near,), "discharge") == "yes"
            side = _SIDE.search(around.opening)
            late = is_late(heads) or (side is not None and side["post"] is not None)
            early = is_early(heads) or (side is not None and side["pre"] is not None)
            return LATER * late - LATER * early + LEAVING * leaving, ""
        texts = (around.near, around.opening, around.inline, around.column, around.row)
        said = told((*texts, around.section), steer.moment)
        if said == "no" or (steer.strict and not said):
            return 0.0, sightings.OTHER_MOMENT
        return (MEANT if said else -LATER), ""

    def _penalty(self, around: Surroundings, was_from: bool, remark: str) -> float:
        steered = self.wanted.names.steer != Steer()
        past = context.HISTORY.search(around.near) or (
            around.headed and context.HISTORY.search(around.inline)
        )
        return (
            HISTORY * (bool(past) and not steered)
            + FROM * was_from
            + UNSURE * (remark != "")
            + PRIOR * (role_of(around.column) == "prior" and not steered)
            + PLAN * (context.PLAN.search(around.section) is not None)
            + PAST_SECTION * (context.PAST_SECTION.search(around.section) is not None)
            - RESULTS * (context.RESULTS.search(around.section) is not None)
        )

    def _is_from(self, flow: Flow, number: Number) -> bool:
        """Whether a value is the first of a change: "from 9.1 to 7.2", "9.1 -> 7.2"."""
        arrow = context.ARROW.match(flow.text, number.end)
        return context.is_from(flow.text, number.start) or arrow is not None

    def _is_past(self, around: Surroundings) -> bool:
        """Whether a value is of the past, by its clause or by the heading over it."""
        over = f"{around.inline} {around.section}"
        return bool(context.HISTORY.search(around.value) or context.PAST_SECTION.search(over))

    def _is_now(self, around: Surroundings) -> bool:
        column = role_of(around.column) == "result" and _CURRENT.search(around.column)
        headed = context.NOW.search(around.inline) and not self._is_past(around)
        return bool(column or headed or context.NOW.search(around.value))

    def _is_undatable(self, flow: Flow) -> bool:
        """Whether a cell without a date is in a table with a column of dates."""
        table = self.reading.grid.table(flow)
        heads = table.header.cells if table is not None and table.header is not None else ()
        return any(head.text.lower().startswith("date") for head in heads)

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
