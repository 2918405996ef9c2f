"""What a GET says as of a moment is what a service says whose log ended there.

The oracle is the product without time travel: the first events of the log in a database of their
own, all read models made from them, and the same requests without `as_of`.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from falcon.testing import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from api.operations import OPERATIONS
from domain.demographics import Demographics
from domain.ids import Kind, aggregate_id
from domain.observation import Observation
from domain.patient import Patient
from projections import observations, patients
from projections.measure_results import MeasureResults
from projections.moments import Moment, moment_at
from projections.rebuild import rebuild
from projections.runner import Runner
from service.bootstrap import Services
from service.projecting import catch_up
from service.recorder import Saved
from tests.factories import Tenant, services_on, tenant
from tests.unit.service.chronicle import FORMULAS, Chronicle

TURNS = (
    "patient.demographics_changed", "variable.changed", "metric.changed",
    "patient.observation_withdrawn", "patient.document_read", "report.attested",
)  # fmt: skip
"""Right when such an event was recorded is where an answer turns from one body to the next."""
TRAVELLING = [each for each in OPERATIONS if each.method == "GET" and "as_of" in each.parameters]
CORRECTIONS = 1500
PASSING = "generated_at"
"""When an answer was made, which is no part of what it says."""


@dataclass(frozen=True)
class Past:
    """A moment of the log, and the service whose log ended there."""

    position: int
    instant: str
    client: TestClient


@pytest.fixture(scope="module")
def chronicle(services: Services) -> Chronicle:
    """A history with reports on the way, beside another account's."""
    chronicle, other = Chronicle(tenant(services), 11), Chronicle(tenant(services), 12)
    chronicle.metrics += [chronicle.clinic.metric(*formula) for formula in FORMULAS[2:]]
    reports = services.reports
    for steps in (12, 14, 14):
        chronicle.goes_on(steps)
        other.goes_on(4)
        frozen = reports.freeze(chronicle.clinic.asks(), None, None)
        chronicle.goes_on(3)
        reports.attest(chronicle.clinic.asks(), int(frozen.id), "Dr. Who", "true and complete")
        chronicle.measure()
    reports.mark_submitted(chronicle.clinic.asks(), int(frozen.id), "CMS-1")
    chronicle.clinic.services.variables.change(
        chronicle.clinic.asks(), "number", chronicle.variables[0][1], {"name": "A1C"}
    )
    chronicle.goes_on(5)
    reports.restate(chronicle.clinic.asks(), int(frozen.id), "a value was missing")
    return chronicle


@pytest.fixture(scope="module")
def pasts(
    services: Services, chronicle: Chronicle, new_database: Callable[[], str]
) -> Iterator[list[Past]]:
    """A moment of each kind, with its service."""
    opened: list[Services] = []
    found = []
    for topic in TURNS:
        row = services.database.row(
            "SELECT max(position), utc_text(max(recorded_at)) FROM events"
            " WHERE recorded_at <= (SELECT max(recorded_at) FROM events"
            " WHERE topic = %s AND account_id = %s)",
            (topic, chronicle.clinic.account_id),
        )
        assert row is not None
        assert row[0] is not None, topic
        opened.append(_ended_at(services, new_database(), row[0]))
        found.append(Past(*row, TestClient(create_app(opened[-1]))))
    yield found
    for each in opened:
        each.close()


def _ended_at(services: Services, url: str, position: int) -> Services:
    """The services of a database with the log up to a position, and what is made of it."""
    with (
        psycopg.connect(services.database.url) as source,
        psycopg.connect(url, autocommit=True) as target,
    ):
        for table, condition in (
            ("attestor.events", f"position <= {position}"),
            ("attestor_keys.account_keys", "true"),
            ("attestor_keys.patient_keys", "true"),
        ):
            # Our own names, and a number.
            copied = f"COPY (SELECT * FROM {table} WHERE {condition}) TO STDOUT"  # noqa: S608
            with (
                source.cursor().copy(copied.encode()) as read,
                target.cursor().copy(f"COPY {table} FROM STDIN".encode()) as written,
            ):
                for piece in read:
                    written.write(piece)
    then = services_on(url, Path(services.settings.data_dir))
    rebuild(url, then.application.mapper, "inline", is_check=False)
    catch_up([Runner(then.database, MeasureResults(), then.application.mapper)])
    return then


@pytest.fixture(scope="module")
def now(services: Services) -> TestClient:
    return TestClient(create_app(services))


def addresses(services: Services, clinic: Tenant) -> list[tuple[str, str]]:
    """Every GET that travels in time, for everything that the account had at the end."""
    ids = {
        "patient_id": _ids(services, "patient_heads", clinic),
        "metric_id": _ids(services, "metrics", clinic),
        "report_id": _ids(services, "reports", clinic),
    }
    found = []
    for operation in TRAVELLING:
        wanted = {each.name: "initial-population" for each in operation.query if each.is_required}
        query = f"?{urlencode(wanted)}" if wanted else "?"
        (name,) = re.findall(r"{(\w+)}", operation.route) or [""]
        kind = "date" if "date-variables" in operation.route else "number"
        numbers = [*ids.get(name, _variables(services, clinic, kind) if name else [0])]
        paths = (operation.route.replace(f"{{{name}}}", str(number)) for number in numbers)
        found += [(operation.id, path + query) for path in paths]
    return found


def _ids(services: Services, table: str, clinic: Tenant) -> list[int]:
    query = f"SELECT DISTINCT id FROM {table} WHERE account_id = %s"  # noqa: S608  our own names
    return [row[0] for row in services.database.rows(query, (clinic.account_id,))]


def _variables(services: Services, clinic: Tenant, kind: str) -> list[int]:
    rows = services.database.rows(
        "SELECT DISTINCT id FROM variables WHERE account_id = %s AND kind = %s",
        (clinic.account_id, kind),
    )
    return [row[0] for row in rows]


def lasting(data: Any) -> Any:
    """A body without what changes from one reading to the next."""
    if isinstance(data, dict):
        return {name: lasting(value) for name, value in data.items() if name != PASSING}
    return [lasting(each) for each in data] if isinstance(data, list) else data


def test_every_route_that_is_promised_to_travel_does() -> None:
    assert {each.id for each in TRAVELLING} >= {
        "list_patients", "get_patient", "list_observations", "list_documents", "list_variables",
        "get_variable", "list_date_variables", "get_date_variable", "list_metrics", "get_metric",
        "list_metric_patients", "get_cms_reports", "list_frozen_reports", "get_frozen_report",
    }  # fmt: skip


def test_every_answer_as_of_a_moment_is_that_of_a_service_whose_log_ended_there(
    services: Services, chronicle: Chronicle, now: TestClient, pasts: list[Past]
) -> None:
    headers = {"X-API-Key": chronicle.clinic.secret}
    compared: Counter[tuple[str, int]] = Counter()
    for past in pasts:
        for operation, address in addresses(services, chronicle.clinic):
            then = past.client.simulate_get(address, headers=headers)
            asked = f"{address}&as_of={past.instant}"
            answer = now.simulate_get(asked, headers=headers)
            assert answer.status_code == then.status_code, (asked, answer.text, then.text)
            compared[operation, then.status_code] += 1
            if then.status_code == 200:
                assert lasting(answer.json["data"]) == lasting(then.json["data"]), asked
                assert answer.json["meta"]["as_of"] == past.instant
                assert answer.json["meta"]["position"] == str(past.position)
                totals = [a.json.get("pagination", {}).get("total") for a in (answer, then)]
                assert totals[0] == totals[1], asked
    # A free score has no population to ask for.
    assert {o for o, status in compared if status == 400} <= {"list_metric_patients"}
    assert all(compared[operation.id, 200] >= 5 for operation in TRAVELLING)
    assert sum(count for (_, status), count in compared.items() if status == 404) > 20


@given(st.lists(st.integers(1, 2**62 - 1), min_size=1, max_size=20), st.sampled_from(Kind))
def test_the_database_makes_the_ids_that_the_log_has(
    services: Services, numbers: list[int], kind: Kind
) -> None:
    rows = services.database.rows(
        "SELECT aggregate_id(%s, n) FROM unnest(%s::bigint[]) AS n", (kind.value, numbers)
    )
    assert [row[0] for row in rows] == [aggregate_id(kind, number) for number in numbers]


def test_the_past_of_a_chart_is_found_without_reading_through_its_corrections(
    services: Services, clinic: Tenant
) -> None:
    """A chart of 1500 corrections: no step of either query sees more rows than there are days."""
    application, variable = services.application, clinic.variable()
    chart = Patient.register(
        application.next_id(), clinic.account_id, Demographics("Ann"), clinic.context.metadata()
    )
    for number in range(CORRECTIONS):
        day = f"2025-03-0{number % 5 + 1}"
        value = Observation(application.next_id(), variable, "number", str(number), day, "manual")
        chart.record_observation(chart.put_in_place(value), clinic.context.metadata())
    saved = application.save(clinic.context, [chart], lambda reader, saved: saved)
    moment = Moment(saved.position - CORRECTIONS // 2, saved.recorded_at)
    for queries, name, scope in (
        (patients._TIMED, "find_patient", {"id": chart.number}),
        (observations._TIMED, "current_values", {"patient_ids": [chart.number]}),
    ):
        then, place = queries.at(moment)
        ((plan,),) = services.database.rows(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {then[name]}", {**scope, **place}, prepare=False
        )
        assert max(rows_seen(plan[0]["Plan"])) <= 100


def rows_seen(step: dict[str, Any]) -> Iterator[float]:
    """How many rows each step of a plan took up, kept or not."""
    removed = step.get("Rows Removed by Filter", 0) + step.get("Rows Removed by Index Recheck", 0)
    yield (step["Actual Rows"] + removed) * step["Actual Loops"]
    for part in step.get("Plans", ()):
        yield from rows_seen(part)


WAITING = (
    "SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
    " WHERE d.datname = current_database() AND l.objid = 61274401 AND NOT l.granted"
)


def test_a_moment_that_is_just_now_has_the_events_that_are_still_being_committed(
    services: Services, clinic: Tenant
) -> None:
    """Else the same question would have another answer a moment later."""
    application, metadata = services.application, clinic.context.metadata()
    chart = Patient.register(
        application.next_id(), clinic.account_id, Demographics("Ann"), metadata
    )
    append = application.append_of(clinic.context, [*chart.collect_events()])
    with ThreadPoolExecutor(1) as pool:

        def ask_before_it_commits(connection: object, saved: Saved) -> tuple[int, Future[Moment]]:
            asked = pool.submit(moment_at, services.database, datetime.now(UTC))
            deadline = time.monotonic() + 60
            while services.database.row(WAITING) is None:
                assert not asked.done()
                assert time.monotonic() < deadline
            return saved.position, asked

        position, asked = application.recorder.append_with(append, ask_before_it_commits)
        assert asked.result().position == position
