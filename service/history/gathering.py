"""Gathers what some events refer to, in as many queries whatever their number."""

from collections.abc import Iterable, Sequence
from typing import Any

from domain.events import Event
from domain.patient import Patient
from projections import history
from projections.database import Reader
from projections.observations import observations_in
from projections.runner import Decoder, LogEntry
from service.history.telling import Past
from service.history.words import FOLLOWING, STATES

_TOPICS = tuple(each.TOPIC for each in STATES)


def past_of(reader: Reader, decoder: Decoder, entries: Sequence[LogEntry]) -> Past:
    """What is needed to tell these entries of the log."""
    events: list[Any] = [entry.event for entry in entries]
    positions = [entry.position for entry in entries if type(entry.event) in FOLLOWING]
    referred = {number for event in events for number in _observations_named(event)}
    sources = history.events_of_observations(reader, decoder, sorted(referred))
    observations = {each.id: each for event in sources.values() for each in observations_in(event)}
    variables = {number for event in events for number in variables_of(event)}
    documents = {number for event in events for number in _documents_named(event)}
    return Past(
        history.events_before(reader, decoder, positions, _TOPICS),
        observations,
        history.names_of_variables(reader, variables),
        history.names_of_documents(reader, documents),
    )


def variables_of(event: Event) -> Iterable[int]:
    """The variables that an event of a patient is about."""
    match event:
        case Patient.Scraped():
            return [answer["variable_id"] for answer in event.answers]
        case Patient.ObservationWithdrawn():
            return [event.variable_id]
        case _:
            return [each.variable_id for each in observations_in(event)]


def _observations_named(event: Event) -> Iterable[int]:
    if isinstance(event, Patient.ObservationWithdrawn):
        return [event.observation_id]
    return [number for each in observations_in(event) for number in each.supersedes]


def _documents_named(event: Event) -> Iterable[str]:
    match event:
        case Patient.DocumentAdded() | Patient.DocumentRead():
            return [event.document_id]
        case Patient.Scraped():
            found = [each["id"] for each in event.documents]
        case _:
            found = []
    places = (each.evidence.document_id for each in observations_in(event))
    return [*found, *(place for place in places if place)]
