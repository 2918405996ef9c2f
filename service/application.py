"""Load, tell, save: the three moves of every command."""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any, TypeVar, cast

from eventsourcing.application import AggregateNotFoundError, Repository
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import EventStore, IntegrityError

from domain.account import Account, ApiKey
from domain.errors import (
    AttestorError,
    Conflict,
    Contended,
    NotFound,
    Unavailable,
    VersionMismatch,
)
from domain.events import Event
from domain.ids import Kind, aggregate_id, kind_of, number_of
from domain.job import Job
from domain.metric import Metric
from domain.patient import Patient
from domain.report import Report
from domain.user import User
from domain.variable import DateVariable, Variable
from projections.database import Database, Reader, Transaction
from projections.inline import fold_inline
from projections.projection import Recorded
from service.context import Context
from service.idempotency import keep_answer, refuse_repeat
from service.mapper import EventMapper
from service.recorder import Append, Connection, Recorder, Saved
from service.vault import Vault

A = TypeVar(
    "A",
    bound=Account | Patient | Variable | DateVariable | Metric | ApiKey | Job | Report | User,
)
R = TypeVar("R")
T = TypeVar("T")

Reply = Callable[[Reader, Saved], R]

_KINDS: dict[type[Aggregate], Kind] = {
    Account: Kind.ACCOUNT,
    Patient: Kind.PATIENT,
    Variable: Kind.VARIABLE,
    DateVariable: Kind.DATE_VARIABLE,
    Metric: Kind.METRIC,
    ApiKey: Kind.API_KEY,
    Job: Kind.JOB,
    Report: Kind.REPORT,
    User: Kind.USER,
}
_ATTEMPTS = 5
_IDS_AT_A_TIME = 50


class Application:
    """Aggregates in and out of the log, with the read models that go with them."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database = database
        self.vault = vault
        self.recorder = Recorder(database)
        self.mapper = EventMapper(vault)
        self.repository = Repository(EventStore(self.mapper, self.recorder))
        self._ids: list[int] = []
        self._ids_lock = Lock()

    def next_id(self) -> int:
        """A public number that nothing else has; they are taken in blocks, so some stay unused."""
        with self._ids_lock:
            if not self._ids:
                rows = self.database.rows(
                    "SELECT nextval('public_ids') FROM generate_series(1, %s)", (_IDS_AT_A_TIME,)
                )
                self._ids = [row[0] for row in reversed(rows)]
            return self._ids.pop()

    def load(self, context: Context, aggregate_class: type[A], number: int) -> A:
        """The caller's aggregate. Raises NotFound, or Forbidden when it is another account's."""
        what = aggregate_class.__name__
        try:
            aggregate = self.repository.get(
                aggregate_id(_KINDS[aggregate_class], number), projector_func=_project
            )
        except AggregateNotFoundError:
            raise NotFound(f"There is no {what} {number}.") from None
        context.principal.require_own(cast("A", aggregate).account_id, what)
        return cast("A", aggregate)

    def change(
        self,
        context: Context,
        aggregate_class: type[A],
        number: int,
        tell: Callable[[A], T],
        reply: Callable[[Reader, Saved, A, T], R],
    ) -> R:
        """Load, tell, save. When others were faster, decide again on what they left, five times;
        a caller who named a version by If-Match is told instead (VersionMismatch)."""
        for attempt in range(_ATTEMPTS):
            refuse_repeat(self.database, self.vault, context)
            try:
                aggregate = self.load(context, aggregate_class, number)
                if context.if_match is not None and context.if_match != aggregate.version:
                    raise VersionMismatch(aggregate.version)
                told = tell(aggregate)
                return self.save(context, [aggregate], _about(aggregate, told, reply))
            except IntegrityError:
                time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311  jitter
            except Unavailable:
                raise
            except AttestorError:
                # What stands in the way may be what a twin of this very request has just done.
                refuse_repeat(self.database, self.vault, context)
                raise
        raise Contended("The resource is being changed by others; please try again.")

    def create(self, context: Context, aggregates: Sequence[Aggregate], reply: Reply[R]) -> R:
        """Save new aggregates, unless the same request was answered before."""
        refuse_repeat(self.database, self.vault, context)
        try:
            return self.save(context, aggregates, reply)
        except (Conflict, IntegrityError) as error:
            refuse_repeat(self.database, self.vault, context)
            if isinstance(error, Conflict):
                raise
            raise Contended("The resource was changed by others; please try again.") from error

    def save(self, context: Context, aggregates: Sequence[Aggregate], reply: Reply[R]) -> R:
        """Append what the aggregates decided, and answer.

        With an Idempotency-Key the answer is made and stored in the same transaction. Raises
        IntegrityError when another writer took the version.
        """
        events = [event for aggregate in aggregates for event in aggregate.collect_events()]
        if not events:
            return reply(self.database, self._last_saved(aggregates[-1]))
        append = self.append_of(context, cast("list[Event]", events))
        if context.idempotency is None:
            return reply(self.database, self.recorder.append(append))
        patient_id = next((each.number for each in aggregates if isinstance(each, Patient)), None)
        return self.recorder.append_with(
            append,
            lambda connection, saved: self._answer(context, connection, saved, reply, patient_id),
        )

    def save_import(
        self, context: Context, events: Sequence[Event], progress: dict[str, Any]
    ) -> None:
        """Append the events of some lines and move the job's marker in the same transaction."""
        append = self.append_of(context, events)
        self.recorder.append(replace(append, views={**append.views, "job_progress": [progress]}))

    def append_of(self, context: Context, events: Sequence[Event]) -> Append:
        """One transaction's worth of events, with their inline read models and new keys."""
        batch = [Recorded(number, event) for number, event in enumerate(events, start=1)]
        account_id = context.principal.account_id
        new_patients = [
            number_of(event.originator_id)
            for event in events
            if event.originator_version == 1 and kind_of(event.originator_id) is Kind.PATIENT
        ]
        keys = {n: self.vault.new_patient_key(account_id, n) for n in new_patients}
        return Append(
            [self.mapper.to_stored_event(event) for event in events],
            account_id,
            context.principal.actor,
            context.request_id,
            fold_inline(batch),
            keys,
        )

    def _answer(
        self,
        context: Context,
        connection: Connection,
        saved: Saved,
        reply: Reply[R],
        patient_id: int | None,
    ) -> R:
        transaction = Transaction(connection)
        # Asked again under the append lock, where a twin of this request must have committed.
        refuse_repeat(transaction, self.vault, context)
        result = reply(transaction, saved)
        request = context.idempotency
        if request is not None:
            answer = request.render(result)
            account_id = context.principal.account_id
            keep_answer(transaction, self.vault, account_id, request, answer, patient_id)
        return result

    def _last_saved(self, aggregate: Aggregate) -> Saved:
        row = self.database.row(
            "SELECT position, recorded_at FROM events"
            " WHERE originator_id = %s AND originator_version = %s",
            (aggregate.id, aggregate.version),
        )
        if row is None:
            raise NotFound("There is nothing to save.")
        return Saved(row[0], 0, row[1])


def _about(aggregate: A, told: T, reply: Callable[[Reader, Saved, A, T], R]) -> Reply[R]:
    return lambda reader, saved: reply(reader, saved, aggregate, told)


def _project(aggregate: Any, events: Iterable[Any]) -> Any:
    """Replay without the library's protocol check of each event, which is half of its cost."""
    for event in events:
        aggregate = event.mutate(aggregate)
    return aggregate
