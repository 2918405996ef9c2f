"""Theirs: the library's own recorder and projection runner, as its documentation uses them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import (
    PostgresApplicationRecorder,
    PostgresDatastore,
    PostgresTrackingRecorder,
)
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from benchmarks.bench import Bench

_DEADLINE_SECONDS = 600
_GROUP = 100


@contextmanager
def stock_recorder(bench: Bench, connections: int) -> Iterator[PostgresApplicationRecorder]:
    """The library's recorder in a database of its own."""
    with bench.database(is_ours=False) as url:
        place: dict[str, Any] = _place(url)
        with PostgresDatastore(**place, pool_size=connections) as datastore:
            recorder = PostgresApplicationRecorder(datastore)
            recorder.create_table()
            yield recorder


class Chart(Aggregate):
    """An aggregate whose every event has a key and a value."""

    @event("Registered")
    def __init__(self, key: int, value: dict[str, Any]) -> None:
        self.key = key
        self.last = value

    @event("Recorded")
    def record(self, key: int, value: dict[str, Any]) -> None:
        """Replace the value."""
        self.last = value


class Charts(Application[UUID]):
    """The library's application, mapper and recorder."""


class LastValueView(PostgresTrackingRecorder):
    """The view that the projection writes."""

    def __init__(self, datastore: PostgresDatastore, **names: Any) -> None:
        super().__init__(datastore, **names)
        self.sql_create_statements.append(
            sql.SQL(
                "CREATE TABLE IF NOT EXISTS last_values (key bigint PRIMARY KEY, value text)"
            ).format()
        )

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


class LastValue(Projection[LastValueView]):
    """The last value of each chart."""

    name = "benchmark"

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Upsert its value."""
        self.view.upsert(domain_event.key, domain_event.value["value"], tracking)


@contextmanager
def stock_projection(
    bench: Bench, keys: int, values: list[dict[str, Any]]
) -> Iterator[Callable[[], float]]:
    """Measures the library's runner on a log with these values of each key, in turn: events/s."""
    with bench.database(is_ours=False) as url:
        environment = {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            **{f"POSTGRES_{name.upper()}": value for name, value in _place(url).items()},
        }
        with Charts(environment) as application:
            charts = [Chart(key, values[0]) for key in range(keys)]
            _save(application, charts)
            for value in values[1:]:
                for chart in charts:
                    chart.record(chart.key, value)
                _save(application, charts)
            last = application.recorder.max_notification_id() or 0
        yield lambda: last / _seconds_of_runner(url, environment, last)


def _save(application: Charts, charts: list[Chart]) -> None:
    """In groups: one save of 2000 aggregates makes the library and the server wait for each
    other without end."""
    for start in range(0, len(charts), _GROUP):
        application.save(*charts[start : start + _GROUP])


def _seconds_of_runner(url: str, environment: dict[str, str], last: int) -> float:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP TABLE IF EXISTS last_values, benchmark_tracking")
    started = time.perf_counter()
    with ProjectionRunner(
        application_class=Charts,
        projection_class=LastValue,
        view_class=LastValueView,
        env=environment,
    ) as runner:
        while (runner.view.max_tracking_id("Charts") or 0) < last:
            if time.perf_counter() - started > _DEADLINE_SECONDS or runner.is_interrupted.is_set():
                raise AssertionError("the library's runner does not get to the end of the log")
            time.sleep(0.02)
        return time.perf_counter() - started


def _place(url: str) -> dict[str, str]:
    place = {"host": "localhost", "port": "5432", "password": "", **conninfo_to_dict(url)}
    return {name: str(place[name]) for name in ("dbname", "host", "port", "user", "password")}
