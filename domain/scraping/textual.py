"""Numbers that stand in the same text as a label of the variable."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from domain.scraping import context, sightings
from domain.scraping.flows import Flow
from domain.scraping.judge import Judge
from domain.scraping.labels import Hit
from domain.scraping.numbers import Number, joined_in
from domain.scraping.sightings import Sighting
from domain.scraping.units import Unit

AFTER, BEFORE = 3.0, 1.5
FOREIGN_WORD, SKIPPED_NUMBER, BRACKETED = 0.3, 0.9, 0.4
MOST_FOREIGN_WORDS, MOST_BEFORE, MOST_ADJECTIVES = 6, 24, 2
MOST_NUMBERS = 8
"""Numbers behind a label that are looked at."""
_AND = re.compile(r"\s?(?:and|&|/)\s?", re.I)
_BREAK = re.compile(r"[;.]\s")
_HALVES = ("systolic", "diastolic", "blood pressure")


@dataclass(frozen=True)
class Textual:
    """Looks before and behind a label."""

    judge: Judge

    def around(self, hit: Hit, in_flow: tuple[Hit, ...]) -> list[Sighting]:
        """What follows the label, or what it shares with another."""
        shared = self._shared(hit, in_flow)
        return [shared] if shared is not None else list(self.after(hit, in_flow))

    def after(self, hit: Hit, in_flow: tuple[Hit, ...]) -> Iterator[Sighting]:
        """Numbers that follow the label, up to another label or the end of its sentence.

        Words and values of the past in between cost little: the value of today comes last.
        """
        text = hit.flow.text
        stop = min(context.sentence(text, hit.end)[1], self._next_label(hit, in_flow))
        numbers = self.judge.reading.numbers[hit.flow]
        first = bisect_left(numbers, hit.start if hit.is_loose else hit.end, key=_start)
        skipped, cost, last = 0, 0.0, hit.end
        for number in numbers[first : first + MOST_NUMBERS]:
            if number.start >= stop:
                return
            foreign = context.foreign_words(context.unbracketed(text[last : number.start]))
            if foreign > MOST_FOREIGN_WORDS:
                return
            depth = context.depth(text[hit.end : number.start])
            score = AFTER - cost - FOREIGN_WORD * foreign - SKIPPED_NUMBER * skipped
            seen = self.judge.sighting(hit, hit.flow, number, score - BRACKETED * (depth > 0))
            yield seen
            if self._counts(number, seen):
                skipped += depth == 0 and not seen.is_past
                cost += 0.0 if seen.is_past else FOREIGN_WORD * foreign
                last = max(last, number.stop)

    def _counts(self, number: Number, seen: Sighting) -> bool:
        return number.role == "plain" and seen.refusal != sightings.OTHER_KIND

    def _next_label(self, hit: Hit, in_flow: tuple[Hit, ...]) -> int:
        """Where the reach of a label ends because another begins."""
        later = in_flow[bisect_left(in_flow, hit.end, key=_start) :]
        return next((other.start for other in later if self._parts(other)), len(hit.flow.text))

    def _shared(self, hit: Hit, in_flow: tuple[Hit, ...]) -> Sighting | None:
        """ "AST and ALT 60 and 50": the number of the label's place among two labels."""
        text, place = hit.flow.text, bisect_left(in_flow, hit.start, key=_start)
        for first, index in ((place, 0), (place - 1, 1)):
            both = in_flow[max(first, 0) : first + 2]
            if first < 0 or len(both) < 2 or not _AND.fullmatch(text, both[0].end, both[1].start):
                continue
            after = self._two_behind(hit.flow, both[0].end, both[1])
            if len(after) < 2 or not _AND.fullmatch(text, after[0].stop, after[1].start):
                continue
            if context.foreign_words(text[both[1].end : after[0].start]) == 0:
                return self.judge.sighting(hit, hit.flow, after[index], AFTER)
        return None

    def _two_behind(self, flow: Flow, end: int, second: Hit) -> tuple[Number, ...]:
        """The two numbers behind two labels; both pairs may be joined by a slash."""
        if "/" in flow.text[end : second.start] and (two := joined_in(flow.text, second.end)):
            return two
        numbers = self.judge.reading.numbers[flow]
        behind = bisect_left(numbers, second.end, key=_start)
        return numbers[behind : behind + 2]

    def _parts(self, other: Hit) -> bool:
        """Whether another label ends the reach of this one."""
        return not (self.judge.wanted.half and other.key in _HALVES)

    def before(self, hit: Hit, in_flow: tuple[Hit, ...]) -> Iterator[Sighting]:
        """ "51% neutrophils": the number directly before the label."""
        text, numbers = hit.flow.text, self.judge.reading.numbers[hit.flow]
        place = bisect_left(numbers, hit.start, key=_start)
        if place == 0:
            return
        number = numbers[place - 1]
        between = text[number.end : hit.start]
        earlier = in_flow[: bisect_left(in_flow, number.start, key=_start)]
        claimed = bool(earlier) and not _BREAK.search(text, earlier[-1].end, number.start)
        if not claimed and _directly(between, number.unit, self._adjectives(number)):
            yield self.judge.sighting(hit, hit.flow, number, BEFORE)

    def _adjectives(self, number: Number) -> int:
        """How many words may stand between a number and its label: "a 6 mm sessile polyp"."""
        concept, unit = self.judge.wanted.names.concept, number.unit
        if concept is None or unit is None or unit.dimension not in concept.dimensions:
            return 0
        return MOST_ADJECTIVES


def _start(one: Hit | Number) -> int:
    return one.start


def _directly(between: str, unit: Unit | None, adjectives: int) -> bool:
    if "," in between or len(between) > MOST_BEFORE:
        return False
    rest = between.lower().replace(unit.spelling, "", 1) if unit else between
    return context.foreign_words(rest) <= adjectives and not re.search(r"[;:]|\.\s", rest)
