"""What every test may use: a directory, a PostgreSQL server, and empty databases on it."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from service.embedded_postgres import EmbeddedPostgres

settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")

RUN_DIR = "TEST_RUN_DIR"


def pytest_configure(config: pytest.Config) -> None:
    """One directory for all processes of a run, made and removed by the first of them.

    Not pytest's own: that one is closed to the account the database runs as under root.
    """
    if not hasattr(config, "workerinput"):
        directory = tempfile.TemporaryDirectory(prefix="attestor-tests-")
        config.add_cleanup(directory.cleanup)
        Path(directory.name).chmod(0o711)
        os.environ[RUN_DIR] = directory.name


@pytest.fixture
def data_dir() -> Path:
    """An empty data directory for a service of the test's own."""
    directory = Path(tempfile.mkdtemp(dir=os.environ[RUN_DIR]))
    directory.chmod(0o711)
    return directory


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL, as superuser, of a server that all test processes of this run share."""
    given = os.environ.get("ATTESTOR_TEST_DATABASE_URL")
    if given:
        yield given
        return
    server = EmbeddedPostgres()
    yield server.start(Path(os.environ[RUN_DIR]))
    server.stop()


@pytest.fixture(scope="session")
def new_database(
    postgres_url: str, testrun_uid: str, worker_id: str
) -> Iterator[Callable[[], str]]:
    """Makes a migrated database without rows; its URL is the superuser's. Dropped at the end."""
    template = f"attestor_template_{testrun_uid[:12]}"
    names = (f"attestor_test_{testrun_uid[:12]}_{worker_id}_{n}" for n in count(1))
    made: list[str] = []

    def make() -> str:
        name = next(names)
        with _template(postgres_url, template) as admin:
            _execute(admin, "CREATE DATABASE {} TEMPLATE {}", name, template)
        made.append(name)
        return _url(postgres_url, name)

    yield make
    if "ATTESTOR_TEST_DATABASE_URL" not in os.environ:
        return  # The embedded server goes with its directory, and each drop would be a checkpoint.
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        for name in made:
            _execute(admin, "DROP DATABASE {} WITH (FORCE)", name)
        _execute(admin, "DROP DATABASE IF EXISTS {}", template)


@pytest.fixture(scope="module")
def database_url(new_database: Callable[[], str]) -> str:
    """A migrated database without rows, of this test module's own."""
    return new_database()


@contextmanager
def _template(server_url: str, name: str) -> Iterator[psycopg.Connection[Any]]:
    """Migrate the database that all others are copied from, once a run: others wait and copy."""
    from service.migrate import migrate

    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            draft = f"{name}_draft"
            _execute(admin, "DROP DATABASE IF EXISTS {}", draft)
            _execute(admin, "CREATE DATABASE {}", draft)
            migrate(_url(server_url, draft))
            _execute(admin, "ALTER DATABASE {} RENAME TO {}", draft, name)
        yield admin


def _execute(connection: psycopg.Connection[Any], statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _url(server_url: str, database: str) -> str:
    return urlsplit(server_url)._replace(path=f"/{database}").geturl()
