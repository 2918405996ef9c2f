"""What becomes of what the extractor found, and how it is answered."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from domain.document import LookedIn
from domain.observation import Observation
from domain.patient import Patient
from domain.scrape_answer import ScrapeAnswer
from domain.scraping.extract import EXTRACTOR, Candidate, Found, NotFound, Target
from domain.scraping.words import Box
from service.context import Context
from service.patients import VariableOfValue, value_shown
from service.recorder import Saved
from service.resource import Resource

_CANDIDATES_KEPT = 5


@dataclass(frozen=True)
class Finding:
    """What the extractor says of a variable, and the value that this is if it was found."""

    variable: VariableOfValue
    result: Found | NotFound
    value: Observation | None


@dataclass(frozen=True)
class Looked:
    """One look into the documents of a patient, not recorded yet."""

    documents: Sequence[LookedIn]
    findings: Sequence[Finding]


def target_of(variable: VariableOfValue) -> Target:
    """What the extractor is asked for."""
    definition = variable.definition
    low, high = definition.get("valid_min"), definition.get("valid_max")
    return Target(
        kind=variable.kind,
        name=definition["name"],
        units=definition.get("units"),
        description=definition.get("description"),
        aliases=tuple(definition["aliases"]),
        valid_min=None if low is None else Decimal(low),
        valid_max=None if high is None else Decimal(high),
    )


def answer_of(patient: Patient, finding: Finding, *, is_bulk: bool) -> ScrapeAnswer:
    """What becomes of a finding in this chart: recorded, or not, and why."""
    variable, result, found = finding.variable, finding.result, finding.value
    observation, kept, reason = None, None, None
    is_rejected = found is not None and patient.was_rejected(found)
    if found is None:
        reason = result.reason if isinstance(result, NotFound) else None
    elif is_rejected:
        page = found.evidence.pdf_page
        reason = f"{found.value} on page {page} was found again; somebody had rejected it."
    else:
        kept = patient.kept_in_place_of(found, is_bulk=is_bulk)
        observation = None if kept else patient.put_in_place(found)
    candidates = tuple(_candidate(each) for each in result.candidates[:_CANDIDATES_KEPT])
    return ScrapeAnswer(
        variable.id, variable.kind, observation, reason, candidates, kept, is_rejected
    )


def box_of(box: Box) -> dict[str, float]:
    """A box as it is kept and shown, in points to two decimals."""
    return {name: round(value, 2) for name, value in asdict(box).items()}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "value": candidate.value,
        "page": candidate.page,
        "highlight": box_of(candidate.box),
        "score": round(candidate.score, 3),
        "snippet": candidate.snippet,
        "document_id": candidate.document_id,
    }


def answered(
    context: Context,
    patient: Patient,
    variable: VariableOfValue,
    answer: ScrapeAnswer,
    saved: Saved,
) -> Resource:
    """An answer as the API shows it: the value that now stands, with the scrape fields."""
    standing = answer.observation or answer.kept
    is_new = answer.observation is not None
    shown = value_shown(context, patient, variable, standing, saved, is_new=is_new)
    body = {
        **shown.body,
        "found": standing is not None,
        "recorded": is_new,
        "variable_id": variable.id,
        "variable_name": variable.definition["name"],
        "model": EXTRACTOR,
        "confidence": standing.confidence if standing else None,
        "candidates": list(answer.candidates),
    }
    if standing is None:
        body["note"] = answer.reason
    elif body["highlight"]:
        body["highlight"] = {**body["highlight"], "page": body["pdf_page"]}
    return Resource(variable.id, shown.version, shown.position, body)
