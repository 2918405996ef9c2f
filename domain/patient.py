"""A patient's chart: demographics, observations, documents and scrapes, as events."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Self

from eventsourcing.domain import Aggregate

from domain import events, patient_events
from domain.chart import Chart
from domain.demographics import Demographics
from domain.document import Document, DocumentStatus, LookedIn
from domain.errors import Conflict, Invalid
from domain.ids import Kind, aggregate_id, number_of
from domain.observation import Observation, Source
from domain.scrape_answer import ScrapeAnswer


class Patient(Chart, Aggregate):
    """The chart of one patient. An observation is never overwritten, only superseded."""

    TOPIC = "patient"

    Event = patient_events.Event
    Created = patient_events.Created
    DemographicsChanged = patient_events.DemographicsChanged
    ObservationRecorded = patient_events.ObservationRecorded
    ObservationsImported = patient_events.ObservationsImported
    ObservationWithdrawn = patient_events.ObservationWithdrawn
    DocumentAdded = patient_events.DocumentAdded
    DocumentRead = patient_events.DocumentRead
    Scraped = patient_events.Scraped
    ValueReviewed = patient_events.ValueReviewed
    Held = patient_events.Held
    Released = patient_events.Released
    Erased = patient_events.Erased

    def __init__(self, account_id: int, demographics: dict[str, Any]) -> None:
        self.account_id = account_id
        self.is_held = False
        self.demographics = Demographics(**demographics)
        self.observations: dict[int, Observation] = {}
        self.documents: dict[str, Document] = {}
        self.rejected: list[Observation] = []

    @property
    def number(self) -> int:
        """The public id."""
        return number_of(self.id)

    @classmethod
    def register(
        cls, number: int, account_id: int, demographics: Demographics, metadata: events.Metadata
    ) -> Self:
        """A new, empty chart."""
        return cls._create(
            cls.Created,
            id=aggregate_id(Kind.PATIENT, number),
            account_id=account_id,
            demographics=asdict(demographics),
            metadata=metadata,
        )

    def change_demographics(self, demographics: Demographics, metadata: events.Metadata) -> None:
        """Replace the demographics; nothing happens when they are the present ones."""
        if demographics != self.demographics:
            self.trigger_event(
                self.DemographicsChanged,
                account_id=self.account_id,
                demographics=asdict(demographics),
                metadata=metadata,
            )

    def record_observation(self, observation: Observation, metadata: events.Metadata) -> None:
        """Record a value that `put_in_place` or `add` prepared."""
        self._refuse_unknown(observation)
        self.trigger_event(
            self.ObservationRecorded,
            account_id=self.account_id,
            observation=observation.as_state(),
            metadata=metadata,
        )

    def import_observations(
        self, observations: Sequence[Observation], metadata: events.Metadata
    ) -> None:
        """Record several values that came in one line of an import."""
        if observations:
            self.trigger_event(
                self.ObservationsImported,
                account_id=self.account_id,
                observations=[observation.as_state() for observation in observations],
                metadata=metadata,
            )

    def withdraw_observation(self, observation_id: int, metadata: events.Metadata) -> None:
        """Take a value back; it stays in the history and counts nowhere."""
        observation = self.observation(observation_id)
        self.trigger_event(
            self.ObservationWithdrawn,
            account_id=self.account_id,
            observation_id=observation_id,
            variable_id=observation.variable_id,
            metadata=metadata,
        )

    def review(
        self,
        observation_id: int,
        decision: str,
        observation: Observation | None,
        metadata: events.Metadata,
    ) -> None:
        """Answer for a scraped value: accept it as `observation`, correct it to that, or reject it
        (None), so that it counts nowhere and no scrape brings the same reading back."""
        reviewed = self.observation(observation_id)
        if reviewed.source != Source.SCRAPE or reviewed.review is not None:
            raise Conflict("Only a scraped value that nobody has looked at can be reviewed.")
        if observation is not None:
            observation = self.reviewed_in_place(reviewed, observation)
            self._refuse_unknown(observation)
        self.trigger_event(
            self.ValueReviewed,
            account_id=self.account_id,
            variable_id=reviewed.variable_id,
            observation_id=observation_id,
            decision=decision,
            observation=observation.as_state() if observation else None,
            metadata=metadata,
        )

    def add_document(
        self, document_id: str, sha256: str, filename: str, size: int, metadata: events.Metadata
    ) -> None:
        """Attach a PDF whose bytes are already safe in the blob store."""
        self.trigger_event(
            self.DocumentAdded,
            account_id=self.account_id,
            document_id=document_id,
            sha256=sha256,
            filename=filename,
            bytes=size,
            metadata=metadata,
        )

    def document_was_read(
        self, document_id: str, pages: int, summary: dict[str, Any], metadata: events.Metadata
    ) -> None:
        """The document's words are stored; it can be scraped."""
        self._settle(document_id, DocumentStatus.READY, None, pages, summary, metadata)

    def document_was_refused(
        self, document_id: str, reason: str, metadata: events.Metadata
    ) -> None:
        """The document cannot be read, for a reason a person understands."""
        self._settle(document_id, DocumentStatus.REFUSED, reason, None, None, metadata)

    def record_scrape(
        self,
        answers: Sequence[ScrapeAnswer],
        *,
        documents: Sequence[LookedIn],
        model: str | None,
        extractor: str,
        extractor_version: str,
        metadata: events.Metadata,
    ) -> None:
        """One run of the extractor, with what it found and what it did not."""
        self.trigger_event(
            self.Scraped,
            account_id=self.account_id,
            documents=[document.as_state() for document in documents],
            model=model,
            extractor=extractor,
            extractor_version=extractor_version,
            answers=[answer.as_state() for answer in answers],
            metadata=metadata,
        )

    def hold(self, metadata: events.Metadata) -> None:
        """From now on the chart must not be erased, for the reason in the metadata."""
        if self.is_held:
            raise Conflict("The patient is on hold already.")
        self.trigger_event(self.Held, account_id=self.account_id, metadata=metadata)

    def release(self, metadata: events.Metadata) -> None:
        """The reason for the hold is over."""
        if not self.is_held:
            raise Conflict("The patient is not on hold.")
        self.trigger_event(self.Released, account_id=self.account_id, metadata=metadata)

    def erase(self, metadata: events.Metadata) -> None:
        """The last event of the chart: its key is destroyed with it."""
        if self.is_held:
            raise Conflict("The patient is on hold and must not be erased.")
        self.trigger_event(self.Erased, account_id=self.account_id, metadata=metadata)

    def _settle(
        self,
        document_id: str,
        status: DocumentStatus,
        reason: str | None,
        pages: int | None,
        summary: dict[str, Any] | None,
        metadata: events.Metadata,
    ) -> None:
        if self.document(document_id).status is not DocumentStatus.PROCESSING:
            raise Conflict("The document was read before.")
        self.trigger_event(
            self.DocumentRead,
            account_id=self.account_id,
            document_id=document_id,
            status=status.value,
            reason=reason,
            pages=pages,
            summary=summary,
            metadata=metadata,
        )

    def _refuse_unknown(self, observation: Observation) -> None:
        for superseded in observation.supersedes:
            if self.observation(superseded).variable_id != observation.variable_id:
                raise Invalid.field("supersedes", "is a value of another variable")
        if observation.evidence.document_id is not None:
            self.document(observation.evidence.document_id)
