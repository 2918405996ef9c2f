"""The same one-upsert projection on our runner and on the library's."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from benchmarks.bench import Bench
from benchmarks.product import Tenant, tenant
from benchmarks.report import Finding, alternate
from domain.ids import number_of
from domain.observation import Observation
from domain.patient import Demographics, Patient
from projections.database import Transaction
from projections.runner import LogEntry, Runner

_BAR = 20
_AGGREGATES = 2000
_VALUES = 5
_TABLE = "(key bigint PRIMARY KEY, value text NOT NULL)"
_WAIT_SECONDS = 600


def run(bench: Bench) -> list[Finding]:
    """One finding. No key comes twice in a batch, so that folding saves our side nothing."""
    with _stock(bench) as stock, _ours(bench) as ours:
        measures = alternate(bench.rounds, {"ours": ours, "stock": stock})
    return [Finding("project, one upsert an event", "events/s", *measures.values(), bar=_BAR)]


class LastValue:
    """Ours: the last value of each patient, one statement a batch."""

    name = "benchmark"
    version = 1
    tables = ("last_values",)

    def fold(self, batch: Sequence[LogEntry]) -> dict[int, str]:
        """The value of each patient, out of the decrypted events."""
        folded = {}
        for entry in batch:
            event: Any = entry.event
            if isinstance(event, Patient.ObservationRecorded):
                folded[number_of(event.originator_id)] = event.observation["value"]
        return folded

    def write(self, transaction: Transaction, folded: dict[int, str], position: int) -> None:
        """Upsert them."""
        transaction.execute(
            "INSERT INTO last_values (key, value)"
            " SELECT * FROM unnest(%s::bigint[], %s::text[])"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (list(folded), list(folded.values())),
        )


@contextmanager
def _ours(bench: Bench) -> Iterator[Callable[[], float]]:
    with tenant(bench) as found:
        services = found.services
        with psycopg.connect(services.database.url, autocommit=True) as admin:
            admin.execute(f"CREATE TABLE attestor.last_values {_TABLE}")
            admin.execute("GRANT ALL ON attestor.last_values TO attestor_app")
        first = _fill(found, bench.sized(_AGGREGATES))
        runner = Runner(services.database, LastValue(), services.application.mapper)
        runner.prepare()

        def measure() -> float:
            with services.database.transaction() as transaction:
                runner.reset(transaction)
                transaction.execute("UPDATE projections SET position = %s", (first,))
            started, events = time.perf_counter(), 0
            while done := runner.step():
                events += done
            return events / (time.perf_counter() - started)

        yield measure


def _fill(found: Tenant, number: int) -> int:
    """Values of that many patients, one each in turn; the position before the first value."""
    application, context = found.services.application, found.context
    patients = [
        Patient.register(
            application.next_id(),
            context.principal.account_id,
            Demographics(name=f"Patient {n}"),
            context.metadata(),
        )
        for n in range(number)
    ]
    application.save(context, patients, lambda reader, saved: None)
    first = application.recorder.max_notification_id() or 0
    for n in range(_VALUES):
        for patient in patients:
            patient.record_observation(_value(application.next_id(), str(n)), context.metadata())
        application.save(context, patients, lambda reader, saved: None)
    return first


def _value(number: int, value: str) -> Observation:
    return Observation(number, 1, "number", value, "2025-03-01", "manual")


class Chart(Aggregate):
    """Theirs: an aggregate as their documentation writes it."""

    @event("Recorded")
    def record(self, key: int, observation: dict[str, Any]) -> None:
        self.last = observation


class Charts(Application[UUID]):
    """Theirs: their application with their mapper and recorder."""


class LastValueView(PostgresTrackingRecorder):
    """Theirs: the view that their projection writes."""

    def __init__(self, datastore: Any, **names: Any) -> None:
        super().__init__(datastore, **names)
        table = sql.Identifier(self.datastore.schema, "last_values")
        create = sql.SQL("CREATE TABLE IF NOT EXISTS {} " + _TABLE)  # type: ignore[arg-type]
        self.sql_create_statements.append(create.format(table))

    def upsert(self, key: int, value: str, tracking: Tracking) -> None:
        """One value and the position, in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO last_values (key, value) VALUES (%s, %s)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (key, value),
                prepare=True,
            )


class StockLastValue(Projection[LastValueView]):
    """Theirs: the same projection."""

    name = "benchmark"

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Upsert the value of a recorded event, and only move on at any other."""
        if isinstance(domain_event, Chart.Recorded):  # type: ignore[attr-defined]
            self.view.upsert(domain_event.key, domain_event.observation["value"], tracking)
        else:
            with self.view.datastore.transaction(commit=True) as cursor:
                self.view._insert_tracking(cursor, tracking)


@contextmanager
def _stock(bench: Bench) -> Iterator[Callable[[], float]]:
    with bench.database(is_ours=False) as url:
        environment = _environment(url)
        with Charts(environment) as application:
            first, last = _fill_stock(application, bench.sized(_AGGREGATES))

        def measure() -> float:
            return _stock_rate(url, environment, first, last)

        yield measure


def _environment(url: str) -> dict[str, str]:
    place = conninfo_to_dict(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(place["dbname"]),
        "POSTGRES_HOST": str(place["host"]),
        "POSTGRES_PORT": str(place.get("port", 5432)),
        "POSTGRES_USER": str(place["user"]),
        "POSTGRES_PASSWORD": str(place.get("password", "")),
    }


def _fill_stock(application: Charts, number: int) -> tuple[int, int]:
    """The positions before the first value and of the last one."""
    charts = [Chart() for _ in range(number)]
    application.save(*charts)
    first = application.recorder.max_notification_id() or 0
    for n in range(_VALUES):
        for key, chart in enumerate(charts):
            chart.record(key, _value(key, str(n)).as_state())
        application.save(*charts)
    return first, application.recorder.max_notification_id() or 0


def _stock_rate(url: str, environment: dict[str, str], first: int, last: int) -> float:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP TABLE IF EXISTS last_values, benchmark_tracking")
    view = _view_at(environment, first)
    started = time.perf_counter()
    with ProjectionRunner(Charts, StockLastValue, LastValueView, environment) as runner:
        while (runner.projection.view.max_tracking_id("Charts") or 0) < last:
            if time.perf_counter() - started > _WAIT_SECONDS or runner.is_interrupted.is_set():
                raise AssertionError("the library's runner has stopped")
            time.sleep(0.02)
        seconds = time.perf_counter() - started
    return (last - first) / seconds
