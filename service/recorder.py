"""The append path: one transaction for events, their index columns, keys and inline read models."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson
import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    StoredEvent,
    Subscription,
)
from psycopg_pool import PoolTimeout

from domain.errors import Conflict, OutcomeUnknown, Unavailable
from projections.database import Database
from projections.projection import Rows
from service.failpoints import (
    AFTER_APPEND_BEFORE_COMMIT,
    AFTER_COMMIT_BEFORE_REPLY,
    BEFORE_APPEND,
    failpoint,
)

R = TypeVar("R")
Connection = psycopg.Connection[tuple[Any, ...]]

_APPEND = (
    "SELECT base, recorded_at FROM append_events(%s::uuid[], %s::bigint[], %s::text[], %s::bytea[],"
    " %s::bigint, %s::text, %s::text, %s::jsonb, %s::bigint[], %s::bytea[])"
)
# The statement was never sent, or the server itself gave it up.
_NOTHING_HAPPENED = (PoolTimeout, psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)
_COLUMNS = "position, originator_id, originator_version, topic, state"


@dataclass(frozen=True)
class Append:
    """What one transaction appends. `views` are folded rows whose positions count from 1."""

    events: Sequence[StoredEvent]
    account_id: int | None = None
    actor: str | None = None
    request_id: str | None = None
    views: Rows = field(default_factory=dict)
    patient_keys: dict[int, bytes] = field(default_factory=dict)

    def parameters(self) -> tuple[Any, ...]:
        """The arguments of append_events."""
        events, keys = self.events, self.patient_keys
        return (
            _array(str(event.originator_id) for event in events),
            _array(str(event.originator_version) for event in events),
            _array(event.topic for event in events),
            _array(rf'"\\x{event.state.hex()}"' for event in events),
            self.account_id,
            self.actor,
            self.request_id,
            orjson.dumps(self.views).decode() if self.views else None,
            list(keys) if keys else None,
            list(keys.values()) if keys else None,
        )


def _array(elements: Iterable[str]) -> str:
    """An array as PostgreSQL writes it; the driver takes longer for that than for the rest.
    The elements are numbers, ids, topics or hexadecimal digits: nothing in them needs escaping."""
    return f"{{{','.join(elements)}}}"


@dataclass(frozen=True)
class Saved:
    """Where an append landed: the events got positions base + 1 … base + count."""

    base: int
    count: int
    recorded_at: datetime

    @property
    def position(self) -> int:
        """The position of the last event."""
        return self.base + self.count


class Recorder(ApplicationRecorder):
    """Appends under one advisory lock and reads the log back in commit order.

    There is no retry: after a lost answer the log is asked whether the events are in it.
    Raises IntegrityError when a version is taken (as the library's recorders do), Unavailable
    when nothing was written, OutcomeUnknown when that cannot be found out.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, append: Append) -> Saved:
        """Append in one statement, which is one transaction."""
        failpoint(BEFORE_APPEND)
        try:
            with self._database.connection() as connection:
                saved = _append_on(connection, append)
        except Unavailable as error:
            saved = self._find_out(append, error)
        failpoint(AFTER_COMMIT_BEFORE_REPLY)
        return saved

    def append_with(self, append: Append, then: Callable[[Connection, Saved], R]) -> R:
        """Append, do `then` in the same transaction, and commit."""
        failpoint(BEFORE_APPEND)
        result: list[R] = []
        try:
            with self._database.connection() as connection, connection.transaction():
                result.append(then(connection, _append_on(connection, append)))
                failpoint(AFTER_APPEND_BEFORE_COMMIT)
        except Unavailable as error:
            if not result:
                raise
            self._find_out(append, error)
        failpoint(AFTER_COMMIT_BEFORE_REPLY)
        return result[0]

    def _find_out(self, append: Append, error: Unavailable) -> Saved:
        """The connection broke while committing: the first event is in the log, or nothing is."""
        if isinstance(error.__cause__, _NOTHING_HAPPENED) or not append.events:
            raise error
        first = append.events[0]
        try:
            with self._database.transaction() as transaction:
                # The server may still be at it: whoever holds the append lock next sees the end.
                transaction.execute("SELECT pg_advisory_xact_lock(61274401)")
                row = transaction.row(
                    "SELECT position, state, recorded_at FROM events"
                    " WHERE originator_id = %s AND originator_version = %s",
                    (first.originator_id, first.originator_version),
                )
        except Unavailable:
            raise OutcomeUnknown(
                "The database went away while saving; repeat with the same Idempotency-Key."
            ) from error
        if row is None or row[1] != first.state:
            raise error
        return Saved(row[0] - 1, len(append.events), row[2])

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        """Append plain events, as the library's recorders do; the new positions."""
        if not stored_events:
            return []
        saved = self.append(Append(stored_events))
        return list(range(saved.base + 1, saved.position + 1))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of one aggregate in the order of their versions."""
        rows = self._database.rows(
            _SELECT_DESCENDING if desc else _SELECT_ASCENDING,
            {"id": originator_id, "gt": gt, "lte": lte, "limit": limit},
        )
        return [StoredEvent(*row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """A page of the log in the order of positions."""
        rows = self._database.rows(
            "SELECT originator_id, originator_version, topic, state, position FROM events"
            " WHERE position >= %(start)s"
            " AND (%(stop)s::bigint IS NULL OR position <= %(stop)s::bigint)"
            " AND (%(any)s OR topic = ANY(%(topics)s))"
            " ORDER BY position LIMIT %(limit)s",
            {
                "start": (start or 0) + (0 if inclusive_of_start else 1),
                "stop": stop,
                "any": not topics,
                "topics": list(topics),
                "limit": limit,
            },
        )
        return [Notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        """The last position, or None of an empty log."""
        row = self._database.row("SELECT max(position) FROM events")
        return row[0] if row else None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Not offered: projections run on the batch runner, which polls."""
        raise NotImplementedError("the batch runner reads the log instead")


_SELECT_ASCENDING = (
    "SELECT originator_id, originator_version, topic, state FROM events"
    " WHERE originator_id = %(id)s"
    " AND (%(gt)s::bigint IS NULL OR originator_version > %(gt)s::bigint)"
    " AND (%(lte)s::bigint IS NULL OR originator_version <= %(lte)s::bigint)"
    " ORDER BY originator_version LIMIT %(limit)s"
)
_SELECT_DESCENDING = _SELECT_ASCENDING.replace(
    "ORDER BY originator_version", "ORDER BY originator_version DESC"
)


def _append_on(connection: Connection, append: Append) -> Saved:
    try:
        row = connection.execute(_APPEND, append.parameters(), binary=True).fetchone()
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name == "patients_external_ids":
            raise Conflict("external_id: another patient has it already.") from error
        if error.diag.constraint_name == "users_emails":
            raise Conflict("email: somebody has it already.") from error
        raise IntegrityError("the version is taken") from error
    if row is None:
        raise AssertionError("append_events answers one row")
    return Saved(row[0], len(append.events), row[1])
