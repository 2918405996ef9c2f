"""After any history the read models say what the log says: now, and as of every position."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, NamedTuple

import orjson
import psycopg
import pytest

from domain.ids import Kind, aggregate_id
from domain.measures.period import calendar_year, maintained
from domain.observation import Observation
from domain.patient import Patient
from projections.measure_results import MeasureResults, account_today
from projections.measures.live import compute_totals, live_metrics
from projections.observations import list_observations
from projections.patients import find_patient
from projections.projection import OPEN
from projections.rebuild import rebuild
from projections.runner import Runner
from service.application import _project as project
from service.bootstrap import Services
from service.projecting import catch_up
from tests.factories import Tenant, tenant
from tests.unit.service.chronicle import Chronicle

SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def chronicles(services: Services) -> list[Chronicle]:
    """Three accounts with histories that run side by side, followed by a runner that restarts."""
    chronicles = [Chronicle(tenant(services), seed) for seed in SEEDS]
    for steps in (1, 2, 5, 9, 3, 14, 6):
        for chronicle in chronicles:
            chronicle.goes_on(steps)
        runner = Runner(services.database, MeasureResults(), services.application.mapper)
        runner.prepare()
        runner.step()
        runner.step()
    catch_up([Runner(services.database, MeasureResults(), services.application.mapper)])
    return chronicles


class Chart(NamedTuple):
    """A patient in both forms."""

    aggregate: Patient
    shown: dict[str, Any]


@pytest.fixture(scope="module")
def charts(services: Services, chronicles: list[Chronicle]) -> list[Chart]:
    found = []
    for chronicle in chronicles:
        rows = services.database.rows(
            "SELECT id FROM patient_heads WHERE account_id = %s", (chronicle.clinic.account_id,)
        )
        for (number,) in rows:
            patient = services.application.load(chronicle.clinic.context, Patient, number)
            found.append(Chart(patient, body_of(services, number)))
    return found


def body_of(services: Services, patient: int) -> dict[str, Any]:
    """The patient as the API shows it."""
    record = find_patient(services.database, patient)
    assert record is not None
    return dict(orjson.loads(orjson.dumps(record.body)))


def test_the_histories_are_rich_enough_to_prove_something(
    services: Services, chronicles: list[Chronicle]
) -> None:
    rows = services.database.rows("SELECT topic, count(*) FROM events GROUP BY topic")
    happened = {row[0] for row in rows}
    assert happened >= {
        "patient.registered", "patient.demographics_changed", "patient.observation_recorded",
        "patient.observations_imported", "patient.observation_withdrawn", "patient.scraped",
        "patient.document_added", "patient.document_read", "variable.changed", "metric.defined",
        "metric.changed", "api_key.revoked", "api_key.expiry_set",
    }  # fmt: skip
    assert sum(chronicle.refusals for chronicle in chronicles) > 0
    superseded = services.database.row(
        "SELECT count(*) FROM observations WHERE to_position < %s", (OPEN,)
    )
    assert superseded is not None
    assert superseded[0] > 10


def test_a_patient_is_shown_as_its_events_say(charts: list[Chart]) -> None:
    assert len(charts) > 5
    for patient, shown in charts:
        assert shown["version"] == patient.version
        demographics = vars(patient.demographics)
        assert {name: shown[name] for name in demographics} == demographics


def test_the_shown_value_of_each_variable_is_the_current_one_of_the_chart(
    charts: list[Chart],
) -> None:
    compared = 0
    for patient, shown in charts:
        both = [*shown["variables"], *shown["date_variables"]]
        expected = {o.variable_id for o in patient.observations.values()}
        assert {each["id"] for each in both} == expected
        for each in both:
            current = patient.current(each["id"])
            assert current is not None
            assert each["observation_id"] == current.id
            assert (each["value"], each["source"]) == (current.value, current.source)
            assert (each["note"], each["pdf_page"]) == (current.shown.note, current.shown.pdf_page)
            compared += 1
    assert compared > 10


def test_the_standing_values_are_those_of_the_chart(
    services: Services, charts: list[Chart]
) -> None:
    for patient, _ in charts:
        total, items = list_observations(services.database, patient.number, None, 1000, 0)
        assert total == len(items)
        assert {item["id"] for item in items} == set(patient.observations)


def as_of(services: Services, patient: int, position: int) -> dict[int, str]:
    """The values that stood at a position, by the table of history."""
    rows = services.database.rows(
        "SELECT id, text FROM observations"
        " WHERE patient_id = %s AND from_position <= %s AND to_position > %s",
        (patient, position, position),
    )
    return {row[0]: row[1] for row in rows}


def test_every_value_stands_for_just_the_positions_that_a_replay_says(
    services: Services, charts: list[Chart]
) -> None:
    compared = 0
    for patient, _ in charts:
        positions = services.database.rows(
            "SELECT position FROM events WHERE originator_id = %s ORDER BY position", (patient.id,)
        )
        for version, (position,) in enumerate(positions, start=1):
            replayed: Any = services.application.repository.get(
                patient.id, version=version, projector_func=project
            )
            held: dict[int, Observation] = replayed.observations
            expected = {number: o.value for number, o in held.items()}
            assert as_of(services, patient.number, position) == expected
            body = services.database.row(
                "SELECT body FROM patients"
                " WHERE id = %s AND from_position <= %s AND to_position > %s",
                (patient.number, position, position),
            )
            assert body == ({"id": patient.number, **vars(replayed.demographics)},)
            compared += 1
    assert compared > 60


def test_results_that_followed_the_log_equal_those_computed_in_full(
    services: Services, chronicles: list[Chronicle]
) -> None:
    compared = 0
    for chronicle in chronicles:
        account = chronicle.clinic.account_id
        for metric in live_metrics(services.database, account, OPEN - 1):
            for period in maintained(account_today(services.database, account)):
                kept = services.database.row(
                    "SELECT totals FROM cms_reports"
                    " WHERE metric_id = %s AND period_start = %s AND period_end = %s",
                    (metric.id, period.start, period.end),
                )
                assert kept is not None
                assert kept[0] == compute_totals(services.database, metric, period, OPEN - 1)[0]
                compared += 1
    assert compared >= 20


def rebuilt(services: Services, name: str = "all", *, is_check: bool = True) -> list[str]:
    return rebuild(services.database.url, services.application.mapper, name, is_check=is_check)


def test_every_read_model_equals_a_rebuild_from_the_log(
    services: Services, chronicles: list[Chronicle]
) -> None:
    assert rebuilt(services) == []


def test_a_rebuild_tells_how_far_it_has_come(
    services: Services, chronicles: list[Chronicle]
) -> None:
    told: list[tuple[int, int]] = []
    rebuild(
        services.database.url,
        services.application.mapper,
        "inline",
        is_check=True,
        report=lambda done, total: told.append((done, total)),
    )
    row = services.database.row("SELECT max(position) FROM events")
    assert row is not None
    assert told[-1] == (row[0], row[0])


TAMPERED = {
    "patients": 'UPDATE patients SET body = body || \'{"name": "Eve"}\' WHERE id = {id}',
    "patient_heads": "UPDATE patient_heads SET version = version + 1 WHERE id = {id}",
    "observations": "UPDATE observations SET number = number + 1 WHERE id = {id}",
    "documents": "UPDATE documents SET pages = 99 WHERE id = '{id}'",
    "variables": "DELETE FROM variables WHERE id = {id}",
    "metrics": "UPDATE metrics SET version = version + 1 WHERE id = {id}",
    "api_keys": "UPDATE api_keys SET revoked_at = NULL WHERE id = {id}",
    "accounts": "UPDATE accounts SET patient_count = patient_count + 1 WHERE id = {id}",
}
CHOSEN = {"observations": "number IS NOT NULL", "api_keys": "revoked_at IS NOT NULL"}


@pytest.fixture
def admin(services: Services) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(
        services.database.url, autocommit=True, options="-c search_path=attestor"
    ) as admin:
        yield admin


@pytest.mark.parametrize("table", TAMPERED)
def test_a_row_that_was_tampered_with_is_named_and_a_rebuild_mends_it(
    services: Services, chronicles: list[Chronicle], admin: psycopg.Connection[Any], table: str
) -> None:
    condition = CHOSEN.get(table, "true")
    chosen = f"SELECT min(id::text) FROM {table} WHERE {condition}"  # noqa: S608  our own names
    row = admin.execute(chosen.encode()).fetchone()
    assert row is not None
    admin.execute(TAMPERED[table].replace("{id}", row[0]))
    (difference,) = rebuilt(services, "inline")
    assert difference.startswith(f"{table}: ")
    assert difference.endswith(f"id {row[0]}")
    assert rebuilt(services, "inline") == [difference]
    rebuilt(services, "inline", is_check=False)
    assert rebuilt(services) == []


def test_a_result_that_was_tampered_with_is_named_and_a_rebuild_mends_it(
    services: Services, chronicles: list[Chronicle], admin: psycopg.Connection[Any]
) -> None:
    row = admin.execute("SELECT min(metric_id) FROM cms_reports").fetchone()
    assert row is not None
    admin.execute(
        "UPDATE cms_reports SET body = '{}'"
        " WHERE ctid = (SELECT min(ctid) FROM cms_reports WHERE metric_id = %s)",
        row,
    )
    (difference,) = rebuilt(services, "measure_results")
    assert difference.startswith("cms_reports: ")
    rebuilt(services, "measure_results", is_check=False)
    assert rebuilt(services) == []


def test_a_swap_keeps_serving_reads_writes_and_the_runner(
    services: Services, chronicles: list[Chronicle]
) -> None:
    """With the very connections, and prepared statements, that were in use before it."""
    chronicle = chronicles[0]
    clinic, patient = chronicle.clinic, chronicle.patients[0]
    variable = chronicle.variables[0][1]
    runner = Runner(services.database, MeasureResults(), services.application.mapper)
    for value in ("1", "2", "3", "4"):
        clinic.add(patient, variable, value, observed_on="2026-01-01")
        catch_up([runner])
    before = body_of(services, patient)
    rebuilt(services, is_check=False)
    assert body_of(services, patient) == before
    for value in ("5", "6", "7", "8"):
        clinic.add(patient, variable, value, observed_on="2026-01-01")
        catch_up([runner])
    shown = body_of(services, patient)["variables"]
    assert next(each for each in shown if each["id"] == variable)["value"] == "8"
    assert rebuilt(services) == []


def test_writers_go_on_while_the_read_models_are_rebuilt(
    services: Services, chronicles: list[Chronicle]
) -> None:
    clinic, variable = chronicles[1].clinic, chronicles[1].variables[0][1]
    patient, is_done = clinic.register(), Event()

    def write() -> list[int]:
        acknowledged: list[int] = []
        while not is_done.is_set():
            added = clinic.add(patient, variable, str(len(acknowledged)))
            acknowledged.append(added.body["observation_id"])
        return acknowledged

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        rebuilt(services, "inline", is_check=False)
        is_done.set()
    acknowledged = writing.result()
    total, items = list_observations(services.database, patient, None, 10_000, 0)
    assert total == len(acknowledged)
    assert {item["id"] for item in items} == set(acknowledged)
    assert rebuilt(services, "inline") == []


def test_a_rebuild_that_was_interrupted_leaves_the_read_models_and_can_be_repeated(
    services: Services, chronicles: list[Chronicle]
) -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        rebuild(
            services.database.url, services.application.mapper, "all", is_check=False, report=stop
        )
    assert find_patient(services.database, chronicles[0].patients[0]) is not None
    rebuilt(services, is_check=False)
    assert rebuilt(services) == []


def test_the_rebuilt_tables_are_still_closed_to_changes_of_events(
    services: Services, chronicles: list[Chronicle]
) -> None:
    row = services.database.row("SELECT has_table_privilege('patients', 'UPDATE')")
    assert row == (True,)
    rows = services.database.rows(
        "SELECT indexname FROM pg_indexes WHERE schemaname = 'attestor' AND tablename = 'patients'"
    )
    assert {row[0] for row in rows} == {
        "patients_pkey", "patients_now", "patients_by_name", "patients_external_ids"
    }  # fmt: skip


def test_a_proportion_counts_what_a_person_would_count(services: Services, clinic: Tenant) -> None:
    """Five patients by hand: two of three adults with a visit in 2025 are above 9."""
    hba1c, visit = clinic.variable("HbA1c"), clinic.date_variable("Visit")
    metric = clinic.metric(
        "initial population: age >= 18", "denominator: visit during period", "numerator: hba1c > 9"
    )
    for dob, visited, value in (
        ("1960-01-01", "2025-02-01", "9.1"),
        ("1970-01-01", "2025-03-01", "10"),
        ("1980-01-01", "2025-04-01", "9.0"),
        ("1980-01-01", "2024-12-31", "12"),  # no visit in the period
        ("2015-01-01", "2025-05-01", "12"),  # a child
    ):
        patient = clinic.register(dob=dob)
        clinic.put(patient, visit, visited, kind="date")
        clinic.put(patient, hba1c, value, observed_on="2025-02-01")
    (live,) = live_metrics(services.database, clinic.account_id, OPEN - 1)
    assert live.id == metric
    totals, _ = compute_totals(services.database, live, calendar_year(2025), OPEN - 1)
    assert [int(each) for each in totals[:3]] == [4, 3, 2]


def test_ids_of_the_read_models_are_those_of_the_log(
    services: Services, chronicles: list[Chronicle]
) -> None:
    rows = services.database.rows("SELECT id FROM patient_heads")
    for (number,) in rows:
        first = services.database.row(
            "SELECT topic FROM events WHERE originator_id = %s AND originator_version = 1",
            (aggregate_id(Kind.PATIENT, number),),
        )
        assert first == ("patient.registered",)
