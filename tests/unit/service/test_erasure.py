"""Of an erased patient nothing can be read and no byte is left, and all others stay as they are."""

import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import orjson
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from domain.errors import Conflict, Forbidden, Invalid, NotFound
from domain.events import Forgotten
from domain.ids import Kind, aggregate_id
from domain.measures.period import parse_period
from domain.patient import Patient
from projections.patients import PatientFilter, find_patient, list_patients
from projections.rebuild import rebuild
from projections.runner import Runner
from service.bootstrap import Services
from service.doctor import examine
from service.embedded_postgres import EmbeddedPostgres
from service.imports import ImportJob
from service.migrate import migrate
from service.projecting import ASYNC, catch_up
from service.scrub import TABLES, scrub
from service.vault import KeyDestroyed
from service.verification.whole import verify_reports
from tests.conftest import RUN_DIR
from tests.factories import Tenant, idempotency, services_on, tenant
from tests.unit.service.pdf.drawing import pdf

NAME, MRN, VALUE, NOTE, WORD, FILE = (
    f"{what}-Qzxj4711" for what in ("Oak", "MRN", "Value", "Note", "Word", "File")
)
IN_CLEAR = (NAME, MRN, VALUE, NOTE, FILE)
OTHER = "Elm-Wvkq0815"
FORMULA = ("initial population: age >= 18", "numerator: hba1c < 8")
YEAR = parse_period("2025")


@dataclass(frozen=True)
class Installation:
    """A service with a server of its own, whose files can be looked into."""

    url: str
    data_dir: Path
    services: Services
    clinic: Tenant
    victim: int
    other: int
    report: int

    def places_of(self, marker: str) -> set[str]:
        """The files that hold a marker, by their directory; what is gone meanwhile holds none."""
        found = set()
        for path in self.data_dir.rglob("*"):
            try:
                if path.is_file() and marker.encode() in path.read_bytes():
                    found.add(str(path.relative_to(self.data_dir).parent))
            except FileNotFoundError:
                continue
        return found

    def file_of(self, relation: str) -> bytes:
        """The bytes of a table as they are on disk."""
        with psycopg.connect(self.url, autocommit=True) as admin:
            row = admin.execute("SELECT pg_relation_filepath(%s)", (relation,)).fetchone()
        assert row is not None
        return (self.data_dir / "postgres" / "data" / row[0]).read_bytes()

    def later_wal(self) -> bytes:
        """What stands in the WAL files that are still to be written."""
        with psycopg.connect(self.url, autocommit=True) as admin:
            rows = admin.execute(
                "SELECT name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'"
                " AND name > pg_walfile_name(pg_current_wal_lsn())"
            ).fetchall()
        folder = self.data_dir / "postgres" / "data" / "pg_wal"
        return b"".join((folder / row[0]).read_bytes() for row in rows)


def erase(services: Services, clinic: Tenant, patient: int, reason: str = "asked for") -> None:
    services.erasure.erase(replace(clinic.asks(), reason=reason), patient)


def follow(services: Services) -> None:
    catch_up([Runner(services.database, each, services.application.mapper) for each in ASYNC])


def numerators(services: Services, clinic: Tenant) -> list[int]:
    rows = services.database.rows(
        "SELECT (body::json ->> 'numerator')::integer FROM cms_reports"
        " WHERE account_id = %s AND period_start = '2025-01-01' AND period_end = '2025-12-31'",
        (clinic.account_id,),
    )
    return [row[0] for row in rows]


def fill(clinic: Tenant, name: str, variable: int, *, is_marked: bool) -> int:
    """An adult with an HbA1c of 7 in 2025; the marked one has everything that can be kept."""
    services = clinic.services
    if not is_marked:
        other = clinic.register(name=name, dob="1960-01-01")
        clinic.put(other, variable, "7", observed_on="2025-03-01")
        return other
    patient = clinic.register(
        name=name, dob="1960-01-01", external_id=MRN, additional_variables={NAME: NAME}
    )
    clinic.put(patient, variable, "7", observed_on="2025-03-01", note=NOTE)
    clinic.put(patient, clinic.variable("Remark"), VALUE, reason=NOTE)
    content = pdf(f"BT /F 12 Tf 72 700 Td ({WORD}) Tj ET")
    services.documents.upload(clinic.asks(), patient, f"{FILE}.pdf", BytesIO(content))
    return patient


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """Two patients, one of them marked, as after some days of work."""
    data_dir = Path(tempfile.mkdtemp(dir=os.environ[RUN_DIR]))
    data_dir.chmod(0o711)
    server = EmbeddedPostgres()
    url = server.start(data_dir)
    with psycopg.connect(url, autocommit=True) as admin:
        # A compressed page would hide the markers from a search, not from a reader.
        admin.execute("ALTER SYSTEM SET wal_compression = off")
        admin.execute("SELECT pg_reload_conf()")
    migrate(url)
    with closing(services_on(url, data_dir)) as services:
        yield prepared(url, data_dir, services)
    server.stop()


def prepared(url: str, data_dir: Path, services: Services) -> Installation:
    clinic = tenant(services)
    variable = clinic.variable("HbA1c")
    clinic.metric(*FORMULA)
    victim = fill(clinic, NAME, variable, is_marked=True)
    other = fill(clinic, OTHER, variable, is_marked=False)
    services.patients.change_demographics(
        replace(clinic.asks(), idempotency=idempotency()), victim, {"race": NOTE}
    )
    document = services.database.row(
        "SELECT sha256 FROM documents WHERE patient_id = %s", (victim,)
    )
    assert document is not None
    services.store.put(victim, document[0], "words", WORD.encode())
    follow(services)
    report = int(services.reports.freeze(clinic.asks(), YEAR, None).id)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("ANALYZE")
    with psycopg.connect(url, autocommit=True) as admin:
        # As a rebuild leaves it that was killed.
        admin.execute("CREATE SCHEMA attestor_shadow")
        admin.execute("CREATE TABLE attestor_shadow.patients AS TABLE attestor.patients")
    found = Installation(url, data_dir, services, clinic, victim, other, report)
    for day in range(1, 20):
        clinic.put(victim, variable, "7", observed_on=f"2025-04-{day:02}", note=NOTE)
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("SELECT pg_switch_wal()")
            admin.execute("CHECKPOINT")
        if NOTE.encode() in found.later_wal():
            return found
    raise AssertionError("no file of the WAL is kept to be written again")


@pytest.fixture(scope="module")
def before(installation: Installation) -> dict[str, set[str]]:
    """Where each marker is while the patient is still known; a search that finds nothing later
    must have found everything here."""
    found = {marker: installation.places_of(marker) for marker in (*IN_CLEAR, OTHER)}
    assert NAME.encode() in installation.file_of("pg_statistic")
    assert NOTE.encode() in installation.later_wal()
    return found


@pytest.fixture(scope="module")
def erased(installation: Installation, before: dict[str, set[str]]) -> Installation:
    """After `attestor patient erase`."""
    erase(installation.services, installation.clinic, installation.victim)
    follow(installation.services)
    assert scrub(installation.url) == []
    return installation


def test_before_it_everything_is_found_in_tables_and_in_the_wal(
    before: dict[str, set[str]],
) -> None:
    for marker in IN_CLEAR:
        assert any("/base/" in place for place in before[marker]), marker
        assert any("pg_wal" in place for place in before[marker]), marker


def test_no_byte_is_left_in_any_file_of_database_wal_documents_or_logs(
    erased: Installation,
) -> None:
    left = {marker: erased.places_of(marker) for marker in (*IN_CLEAR, WORD)}
    assert left == {marker: set() for marker in (*IN_CLEAR, WORD)}
    assert not (erased.data_dir / "documents" / str(erased.victim)).exists()


def test_others_are_still_there_to_the_byte(
    erased: Installation, before: dict[str, set[str]]
) -> None:
    assert any("/base/" in place for place in erased.places_of(OTHER))
    record = find_patient(erased.services.database, erased.other)
    assert record is not None
    assert orjson.loads(orjson.dumps(record.body))["name"] == OTHER
    total, _ = list_patients(
        erased.services.database, erased.clinic.account_id, PatientFilter(), 10, 0
    )
    assert total == 1


def test_for_readers_and_writers_there_is_no_such_patient(erased: Installation) -> None:
    services, clinic, victim = erased.services, erased.clinic, erased.victim
    assert find_patient(services.database, victim) is None
    with pytest.raises(NotFound):
        services.patients.change_demographics(clinic.asks(), victim, {"name": "Back"})
    with pytest.raises(NotFound):
        services.documents.upload(clinic.asks(), victim, "a.pdf", BytesIO(b"%PDF-1.4"))


def test_the_log_still_tells_that_it_happened_and_nothing_of_what(erased: Installation) -> None:
    rows = erased.services.database.rows(
        "SELECT topic, originator_id, originator_version, state FROM events"
        " WHERE originator_id = %s ORDER BY originator_version",
        (aggregate_id(Kind.PATIENT, erased.victim),),
    )
    told = [erased.services.application.mapper.decode_stored(*row) for row in rows]
    assert [type(event) for event in told] == [Forgotten] * (len(rows) - 1) + [Patient.Erased]
    assert [event.topic for event in told[:2] if isinstance(event, Forgotten)] == [
        "patient.registered", "patient.observation_recorded",
    ]  # fmt: skip
    assert told[-1].metadata.reason == "asked for"


def test_read_models_are_equal_to_a_rebuild_and_can_be_rebuilt(erased: Installation) -> None:
    services = erased.services
    mapper = services.application.mapper
    assert rebuild(services.database.url, mapper, "all", is_check=True) == []
    assert rebuild(services.database.url, mapper, "all", is_check=False) == []
    assert find_patient(services.database, erased.victim) is None
    assert find_patient(services.database, erased.other) is not None
    assert {each.what: each.detail for each in examine(services) if not each.is_well} == {}


def test_live_counts_go_and_frozen_ones_stay_and_say_what_they_lack(
    erased: Installation,
) -> None:
    services, clinic = erased.services, erased.clinic
    assert numerators(services, clinic) == [1]
    body = services.database.row("SELECT body FROM reports WHERE id = %s", (erased.report,))
    assert body is not None
    assert '"numerator":2' in body[0]
    verified = services.reports.verify(clinic.asks(), erased.report)
    assert (verified.is_equal, verified.erased_patients) == (False, 1)
    assert verified.is_explained
    assert verify_reports(services, lambda done, total: None)[1] == []
    later = int(services.reports.freeze(clinic.asks(), YEAR, None).id)
    verified = services.reports.verify(clinic.asks(), later)
    assert (verified.is_equal, verified.erased_patients) == (True, 0)


def test_a_difference_of_a_report_without_erased_patients_is_not_explained(
    erased: Installation,
) -> None:
    services, clinic = erased.services, erased.clinic
    report = int(services.reports.freeze(clinic.asks(), YEAR, None).id)
    with psycopg.connect(erased.url, autocommit=True) as admin:
        explained = []
        for dob in ("2020-01-01", "1960-01-01"):
            admin.execute(
                "UPDATE attestor.patients SET dob = %s WHERE id = %s", (dob, erased.other)
            )
            explained.append(services.reports.verify(clinic.asks(), report).is_explained)
    assert explained == [False, True]


def test_an_import_with_the_same_external_id_makes_a_new_patient(erased: Installation) -> None:
    services, clinic = erased.services, erased.clinic
    line = b'{"external_id": "' + MRN.encode() + b'", "name": "New"}'
    job = services.imports.accept(clinic.asks(), BytesIO(line), "application/x-ndjson")
    principal = clinic.context.principal
    services.imports.run(
        ImportJob(int(job.id), principal, "application/x-ndjson", 0), lambda: False
    )
    total, (_, new) = list_patients(services.database, clinic.account_id, PatientFilter(), 10, 0)
    assert total == 2
    assert new.id not in (erased.victim, erased.other)


def test_a_hold_forbids_erasing_until_it_is_released(services: Services, clinic: Tenant) -> None:
    patient = clinic.register(name="Ann")
    asked = replace(clinic.asks(), reason="court order 12")
    services.erasure.hold(asked, patient)
    with pytest.raises(Conflict, match="on hold"):
        erase(services, clinic, patient)
    assert find_patient(services.database, patient) is not None
    with pytest.raises(Conflict, match="already"):
        services.erasure.hold(asked, patient)
    services.erasure.release(asked, patient)
    with pytest.raises(Conflict, match="not on hold"):
        services.erasure.release(asked, patient)
    erase(services, clinic, patient)
    assert find_patient(services.database, patient) is None


def test_a_held_patient_can_still_be_changed(services: Services, clinic: Tenant) -> None:
    patient = clinic.register(name="Ann")
    services.erasure.hold(replace(clinic.asks(), reason="court order"), patient)
    services.patients.change_demographics(clinic.asks(), patient, {"name": "Anna"})


def test_erasing_needs_a_reason_and_the_own_account(services: Services, clinic: Tenant) -> None:
    patient = clinic.register(name="Ann")
    for reason in (None, " "):
        with pytest.raises(Invalid, match="reason"):
            services.erasure.erase(replace(clinic.asks(), reason=reason), patient)
    stranger = tenant(services)
    with pytest.raises(Forbidden):
        erase(services, stranger, patient)
    with pytest.raises(NotFound):
        erase(services, clinic, 999_999_999)
    assert find_patient(services.database, patient) is not None


def test_an_answer_that_was_kept_for_repeats_goes_with_the_patient(
    services: Services, clinic: Tenant
) -> None:
    patient, other = clinic.register(name="Ann"), clinic.register(name="Bob")
    for number, each in enumerate((patient, other)):
        asked = replace(clinic.asks(), idempotency=idempotency(f"{clinic.account_id}-{number}"))
        services.patients.change_demographics(asked, each, {"race": "x"})
    erase(services, clinic, patient)
    rows = services.database.rows(
        "SELECT patient_id FROM idempotency WHERE account_id = %s", (clinic.account_id,)
    )
    assert rows == [(other,)]


def test_what_an_interruption_left_is_removed_by_erasing_again(
    services: Services, clinic: Tenant
) -> None:
    patient = clinic.register(name="Ann")
    services.documents.upload(clinic.asks(), patient, "a.pdf", BytesIO(b"%PDF-1.4"))
    services.application.change(  # the key is destroyed, and then the process dies
        clinic.asks(), Patient, patient, lambda p: p.erase(clinic.context.metadata()),
        lambda reader, saved, p, told: None,
    )  # fmt: skip
    again = services.erasure.erase(replace(clinic.asks(), reason="again"), patient)
    assert (again.was_before, again.files) == (True, 1)
    rows = services.database.rows(
        "SELECT FROM events WHERE originator_id = %s", (aggregate_id(Kind.PATIENT, patient),)
    )
    assert len(rows) == 3


def test_a_process_that_has_the_key_in_memory_forgets_it_too(
    database_url: str, services: Services, clinic: Tenant
) -> None:
    patient = clinic.register(name="Ann")
    with closing(services_on(database_url, services.settings.data_dir)) as elsewhere:
        vault = elsewhere.application.vault
        sealed = vault.encrypt(patient, b"text", b"place")
        erase(services, clinic, patient)
        deadline = time.monotonic() + 60
        while True:
            try:
                assert vault.decrypt(patient, sealed, b"place") == b"text"
            except KeyDestroyed:
                break
            assert time.monotonic() < deadline


def test_a_role_that_may_not_do_everything_does_the_rest_and_names_what_is_left(
    new_database: Callable[[], str],
) -> None:
    url, role = new_database(), f"owner_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{role}'".encode())
        admin.execute(f"GRANT ALL ON SCHEMA attestor, attestor_keys TO {role}".encode())
        for table in (*(f"attestor.{name}" for name in TABLES), "attestor_keys.patient_keys"):
            admin.execute(f"ALTER TABLE {table} OWNER TO {role}".encode())
        left = scrub(make_conninfo(url, user=role, password=role))
        assert [step.split()[0] for step in left] == ["VACUUM", "empty"]
        admin.execute(f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}".encode())


def test_every_table_that_knows_patients_by_number_is_written_anew_or_knows_no_more(
    services: Services,
) -> None:
    rows = services.database.rows(
        "SELECT table_name::text FROM information_schema.columns"
        " WHERE table_schema = 'attestor' AND column_name = 'patient_id'"
    )
    assert {row[0] for row in rows} - set(TABLES) == {"access_log"}
