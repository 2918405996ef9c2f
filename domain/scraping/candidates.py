"""Everything one document says of a number variable, each sighting with a score."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from domain.scraping.flows import Flow
from domain.scraping.judge import Judge
from domain.scraping.labels import Hit, hits
from domain.scraping.names import OWN
from domain.scraping.phrases import matches, spell, tokens
from domain.scraping.reading import Reading
from domain.scraping.sightings import MOST_LABELS, Sighting
from domain.scraping.tabular import Tabular
from domain.scraping.textual import Textual
from domain.scraping.wanted import Wanted

SUFFIXES = frozenset(["year old", "years old", "yr old", "y o", "yo"])
"""Labels that only ever follow their number."""
STAND_IN = 0.4
_TOTAL = re.compile(r"\b(?:total(?: score)?|sum score|overall score|score)(?=\s?[:=]|\s+\d)", re.I)


@dataclass
class NumberSearch:
    """All sightings of one variable in one document; `labels` are where it is named."""

    reading: Reading
    wanted: Wanted
    labels: list[Hit] = field(default_factory=list)

    @cached_property
    def textual(self) -> Textual:
        return Textual(Judge(self.reading, self.wanted))

    @cached_property
    def tabular(self) -> Tabular:
        return Tabular(self.textual.judge)

    def sightings(self) -> list[Sighting]:
        """What was seen; nothing where the variable is named more than MOST_LABELS times."""
        found: list[Sighting] = []
        for flow in self.reading.layout.flows:
            in_flow = hits(
                flow, self.reading.spelled[flow], self.reading.known[flow], self.wanted.names
            )
            for hit in in_flow:
                if self._is_wanted(hit):
                    self.labels.append(hit)
                    if len(self.labels) > MOST_LABELS:
                        return []
                    found.extend(self._around(hit, in_flow))
        for name in self.wanted.names.given:
            found.extend(self.tabular.crossed(name))
        if self._is_subject():
            found.extend(self._totals())
        return found

    def _is_wanted(self, hit: Hit) -> bool:
        return hit.key == OWN or (self.wanted.half != "" and hit.key == "blood pressure")

    def _around(self, hit: Hit, in_flow: tuple[Hit, ...]) -> Iterator[Sighting]:
        if " ".join(tokens(hit.text)) in SUFFIXES:
            yield from (replace(each, is_now=False) for each in self.textual.before(hit, in_flow))
            return
        own = self.textual.around(hit, in_flow)
        yield from own
        if all(each.refusal for each in own):
            yield from self.textual.before(hit, in_flow)
            yield from self.tabular.around(hit)

    def _is_subject(self) -> bool:
        """Whether the document is the form of the very score."""
        concept = self.wanted.names.concept
        if concept is None or concept.dimensions:
            return False
        return bool(matches(spell(self.reading.title()), self.wanted.names.index))

    def _totals(self) -> Iterator[Sighting]:
        """What a form calls its total."""
        for flow in self.reading.layout.flows:
            for label in _TOTAL.finditer(flow.text):
                if not self._names_another(flow, label.start()):
                    hit = Hit(flow, label.start(), label.end(), OWN)
                    for each in (*self.textual.after(hit, ()), *self.tabular.around(hit)):
                        yield replace(each, score=each.score - STAND_IN)

    def _names_another(self, flow: Flow, position: int) -> bool:
        """Whether a label stands before a total in the same text."""
        return any(each.end <= position for each in self.reading.known[flow])
