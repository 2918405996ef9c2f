"""What happened to a patient, told from the log itself."""

from dataclasses import fields
from typing import Any

from eventsourcing.persistence import StoredEvent

from domain.clinical_time import instant
from domain.errors import NotFound
from domain.events import Event
from domain.ids import Kind, aggregate_id
from projections.patients import account_of_patient
from service.application import Application
from service.context import Context
from service.resource import Page

_FRAME = {field.name for field in fields(Event)} | {"originator_topic", "account_id"}


class Audit:
    """Reads the log; what it tells is decrypted event by event, not taken from a read model."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def history(self, context: Context, patient_id: int, limit: int, offset: int) -> Page:
        """Every event of the caller's patient, oldest first: who, when, how, why and what."""
        database = self._application.database
        account_id = account_of_patient(database, patient_id)
        if account_id is None:
            raise NotFound(f"There is no Patient {patient_id}.")
        context.principal.require_own(account_id, "Patient")
        scope = {
            "id": aggregate_id(Kind.PATIENT, patient_id), "limit": limit, "offset": offset
        }  # fmt: skip
        total = database.row("SELECT count(*) FROM events WHERE originator_id = %(id)s", scope)
        rows = database.rows(
            "SELECT originator_id, originator_version, topic, state, position, recorded_at"
            " FROM events WHERE originator_id = %(id)s"
            " ORDER BY originator_version LIMIT %(limit)s OFFSET %(offset)s",
            scope,
        )
        items = [self._told(StoredEvent(*row[:4]), row[4], instant(row[5])) for row in rows]
        return Page(total[0] if total else 0, items)

    def _told(self, stored: StoredEvent, position: int, recorded_at: str) -> dict[str, Any]:
        event: Any = self._application.mapper.to_domain_event(stored)
        metadata = event.metadata
        return {
            "position": str(position),
            "version": stored.originator_version,
            "type": stored.topic,
            "recorded_at": recorded_at,
            "actor": metadata.actor,
            "channel": metadata.channel,
            "reason": metadata.reason,
            "request_id": metadata.request_id,
            "release": metadata.release,
            "data": {k: v for k, v in vars(event).items() if k not in _FRAME},
        }
