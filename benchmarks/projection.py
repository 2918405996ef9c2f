"""The same one-upsert projection on our runner and on the library's."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg

from benchmarks.bench import Bench
from benchmarks.product import Tenant, tenant
from benchmarks.report import Finding, alternate
from benchmarks.stock import stock_projection
from domain.demographics import Demographics
from domain.ids import number_of
from domain.observation import Observation
from domain.patient import Patient
from projections.database import Transaction
from projections.runner import LogEntry, Runner

_BAR = 20
_PATIENTS = 2000
_VALUES = tuple("12345")


def run(bench: Bench) -> list[Finding]:
    """One finding. No key comes twice in a batch, so that folding saves our side nothing."""
    patients = bench.sized(_PATIENTS)
    values = [_value(1, value).as_state() for value in _VALUES]
    with stock_projection(bench, patients, values) as stock, _ours(bench, patients) as ours:
        measures = alternate(bench.rounds, {"ours": ours, "stock": stock})
    label = "project, one upsert an event"
    return [Finding(label, "events/s", measures["ours"], measures["stock"], _BAR)]


class LastValue:
    """The last value of each patient, one statement a batch."""

    name = "benchmark"
    version = 1
    tables = ("last_values",)

    def fold(self, batch: Sequence[LogEntry]) -> dict[int, str]:
        """The value of each patient, out of the decrypted events."""
        folded = {}
        for entry in batch:
            event: Any = entry.event
            folded[number_of(event.originator_id)] = event.observation["value"]
        return folded

    def write(self, transaction: Transaction, folded: dict[int, str], position: int) -> None:
        """Upsert them."""
        transaction.execute(
            "INSERT INTO last_values (key, value)"
            " SELECT key::bigint, value FROM json_each_text(%s)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (orjson.dumps(folded, option=orjson.OPT_NON_STR_KEYS).decode(),),
        )


@contextmanager
def _ours(bench: Bench, patients: int) -> Iterator[Callable[[], float]]:
    with tenant(bench) as found:
        services = found.services
        with psycopg.connect(services.database.url, autocommit=True) as admin:
            admin.execute("CREATE TABLE attestor.last_values (key bigint PRIMARY KEY, value text)")
            admin.execute("GRANT ALL ON attestor.last_values TO attestor_app")
        before_values = _fill(found, patients)
        runner = Runner(services.database, LastValue(), services.application.mapper)
        runner.prepare()

        def measure() -> float:
            with services.database.transaction() as transaction:
                runner.reset(transaction)
                transaction.execute("UPDATE projections SET position = %s", (before_values,))
            started, events = time.perf_counter(), 0
            while done := runner.step():
                events += done
            return events / (time.perf_counter() - started)

        yield measure


def _fill(found: Tenant, number: int) -> int:
    """Values of that many patients, one each in turn; the position before the first value."""
    application, context = found.services.application, found.context
    account_id = context.principal.account_id
    patients = [
        Patient.register(
            application.next_id(), account_id, Demographics(name=f"Patient {n}"), context.metadata()
        )
        for n in range(number)
    ]
    application.save(context, patients, lambda reader, saved: None)
    before_values = application.recorder.max_notification_id() or 0
    for value in _VALUES:
        for patient in patients:
            patient.record_observation(_value(application.next_id(), value), context.metadata())
        application.save(context, patients, lambda reader, saved: None)
    return before_values


def _value(number: int, value: str) -> Observation:
    return Observation(number, 1, "number", value, "2025-03-01", "manual")
