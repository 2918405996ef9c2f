"""Which of several sightings is the answer, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from domain.scraping.date_candidates import DateSearch
from domain.scraping.flows import Flow
from domain.scraping.moments import Pick
from domain.scraping.occasions import Occasion
from domain.scraping.reading import READINGS, Reading
from domain.scraping.sightings import Sighting
from domain.scraping.stamps import Stamp
from domain.scraping.words import Box

NEWEST, OLDER, NOW, LATER_UPLOAD, SAID_TWICE = 1.0, 1.6, 0.2, 0.1, 0.3
PAST = 0.8
CITED = timedelta(days=60)
STATED = 2.5
"""The score of a date that stands in a field, not in prose."""
FIRM_SCORE, FIRM_MARGIN, SPREAD = 2.75, 1.5, 2.0


@dataclass(frozen=True)
class Ranked:
    """A sighting in its document; `upload` counts from the oldest."""

    sighting: Sighting
    reading: Reading
    document_id: str
    upload: int
    score: float

    @property
    def page(self) -> int:
        return self.reading.layout.words[self.sighting.words[0]].page

    @property
    def box(self) -> Box:
        return self.reading.layout.shown_box(self.sighting.words)


def rank(seen: Sequence[Ranked], pick: Pick = "") -> list[Ranked]:
    """Those that may be the answer, best first. The newest dated value gains, older ones lose; or
    the first, lowest or highest gains, if that is asked for."""
    if pick in ("lowest", "highest"):
        return _by_size([each for each in seen if not each.sighting.refusal], pick)
    possible = [each for each in seen if not each.sighting.refusal]
    single = len({each.upload for each in possible}) < 2
    stamps = {id(each): _stamp(each, single) for each in possible}
    known = [stamp for stamp in stamps.values() if stamp is not None]
    choose = min if pick == "first" else max
    best = choose(known, key=lambda stamp: (stamp.day, stamp.minutes), default=None)
    present = any(not each.sighting.is_past for each in possible) and not pick
    several = any(best is not None and _differs(stamp, best) for stamp in known)
    twice = _repeated(possible)
    ranked = []
    for each in possible:
        score = each.score + LATER_UPLOAD * each.upload
        stamp = stamps[id(each)]
        if several and stamp is not None and best is not None:
            score += -OLDER if _differs(stamp, best) else NEWEST
        elif each.sighting.is_now and not pick:
            score += NEWEST
        score += NOW * each.sighting.is_now - PAST * (each.sighting.is_past and present)
        ranked.append(replace(each, score=score + SAID_TWICE * (each.sighting.text in twice)))
    return sorted(ranked, key=lambda each: -each.score)


def _repeated(possible: Sequence[Ranked]) -> frozenset[str]:
    """The values that stand in more than one place."""
    places: dict[str, set[Flow]] = {}
    for each in possible:
        places.setdefault(each.sighting.text, set()).add(each.sighting.flow)
    return frozenset(text for text, flows in places.items() if len(flows) > 1)


def _differs(one: Stamp, other: Stamp) -> bool:
    return one.is_before(other) or other.is_before(one)


def _by_size(possible: Sequence[Ranked], pick: Pick) -> list[Ranked]:
    """The lowest or highest of the values that stand well with their labels gains."""
    newest = [each for each in possible if not _is_of_earlier_document(each)]
    possible = newest or possible
    firm = max((each.score for each in possible), default=0.0) - SPREAD
    sizes = [Decimal(each.sighting.text.split("/")[0]) for each in possible if each.score >= firm]
    if not sizes:
        return []
    extreme = min(sizes) if pick == "lowest" else max(sizes)
    ranked = [
        replace(each, score=each.score + (NEWEST + OLDER) * (size == extreme))
        for each in possible
        for size in [Decimal(each.sighting.text.split("/")[0])]
    ]
    return sorted(ranked, key=lambda each: -each.score)


def _is_of_earlier_document(ranked: Ranked) -> bool:
    """Whether a value is cited from a time before its document."""
    stamp, day = ranked.sighting.stamp, document_date(ranked.reading)
    return stamp is not None and day is not None and stamp.day < day - CITED


def _stamp(ranked: Ranked, single: bool) -> Stamp | None:
    """When a value was measured; without a date of its own, when its document was written. In a
    `single` document without a date, nothing is later than today."""
    if ranked.sighting.stamp is not None:
        return ranked.sighting.stamp
    if ranked.sighting.is_undatable or ranked.sighting.is_past:
        return None
    day = ranked.sighting.when or document_date(ranked.reading)
    if day is None and ranked.sighting.is_now and single:
        day = date.max
    return Stamp(day) if day is not None else None


@lru_cache(maxsize=READINGS)
def document_date(reading: Reading) -> date | None:
    """The date of the visit or examination that a document says it is about."""
    stated: list[Sighting] = []
    for key in ("visit", "exam", "collected", "discharge", "admission"):
        search = DateSearch(reading, Occasion(key, (), ""))
        found = [each for each in search.sightings() if not each.refusal and each.exact]
        best = max((each.score for each in found), default=0.0)
        stated = [each for each in found if each.score == best] or stated
        if best >= STATED:
            break
    return max((each.when for each in stated if each.when), default=None)


def confidence(ranked: Sequence[Ranked], threshold: float) -> float:
    """Between 0.5 and 0.99: how far the best is above the threshold and above another value."""
    best = ranked[0]
    others = [each.score for each in ranked if each.sighting.text != best.sighting.text]
    margin = best.score - max(others, default=threshold - FIRM_MARGIN)
    firm = min((best.score - threshold) / FIRM_SCORE, 1.0)
    clear = min(max(margin, 0.0) / FIRM_MARGIN, 1.0)
    return round(0.5 + 0.24 * firm + 0.25 * clear, 2)
