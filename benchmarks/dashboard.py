"""Pages of the dashboard with ten thousand patients and twenty metrics, by their slow twentieth."""

import time
from http import HTTPStatus
from statistics import quantiles

import psycopg
from falcon.testing import TestClient

from api.dashboard.app import create_dashboard
from benchmarks.bench import Bench
from benchmarks.imports import patient_lines
from benchmarks.product import VARIABLES, Tenant, tenant
from benchmarks.report import Finding
from projections.runner import Runner
from service.projecting import ASYNC, catch_up

PATIENTS, METRICS, CALLS = 10_000, 20, 60
_PASSWORD = "a password of the benchmark"  # noqa: S105


def run(bench: Bench) -> list[Finding]:
    """Server time at the 95th percentile, as pages a second; the bars are 50 and 150 ms."""
    with tenant(bench) as clinic:
        _fill(clinic, bench.sized(PATIENTS))
        visitor = Visitor(clinic)
        (patient,) = clinic.services.database.rows("SELECT min(id) FROM patient_heads")
        pages = {
            "list of patients": ("/dashboard/patients", 50),
            "search of patients": ("/dashboard/patients?q=Patient+77&sort=-dob", 50),
            "queue": ("/dashboard/queue", 50),
            "a patient": (f"/dashboard/patients/{patient[0]}", 50),
            "a patient's chart": (f"/dashboard/patients/{patient[0]}/chart", 50),
            f"report of {METRICS} metrics": ("/dashboard/reports", 150),
        }
        return [
            Finding(
                f"page: {name}",
                "pages/s at p95",
                [1 / visitor.slow_twentieth(path) for _ in range(bench.rounds)],
                bar=1000 / milliseconds,
            )
            for name, (path, milliseconds) in pages.items()
        ]


class Visitor:
    """An admin who is signed in, in this process."""

    def __init__(self, clinic: Tenant) -> None:
        users, email = clinic.services.users, "ada@benchmark.example"
        _, link = users.invite(clinic.context, email, "Ada", "admin")
        users.set_password(link, _PASSWORD, "benchmark")
        secret = users.sign_in(email, _PASSWORD, "127.0.0.1", "benchmark")
        self._client = TestClient(create_dashboard(clinic.services))
        self._headers = {"Cookie": f"attestor_session={secret}"}

    def slow_twentieth(self, path: str) -> float:
        """Seconds that 95 of 100 pages stay below."""
        place, _, query = path.partition("?")
        seconds = []
        for _ in range(CALLS):
            started = time.perf_counter()
            page = self._client.simulate_get(place, query_string=query, headers=self._headers)
            seconds.append(time.perf_counter() - started)
            if page.status_code != HTTPStatus.OK:
                raise AssertionError(f"{path} answered {page.status_code}")
        return quantiles(seconds, n=20)[-1]


def _fill(clinic: Tenant, patients: int) -> None:
    services = clinic.services
    services.imports.run(clinic.take_in(patient_lines(patients)), lambda: False)
    for number in range(METRICS):
        name = VARIABLES[number % len(VARIABLES)]
        formula = (
            "initial population: age >= 18",
            f'denominator: "{name}" is known',
            f'numerator: "{name}" < {20 + number}',
        )
        sent = {"name": f"Metric {number}", "calculation_formula": formula}
        services.metrics.define(clinic.context, sent)
    # As its owner: a server does this by itself once it has some minutes.
    with psycopg.connect(services.database.url, autocommit=True) as owner:
        owner.execute("ANALYZE")
    catch_up([Runner(services.database, each, services.application.mapper) for each in ASYNC])
