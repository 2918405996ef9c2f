"""The answer for one variable from the documents of one patient, or an honest "not found"."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from domain.scraping.candidates import Search, Sighting, Wanted
from domain.scraping.date_candidates import DateSearch, occasion_of
from domain.scraping.labels import names_of
from domain.scraping.reading import Reading, read
from domain.scraping.units import named
from domain.scraping.words import Box, DocumentWords

EXTRACTOR = "local"
EXTRACTOR_VERSION = "1"
THRESHOLD = 1.25
NEWEST, OLDER = 1.0, 1.6
MOST_CANDIDATES = 8


@dataclass(frozen=True)
class Target:
    kind: Literal["number", "date"]
    name: str
    units: str | None = None
    description: str | None = None
    aliases: tuple[str, ...] = ()
    valid_min: Decimal | None = None
    valid_max: Decimal | None = None


@dataclass(frozen=True)
class Candidate:
    value: str
    page: int
    box: Box
    score: float
    snippet: str
    document_id: str


@dataclass(frozen=True)
class Found:
    value: str
    page: int
    box: Box
    confidence: float
    note: str
    observed_on: date | None
    document_id: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class NotFound:
    reason: str
    candidates: tuple[Candidate, ...] = ()


def extract(
    documents: Sequence[tuple[str, DocumentWords]], target: Target
) -> Found | NotFound:
    """The most recent value."""
    all_sightings = []
    for document_id, words in documents:
        reading = read(words)
        search = DateSearch(reading, occasion_of(target.name, target.aliases)) if target.kind == "date" else Search(reading, wanted(target))
        for s in search.sightings():
            all_sightings.append((document_id, reading, s))
    ok = [x for x in all_sightings if not x[2].refusal]
    dated = sorted({x[2].when for x in ok if x[2].when}, reverse=True)
    ranked = []
    for x in ok:
        s = x[2]
        score = s.score
        if s.when and len(dated) > 1:
            score += NEWEST if s.when == dated[0] else -OLDER
        ranked.append((score, x))
    ranked.sort(key=lambda r: -r[0])
    if not ranked or ranked[0][0] < THRESHOLD:
        return NotFound("none")
    score, (document_id, reading, s) = ranked[0]
    box = reading.layout.shown_box(s.words)
    return Found(s.text, s.flow.page if False else reading.layout.words[s.words[0]].page, box, 0.9, s.snippet, s.when, document_id, tuple(Candidate(x[2].text, 1, box, sc, x[2].snippet+str(x[2].when), x[0]) for sc, x in ranked[:5]))


def wanted(target: Target) -> Wanted:
    names = names_of(target.name, target.aliases)
    key = names.concept.key if names.concept else ""
    half = {"systolic": "systolic", "diastolic": "diastolic", "blood pressure": "pair"}.get(key, "")
    return Wanted(names, named(target.units), target.valid_min, target.valid_max, half)
