"""The log as it is read back: filtered, page by page, with the names that belong to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.events import Event
from projections.database import Reader, Row
from projections.queries import load
from projections.runner import Decoder, LogEntry

_QUERIES = load("history")
_CONDITIONS = {
    "account_id": "account_id = %(account_id)s",
    "originator_id": "originator_id = %(originator_id)s",
    "actor": "actor = %(actor)s",
    "topic": "topic = %(topic)s",
    "since": "recorded_at >= %(since)s",
    "until": "recorded_at < %(until)s",
    "positions": "position = ANY(%(positions)s)",
}


@dataclass(frozen=True)
class EventFilter:
    """Which events of an account; `since` is included, `until` is not."""

    account_id: int
    originator_id: UUID | None = None
    actor: str | None = None
    topic: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    positions: Sequence[int] | None = None


@dataclass(frozen=True)
class Place:
    """Which part of a list: so many, beyond a position (`after`) or on this side of one
    (`before`) in the order of the list, which is that of the log or its reverse."""

    limit: int
    offset: int = 0
    after: int | None = None
    before: int | None = None
    is_newest_first: bool = False


@dataclass(frozen=True)
class Logged:
    """An entry of the log with what is in clear beside it."""

    entry: LogEntry
    actor: str | None
    request_id: str | None


def count_events(reader: Reader, wanted: EventFilter) -> int:
    """How many events match."""
    query = _filtered(_QUERIES["count_events"], wanted)
    if wanted.originator_id and wanted == EventFilter(wanted.account_id, wanted.originator_id):
        query = _QUERIES["count_of_aggregate"]
    row = reader.rows(query, vars(wanted), prepare=False)[0]
    return int(row[0])


def list_events(
    reader: Reader, decoder: Decoder, wanted: EventFilter, place: Place
) -> list[Logged]:
    """The matching events at a place of the list."""
    is_backward = place.before is not None
    is_descending = place.is_newest_first is not is_backward
    edge = place.before if is_backward else place.after
    beyond = f"position {'<' if is_descending else '>'} %(edge)s"
    query = _filtered(_QUERIES["list_events"], wanted, *([beyond] if edge is not None else []))
    query = query.replace("/* order */", "DESC" if is_descending else "")
    scope = {**vars(wanted), "edge": edge, "limit": place.limit, "offset": place.offset}
    rows = reader.rows(query, scope, prepare=False)
    found = [Logged(LogEntry.of(row[:7], decoder), row[7], row[8]) for row in rows]
    return found[::-1] if is_backward else found


def find_event(reader: Reader, decoder: Decoder, position: int) -> Logged | None:
    """The event at a position, of whatever account."""
    row = reader.row(_QUERIES["event_at"], {"position": position})
    return Logged(LogEntry.of(row[:7], decoder), row[7], row[8]) if row else None


def events_before(
    reader: Reader, decoder: Decoder, positions: Sequence[int], topics: Sequence[str]
) -> dict[int, Event]:
    """By position of an event the last one of its aggregate before it that has such a topic."""
    scope = {"positions": list(positions), "topics": list(topics)}
    rows = reader.rows(_QUERIES["events_before"], scope) if positions else []
    return {row[0]: LogEntry.of(row[1:], decoder).event for row in rows}


def events_of_observations(
    reader: Reader, decoder: Decoder, ids: Sequence[int]
) -> dict[int, Event]:
    """By id of an observation the event that recorded it."""
    rows = reader.rows(_QUERIES["events_of_observations"], {"ids": list(ids)}) if ids else []
    entries = {row[1]: LogEntry.of(row[1:], decoder) for row in rows}
    return {row[0]: entries[row[1]].event for row in rows}


@dataclass(frozen=True)
class VariableName:
    """What a variable was called up to a position of the log, which is not included."""

    to_position: int
    name: str
    units: str | None


def names_of_variables(reader: Reader, ids: Iterable[int]) -> Mapping[int, list[VariableName]]:
    """Everything that some variables were ever called, the oldest first."""
    found: dict[int, list[VariableName]] = {}
    for number, *name in _named(reader, "names_of_variables", ids):
        found.setdefault(number, []).append(VariableName(*name))
    return found


def names_of_documents(reader: Reader, ids: Iterable[str]) -> dict[str, str]:
    """The file names of some documents."""
    return {row[0]: row[1] for row in _named(reader, "names_of_documents", ids)}


def names_of_keys(reader: Reader, ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Name and last four characters of some API keys."""
    return {row[0]: (row[1], row[2]) for row in _named(reader, "names_of_keys", ids)}


def names_of_users(reader: Reader, ids: Iterable[int]) -> dict[int, str]:
    """The names of some users."""
    return {row[0]: row[1] for row in _named(reader, "names_of_users", ids)}


def _named(reader: Reader, query: str, ids: Iterable[int] | Iterable[str]) -> Sequence[Row]:
    wanted = list({*ids})
    return reader.rows(_QUERIES[query], {"ids": wanted}) if wanted else []


def _filtered(query: str, wanted: EventFilter, *more: str) -> str:
    given = [sql for name, sql in _CONDITIONS.items() if getattr(wanted, name) is not None]
    return query.replace("/* conditions */", " AND ".join([*given, *more]))
