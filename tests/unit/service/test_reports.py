"""Frozen reports say for ever what they said, and whoever asks can check it."""

import io
import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from domain.errors import Conflict, Forbidden, Invalid
from domain.measures.period import last_ended, parse_period
from projections.reports import find_report, list_reports, position_at
from service.bootstrap import Services
from service.imports import ImportJob
from tests.factories import Tenant, tenant

FORMULA = ("initial population: age >= 18", "numerator: hba1c < 8")
YEAR = parse_period("2025")


@pytest.fixture
def patient(clinic: Tenant) -> int:
    """An adult whose HbA1c of 2025 is 7, in an account with one metric of it."""
    patient = clinic.register(dob="1960-01-01")
    variable = clinic.variable("HbA1c")
    clinic.metric(*FORMULA)
    clinic.put(patient, variable, "7", observed_on="2025-03-01")
    return patient


def change(clinic: Tenant, patient: int, value: str) -> None:
    variable = next(
        row[0]
        for row in clinic.services.database.rows(
            "SELECT id FROM variables WHERE account_id = %s", (clinic.account_id,)
        )
    )
    clinic.put(patient, variable, value, observed_on="2025-03-01")


def frozen(clinic: Tenant) -> int:
    return int(clinic.services.reports.freeze(clinic.asks(), YEAR, None).id)


def numerator(services: Services, report_id: int) -> int:
    found = find_report(services.database, report_id)
    assert found is not None
    return int(json.loads(found[1]["body"])["reports"][0]["numerator"])


def test_a_frozen_report_keeps_its_count_when_the_chart_changes_and_still_verifies(
    clinic: Tenant, patient: int
) -> None:
    report = frozen(clinic)
    change(clinic, patient, "9")
    verified = clinic.services.reports.verify(clinic.asks(), report)
    assert (verified.is_equal, verified.differing_metrics) == (True, ())
    assert numerator(clinic.services, report) == 1
    assert numerator(clinic.services, frozen(clinic)) == 0


def test_a_frozen_report_verifies_after_its_metric_and_variable_were_changed(
    clinic: Tenant, patient: int
) -> None:
    report = frozen(clinic)
    services = clinic.services
    (metric,) = services.database.rows(
        "SELECT id FROM metrics WHERE account_id = %s", (clinic.account_id,)
    )
    services.metrics.change(
        clinic.asks(), metric[0], {"calculation_formula": (FORMULA[0], "numerator: hba1c < 6")}
    )
    assert services.reports.verify(clinic.asks(), report).is_equal


def test_a_report_whose_stored_numbers_were_tampered_with_does_not_verify(
    clinic: Tenant, patient: int
) -> None:
    report = frozen(clinic)
    services = clinic.services
    # Somebody with the owner's rights gives the observation another value.
    with services.database.transaction() as transaction:
        transaction.execute(
            "UPDATE observations SET number = 9 WHERE account_id = %s", (clinic.account_id,)
        )
    verified = services.reports.verify(clinic.asks(), report)
    assert not verified.is_equal
    assert len(verified.differing_metrics) == 1
    assert verified.sha256 != verified.recomputed_sha256


def test_it_is_attested_then_submitted_then_restated_and_never_in_another_order(
    clinic: Tenant, patient: int
) -> None:
    reports, report = clinic.services.reports, frozen(clinic)
    with pytest.raises(Conflict):
        reports.mark_submitted(clinic.asks(), report, None)
    with pytest.raises(Invalid):
        reports.attest(clinic.asks(), report, "Dr. Elm", " ")
    reports.attest(clinic.asks(), report, "Dr. Elm", "true, accurate and complete")
    with pytest.raises(Conflict):
        reports.attest(clinic.asks(), report, "Dr. Elm", "again")
    assert reports.mark_submitted(clinic.asks(), report, "QPP-1").body["reference"] == "QPP-1"
    change(clinic, patient, "9")
    with pytest.raises(Invalid):
        reports.restate(clinic.asks(), report, "")
    new = reports.restate(clinic.asks(), report, "a late result")
    assert (new.body["restates"], new.body["status"]) == (report, "frozen")
    old = find_report(clinic.services.database, report)
    assert old is not None
    assert (old[1]["status"], old[1]["restated_by"], old[1]["reason"]) == (
        "restated", new.id, "a late result",
    )  # fmt: skip
    with pytest.raises(Conflict):
        reports.restate(clinic.asks(), report, "once more")


def test_the_difference_of_two_reports_names_the_patient_and_the_event_that_moved_it(
    clinic: Tenant, patient: int
) -> None:
    before = frozen(clinic)
    clinic.register(dob="2020-01-01")
    change(clinic, patient, "9")
    after = frozen(clinic)
    moved = clinic.services.reports.diff(clinic.asks(), before, after)
    by_patient = {each.patient_id: each for each in moved}
    assert by_patient[patient].before is not None
    assert by_patient[patient].before["numerator"] == 1
    assert by_patient[patient].after is not None
    assert by_patient[patient].after["numerator"] == 0
    assert [event["type"] for event in by_patient[patient].events] == [
        "patient.observation_recorded"
    ]


def test_another_account_sees_nothing_of_it(
    services: Services, clinic: Tenant, patient: int
) -> None:
    report, other = frozen(clinic), tenant(services, "South Clinic")
    for ask in (services.reports.verify, lambda c, r: services.reports.attest(c, r, "x", "y")):
        with pytest.raises(Forbidden):
            ask(other.asks(), report)
    assert list_reports(services.database, other.account_id, 10, 0) == (0, [])


def test_the_position_of_an_instant_is_that_of_the_last_event_recorded_by_then(
    clinic: Tenant, patient: int
) -> None:
    database = clinic.services.database
    position, recorded_at = database.rows(
        "SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1"
    )[0]
    assert position_at(database, recorded_at) == position
    assert position_at(database, datetime(2020, 1, 1, tzinfo=UTC)) == 0


def test_a_scheduled_report_is_frozen_once_when_its_period_is_over(
    clinic: Tenant, patient: int
) -> None:
    schedule = clinic.services.report_schedule
    schedule.set(clinic.account_id, "quarter", None)
    assert [schedule.freeze_due(), schedule.freeze_due()] == [1, 0]
    _, (report,) = list_reports(clinic.services.database, clinic.account_id, 10, 0)
    ended = last_ended("quarter", datetime.now(UTC).date())
    assert (report["period_start"], report["period_end"]) == (ended.start, ended.end)
    assert report["frozen_by"] == "system:attestor"
    schedule.remove(clinic.account_id, "quarter")


def imported(clinic: Tenant, lines: list[dict[str, object]]) -> None:
    """The lines, applied; none of them failed."""
    imports = clinic.services.imports
    content = io.BytesIO(b"\n".join(json.dumps(line).encode() for line in lines))
    shown = imports.accept(clinic.asks(), content, "application/x-ndjson")
    job = ImportJob(int(shown.id), clinic.context.principal, "application/x-ndjson", 0)
    imports.run(job, lambda: False)
    done = imports.find(clinic.context, job.id)
    assert (done["lines_done"], done["lines_failed"]) == (len(lines), 0)


def changes_since(services: Services, account_id: int, position: int) -> Counter[str]:
    """How many events of each kind of thing the account has after a position."""
    rows = services.database.rows(
        "SELECT split_part(topic, '.', 1) FROM events WHERE account_id = %s AND position > %s",
        (account_id, position),
    )
    return Counter(row[0] for row in rows)


def test_a_frozen_report_verifies_after_a_thousand_changes(clinic: Tenant) -> None:
    services = clinic.services
    variable, metric = clinic.variable("HbA1c"), clinic.metric(*FORMULA)
    names = [f"P{n}" for n in range(20)]
    value = {"variable_id": variable, "observed_on": "2025-03-01"}
    imported(
        clinic,
        [{"external_id": n, "dob": "1960-01-01", "observations": [{**value, "value": "7"}]}
         for n in names],
    )  # fmt: skip
    report = frozen(clinic)
    found = find_report(services.database, report)
    assert found is not None
    assert numerator(services, report) == 20

    for number in range(47):  # each line records a value and half of them a birth as well
        born = {"dob": "2020-01-01" if number % 4 else "1960-01-01"} if number % 2 else {}
        day = {"variable_id": variable, "observed_on": f"2025-03-{number % 28 + 1:02}"}
        observations = [{**day, "value": str(5 + number % 7)}]
        imported(clinic, [{"external_id": n, **born, "observations": observations} for n in names])
    for number in range(30):
        limit = f"numerator: hba1c < {number % 9 + 1}"
        services.metrics.change(clinic.asks(), metric, {"calculation_formula": (FORMULA[0], limit)})
        services.variables.change(
            clinic.asks(), "number", variable, {"description": f"laboratory {number}"}
        )

    changes = changes_since(services, clinic.account_id, int(found[1]["position"]))
    assert changes["patient"] + changes["metric"] + changes["variable"] >= 1_000
    assert min(changes["metric"], changes["variable"]) >= 30
    verified = services.reports.verify(clinic.asks(), report)
    assert (verified.is_equal, verified.differing_metrics) == (True, ())
    assert numerator(services, report) == 20
    assert numerator(services, frozen(clinic)) == 0  # the last limit and the last values differ
