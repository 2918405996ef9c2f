"""The doctor finds what is wrong with an installation, and nothing where nothing is."""

import io
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from projections.measure_results import MeasureResults
from projections.runner import Runner
from service.bootstrap import Services
from service.doctor import examine
from service.projecting import catch_up, resume_stopped
from tests.factories import services_on, tenant


@pytest.fixture(scope="module")
def services(services: Services) -> Iterator[Services]:
    """A sound installation with patients, a value, a document and a metric.

    Every test puts back what it broke; at the end everything has to be well again.
    """
    clinic = tenant(services)
    patient = clinic.register(name="Ann", external_id="MRN-1")
    clinic.put(patient, clinic.variable("HbA1c"), "7.2")
    services.documents.upload(clinic.asks(), patient, "note.pdf", io.BytesIO(b"%PDF-1.4 note"))
    clinic.metric("count(patients)")
    tenant(services, "South Clinic").register(external_id="MRN-1")
    catch_up([Runner(services.database, MeasureResults(), services.application.mapper)])
    tamper(services, "CREATE TABLE kept AS TABLE events")
    yield services
    assert findings(services) == {}


def findings(services: Services) -> dict[str, str]:
    """What is not well, by what was looked at."""
    return {each.what: each.detail for each in examine(services) if not each.is_well}


def tamper(services: Services, statement: str) -> None:
    """Do what no service can, as a superuser who switched the triggers off."""
    with psycopg.connect(
        services.database.url, autocommit=True, options="-c search_path=attestor"
    ) as admin:
        admin.execute("SET session_replication_role = replica")
        assert admin.execute(statement.encode()).rowcount


def found_after(services: Services, statement: str, undo: str) -> dict[str, str]:
    """What the doctor finds while the statement holds."""
    tamper(services, statement)
    try:
        return findings(services)
    finally:
        tamper(services, undo)


def test_a_sound_installation_is_well_in_every_respect(services: Services) -> None:
    assert findings(services) == {}
    assert [each.what for each in examine(services)] == [
        "server settings", "schema", "rights", "log", "keys", "documents", "transparency log",
        "projections", "read models",
    ]  # fmt: skip


def test_an_empty_installation_is_well(new_services: Callable[[], Services]) -> None:
    assert findings(new_services()) == {}


def test_a_missing_position_is_found(services: Services) -> None:
    found = found_after(
        services,
        "DELETE FROM events WHERE position = 3",
        "INSERT INTO events SELECT * FROM kept WHERE position = 3",
    )
    assert found["log"].startswith("1 of ")
    assert found["log"].endswith("positions are missing")


def test_an_event_that_was_taken_from_the_end_is_missed_by_the_read_models(
    services: Services,
) -> None:
    found = found_after(
        services,
        "DELETE FROM events WHERE position = (SELECT max(position) FROM kept)",
        "INSERT INTO events SELECT * FROM kept ORDER BY position DESC LIMIT 1",
    )
    assert "patients: 1 rows differ" in found["read models"]


def test_a_hole_in_the_versions_of_an_aggregate_is_found(services: Services) -> None:
    shifted = "UPDATE events SET originator_version = originator_version {} 1 WHERE topic = '{}'"
    found = found_after(
        services,
        shifted.format("+", "patient.document_added"),
        shifted.format("-", "patient.document_added"),
    )
    assert found["log"] == "1 aggregates have gaps in their versions"


@pytest.mark.parametrize("trigger", ["events_are_for_ever", "events_are_never_emptied"])
def test_a_disabled_trigger_is_found(services: Services, trigger: str) -> None:
    found = found_after(
        services,
        f"ALTER TABLE events DISABLE TRIGGER {trigger}",
        f"ALTER TABLE events ENABLE TRIGGER {trigger}",
    )
    assert found == {"rights": "the triggers that forbid changing events are missing or disabled"}


@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
@pytest.mark.parametrize("table", ["events", "access_log"])
def test_a_right_too_many_is_found(services: Services, table: str, right: str) -> None:
    found = found_after(
        services,
        f"GRANT {right} ON {table} TO attestor_app",
        f"REVOKE {right} ON {table} FROM attestor_app",
    )
    assert found == {"rights": "the service's role could change or remove events or access records"}


def test_a_missing_file_is_found(services: Services) -> None:
    (path,) = services.settings.data_dir.glob("documents/*/*.pdf")
    away = path.rename(path.with_suffix(".away"))
    assert findings(services) == {"documents": "1 files are missing"}
    away.rename(path)


def test_a_line_that_stopped_is_found_until_it_is_resumed(services: Services) -> None:
    row = services.database.row("SELECT min(id) FROM accounts")
    assert row is not None
    services.database.execute(
        "INSERT INTO projection_stops VALUES ('measure_results', %s, 3, 'ValueError')", row
    )
    assert findings(services) == {
        "projections": f"measure_results stopped for account {row[0]} after 3 (ValueError)"
    }
    resumed = list(resume_stopped(services.database, services.application.mapper))
    assert [error for _, error in resumed] == [None]
    assert findings(services) == {}


def test_patients_whose_key_is_gone_are_found(services: Services) -> None:
    negated = "UPDATE attestor_keys.patient_keys SET patient_id = -patient_id"
    assert found_after(services, negated, negated)["keys"] == "2 patients have no key"


def test_a_key_that_was_destroyed_without_an_erasure_is_found(services: Services) -> None:
    found = found_after(
        services,
        "INSERT INTO attestor_keys.patient_keys (patient_id, account_id, destroyed_at)"
        " VALUES (77, 1, now())",
        "DELETE FROM attestor_keys.patient_keys WHERE patient_id = 77",
    )
    assert found == {"keys": "1 keys were destroyed, but no patient was erased with them"}


def test_another_master_key_is_noticed(services: Services, tmp_path: Path) -> None:
    with closing(services_on(services.database.url, tmp_path)) as moved:
        found = findings(moved)
    assert "master key" in found["keys"]
    assert "cannot be rebuilt" in found["read models"]


def test_a_tampered_row_is_found(services: Services) -> None:
    found = found_after(
        services,
        "UPDATE observations SET number = number + 1",
        "UPDATE observations SET number = number - 1",
    )
    assert set(found) == {"read models"}
    assert found["read models"].startswith("observations: ")


def test_a_missing_migration_is_found(services: Services) -> None:
    renamed = "UPDATE migrations SET name = reverse(name) WHERE {} LIKE '0006%'"
    found = found_after(services, renamed.format("name"), renamed.format("reverse(name)"))
    assert found == {"schema": "missing 0006_measure_results.sql"}
