"""What can happen to a patient's chart, and what becomes of the chart then."""

from dataclasses import replace
from typing import Any

from domain import events
from domain.chart import Chart
from domain.demographics import Demographics
from domain.document import Document, DocumentStatus
from domain.observation import Observation


class Event(events.Event):
    """A fact about one patient."""


class Created(Event, events.Created):
    TOPIC = "patient.registered"
    account_id: int
    demographics: dict[str, Any]


class DemographicsChanged(Event):
    TOPIC = "patient.demographics_changed"
    account_id: int
    demographics: dict[str, Any]

    def apply(self, aggregate: Chart) -> None:
        aggregate.demographics = Demographics(**self.demographics)


class ObservationRecorded(Event):
    TOPIC = "patient.observation_recorded"
    account_id: int
    observation: dict[str, Any]

    def apply(self, aggregate: Chart) -> None:
        aggregate.take_in(Observation.from_state(self.observation))


class ObservationsImported(Event):
    TOPIC = "patient.observations_imported"
    account_id: int
    observations: list[dict[str, Any]]

    def apply(self, aggregate: Chart) -> None:
        for state in self.observations:
            aggregate.take_in(Observation.from_state(state))


class ObservationWithdrawn(Event):
    TOPIC = "patient.observation_withdrawn"
    account_id: int
    observation_id: int
    variable_id: int

    def apply(self, aggregate: Chart) -> None:
        del aggregate.observations[self.observation_id]


class DocumentAdded(Event):
    TOPIC = "patient.document_added"
    account_id: int
    document_id: str
    sha256: str
    filename: str
    bytes: int

    def apply(self, aggregate: Chart) -> None:
        aggregate.documents[self.document_id] = Document(
            self.document_id, self.sha256, self.filename
        )


class DocumentRead(Event):
    TOPIC = "patient.document_read"
    account_id: int
    document_id: str
    status: str
    reason: str | None
    pages: int | None
    summary: dict[str, Any] | None

    def apply(self, aggregate: Chart) -> None:
        document = aggregate.documents[self.document_id]
        aggregate.documents[self.document_id] = replace(
            document, status=DocumentStatus(self.status), reason=self.reason
        )


class Scraped(Event):
    TOPIC = "patient.scraped"
    account_id: int
    documents: list[dict[str, Any]]
    model: str | None
    extractor: str
    extractor_version: str
    answers: list[dict[str, Any]]

    def apply(self, aggregate: Chart) -> None:
        for answer in self.answers:
            if answer["observation"]:
                aggregate.take_in(Observation.from_state(answer["observation"]))


class ValueReviewed(Event):
    TOPIC = "patient.value_reviewed"
    account_id: int
    variable_id: int
    observation_id: int
    decision: str
    observation: dict[str, Any] | None

    def apply(self, aggregate: Chart) -> None:
        reviewed = aggregate.observations.pop(self.observation_id)
        if self.observation is not None:
            aggregate.take_in(Observation.from_state(self.observation))
        else:
            aggregate.rejected.append(reviewed)


class Held(Event):
    TOPIC = "patient.held"
    account_id: int

    def apply(self, aggregate: Chart) -> None:
        aggregate.is_held = True


class Released(Event):
    TOPIC = "patient.released"
    account_id: int

    def apply(self, aggregate: Chart) -> None:
        aggregate.is_held = False


class Erased(Event):
    TOPIC = "patient.erased"
    account_id: int

    def mutate(self, aggregate: Any) -> None:
        """Nothing is left."""
