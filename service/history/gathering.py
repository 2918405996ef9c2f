"""Gathers what some events refer to, in as many queries whatever their number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from domain.events import Event
from domain.observation import Observation
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
    positions = [entry.position for entry in entries if type(entry.event) in FOLLOWING]
    references = [_references_of(entry.event) for entry in entries]
    referred = {number for each in references for number in each.observations}
    sources = history.events_of_observations(reader, decoder, sorted(referred))
    # An event with many values is the source of each of them, and is read once.
    distinct = {id(event): event for event in sources.values()}.values()
    return Past(
        history.events_before(reader, decoder, positions, _TOPICS),
        {held.id: held for event in distinct for held in observations_in(event)},
        history.names_of_variables(reader, (n for each in references for n in each.variables)),
        history.names_of_documents(reader, (n for each in references for n in each.documents)),
    )


def variables_of(event: Event) -> Iterable[int]:
    """The variables that an event of a patient is about."""
    return _references_of(event).variables


@dataclass(frozen=True)
class _References:
    """Ids that an event names: observations that it replaced, variables, and documents."""

    observations: Iterable[int] = ()
    variables: Iterable[int] = ()
    documents: Iterable[str] = ()


def _references_of(event: Any) -> _References:
    match event:
        case Patient.DocumentAdded() | Patient.DocumentRead():
            return _References(documents=[event.document_id])
        case Patient.ObservationWithdrawn() | Patient.ValueReviewed():
            replaced = [event.observation_id]
            return _References(replaced, [event.variable_id], _documents_of(observations_in(event)))
        case Patient.Scraped():
            variables = [answer["variable_id"] for answer in event.answers]
            documents = [each["id"] for each in event.documents]
        case _:
            variables, documents = [], []
    held = observations_in(event)
    return _References(
        [number for each in held for number in each.supersedes],
        [*variables, *(each.variable_id for each in held)],
        [*documents, *_documents_of(held)],
    )


def _documents_of(held: Iterable[Observation]) -> list[str]:
    places = (each.evidence.document_id for each in held)
    return [place for place in places if place]
