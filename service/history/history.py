"""The history of an account and of everything in it, for whoever audits it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from domain import events
from domain.clinical_time import instant
from domain.errors import NotFound
from domain.ids import Kind, aggregate_id, kind_of, number_of
from projections import history
from projections.history import EventFilter, Logged, Place
from service.application import Application
from service.context import Context
from service.history.actors import Actors
from service.history.gathering import past_of, variables_of
from service.history.telling import Change, Scene, Told
from service.history.words import tell
from service.resource import Page

_FRAME = {field.name for field in fields(events.Event)} | {"originator_topic", "account_id"}
_BATCH = 500


@dataclass(frozen=True)
class Wanted:
    """Which events; `aggregate` is a kind and a number, `variable_id` goes with a patient's."""

    aggregate: tuple[Kind, int] | None = None
    actor: str | None = None
    topic: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    variable_id: int | None = None


class History:
    """Reads the log; what it tells is decrypted event by event, not taken from a read model."""

    def __init__(self, application: Application) -> None:
        self._database = application.database
        self._decoder = application.mapper

    def page(self, context: Context, wanted: Wanted, place: Place) -> Page:
        """How many events of the caller's account match, and those at a place of the list."""
        chosen = self._chosen(context, wanted)
        total = history.count_events(self._database, chosen)
        found = history.list_events(self._database, self._decoder, chosen, place)
        return Page(total, self._told(found))

    def newest(self, context: Context, wanted: Wanted, most: int) -> Sequence[dict[str, Any]]:
        """The last events that match, the newest first."""
        chosen = self._chosen(context, wanted)
        place = Place(most, is_newest_first=True)
        return self._told(history.list_events(self._database, self._decoder, chosen, place))

    def every(
        self, context: Context, wanted: Wanted, *, is_newest_first: bool = False
    ) -> Iterator[dict[str, Any]]:
        """All events that match, read while they are taken."""
        chosen = self._chosen(context, wanted)
        place = Place(_BATCH, is_newest_first=is_newest_first)
        while found := history.list_events(self._database, self._decoder, chosen, place):
            yield from self._told(found)
            place = replace(place, after=found[-1].entry.position)

    def one(self, context: Context, position: int) -> dict[str, Any]:
        """The event at a position. Raises NotFound, or Forbidden for another account's."""
        found = history.find_event(self._database, self._decoder, position)
        if found is None:
            raise NotFound(f"There is no event {position}.")
        context.principal.require_own(found.entry.account_id, "event")
        return self._told([found])[0]

    def _chosen(self, context: Context, wanted: Wanted) -> EventFilter:
        chosen = EventFilter(
            context.principal.account_id,
            aggregate_id(*wanted.aggregate) if wanted.aggregate else None,
            wanted.actor,
            wanted.topic,
            wanted.since,
            wanted.until,
        )
        if wanted.variable_id is None:
            return chosen
        return replace(chosen, positions=self._positions_of(chosen, wanted.variable_id))

    def _positions_of(self, chosen: EventFilter, variable_id: int) -> Sequence[int]:
        """Where a variable is spoken of, which no column says: all events are read for it."""
        found: list[int] = []
        place = Place(_BATCH)
        while batch := history.list_events(self._database, self._decoder, chosen, place):
            entries = [logged.entry for logged in batch]
            found += [e.position for e in entries if variable_id in variables_of(e.event)]
            place = replace(place, after=entries[-1].position)
        return found

    def _told(self, found: Sequence[Logged]) -> list[dict[str, Any]]:
        past = past_of(self._database, self._decoder, [logged.entry for logged in found])
        actors = Actors(self._database, [logged.actor for logged in found])
        return [
            _entry(logged, tell(logged.entry.event, Scene(logged.entry.position, past)), actors)
            for logged in found
        ]


def _entry(logged: Logged, told: Told, actors: Actors) -> dict[str, Any]:
    entry, event = logged.entry, logged.entry.event
    metadata = getattr(event, "metadata", None)
    return {
        "position": str(entry.position),
        "recorded_at": instant(entry.recorded_at),
        "aggregate": {
            "kind": kind_of(entry.originator_id).name.lower(),
            "id": number_of(entry.originator_id),
        },
        "version": entry.version,
        "type": entry.topic,
        "sentence": told.sentence,
        "changes": [_change(change) for change in told.changes],
        "actor": logged.actor,
        "who": actors.who(logged.actor),
        "channel": metadata and metadata.channel,
        "reason": metadata and metadata.reason,
        "request_id": logged.request_id,
        "correlation_id": metadata and metadata.correlation_id,
        "causation_id": metadata and metadata.causation_id,
        "release": metadata and metadata.release,
        "data": {k: v for k, v in vars(event).items() if k not in _FRAME} if metadata else None,
    }


def _change(change: Change) -> dict[str, Any]:
    """As data; `asdict` would copy each value deeply, at five times the cost."""
    place = change.evidence
    return {**vars(change), "evidence": vars(place) if place else None}
