"""What is a patient's is unreadable without that patient's key, and cannot be moved elsewhere."""

from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from domain.ids import Kind, aggregate_id
from service.bootstrap import Services
from service.history.history import Wanted
from service.vault import Unreadable
from tests.factories import Tenant, services_on, tenant

MARKER = "Zyxwvut-4711"


@pytest.fixture(scope="module")
def marked(services: Services) -> Tenant:
    """An account whose every patient, value, note and reason holds the marker."""
    clinic = tenant(services)
    patient = clinic.register(
        name=MARKER, dob="1911-11-11", external_id=MARKER, additional_variables={MARKER: MARKER}
    )
    variable = clinic.variable("HbA1c")
    clinic.put(patient, variable, MARKER, note=MARKER, reason=MARKER)
    services.patients.change_demographics(clinic.asks(), patient, {"race": MARKER})
    return clinic


def test_no_byte_of_the_log_tells_anything_of_a_patient(database_url: str, marked: Tenant) -> None:
    with psycopg.connect(database_url) as admin:
        rows = admin.execute("SELECT e::text, state FROM attestor.events e").fetchall()
    assert len(rows) >= 5
    for text, state in rows:
        for secret in (MARKER, "1911-11-11"):
            assert secret not in text
            assert secret.encode().hex() not in text
            assert secret.encode() not in state


def test_the_marker_would_be_seen_if_it_were_there(database_url: str, marked: Tenant) -> None:
    with psycopg.connect(database_url) as admin:
        rows = admin.execute("SELECT p::text FROM attestor.patients p").fetchall()
    assert any(MARKER in row[0] for row in rows)


def states(services: Services, patient: int) -> list[tuple[str, int, bytes]]:
    rows = services.database.rows(
        "SELECT topic, originator_version, state FROM events WHERE originator_id = %s"
        " ORDER BY originator_version",
        (aggregate_id(Kind.PATIENT, patient),),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def test_a_state_opens_in_its_own_place_and_in_no_other(services: Services, clinic: Tenant) -> None:
    patient, other, variable = clinic.register(), clinic.register(), clinic.variable()
    for value in ("7.1", "7.2"):
        clinic.add(patient, variable, value)
    (registered, _, _), (topic, version, state), (_, _, second) = states(services, patient)
    decode = services.application.mapper.decode_stored
    here, elsewhere = aggregate_id(Kind.PATIENT, patient), aggregate_id(Kind.PATIENT, other)
    assert decode(topic, here, version, state).observation["value"] == "7.1"  # type: ignore[attr-defined]
    for place in (
        (topic, here, version, second),  # two states swapped
        (topic, here, version + 2, state),  # moved to another version
        (registered, here, version, state),  # under another topic
        (topic, elsewhere, version, state),  # to another patient
        (topic, here, version, state[:-1] + bytes([state[-1] ^ 1])),  # one bit flipped
        (topic, here, version, b""),
    ):
        with pytest.raises(Unreadable):
            decode(*place)


def test_the_same_event_is_never_encrypted_to_the_same_bytes(
    services: Services, clinic: Tenant
) -> None:
    vault, patient = services.application.vault, clinic.register()
    sealed = {vault.encrypt(patient, b"the same", b"place") for _ in range(50)}
    assert len(sealed) == 50
    assert {vault.decrypt(patient, each, b"place") for each in sealed} == {b"the same"}


def test_an_account_key_opens_nothing_of_a_patient_and_the_other_way_round(
    services: Services, clinic: Tenant
) -> None:
    vault, patient = services.application.vault, clinic.register()
    of_patient = vault.encrypt(patient, b"text", b"place")
    of_account = vault.encrypt_for_account(clinic.account_id, b"text", b"place")
    with pytest.raises(Unreadable):
        vault.decrypt_for_account(clinic.account_id, of_patient, b"place")
    with pytest.raises(Unreadable):
        vault.decrypt(patient, of_account, b"place")


def test_the_key_of_one_account_opens_nothing_of_another(
    services: Services, clinic: Tenant
) -> None:
    vault, other = services.application.vault, tenant(services)
    sealed = vault.encrypt_for_account(clinic.account_id, b"text", b"place")
    with pytest.raises(Unreadable):
        vault.decrypt_for_account(other.account_id, sealed, b"place")


def test_a_wrapped_key_cannot_be_given_to_another_patient(
    database_url: str, services: Services, data_dir: Path, clinic: Tenant
) -> None:
    """Not even with the right to write keys: a wrapped key is sealed to its patient."""
    patient, other = clinic.register(), clinic.register()
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(
            "UPDATE attestor_keys.patient_keys k SET wrapped = o.wrapped"
            " FROM attestor_keys.patient_keys o WHERE k.patient_id = %s AND o.patient_id = %s",
            (patient, other),
        )
    with closing(services_on(database_url, services.settings.data_dir)) as fresh:
        with pytest.raises(Unreadable):
            fresh.application.vault.encrypt(patient, b"text", b"place")
        fresh.application.vault.encrypt(other, b"text", b"place")


def test_without_its_key_a_patient_is_unreadable_and_others_are_not(
    database_url: str, services: Services, clinic: Tenant
) -> None:
    patient, other = clinic.register(name="Ann"), clinic.register(name="Bob")
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("DELETE FROM attestor_keys.patient_keys WHERE patient_id = %s", (patient,))
    with closing(services_on(database_url, services.settings.data_dir)) as fresh:
        with pytest.raises(Unreadable):
            list(fresh.history.every(clinic.context, Wanted((Kind.PATIENT, patient))))
        (told,) = fresh.history.every(clinic.context, Wanted((Kind.PATIENT, other)))
    assert told["data"]["demographics"]["name"] == "Bob"


def test_another_master_key_opens_no_account(
    database_url: str, clinic: Tenant, data_dir: Path
) -> None:
    patient = clinic.register()
    with closing(services_on(database_url, data_dir)) as stranger:
        with pytest.raises(Unreadable):
            stranger.application.vault.encrypt(patient, b"text", b"place")
        with pytest.raises(Unreadable):
            stranger.application.vault.encrypt_for_account(clinic.account_id, b"text", b"place")
