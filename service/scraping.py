"""Commands that read values off a patient's documents.

What a scrape may replace (measures.md 6.1): what is found for one variable takes the place of the
put or scraped value of its clinical day, as a PUT would, since somebody asked for it. A run over
many variables, and a job, leave every value of that day that a person typed, accepted or corrected,
and say so (`recorded: false`). Neither brings a reading back that a person rejected, nor records an
accepted one anew. Another clinical day is another value.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import orjson

from domain.clinical_time import clinical_day
from domain.document import Document, DocumentStatus, Evidence, LookedIn
from domain.errors import CannotExtract, NotYet
from domain.observation import Observation, Source, VariableKind
from domain.patient import Patient
from domain.scrape_answer import ScrapeAnswer
from domain.scraping.extract import EXTRACTOR, EXTRACTOR_VERSION, Found, NotFound, extract_from
from domain.scraping.reading import read
from domain.scraping.words import DocumentWords
from service.application import Application
from service.context import Context
from service.patients import Patients, VariableOfValue
from service.pdf.store import BlobMissing, BlobStore
from service.resource import Resource
from service.scrape_answers import Finding, Looked, answer_of, answered, box_of, target_of

Reply = TypeVar("Reply")
_WAIT_SECONDS = 30.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Run:
    """What to look for, in which documents. A bulk run leaves alone what a person answers for."""

    variables: Sequence[VariableOfValue]
    document_id: str | None = None
    model: str | None = None
    is_bulk: bool = False


@dataclass(frozen=True)
class Ran:
    """A recorded run: the documents it met, and an answer for each variable, in their order."""

    documents: Sequence[LookedIn]
    answers: Sequence[Resource]


def _only(ran: Ran) -> Resource:
    """The answer of a run over one variable, with the documents."""
    (shown,) = ran.answers
    documents = [document.as_state() for document in ran.documents]
    body = {**shown.body, "documents": documents}
    return Resource(shown.id, shown.version, shown.position, body)


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
        run = Run([variable], document_id, model)
        return self._record(context, patient_id, run, self.look(context, patient_id, run), _only)

    def run(self, context: Context, patient_id: int, run: Run) -> Ran:
        """Find the values of several variables in one event."""
        return self.record(context, patient_id, run, self.look(context, patient_id, run))

    def record(self, context: Context, patient_id: int, run: Run, looked: Looked) -> Ran:
        """Record what a look into the documents has shown."""
        return self._record(context, patient_id, run, looked, lambda ran: ran)

    def _record(
        self,
        context: Context,
        patient_id: int,
        run: Run,
        looked: Looked,
        reply: Callable[[Ran], Reply],
    ) -> Reply:
        return self._application.change(
            context,
            Patient,
            patient_id,
            lambda patient: self.tell(context, patient, run, looked),
            lambda r, saved, patient, answers: reply(
                Ran(
                    looked.documents,
                    [
                        answered(context, patient, variable, answer, saved)
                        for variable, answer in zip(run.variables, answers, strict=True)
                    ],
                )
            ),
        )

    def look(self, context: Context, patient_id: int, run: Run) -> Looked:
        """What the extractor finds of each variable; nothing is recorded."""
        met, readings = [], []
        for document in self._settled(context, patient_id, run.document_id):
            if document.status is DocumentStatus.REFUSED:
                met.append(LookedIn(document))
                continue
            words = self._words(patient_id, document)
            readings.append((document.id, read(words)))
            unread = tuple((page.number, page.unread) for page in words.pages if page.unread)
            met.append(LookedIn(document, unread))
        results = [extract_from(readings, target_of(variable)) for variable in run.variables]
        findings = [
            Finding(variable, result, self._observation(context, variable, result))
            for variable, result in zip(run.variables, results, strict=True)
        ]
        return Looked(met, findings)

    def tell(
        self, context: Context, patient: Patient, run: Run, looked: Looked
    ) -> list[ScrapeAnswer]:
        """Tell a patient what was found; the answers in the order of the run's variables."""
        answers = [answer_of(patient, finding, is_bulk=run.is_bulk) for finding in looked.findings]
        patient.record_scrape(
            answers,
            documents=looked.documents,
            model=run.model,
            extractor=EXTRACTOR,
            extractor_version=EXTRACTOR_VERSION,
            metadata=context.metadata(),
        )
        return answers

    def _settled(
        self, context: Context, patient_id: int, document_id: str | None
    ) -> Sequence[Document]:
        """The documents, once each is read or refused and one at least can be looked into; each
        wait polls the chart itself."""
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
        if all(document.status is DocumentStatus.REFUSED for document in wanted):
            raise CannotExtract(f"No document can be read: {wanted[-1].reason}")
        return wanted

    def _words(self, patient_id: int, document: Document) -> DocumentWords:
        try:
            words = self._store.get(patient_id, document.sha256, "words")
        except BlobMissing:
            raise CannotExtract(f"The words of document {document.id} are gone.") from None
        return DocumentWords.from_json(orjson.loads(words))

    def _observation(
        self, context: Context, variable: VariableOfValue, found: Found | NotFound
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
            evidence=Evidence(found.note, found.page, box_of(found.box), found.document_id),
            confidence=found.confidence,
        )
