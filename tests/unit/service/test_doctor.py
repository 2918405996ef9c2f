"""The doctor finds what is wrong with an installation, and nothing where nothing is."""

import io
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from projections.measure_results import MeasureResults
from projections.runner import Runner
from service.bootstrap import Services
from service.doctor import examine
from service.projecting import catch_up, resume_stopped
from tests.factories import Tenant, services_on, tenant


@pytest.fixture
def services(new_services: Callable[[], Services]) -> Services:
    """A sound installation with a patient, a value, a document and a metric."""
    services = new_services()
    clinic = tenant(services)
    patient = clinic.register(name="Ann", external_id="MRN-1")
    clinic.put(patient, clinic.variable("HbA1c"), "7.2")
    services.documents.upload(clinic.asks(), patient, "note.pdf", io.BytesIO(b"%PDF-1.4 note"))
    clinic.metric("count(patients)")
    catch_up([runner(services)])
    return services


def runner(services: Services) -> Runner:
    return Runner(services.database, MeasureResults(), services.application.mapper)


def findings(services: Services) -> dict[str, str]:
    """What is not well, by what was looked at."""
    return {each.what: each.detail for each in examine(services) if not each.is_well}


def tamper(services: Services, statement: str, *parameters: Any) -> None:
    """Do what no service can, as a superuser who switched the triggers off."""
    with psycopg.connect(
        services.database.url, autocommit=True, options="-c search_path=attestor"
    ) as admin:
        admin.execute("SET session_replication_role = replica")
        assert admin.execute(statement.encode(), parameters).rowcount


def test_a_sound_installation_is_well_in_every_respect(services: Services) -> None:
    assert findings(services) == {}
    assert [each.what for each in examine(services)] == [
        "server settings", "schema", "rights", "log", "keys", "documents", "projections",
        "read models",
    ]  # fmt: skip


def test_an_empty_installation_is_well(new_services: Callable[[], Services]) -> None:
    assert findings(new_services()) == {}


def test_a_missing_position_is_found(services: Services) -> None:
    tamper(services, "DELETE FROM events WHERE position = 3")
    assert "positions are missing" in findings(services)["log"]
    assert "1 of " in findings(services)["log"]


def test_an_event_that_was_taken_from_the_end_is_missed_by_the_read_models(
    services: Services,
) -> None:
    tamper(services, "DELETE FROM events WHERE position = (SELECT max(position) FROM events)")
    assert "metrics" in findings(services)["read models"]


def test_a_hole_in_the_versions_of_an_aggregate_is_found(services: Services) -> None:
    tamper(
        services,
        "UPDATE events SET originator_version = originator_version + 1"
        " WHERE topic = 'patient.document_added'",
    )
    assert findings(services)["log"] == "1 aggregates have gaps in their versions"


def test_a_disabled_trigger_is_found(services: Services) -> None:
    tamper_with_the_schema(services, "ALTER TABLE events DISABLE TRIGGER events_are_for_ever")
    assert "triggers" in findings(services)["rights"]


def tamper_with_the_schema(services: Services, statement: str) -> None:
    with psycopg.connect(
        services.database.url, autocommit=True, options="-c search_path=attestor"
    ) as admin:
        admin.execute(statement.encode())


@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
def test_a_right_too_many_is_found(services: Services, right: str) -> None:
    tamper_with_the_schema(services, f"GRANT {right} ON events TO attestor_app")
    assert "could change or remove events" in findings(services)["rights"]


def test_a_missing_file_is_found(services: Services) -> None:
    (path,) = services.settings.data_dir.glob("documents/*/*.pdf")
    path.unlink()
    assert findings(services) == {"documents": "1 files are missing"}


def test_a_line_that_stopped_is_found_until_it_is_resumed(services: Services) -> None:
    row = services.database.row("SELECT min(id) FROM accounts")
    assert row is not None
    services.database.execute(
        "INSERT INTO projection_stops VALUES ('measure_results', %s, 3, 'ValueError')", row
    )
    (found,) = findings(services).values()
    assert found == f"measure_results stopped for account {row[0]} after 3 (ValueError)"
    assert resume_stopped(services.database, services.application.mapper) == 1
    assert findings(services) == {}


def test_a_patient_whose_key_is_gone_is_found(services: Services) -> None:
    tamper(services, "DELETE FROM attestor_keys.patient_keys")
    assert findings(services)["keys"] == "1 patients have no key"


def test_another_master_key_is_noticed(services: Services, tmp_path: Path) -> None:
    with closing(services_on(services.database.url, tmp_path)) as moved:
        found = findings(moved)
    assert "master key" in found["keys"]
    assert "cannot be rebuilt" in found["read models"]


def test_a_tampered_row_is_found(services: Services) -> None:
    tamper(services, "UPDATE observations SET number = 9.9")
    assert findings(services)["read models"].startswith("observations: ")


def test_a_missing_migration_is_found(services: Services) -> None:
    tamper(services, "DELETE FROM migrations WHERE name LIKE '0006%%'")
    assert findings(services)["schema"] == "missing 0006_measure_results.sql"


def test_two_accounts_are_examined_as_one_installation(services: Services) -> None:
    clinic: Tenant = tenant(services, "South Clinic")
    clinic.register(external_id="MRN-1")
    catch_up([runner(services)])
    assert findings(services) == {}
