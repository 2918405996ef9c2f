"""Dates that stand in a relation to the event a date variable asks for, each with a score."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from domain.scraping import context, sightings
from domain.scraping.dates import PrintedDate
from domain.scraping.events import DOCUMENTED, EVENTS
from domain.scraping.labels import Hit, Index, Tokens, index_of, matches, tokens
from domain.scraping.layout import Flow
from domain.scraping.reading import Reading
from domain.scraping.sightings import Sighting, snippet

NAMED, MENTIONED, SECTION, UNDESIGNATED = 3.0, 2.2, 2.0, 1.6
FOREIGN_WORD, SKIPPED_DATE, LOOSE_TENSE, STAND_IN = 0.3, 1.2, 0.8, 0.4
MOST_FOREIGN_WORDS = 5
_LAST = r"(?:last|previous|prior|most recent|latest|past|earlier)"
_NEXT = r"(?:next|follow[- ]?up|upcoming|return|scheduled|planned|future|repeat|due)"
_TENSE = re.compile(
    rf"\b(?:(?P<last>{_LAST})|(?P<next>{_NEXT}))\b[\s:]*(?:known|office|clinic|screening|date of"
    r"|visit|appointment|appt|date|\s)*$",
    re.I,
)
_HEADED = re.compile(rf"\b(?:(?P<last>{_LAST})|(?P<next>{_NEXT}))\b", re.I)
_OWN_NEXT = re.compile(r"follow|return|rtc", re.I)
_PLANNED = re.compile(
    r"\b(?:schedul\w+|recommend\w*|plan(?:ned|s)?|due|will|should|repeat|order(?:ed)?|next"
    r"|declin\w+|refus\w+|cancel\w+|missed|offered)\b",
    re.I,
)
_NAME_FILLER_TEXT = """
    date of the day time when last previous prior most recent latest next
"""
_NAME_FILLER = frozenset(_NAME_FILLER_TEXT.split())
_UPCOMING = frozenset(["next", "upcoming", "follow", "up", "followup", "return"])
_PAST = frozenset(["last", "previous", "prior", "latest"])
OWN = "the variable"
_BARE_DATE = re.compile(r"(?:^|[\d.;,|]\s+)(?P<key>Date)\s*:?\s*$", re.I)


@dataclass(frozen=True)
class Occasion:
    """The event asked for; `tense` is "last", "next" or "" when the name does not say."""

    key: str
    own: Tokens
    tense: str


def occasion_of(name: str, aliases: tuple[str, ...]) -> Occasion:
    """The event a date variable called `name` asks for."""
    words = tokens(name)
    tense = "last" if _PAST & set(words) or "most recent" in " ".join(words) else ""
    if {"next", "upcoming"} & set(words) or {"follow", "up"} <= set(words) or "followup" in words:
        tense = "next"
    core = tuple(word for word in words if word not in _NAME_FILLER)
    known = _names()
    plain = tuple(word for word in core if word not in _UPCOMING)
    for candidate in (core, plain, *map(tokens, aliases), core[:-1]):
        if candidate in known:
            return Occasion(known[candidate], (), tense)
    return Occasion(OWN, core, tense)


@lru_cache(maxsize=1)
def _names() -> Mapping[Tokens, str]:
    return {tokens(name): key for key, names in EVENTS for name in names}


@lru_cache(maxsize=1)
def _index() -> Index:
    return index_of(_names())


@dataclass
class DateSearch:
    """All sightings of one date variable in one document."""

    reading: Reading
    occasion: Occasion
    labels: list[Hit] = field(default_factory=list)

    def sightings(self) -> list[Sighting]:
        names = dict(_names())
        if self.occasion.own:
            names[self.occasion.own] = OWN
        index = index_of(names)
        stands_in = self._title_names_it()
        found: list[Sighting] = []
        for flow in self.reading.layout.flows:
            events = [Hit(flow, *match) for match in matches(flow.text, index)]
            for position, hit in enumerate(events):
                if hit.key == self.occasion.key:
                    self.labels.append(hit)
                    found.extend(self._around(hit, events[position + 1 :], 0.0))
                elif stands_in and hit.key in DOCUMENTED and self.occasion.tense != "next":
                    found.extend(self._around(hit, events[position + 1 :], STAND_IN))
            if self.occasion.key in DOCUMENTED and self.occasion.tense != "next":
                found.extend(self._undesignated(flow))
        return self._last_before_this(found)

    def _undesignated(self, flow: Flow) -> Iterator[Sighting]:
        """A bare "Date:" is that of the visit or examination that the document is about."""
        for printed in self.reading.dates[flow]:
            key = _BARE_DATE.search(flow.text, 0, printed.start)
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
        keys = {key for _, _, key in matches(self.reading.title(), _index())}
        return self.occasion.key in keys and self.occasion.key not in ("visit", "exam", "birth")

    def _around(self, hit: Hit, later: list[Hit], penalty: float) -> Iterator[Sighting]:
        own = list(self._after(hit, later, penalty))
        yield from own
        if own:
            return
        row = list(self._beside(hit, penalty))
        yield from row
        if not row:
            yield from self._below(hit, penalty)

    def _after(self, hit: Hit, later: list[Hit], penalty: float) -> Iterator[Sighting]:
        text = hit.flow.text
        stop = context.sentence(text, hit.end)[1]
        stop = min([stop, *(other.start for other in later if other.key != hit.key)])
        for skipped, printed in enumerate(
            each for each in self.reading.dates[hit.flow] if hit.end <= each.start < stop
        ):
            between = text[hit.end : printed.start]
            foreign = context.foreign_words(between)
            if foreign > MOST_FOREIGN_WORDS:
                return
            base = NAMED if _is_named(hit, between) else MENTIONED
            score = base - FOREIGN_WORD * foreign - SKIPPED_DATE * skipped - penalty
            yield self._judged(hit, hit.flow, printed, score, between)

    def _beside(self, hit: Hit, penalty: float) -> Iterator[Sighting]:
        text = hit.flow.text
        if context.foreign_words(text[: hit.start]) + context.foreign_words(text[hit.end :]) > 3:
            return
        skipped = 0
        for cell in self.reading.right_of(hit.flow):
            if matches(cell.text, _index()) and not self.reading.dates[cell]:
                return
            for printed in self.reading.dates[cell]:
                before = cell.text[: printed.start]
                foreign = context.foreign_words(text) + context.foreign_words(before)
                score = NAMED - FOREIGN_WORD * foreign - SKIPPED_DATE * skipped - penalty
                yield self._judged(hit, cell, printed, score, before)
                skipped += 1

    def _below(self, hit: Hit, penalty: float) -> Iterator[Sighting]:
        """Dates under a column heading, under a heading of a section, or under a lone label."""
        flow = hit.flow
        if len(flow.words) > 5:
            return
        table = self.reading.grid.table(flow)
        alone = len(self.reading.grid.row(flow).cells) == 1
        if table is not None and table.header is not None and flow in table.header.cells:
            for cells in self.reading.rows_below(flow):
                for cell in cells:
                    for printed in self.reading.dates[cell][:1]:
                        if table.heading(cell) is flow:
                            yield self._judged(hit, cell, printed, MENTIONED - penalty, "")
        elif alone:
            yield from self._in_section(hit, penalty)

    def _in_section(self, hit: Hit, penalty: float) -> Iterator[Sighting]:
        index = self.reading.grid.row_of[hit.flow]
        rows = self.reading.grid.rows
        for row in rows[index + 1 : index + 30]:
            if len(row.cells) == 1 and not self.reading.dates[row.cells[0]]:
                return
            for cell in row.cells:
                table = self.reading.grid.table(cell)
                head = table.heading(cell) if table is not None else None
                dated = head is not None and head.text.lower().startswith("date")
                for printed in self.reading.dates[cell][:1]:
                    if dated or len(cell.words) <= 3:
                        yield self._judged(hit, cell, printed, SECTION - penalty, "")

    def _judged(
        self, hit: Hit, flow: Flow, printed: PrintedDate, score: float, between: str
    ) -> Sighting:
        score, refusal, exact = self._by_tense(hit, flow, score)
        text = hit.flow.text
        start, _ = context.sentence(text, hit.start)
        before = text[start : hit.end]
        if context.FAMILY.search(before):
            refusal = sightings.RELATIVE
        if self.occasion.tense != "next" and _PLANNED.search(before + between):
            refusal = refusal or sightings.PLANNED
        words = flow.words_between(printed.start, printed.end)
        value = printed.value.isoformat()
        return Sighting(
            value,
            flow,
            words,
            hit.text,
            score,
            printed.value,
            refusal,
            snippet(hit, flow, printed.start, printed.end),
            exact=exact,
        )

    def _tense(self, hit: Hit, flow: Flow) -> str:
        """ "last", "next" or "", by the heading over the date or the words before the label."""
        table = self.reading.grid.table(flow) if flow is not hit.flow else None
        head = table.heading(flow) if table is not None else None
        match = _HEADED.search(head.text) if head is not None and head is not hit.flow else None
        match = match or _TENSE.search(hit.flow.text[: hit.start])
        if match is not None:
            return "last" if match["last"] else "next"
        return "next" if _OWN_NEXT.match(hit.text) else ""

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
    return before.endswith(("date of", "date")) or after in ("", ":", "-", "date", "date:", "on")
