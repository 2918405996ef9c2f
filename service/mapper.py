"""Events to stored bytes and back; a patient's events are encrypted with that patient's key."""

from datetime import datetime
from typing import Any, Protocol, cast
from uuid import UUID

import orjson
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent
from eventsourcing.utils import get_topic, resolve_topic

import domain.catalogue  # noqa: F401  registers every topic
from domain.events import Event, Forgotten, Metadata
from domain.ids import Kind, kind_of, number_of
from domain.patient import Patient
from service.vault import KeyDestroyed


class PatientCipher(Protocol):
    """Encryption with a patient's key."""

    def encrypt(self, patient_id: int, plaintext: bytes, associated: bytes) -> bytes:
        """Encrypt; `associated` is authenticated with it."""
        ...

    def decrypt(self, patient_id: int, ciphertext: bytes, associated: bytes) -> bytes:
        """The inverse of `encrypt`."""
        ...


class EventMapper(Mapper[UUID]):
    """Stores JSON; what belongs to a patient is sealed to its place (aggregate, version, topic)."""

    def __init__(self, cipher: PatientCipher) -> None:
        super().__init__(JSONTranscoder())
        self._patient_cipher = cipher

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """The event as it is stored."""
        topic = get_topic(type(domain_event))
        state = dict(vars(domain_event))
        originator_id = state.pop("originator_id")
        version = state.pop("originator_version")
        metadata: Metadata = state["metadata"]
        state["metadata"] = {k: v for k, v in vars(metadata).items() if v is not None}
        if (class_version := getattr(type(domain_event), "class_version", 1)) > 1:
            state["class_version"] = class_version
        stored = orjson.dumps(state)
        if _is_sealed(originator_id, topic):
            stored = self._patient_cipher.encrypt(
                number_of(originator_id), stored, _place(originator_id, version, topic)
            )
        return StoredEvent(originator_id, version, topic, stored)

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        """The event that was stored, brought to the present version of its class."""
        return self.decode_stored(
            stored_event.topic,
            cast("UUID", stored_event.originator_id),
            stored_event.originator_version,
            stored_event.state,
        )

    def decode_stored(self, topic: str, originator_id: UUID, version: int, state: bytes) -> Event:
        """The event in a row of the log, decrypted when it is a patient's; Forgotten when that
        patient was erased."""
        try:
            opened = self.open(topic, originator_id, version, state)
        except KeyDestroyed:
            return _forgotten(topic, originator_id, version)
        return decode(topic, originator_id, version, orjson.loads(opened))

    def open(self, topic: str, originator_id: UUID, version: int, state: bytes) -> bytes:
        """The JSON in a row of the log. Raises Unreadable, and KeyDestroyed of who was erased."""
        if not _is_sealed(originator_id, topic):
            return state
        place = _place(originator_id, version, topic)
        return self._patient_cipher.decrypt(number_of(originator_id), state, place)


def decode(topic: str, originator_id: UUID, version: int, state: dict[str, Any]) -> Event:
    """The event of this topic with this state; older states are upcast by the event's class."""
    event_class = resolve_topic(topic)
    stored_version = state.pop("class_version", 1)
    for older in range(stored_version, getattr(event_class, "class_version", 1)):
        getattr(event_class, f"upcast_v{older}_v{older + 1}")(state)
    state["timestamp"] = datetime.fromisoformat(state["timestamp"])
    state["metadata"] = Metadata(**state["metadata"])
    state["originator_id"] = originator_id
    state["originator_version"] = version
    event: Event = object.__new__(event_class)
    event.__dict__.update(state)
    return event


def _is_sealed(originator_id: UUID, topic: str) -> bool:
    """All that is a patient's, but for the event that says that its key is no more."""
    return kind_of(originator_id) is Kind.PATIENT and topic != Patient.Erased.TOPIC


def _forgotten(topic: str, originator_id: UUID, version: int) -> Forgotten:
    event = object.__new__(Forgotten)
    event.__dict__.update(topic=topic, originator_id=originator_id, originator_version=version)
    return event


def _place(originator_id: UUID, version: int, topic: str) -> bytes:
    return b"%b|%d|%b" % (originator_id.bytes, version, topic.encode())
