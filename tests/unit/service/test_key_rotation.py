"""After a rotation the new key opens everything, the old one nothing, and no event changed."""

import base64
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import psycopg
import pytest

from domain.errors import Conflict, NotFound
from projections.patients import find_patient
from service import key_rotation
from service.bootstrap import Services, build
from service.idempotency import AnsweredBefore
from service.key_rotation import rotate_account, rotate_master
from service.master_key import load_master_key, next_path
from service.settings import Settings
from service.vault import Unreadable
from tests.factories import Tenant, idempotency, services_on, tenant


@pytest.fixture
def installed(new_services: Callable[[], Services]) -> tuple[Services, Tenant, int]:
    """A service of its own with an account and a patient."""
    services = new_services()
    clinic = tenant(services)
    return services, clinic, clinic.register(name="Ann")


def events_of(url: str) -> list[tuple[bytes]]:
    with psycopg.connect(url) as admin:
        return admin.execute("SELECT state FROM attestor.events ORDER BY position").fetchall()


def renames(services: Services, clinic: Tenant, patient: int, name: str) -> None:
    """A command, for which the patient's events have to be read and one to be written."""
    services.patients.change_demographics(clinic.asks(), patient, {"name": name})


def test_after_a_rotation_the_new_master_key_opens_everything_and_the_old_nothing(
    installed: tuple[Services, Tenant, int],
) -> None:
    services, clinic, patient = installed
    url, settings = services.database.url, services.settings
    old, before = load_master_key(settings), events_of(url)
    assert rotate_master(settings, url) == 1
    assert load_master_key(settings) != old
    assert not next_path(settings).exists()
    assert events_of(url) == before
    with closing(services_on(url, settings.data_dir)) as fresh:
        renames(fresh, clinic, patient, "Anna")
    with (
        closing(build(replace(settings, master_key=old), database_url=url)) as stale,
        pytest.raises(Unreadable),
    ):
        renames(stale, clinic, patient, "Annie")


def test_a_running_service_goes_along_with_a_rotation(
    installed: tuple[Services, Tenant, int],
) -> None:
    services, clinic, patient = installed
    with closing(services_on(services.database.url, services.settings.data_dir)) as idle:
        rotate_master(services.settings, services.database.url)
        renames(services, clinic, patient, "Anna")  # its keys are in memory
        renames(idle, clinic, patient, "Annie")  # these are not yet
        newcomer = tenant(services, "South Clinic")
        number = newcomer.register(name="Bob")
        renames(idle, newcomer, number, "Rob")


@pytest.mark.parametrize("step", ["make_next", "_keep_account", "take_next"])
def test_interrupted_anywhere_both_keys_open_and_a_second_try_ends_it(
    installed: tuple[Services, Tenant, int], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    services, clinic, patient = installed
    url, settings = services.database.url, services.settings
    old = load_master_key(settings)
    whole = getattr(key_rotation, step)

    def interrupted(*arguments: object) -> object:
        if step == "make_next":
            whole(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(key_rotation, step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            rotate_master(settings, url)
    assert next_path(settings).exists()
    with closing(services_on(url, settings.data_dir)) as between:
        renames(between, clinic, patient, "Anna")
        newcomer = tenant(between, "South Clinic")
        newcomer.register(name="Bob")
    assert rotate_master(settings, url) == 2
    assert load_master_key(settings) != old
    with closing(services_on(url, settings.data_dir)) as fresh:
        renames(fresh, clinic, patient, "Annie")
        fresh.application.vault.encrypt_for_account(newcomer.account_id, b"text", b"place")


def test_a_key_in_a_setting_is_the_operators_to_change(
    installed: tuple[Services, Tenant, int],
) -> None:
    services, _, _ = installed
    key = load_master_key(services.settings)
    with pytest.raises(Conflict, match="ATTESTOR_MASTER_KEY_FILE"):
        rotate_master(replace(services.settings, master_key=key), services.database.url)


def test_a_key_file_of_the_operators_is_replaced_in_its_place(
    installed: tuple[Services, Tenant, int], tmp_path: Path
) -> None:
    services, clinic, patient = installed
    file = tmp_path / "kept" / "key"
    file.parent.mkdir()
    file.write_bytes(base64.b64encode(load_master_key(services.settings)))
    settings = Settings(data_dir=services.settings.data_dir, master_key_file=file)
    rotate_master(settings, services.database.url)
    assert [path.name for path in file.parent.iterdir()] == ["key"]
    with closing(build(settings, database_url=services.database.url)) as fresh:
        renames(fresh, clinic, patient, "Anna")


def test_an_accounts_key_is_replaced_for_its_patients_and_for_its_answers(
    new_database: Callable[[], str], data_dir: Path
) -> None:
    url = new_database()
    with closing(services_on(url, data_dir)) as services:
        clinic, other = tenant(services), tenant(services, "South Clinic")
        patient, strange = clinic.register(name="Ann"), other.register(name="Bob")
        erased = clinic.register(name="Eve")
        services.erasure.erase(replace(clinic.asks(), reason="asked for"), erased)
        repeated = replace(clinic.asks(), idempotency=idempotency())
        services.patients.change_demographics(repeated, patient, {"race": "x"})
        settings = services.settings
        with pytest.raises(Conflict, match="stopped"):
            rotate_account(settings, url, clinic.account_id)
    before = events_of(url)
    with psycopg.connect(url, autocommit=True) as admin:
        wraps = "SELECT patient_id, wrapped FROM attestor_keys.patient_keys ORDER BY 1"
        old = dict(admin.execute(wraps).fetchall())
    assert rotate_account(settings, url, clinic.account_id) == 1
    with psycopg.connect(url, autocommit=True) as admin:
        new = dict(admin.execute(wraps).fetchall())
    assert events_of(url) == before
    assert {number for number in old if old[number] != new[number]} == {patient}
    assert new[erased] is None
    with closing(services_on(url, data_dir)) as services:
        renames(services, clinic, patient, "Anna")
        renames(services, other, strange, "Rob")
        with pytest.raises(AnsweredBefore):
            services.patients.change_demographics(repeated, patient, {"race": "x"})
        assert find_patient(services.database, erased) is None


def test_an_import_that_waits_holds_up_its_accounts_rotation(
    new_database: Callable[[], str], data_dir: Path
) -> None:
    url = new_database()
    with closing(services_on(url, data_dir)) as services:
        clinic, settings = tenant(services), services.settings
        services.imports.accept(clinic.asks(), BytesIO(b'{"name": "A"}'), "application/x-ndjson")
    with pytest.raises(Conflict, match="import"):
        rotate_account(settings, url, clinic.account_id)
    with pytest.raises(NotFound):
        rotate_account(settings, url, 999_999_999)
