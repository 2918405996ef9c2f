"""Commands that read values off a patient's documents."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
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


class Scraping:
    """One run reads all readable documents of a patient for one variable."""

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
        documents = self._readable(context, patient_id, document_id)
        words = [(document.id, self._words(patient_id, document)) for document in documents]
        result = extract(words, _target(variable))
        found = self._observation(context, variable, result) if isinstance(result, Found) else None

        def tell(patient: Patient) -> ScrapeAnswer:
            answer = ScrapeAnswer(
                variable_id,
                kind,
                patient.put_in_place(found) if found else None,
                result.reason if isinstance(result, NotFound) else None,
                tuple(_candidate(candidate) for candidate in result.candidates[:_CANDIDATES_KEPT]),
            )
            patient.record_scrape(
                [answer],
                documents=documents,
                model=model,
                extractor=EXTRACTOR,
                extractor_version=EXTRACTOR_VERSION,
                metadata=context.metadata(),
            )
            return answer

        return self._application.change(
            context,
            Patient,
            patient_id,
            tell,
            lambda r, s, p, answer: _answered(context, p, variable, answer, s),
        )

    def _readable(
        self, context: Context, patient_id: int, document_id: str | None
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
        self, context: Context, variable: VariableOfValue, found: Found
    ) -> Observation:
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
    shown = value_shown(context, patient, variable, answer.observation, saved)
    body = {
        **shown.body,
        "found": answer.observation is not None,
        "variable_id": variable.id,
        "variable_name": variable.definition["name"],
        "model": EXTRACTOR,
        "confidence": answer.observation.confidence if answer.observation else None,
        "candidates": list(answer.candidates),
    }
    if answer.observation is None:
        body["note"] = answer.reason
    elif body["highlight"]:
        body["highlight"] = {**body["highlight"], "page": body["pdf_page"]}
    return Resource(variable.id, shown.version, shown.position, body)
