"""A database comes to the present schema once, whoever asks and however many at a time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psycopg
import pytest

from projections.database import ROLE
from service.migrate import SchemaMismatch, files, migrate, pending


@pytest.fixture
def empty(postgres_url: str, testrun_uid: str, worker_id: str) -> Iterator[str]:
    """A database without anything in it."""
    name = f"attestor_empty_{testrun_uid[:12]}_{worker_id}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name}".encode())
        admin.execute(f"CREATE DATABASE {name}".encode())
        yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_every_file_is_applied_once_in_order(empty: str) -> None:
    assert pending(empty) == list(files()) == sorted(files())
    assert migrate(empty) == list(files())
    assert pending(empty) == []
    assert migrate(empty) == []


def test_processes_that_start_together_apply_each_file_once(empty: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = [name for part in pool.map(migrate, [empty] * 4) for name in part]
    assert applied == list(files())


@pytest.mark.parametrize(
    ("statement", "undo", "named"),
    [
        (
            "INSERT INTO migrations VALUES ('9999_later.sql', 'x')",
            "DELETE FROM migrations WHERE name = '9999_later.sql'",
            "9999_later.sql is of a later release",
        ),
        (
            "UPDATE migrations SET sha256 = reverse(sha256) WHERE name LIKE '0001%'",
            "UPDATE migrations SET sha256 = reverse(sha256) WHERE name LIKE '0001%'",
            "0001_events.sql was applied in another form",
        ),
    ],
)
def test_a_database_of_another_release_is_refused_by_the_file_that_differs(
    database_url: str, statement: str, undo: str, named: str
) -> None:
    with psycopg.connect(database_url, autocommit=True, options="-c search_path=attestor") as admin:
        admin.execute(statement.encode())
        with pytest.raises(SchemaMismatch, match=named):
            migrate(database_url)
        admin.execute(undo.encode())
    assert migrate(database_url) == []


def test_what_was_refused_is_not_half_applied(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "service.migrate.files", lambda: {"0001_a.sql": "CREATE TABLE a (); SELECT 1/0"}
    )
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty)
    with psycopg.connect(empty) as admin:
        assert admin.execute("SELECT to_regclass('attestor.a')").fetchone() == (None,)


def test_the_role_of_the_service_cannot_log_in_and_is_no_superuser(database_url: str) -> None:
    with psycopg.connect(database_url) as admin:
        row = admin.execute(
            "SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls"
            " FROM pg_roles WHERE rolname = %s",
            (ROLE,),
        ).fetchone()
    assert row == (False,) * 5
