"""The past of one patient against its present, in charts of 100 to 50 000 events; history pages.

A chart's values are corrected again and again, so that nearly all of them no longer stand.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from itertools import cycle, islice
from statistics import median

import psycopg
from falcon.testing import TestClient

from api.app import create_app
from benchmarks.bench import Bench
from benchmarks.product import Tenant, tenant
from benchmarks.report import Finding, Measure, alternate
from domain.clinical_time import instant
from domain.demographics import Demographics
from domain.ids import Kind, aggregate_id
from domain.observation import Observation
from domain.patient import Patient

EVENTS = (100, 1_000, 10_000, 50_000)
CALLS = 200
PAGE = 100


def run(bench: Bench) -> list[Finding]:
    """As-of GET against GET for each size of chart, and a page of history at its end."""
    with tenant(bench) as clinic:
        patients = {size: _chart(clinic, bench.sized(size)) for size in EVENTS}
        # As its owner: a server does this by itself once it has some minutes.
        with psycopg.connect(clinic.services.database.url, autocommit=True) as owner:
            owner.execute("ANALYZE")
        unlimited = replace(clinic.services.settings, rate_limit=0)
        client = TestClient(create_app(replace(clinic.services, settings=unlimited)))
        return [
            finding
            for size, patient in patients.items()
            for finding in _findings(clinic, client, size, patient, bench)
        ]


def _chart(clinic: Tenant, events: int) -> int:
    """A patient with so many events, each correcting a value of an earlier one."""
    application, context = clinic.services.application, clinic.context
    patient = Patient.register(
        application.next_id(), context.principal.account_id, Demographics("Ann"), context.metadata()
    )
    for number in range(events - 1):
        variable = clinic.variables[number % len(clinic.variables)]
        new = Observation(
            application.next_id(), variable, "number", str(number), "2025-03-01", "manual"
        )
        patient.record_observation(patient.put_in_place(new), context.metadata())
        if number % 500 == 0:
            application.save(context, [patient], lambda reader, saved: None)
    application.save(context, [patient], lambda reader, saved: None)
    return patient.number


def _findings(
    clinic: Tenant, client: TestClient, size: int, patient: int, bench: Bench
) -> list[Finding]:
    path, headers = f"/patients/{patient}", {"X-API-Key": clinic.secret}
    moments = _moments(clinic, patient)
    sides: dict[str, Measure] = {
        "then": lambda: _rate(client, headers, [f"{path}?as_of={each}" for each in moments], CALLS),
        "now": lambda: _rate(client, headers, [path], CALLS),
        "page": lambda: _rate(client, headers, [f"{path}/history?limit={PAGE}"], CALLS // 10),
        "end": lambda: _rate(client, headers, [f"{path}/history?sort=-position"], CALLS // 10),
    }
    rates = alternate(bench.rounds, sides)
    shown = f"{size} events"
    return [
        Finding(
            f"a patient as of a moment, {shown}", "GET/s", rates["then"], rates["now"], 1 / 1.5
        ),
        Finding(f"first {PAGE} of the history, {shown}", "GET/s", rates["page"], bar=50),
        Finding(f"last {PAGE} of the history, {shown}", "GET/s", rates["end"], bar=50),
    ]


def _moments(clinic: Tenant, patient: int) -> Sequence[str]:
    """Instants all along the chart's life."""
    rows = clinic.services.database.rows(
        "SELECT DISTINCT recorded_at FROM events WHERE originator_id = %s ORDER BY 1",
        (aggregate_id(Kind.PATIENT, patient),),
    )
    times: list[datetime] = [row[0] for row in rows]
    return [instant(times[n * (len(times) - 1) // 10]) for n in range(11)]


def _rate(client: TestClient, headers: dict[str, str], paths: Sequence[str], calls: int) -> float:
    """Calls a second of these addresses in turn, in this process, by the median call."""
    found = []
    for path in islice(cycle(paths), calls):
        started = time.perf_counter()
        answer = client.simulate_get(path, headers=headers)
        found.append(time.perf_counter() - started)
        if answer.status_code != HTTPStatus.OK:
            raise AssertionError(f"{path} answered {answer.status_code}")
    return 1 / median(found)
