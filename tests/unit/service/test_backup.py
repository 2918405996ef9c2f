"""What is restored is what was backed up, made while others wrote; nothing is overwritten."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import psycopg
import pytest

from domain.errors import Conflict, Invalid
from domain.measures.period import parse_period
from projections.patients import find_patient
from service.backup import DUMP, FOLDERS, MANIFEST, Manifest, back_up, log_hash
from service.bootstrap import Services, build
from service.doctor import examine
from service.postgres_programs import ProgramFailed, run_program
from service.restore import restore
from service.sealer import sealer_of
from service.settings import Settings
from service.verification.whole import verify_whole_log
from tests.factories import Tenant, services_on, tenant

FORMULA = ("initial population: age >= 18", "numerator: hba1c < 8")
YEAR = parse_period("2025")


@pytest.fixture
def new_place(
    postgres_url: str, new_database: Callable[[], str], tmp_path: Path
) -> Iterator[Callable[[], Settings]]:
    """Makes empty installations: a data directory with nothing in it, and a bare database."""
    made: list[str] = []

    def make() -> Settings:
        # Its own name is free again once the template's copy is gone.
        url = new_database()
        name = urlsplit(url).path.removeprefix("/")
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0'.encode())
        made.append(name)
        return Settings(database_url=url, data_dir=tmp_path / f"place-{len(made)}")

    return make


@dataclass(frozen=True)
class BackedUp:
    """A busy installation, and a backup that was made of it meanwhile."""

    services: Services
    clinic: Tenant
    directory: Path
    manifest: Manifest
    patient: int
    document: str
    report: int


@pytest.fixture(scope="module")
def backed_up(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BackedUp]:
    folder = tmp_path_factory.mktemp("backup")
    with closing(services_on(new_database(), folder / "data")) as services:
        clinic = tenant(services)
        variable = clinic.variable("HbA1c")
        clinic.metric(*FORMULA)
        patient = clinic.register(name="Ann Oak", dob="1960-01-01")
        clinic.put(patient, variable, "7", observed_on="2025-03-01")
        uploaded = services.documents.upload(
            clinic.asks(), patient, "a.pdf", BytesIO(b"%PDF-1.4 x")
        )
        report = int(services.reports.freeze(clinic.asks(), YEAR, None).id)
        sealer_of(services).seal_and_sign()
        with writing(clinic, patient, variable) as wrote:
            manifest = back_up(services.settings, services.database.url, folder / "backup")
            wrote.clear()
            wrote.wait(60)
        yield BackedUp(
            services, clinic, folder / "backup", manifest, patient, str(uploaded.id), report
        )


class writing:
    """Somebody puts values and uploads documents for as long as the block lasts."""

    def __init__(self, clinic: Tenant, patient: int, variable: int) -> None:
        self._is_over, self._wrote = Event(), Event()
        self._arguments = (clinic, patient, variable)
        self._thread = Thread(target=self._write)

    def __enter__(self) -> Event:
        self._thread.start()
        self._wrote.wait(60)
        return self._wrote

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _write(self) -> None:
        clinic, patient, variable = self._arguments
        number = 0
        while not self._is_over.is_set():
            number += 1
            content = BytesIO(b"%%PDF-1.4 %d" % number)
            clinic.services.documents.upload(clinic.asks(), patient, f"{number}.pdf", content)
            clinic.put(patient, variable, f"7.{number}", observed_on="2025-03-02")
            self._wrote.set()


def with_master_key(backed_up: BackedUp, settings: Settings) -> Settings:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copy(backed_up.services.settings.data_dir / "master.key", settings.data_dir)
    return settings


def test_a_backup_made_while_others_write_is_restored_to_the_same_log_reports_and_files(
    backed_up: BackedUp, new_place: Callable[[], Settings]
) -> None:
    settings = with_master_key(backed_up, new_place())
    url = str(settings.database_url)
    assert restore(settings, url, backed_up.directory) == backed_up.manifest
    position = backed_up.manifest.position
    with psycopg.connect(backed_up.services.database.url) as original:
        assert log_hash(original)[0] > position, "nobody wrote meanwhile"
        assert log_hash(original, position) == (position, backed_up.manifest.log_sha256)
    with psycopg.connect(url) as copy:
        assert log_hash(copy) == (position, backed_up.manifest.log_sha256)

    with closing(build(settings)) as services:
        clinic = replace(backed_up.clinic, services=services)
        verified = services.reports.verify(clinic.asks(), backed_up.report)
        assert verified.is_equal
        told = verify_whole_log(services, (), (), lambda done, total: None)
        assert (told.damages, told.checkpoints) == ([], 1)
        assert services.transparency.checkpoint() == backed_up.services.transparency.checkpoint()
        report = "SELECT body FROM reports WHERE id = %s"
        assert services.database.row(report, (backed_up.report,)) == (
            backed_up.services.database.row(report, (backed_up.report,))
        )
        documents = services.database.rows("SELECT id FROM documents")
        for (document_id,) in documents:
            services.documents.open_file(clinic.asks(), document_id)
        assert services.documents.open_file(clinic.asks(), backed_up.document)[1] == b"%PDF-1.4 x"
        assert {each.what: each.detail for each in examine(services) if not each.is_well} == {}
        clinic.put(backed_up.patient, clinic.variable("New"), "1")


def test_a_backup_holds_no_key_that_opens_it_and_no_name_in_its_files(
    backed_up: BackedUp,
) -> None:
    assert {path.name for path in backed_up.directory.iterdir()} == {
        MANIFEST, DUMP, "documents",
    }  # fmt: skip
    modes = {path.stat().st_mode & 0o077 for path in backed_up.directory.rglob("*")}
    assert modes == {0}
    master = (backed_up.services.settings.data_dir / "master.key").read_bytes().strip()
    for path in backed_up.directory.rglob("*"):
        assert not (path.is_file() and master in path.read_bytes())


def test_without_the_master_key_or_with_another_nothing_is_restored(
    backed_up: BackedUp, new_place: Callable[[], Settings]
) -> None:
    settings = new_place()
    url = str(settings.database_url)
    with pytest.raises(Invalid, match=r"master key is not in it; put it into .*master\.key"):
        restore(settings, url, backed_up.directory)
    stranger = replace(settings, master_key=bytes(32))
    with pytest.raises(Invalid, match="not the one of the backup"):
        restore(stranger, url, backed_up.directory)
    assert not any((settings.data_dir / name).exists() for name in FOLDERS)
    restore(with_master_key(backed_up, settings), url, backed_up.directory)


def test_a_backup_with_keys_needs_nothing_else(
    backed_up: BackedUp, new_place: Callable[[], Settings], tmp_path: Path
) -> None:
    source = backed_up.services
    back_up(source.settings, source.database.url, tmp_path / "b", has_keys=True)
    settings = new_place()
    restore(settings, str(settings.database_url), tmp_path / "b")
    with closing(build(settings)) as services:
        clinic = replace(backed_up.clinic, services=services)
        assert services.documents.open_file(clinic.asks(), backed_up.document)
    assert (settings.data_dir / "master.key").stat().st_mode & 0o777 == 0o600


def test_what_is_there_is_never_overwritten(
    backed_up: BackedUp, new_place: Callable[[], Settings]
) -> None:
    source = backed_up.services
    with pytest.raises(Conflict, match="has an installation"):
        restore(source.settings, source.database.url, backed_up.directory)
    with pytest.raises(Conflict, match="is not empty"):
        back_up(source.settings, source.database.url, backed_up.directory)
    settings = with_master_key(backed_up, new_place())
    (settings.data_dir / "documents" / "7").mkdir(parents=True)
    with pytest.raises(Conflict, match="is not empty"):
        restore(settings, str(settings.database_url), backed_up.directory)
    assert find_patient(source.database, backed_up.patient) is not None


@pytest.mark.parametrize("damage", ["dump", "manifest", "missing", "format"])
def test_a_damaged_or_unfinished_backup_is_refused_before_anything_is_written(
    backed_up: BackedUp, new_place: Callable[[], Settings], tmp_path: Path, damage: str
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(backed_up.directory, broken)
    manifest = json.loads((broken / MANIFEST).read_text())
    match damage:
        case "dump":
            content = bytearray((broken / DUMP).read_bytes())
            content[len(content) // 2] ^= 1
            (broken / DUMP).write_bytes(content)
        case "manifest":
            (broken / MANIFEST).write_text("{")
        case "missing":
            (broken / MANIFEST).unlink()
        case "format":
            (broken / MANIFEST).write_text(json.dumps({**manifest, "format": 2}))
    settings = with_master_key(backed_up, new_place())
    with pytest.raises(Invalid):
        restore(settings, str(settings.database_url), broken)
    with psycopg.connect(str(settings.database_url)) as connection:
        row = connection.execute("SELECT to_regnamespace('attestor')").fetchone()
    assert row == (None,)
    assert not any((settings.data_dir / name).exists() for name in FOLDERS)


def test_a_program_of_the_database_that_fails_says_why_and_shows_no_password() -> None:
    url = "postgresql://nobody:S3cret-word@127.0.0.1:1/nothing"
    with pytest.raises(ProgramFailed) as failure:
        run_program("pg_dump", url, [], 15)
    assert "pg_dump failed" in failure.value.detail
    assert "S3cret" not in failure.value.detail
    with pytest.raises(ProgramFailed, match="PostgreSQL 99 or later"):
        run_program("pg_dump", url, [], 99)
