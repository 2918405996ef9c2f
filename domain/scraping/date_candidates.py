"""Dates that stand in a relation to the event a date variable asks for, each with a score."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from domain.scraping import context, sightings
from domain.scraping.dates import PrintedDate
from domain.scraping.events import DOCUMENTED
from domain.scraping.flows import Flow
from domain.scraping.labels import Hit
from domain.scraping.occasions import (
    Occasion,
    Tense,
    events_in,
    heading_tense,
    label_tense,
    subjects,
    without_tense,
)
from domain.scraping.reading import Reading
from domain.scraping.sightings import MOST_LABELS, Sighting, snippet

NAMED, MENTIONED, SECTION, UNDESIGNATED = 3.0, 2.2, 2.0, 1.6
FOREIGN_WORD, SKIPPED_DATE, LOOSE_TENSE, STAND_IN = 0.3, 1.2, 0.8, 0.4
MOST_FOREIGN_WORDS, MOST_EXTRA_WORDS, MOST_LABEL_WORDS, MOST_ROWS = 5, 3, 5, 30
MOST_CELL_WORDS = 30
_PLANNED = re.compile(
    r"\b(?:schedul\w+|recommend\w*|plan(?:ned|s)?|due|will|should|repeat|order(?:ed)?|next"
    r"|declin\w+|refus\w+|cancel\w+|missed|offered)\b",
    re.I,
)
_DOSE = re.compile(r"(?:dose|shot|#|date|no\.?)?\s?#?\d\b|\d(?:st|nd|rd|th)\b", re.I)
_TO_COME = re.compile(
    r"\W*(?:assessment (?:and|&) )?(?:plan(?:ned)?|future|upcoming|pending|orders?|to do|due)\b",
    re.I,
)
_FIXED = ("birth", "ordered", "reported")
"""Events that are never planned."""
_BARE_DATE = re.compile(r"(?:^|[\d.;,|]\s+)(?P<key>Date)\s*:?\s*$", re.I)
ENDINGS = ("discharge", "stopped")
_OPENS = re.compile(r"\s?[:\u2013-]?\s?")
_UNTIL = re.compile(r"(?:\b(?:to|until|through|till)|[-\u2013])\s*$", re.I)


@dataclass
class DateSearch:
    """All sightings of one date variable in one document."""

    reading: Reading
    occasion: Occasion
    labels: list[Hit] = field(default_factory=list)

    def sightings(self) -> list[Sighting]:
        """What was seen; nothing where the event is named more than MOST_LABELS times."""
        stands_in = self._title_names_it()
        found: list[Sighting] = []
        for flow in self.reading.layout.flows:
            events = [Hit(flow, *match) for match in self._events(flow)]
            for position, hit in enumerate(events):
                if hit.key == self.occasion.key:
                    self.labels.append(hit)
                    if len(self.labels) > MOST_LABELS:
                        return []
                    found.extend(self._around(hit, events[position + 1 :], 0.0))
                elif stands_in and hit.key in DOCUMENTED and self.occasion.tense != "next":
                    found.extend(self._around(hit, events[position + 1 :], STAND_IN))
            if self.occasion.key in ("visit", "exam") and self.occasion.tense != "next":
                found.extend(self._undesignated(flow))
        return self._last_before_this(found)

    def _events(self, flow: Flow) -> list[tuple[int, int, str]]:
        return events_in(flow.text, self.reading.spelled[flow], self.occasion)

    def _undesignated(self, flow: Flow) -> Iterator[Sighting]:
        """A bare "Date:" is that of the visit or examination that the document is about."""
        for printed in self.reading.dates[flow]:
            key = _BARE_DATE.search(flow.text, max(0, printed.start - 10), printed.start)
            if key is not None:
                hit = Hit(flow, key.start("key"), key.end("key"), self.occasion.key)
                yield self._judged(hit, flow, printed, UNDESIGNATED, "")

    def _last_before_this(self, found: list[Sighting]) -> list[Sighting]:
        """Where a report names the last one before it, its own date is not that."""
        if self.occasion.tense != "last" or not any(each.exact for each in found):
            return found
        return [
            each if each.exact or each.refusal else replace(each, refusal=sightings.NOT_THE_LAST)
            for each in found
        ]

    def _title_names_it(self) -> bool:
        """Whether the document is the report of the very event."""
        return self.occasion.key in subjects(self.reading.title(), self.occasion)

    def _around(self, hit: Hit, later: list[Hit], penalty: float) -> Iterator[Sighting]:
        own = list(self._after(hit, later, penalty))
        yield from own
        if own:
            return
        yield from self._before(hit, penalty)
        row = list(self._beside(hit, penalty))
        yield from row
        if not row:
            yield from self._below(hit, penalty)

    def _after(self, hit: Hit, later: list[Hit], penalty: float) -> Iterator[Sighting]:
        text = hit.flow.text
        stop = context.sentence(text, hit.end)[1]
        stop = min([stop, *(other.start for other in later if other.key != hit.key)])
        dates = [each for each in self.reading.dates[hit.flow] if hit.end <= each.start < stop]
        for skipped, printed in enumerate(dates):
            between = text[hit.end : printed.start]
            foreign = context.foreign_words(between)
            gap = text[dates[skipped - 1].end : printed.start] if skipped else ""
            if foreign > MOST_FOREIGN_WORDS or context.foreign_words(gap):
                return
            base = NAMED if _is_named(hit, between) else MENTIONED
            score = base - FOREIGN_WORD * foreign - SKIPPED_DATE * skipped - penalty
            yield self._judged(hit, hit.flow, printed, score, between)

    def _before(self, hit: Hit, penalty: float) -> Iterator[Sighting]:
        """ "06/19/2021: Colonoscopy": the date that opens the sentence of the label."""
        text = hit.flow.text
        start = context.sentence(text, hit.start)[0]
        for printed in self.reading.dates[hit.flow]:
            if printed.start == start and _OPENS.fullmatch(text, printed.end, hit.start):
                yield self._judged(hit, hit.flow, printed, MENTIONED - penalty, "")

    def _beside(self, hit: Hit, penalty: float) -> Iterator[Sighting]:
        """The next cell with a date, and cells under a heading of the tense asked for."""
        flow = hit.flow
        if len(flow.words) > MOST_CELL_WORDS or _extra_words(hit) > MOST_EXTRA_WORDS:
            return
        first = True
        for cell in self.reading.right_of(flow):
            dates = self.reading.dates[cell]
            others = [start for start, _, key in self._events(cell) if key != hit.key]
            if others and (not dates or min(others) < dates[0].start):
                return
            headed = self._heading_tense(cell)
            fits = headed == self.occasion.tense != ""
            if dates and (first or fits or self._is_repeated(cell)):
                yield from self._in_cell(hit, cell, penalty)
            first = first and not dates

    def _is_repeated(self, cell: Flow) -> bool:
        """Whether a column holds a further date of the same event, such as the second dose."""
        head = self.reading.grid.heading(cell)
        return head is not None and _DOSE.match(head.text) is not None

    def _in_cell(self, hit: Hit, cell: Flow, penalty: float) -> Iterator[Sighting]:
        for skipped, printed in enumerate(self.reading.dates[cell]):
            before = cell.text[: printed.start]
            foreign = _extra_words(hit) + context.foreign_words(before)
            score = NAMED - FOREIGN_WORD * foreign - SKIPPED_DATE * skipped - penalty
            yield self._judged(hit, cell, printed, score, before)

    def _below(self, hit: Hit, penalty: float) -> Iterator[Sighting]:
        """Dates under a column heading, under a heading of a section, or under a lone label."""
        flow = hit.flow
        if len(flow.words) > MOST_LABEL_WORDS or _extra_words(hit):
            return
        table = self.reading.grid.table(flow)
        alone = len(self.reading.grid.row(flow).cells) == 1
        if table is not None and table.header is not None and flow in table.header.cells:
            for cells in self.reading.rows_below(flow):
                for cell in cells:
                    for printed in self.reading.dates[cell][:1]:
                        if self.reading.grid.heading(cell) is flow:
                            yield self._judged(hit, cell, printed, MENTIONED - penalty, "")
        elif alone and (table is None or table.header is None):
            yield from self._in_section(hit, penalty)

    def _in_section(self, hit: Hit, penalty: float) -> Iterator[Sighting]:
        index = self.reading.grid.row_of[hit.flow]
        rows = self.reading.grid.rows
        for row in rows[index + 1 : index + MOST_ROWS]:
            if len(row.cells) == 1 and not self.reading.dates[row.cells[0]]:
                return
            for cell in row.cells:
                head = self.reading.grid.heading(cell)
                dated = head is not None and head.text.lower().startswith("date")
                for printed in self.reading.dates[cell][:1]:
                    opens = printed.start == 0 or self.occasion.tense == "next"
                    if dated or len(cell.words) <= 3 or opens:
                        yield self._judged(hit, cell, printed, SECTION - penalty, "")

    def _judged(
        self, hit: Hit, flow: Flow, printed: PrintedDate, score: float, between: str
    ) -> Sighting:
        score, refusal, exact = self._by_tense(hit, flow, score)
        text = hit.flow.text
        start, _ = context.sentence(text, hit.start)
        earlier = [each.end for each in self.reading.dates[hit.flow] if each.end <= hit.start]
        before = f"{text[max([start, *earlier]) : hit.end]} {between}"
        section = self.reading.heading(flow)
        if self._is_of_relative(hit, before, section):
            refusal = sightings.RELATIVE
        if self.occasion.tense != "next" and self._is_planned(flow, before, section):
            refusal = refusal or sightings.PLANNED
        if self.occasion.key not in ENDINGS and self._ends_period(flow, printed):
            refusal = refusal or sightings.END_OF_PERIOD
        words = flow.words_between(printed.start, printed.end)
        if self.reading.layout.is_white(words):
            refusal = refusal or sightings.INVISIBLE
        value = printed.value.isoformat()
        return Sighting(
            value,
            flow,
            words,
            score,
            printed.value,
            refusal,
            snippet(hit, flow, printed.start, printed.end),
            exact=exact,
        )

    def _is_of_relative(self, hit: Hit, before: str, section: str) -> bool:
        over = f"{section} {context.inline_heading(hit.flow.text, hit.start)[0]} {before}"
        return context.FAMILY.search(over) is not None or context.is_of_relative(
            hit.flow.text, hit.start
        )

    def _is_planned(self, flow: Flow, before: str, section: str) -> bool:
        if self.occasion.key in _FIXED:
            return False
        head = self.reading.grid.heading(flow)
        short = len(flow.words) <= MOST_CELL_WORDS
        over = (section if short else "", head.text if head is not None else "")
        return _PLANNED.search(before) is not None or any(map(_TO_COME.match, over))

    def _heading_tense(self, cell: Flow) -> Tense:
        head = self.reading.grid.heading(cell)
        return heading_tense(head.text) if head is not None else ""

    def _tense(self, hit: Hit, flow: Flow) -> Tense:
        """By the heading over the date, else by the words before the label."""
        headed: Tense = ""
        if flow is not hit.flow and self.reading.grid.heading(flow) is not hit.flow:
            headed = self._heading_tense(flow)
        return headed or label_tense(hit.flow.text, hit.start, hit.end)

    def _ends_period(self, flow: Flow, printed: PrintedDate) -> bool:
        """Whether the date is the second of "from ... to ..."."""
        begun = any(each.end <= printed.start for each in self.reading.dates[flow])
        joined = _UNTIL.search(flow.text, max(0, printed.start - 10), printed.start)
        return begun and joined is not None

    def _by_tense(self, hit: Hit, flow: Flow, score: float) -> tuple[float, str, bool]:
        """Last and next must agree between the variable and the label; whether they do exactly."""
        said = self._tense(hit, flow)
        asked = self.occasion.tense
        if said == asked:
            return score, "", True
        if "next" in (said, asked):
            return score, sightings.PLANNED if said == "next" else sightings.NOT_THE_NEXT, False
        if said == "last" and self.occasion.key in ("visit", "exam"):
            return score, sightings.EARLIER, False
        return score - LOOSE_TENSE, "", False


def _is_named(hit: Hit, between: str) -> bool:
    """Whether the label is a field ("Visit date:", "DOB 1/2/1950") and no mention in prose."""
    before = hit.flow.text[: hit.start].rstrip().lower()
    after = between.strip().lower()
    if after == "on":
        return context.sentence(hit.flow.text, hit.start)[0] == hit.start
    return before.endswith(("date of", "date")) or after in ("", ":", "-", "date", "date:")


def _extra_words(hit: Hit) -> int:
    """How many words beside the label its text has, those of tense left out."""
    text = hit.flow.text
    return context.foreign_words(without_tense(f"{text[: hit.start]} {text[hit.end :]}"))
