"""Appending single events: our recorder and the library's, on the same server."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from eventsourcing.persistence import ApplicationRecorder, StoredEvent

from benchmarks.bench import Bench
from benchmarks.product import Tenant, tenant
from benchmarks.report import Finding, alternate
from benchmarks.stock import stock_recorder
from domain.demographics import Demographics
from domain.ids import Kind, aggregate_id
from domain.observation import Observation
from domain.patient import Patient
from projections.database import Database
from service.recorder import Append, Recorder

_BAR = 1.5
_STATE = bytes(range(230))
"""As long as the event of one value."""
Save = Callable[[int, int], None]
"""Saves version (second) of the aggregate with this number (first)."""


def run(bench: Bench) -> list[Finding]:
    """Findings for 1 and 16 threads; with inline read models for information."""
    findings = []
    for threads, events in ((1, 1000), (16, 3000)):
        with (
            _ours(bench, threads) as ours,
            tenant(bench, threads=threads) as chart,
            stock_recorder(bench, threads) as stock,
        ):
            sides = {"ours": ours, "views": _with_views(chart), "stock": _stock(stock)}
            size = bench.sized(events)
            measures = alternate(
                bench.rounds,
                {name: _rate_of(save, threads, size) for name, save in sides.items()},
            )
        label = f"{threads} thread{'s' * (threads > 1)}"
        plain, views, theirs = measures.values()
        findings += [
            Finding(f"append an event, {label}", "events/s", plain, theirs, _BAR),
            Finding(f"… and its read models, {label}", "events/s", views, theirs),
        ]
    return findings


def _rate_of(save: Save, threads: int, events: int) -> Callable[[], float]:
    numbers = count(1)

    def measure() -> float:
        aggregates = [next(numbers) for _ in range(threads)]
        share = max(1, events // threads)
        return threads * share / _seconds(save, aggregates, share)

    return measure


def _seconds(save: Save, aggregates: list[int], share: int) -> float:
    """How long it takes when each aggregate has a thread that saves `share` versions of it."""
    ready = threading.Barrier(len(aggregates) + 1)

    def work(number: int) -> None:
        save(number, 1)
        ready.wait()
        for version in range(2, share + 2):
            save(number, version)

    workers = [threading.Thread(target=work, args=(number,)) for number in aggregates]
    for worker in workers:
        worker.start()
    ready.wait()
    started = time.perf_counter()
    for worker in workers:
        worker.join()
    return time.perf_counter() - started


def _event(number: int, version: int) -> StoredEvent:
    return StoredEvent(aggregate_id(Kind.METRIC, number), version, "benchmark.event", _STATE)


def _stock(recorder: ApplicationRecorder) -> Save:
    def save(number: int, version: int) -> None:
        recorder.insert_events([_event(number, version)])

    return save


@contextmanager
def _ours(bench: Bench, threads: int) -> Iterator[Save]:
    with bench.database() as url:
        database = Database(url, size=threads)
        recorder = Recorder(database)

        def save(number: int, version: int) -> None:
            recorder.append(Append([_event(number, version)], 1, "key:1", "request"))

        yield save
        database.close()


def _with_views(chart: Tenant) -> Save:
    """A value of a patient all the way: event, encryption, fold, append with the read models."""
    application, context = chart.services.application, chart.context
    patients: dict[int, Patient] = {}

    def save(number: int, version: int) -> None:
        if version == 1:
            patients[number] = Patient.register(
                application.next_id(),
                context.principal.account_id,
                Demographics(name=f"Patient {number}"),
                context.metadata(),
            )
        else:
            value = Observation(
                application.next_id(), chart.variables[0], "number", "7.2", "2025-03-01", "manual"
            )
            patients[number].record_observation(value, context.metadata())
        application.save(context, [patients[number]], lambda reader, saved: None)

    return save
