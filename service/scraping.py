"""Commands that read values off a patient's documents."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from domain.clinical_time import clinical_day
from domain.document import Document, DocumentStatus, Evidence
from domain.errors import CannotExtract, NotYet
from domain.observation import Observation, Source, VariableKind
from domain.patient import Patient, ScrapeAnswer
from domain.scraping.extract import (
    EXTRACTOR,
    EXTRACTOR_VERSION,
    Candidate,
    Found,
    NotFound,
    Target,
    extract,
)
from domain.scraping.words import Box, DocumentWords
from service.application import Application
from service.context import Context
from service.patients import Patients, VariableOfValue, value_shown
from service.pdf.store import BlobStore
from service.recorder import Saved
from service.resource import Resource

_WAIT_SECONDS = 30.0
_POLL_SECONDS = 0.05
_CANDIDATES_KEPT = 5
Result = Found | NotFound


@dataclass(frozen=True)
class Run:
    """What to look for, in which documents. A bulk run leaves alone what a person answers for."""

    variables: Sequence[VariableOfValue]
    document_id: str | None = None
    model: str | None = None
    is_bulk: bool = False


class Scraping:
    """A run reads all readable documents of a patient, and is one event."""

    def __init__(
        self,
        application: Application,
        patients: Patients,
        store: BlobStore,
        now: Callable[[], datetime],
    ) -> None:
        self._application = application
        self._patients = patients
        self._store = store
        self._now = now

    def scrape(
        self,
        context: Context,
        patient_id: int,
        kind: VariableKind,
        variable_id: int,
        document_id: str | None = None,
        model: str | None = None,
    ) -> Resource:
        """Find the variable's value; what is found is recorded at once, what is not is an event
        too. Raises CannotExtract without a readable document, NotYet when parsing takes longer
        than 30 seconds. An unknown `model` runs the local extractor, which the answer names."""
        variable = self._patients.variable(context, kind, variable_id)
        (shown,) = self.run(context, patient_id, Run([variable], document_id, model))
        return shown

    def run(self, context: Context, patient_id: int, run: Run) -> list[Resource]:
        """Find the values of several variables in one event; one answer each, in their order."""
        return self._application.change(
            context,
            Patient,
            patient_id,
            self.prepare(context, patient_id, run),
            lambda r, s, p, answers: [
                _answered(context, p, variable, answer, s)
                for variable, answer in zip(run.variables, answers, strict=True)
            ],
        )

    def prepare(
        self, context: Context, patient_id: int, run: Run
    ) -> Callable[[Patient], list[ScrapeAnswer]]:
        """Read the documents; what is answered tells a patient of it, as often as needed."""
        documents = self.readable(context, patient_id, run.document_id)
        looked = [
            (variable, result, self._observation(context, variable, result))
            for variable, result in zip(
                run.variables, self.look(patient_id, documents, run.variables), strict=True
            )
        ]

        def tell(patient: Patient) -> list[ScrapeAnswer]:
            answers = [_answer(patient, *each, is_bulk=run.is_bulk) for each in looked]
            patient.record_scrape(
                answers,
                documents=documents,
                model=run.model,
                extractor=EXTRACTOR,
                extractor_version=EXTRACTOR_VERSION,
                metadata=context.metadata(),
            )
            return answers

        return tell

    def look(
        self,
        patient_id: int,
        documents: Sequence[Document],
        variables: Sequence[VariableOfValue],
    ) -> list[Result]:
        """What the extractor finds of each variable; nothing is recorded."""
        words = [(document.id, self._words(patient_id, document)) for document in documents]
        return [extract(words, _target(variable)) for variable in variables]

    def readable(
        self, context: Context, patient_id: int, document_id: str | None = None
    ) -> Sequence[Document]:
        """The documents to read, once they have been parsed; each wait polls the chart itself."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while True:
            patient = self._application.load(context, Patient, patient_id)
            wanted = (
                [patient.document(document_id)] if document_id else list(patient.documents.values())
            )
            if not wanted:
                raise CannotExtract("The patient has no document to scrape.")
            if all(document.status is not DocumentStatus.PROCESSING for document in wanted):
                break
            if time.monotonic() > deadline:
                raise NotYet("A document is still being read; please try again.")
            time.sleep(_POLL_SECONDS)
        readable = [document for document in wanted if document.status is DocumentStatus.READY]
        if not readable:
            raise CannotExtract(f"No document can be read: {wanted[-1].reason}")
        return readable

    def _words(self, patient_id: int, document: Document) -> DocumentWords:
        return DocumentWords.from_json(
            orjson.loads(self._store.get(patient_id, document.sha256, "words"))
        )

    def _observation(
        self, context: Context, variable: VariableOfValue, found: Result
    ) -> Observation | None:
        """The value that a result is, unless nothing was found."""
        if isinstance(found, NotFound):
            return None
        observed_on = found.observed_on.isoformat() if found.observed_on else None
        is_date = variable.kind == "date"
        zone = context.principal.zone
        day = found.value if is_date else clinical_day(observed_on, zone, self._now()).isoformat()
        return Observation(
            id=self._application.next_id(),
            variable_id=variable.id,
            kind=variable.kind,
            value=found.value,
            day=day,
            source=Source.SCRAPE.value,
            observed_on=None if is_date else observed_on,
            evidence=Evidence(found.note, found.page, _box(found.box), found.document_id),
            confidence=found.confidence,
        )


def _answer(
    patient: Patient,
    variable: VariableOfValue,
    result: Result,
    found: Observation | None,
    *,
    is_bulk: bool,
) -> ScrapeAnswer:
    """What becomes of a result in this chart."""
    observation, kept, reason = None, None, None
    if found is None:
        reason = result.reason if isinstance(result, NotFound) else None
    elif patient.was_rejected(found):
        page = found.evidence.pdf_page
        reason = f"{found.value} on page {page} was found again; somebody had rejected it."
    else:
        kept = patient.kept_in_place_of(found, is_bulk=is_bulk)
        observation = None if kept else patient.put_in_place(found)
    candidates = tuple(_candidate(each) for each in result.candidates[:_CANDIDATES_KEPT])
    return ScrapeAnswer(variable.id, variable.kind, observation, reason, candidates, kept)


def _target(variable: VariableOfValue) -> Target:
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


def _box(box: Box) -> dict[str, float]:
    return {name: round(value, 2) for name, value in asdict(box).items()}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "value": candidate.value,
        "page": candidate.page,
        "highlight": _box(candidate.box),
        "score": round(candidate.score, 3),
        "snippet": candidate.snippet,
        "document_id": candidate.document_id,
    }


def _answered(
    context: Context,
    patient: Patient,
    variable: VariableOfValue,
    answer: ScrapeAnswer,
    saved: Saved,
) -> Resource:
    standing = answer.observation or answer.kept
    shown = value_shown(context, patient, variable, standing, saved)
    body = {
        **shown.body,
        "found": standing is not None,
        "recorded": answer.observation is not None,
        "variable_id": variable.id,
        "variable_name": variable.definition["name"],
        "model": EXTRACTOR,
        "confidence": standing.confidence if standing else None,
        "candidates": list(answer.candidates),
    }
    if answer.kept is not None:
        # Who recorded it, and when, the chart itself tells.
        for name in ("recorded_by", "recorded_at", "version"):
            body.pop(name)
    if standing is None:
        body["note"] = answer.reason
    elif body["highlight"]:
        body["highlight"] = {**body["highlight"], "page": body["pdf_page"]}
    return Resource(variable.id, shown.version, shown.position, body)
