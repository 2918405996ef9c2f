"""The answer for one variable from the documents of one patient, or an honest "not found"."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from domain.scraping import notes
from domain.scraping.candidates import NumberSearch
from domain.scraping.date_candidates import DateSearch
from domain.scraping.moments import Pick
from domain.scraping.names import names_of
from domain.scraping.occasions import Occasion, occasion_of
from domain.scraping.ranking import Ranked, confidence, document_date, rank
from domain.scraping.reading import Reading, read
from domain.scraping.units import named
from domain.scraping.wanted import Wanted
from domain.scraping.words import Box, DocumentWords

EXTRACTOR = "local"
EXTRACTOR_VERSION = "2"
THRESHOLD = 1.25
MOST_CANDIDATES = 8
HALVES = {"systolic": "systolic", "diastolic": "diastolic", "blood pressure": "pair"}


@dataclass(frozen=True)
class Target:
    """The variable asked for. Values outside `valid_min` to `valid_max` are no answers."""

    kind: Literal["number", "date"]
    name: str
    units: str | None = None
    description: str | None = None
    aliases: tuple[str, ...] = ()
    valid_min: Decimal | None = None
    valid_max: Decimal | None = None


@dataclass(frozen=True)
class Candidate:
    """A value that was considered, with its box as in Found."""

    value: str
    page: int
    box: Box
    score: float
    snippet: str
    document_id: str


@dataclass(frozen=True)
class Found:
    """The answer. `value` is in plain digits ("7.2", "128/76") or an ISO date.

    `box` is the union of exactly the words that hold it, on the displayed `page`. `confidence`
    is between 0 and 1. `observed_on` is when a number was measured, else the date that its document
    is about (for a date: when it was written down), else None.
    """

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
    """No answer; `reason` is a sentence for a person."""

    reason: str
    candidates: tuple[Candidate, ...] = ()


def extract(documents: Sequence[tuple[str, DocumentWords]], target: Target) -> Found | NotFound:
    """The most recent value of `target` in `documents` (id and words, oldest upload first)."""
    return extract_from([(document_id, read(words)) for document_id, words in documents], target)


def extract_from(documents: Sequence[tuple[str, Reading]], target: Target) -> Found | NotFound:
    """The same in documents that are read once, for many targets."""
    question = _question(target)
    searches = [(document_id, _search(reading, question)) for document_id, reading in documents]
    seen = [
        Ranked(sighting, search.reading, document_id, upload, sighting.score)
        for upload, (document_id, search) in enumerate(searches)
        for sighting in search.sightings()
    ]
    ranked = rank(seen, _pick(question))
    if ranked and ranked[0].score >= THRESHOLD:
        return _found(ranked, seen, target)
    readings = [search.reading for _, search in searches]
    labels = [(search.reading, hit) for _, search in searches for hit in search.labels]
    reason = notes.reason(target.name, readings, labels, seen)
    return NotFound(reason, _candidates(ranked))


def _question(target: Target) -> Wanted | Occasion:
    if target.kind == "date":
        return occasion_of(target.name, target.aliases)
    names = names_of(target.name, target.aliases, target.description)
    half = HALVES.get(names.concept.key, "") if names.concept is not None else ""
    return Wanted(names, named(target.units), target.valid_min, target.valid_max, half)


def _search(reading: Reading, question: Wanted | Occasion) -> NumberSearch | DateSearch:
    if isinstance(question, Wanted):
        return NumberSearch(reading, question)
    return DateSearch(reading, question)


def _pick(question: Wanted | Occasion) -> Pick:
    if isinstance(question, Wanted):
        return question.names.steer.pick
    return "first" if question.key == "birth" else ""


def _found(ranked: Sequence[Ranked], seen: Sequence[Ranked], target: Target) -> Found:
    best = ranked[0]
    sure = confidence(ranked, THRESHOLD)
    when = best.sighting.when if target.kind == "number" else None
    observed = when or (None if best.sighting.is_past else document_date(best.reading))
    return Found(
        best.sighting.text,
        best.page,
        best.box,
        sure,
        notes.note(ranked, seen, sure, target.units),
        observed,
        best.document_id,
        _candidates(ranked),
    )


def _candidates(ranked: Sequence[Ranked]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            each.sighting.text,
            each.page,
            each.box,
            round(each.score, 2),
            each.sighting.snippet,
            each.document_id,
        )
        for each in ranked[:MOST_CANDIDATES]
    )
