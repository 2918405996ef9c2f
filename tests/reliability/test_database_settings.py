"""Settings of the server under which an acknowledged write can be lost: shown, and refused."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from projections.database import Database
from service.embedded_postgres import EmbeddedPostgres
from service.migrate import migrate
from service.postgres_directory import PostgresDirectory
from service.recorder import Append, Recorder
from tests.reliability import invariants
from tests.reliability.cluster import ATTESTOR, command_of, kill, postgres_on, signal_all
from tests.reliability.history import History, Operation
from tests.reliability.waiting import wait_until

WRITES = 20


class Scratch:
    """A PostgreSQL of our own, whose settings we may spoil."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.server = EmbeddedPostgres()
        self.url = self.server.start(data_dir)
        migrate(self.url)
        self._execute("ALTER SYSTEM SET autovacuum = off")  # Nobody else is to flush the log.

    def set(self, name: str, value: str) -> None:
        """Change a setting for all sessions to come."""
        self._execute(f"ALTER SYSTEM SET {name} = {value}")
        self._reload(name, value)

    def reset(self, name: str) -> None:
        """Back to the safe default, which is on."""
        self._execute(f"ALTER SYSTEM RESET {name}")
        self._reload(name, "on")

    def kill_while_only_one_backend_runs(self, backend: int, act: Callable[[], None]) -> None:
        """`act` on the connection that `backend` serves, with nobody there to flush for it; then
        kill -9 of everything, and a restart."""
        processes = postgres_on(PostgresDirectory.prepare(self.data_dir).data)
        # The io workers read for others, and never flush.
        stopped = [p for p in processes if p.pid != backend and "io worker" not in command_of(p)]
        signal_all(signal.SIGSTOP, stopped)
        try:
            act()
        finally:
            kill(*processes)
        self.server.start(self.data_dir)

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _reload(self, name: str, value: str) -> None:
        self._execute("SELECT pg_reload_conf()")
        wait_until(lambda: self._shown(name) == value, f"{name} is {value}")

    def _shown(self, name: str) -> str:
        with psycopg.connect(self.url) as connection:
            row = connection.execute(f"SHOW {name}".encode()).fetchone()
        assert row is not None
        return str(row[0])


@pytest.fixture(scope="module")
def scratch(new_directory: Callable[[], Path]) -> Iterator[Scratch]:
    made = Scratch(new_directory())
    try:
        yield made
    finally:
        made.server.stop()


def write_and_kill(scratch: Scratch, history: History) -> None:
    """Some acknowledged writes in the product's own append path, and kill -9 of the server."""
    database = Database(scratch.url, size=1)
    recorder = Recorder(database)

    def write() -> None:
        op = uuid4().hex
        event = StoredEvent(uuid4(), 1, "a topic", b"a state")
        saved = recorder.append(Append([event], 1, None, op))
        history.note(Operation(op, None, "log", None, 0, 0, "ok", 200, 1, saved.position))

    backend = database.row("SELECT pg_backend_pid()")
    assert backend is not None

    def write_all() -> None:
        for _ in range(WRITES):
            write()

    try:
        scratch.kill_while_only_one_backend_runs(backend[0], write_all)
    finally:
        database.close()


def check(scratch: Scratch, history: History) -> None:
    with psycopg.connect(scratch.url) as connection:
        log = invariants.read_log(connection)
    assert len(history.read()) == WRITES
    invariants.hold(history.read(), log)


def test_no_acknowledged_write_is_lost_when_the_server_is_killed(
    scratch: Scratch, tmp_path: Path
) -> None:
    history = History(tmp_path / "client.jsonl")
    write_and_kill(scratch, history)
    check(scratch, history)


def test_with_synchronous_commit_off_the_same_checker_finds_lost_writes(
    scratch: Scratch, tmp_path: Path
) -> None:
    history = History(tmp_path / "client.jsonl")
    scratch.set("synchronous_commit", "off")
    try:
        write_and_kill(scratch, history)
    finally:
        scratch.reset("synchronous_commit")
    with pytest.raises(invariants.Violation, match=f"acknowledged writes are lost: {WRITES}"):
        check(scratch, history)


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
def test_the_service_does_not_start_on_a_server_with_an_unsafe_setting(
    scratch: Scratch, tmp_path: Path, name: str
) -> None:
    scratch.set(name, "off")
    try:
        refusals = [
            serve(ATTESTOR_DATABASE_URL=scratch.url, ATTESTOR_DATA_DIR=str(tmp_path)),
            serve(ATTESTOR_DATA_DIR=str(scratch.data_dir)),
        ]
    finally:
        scratch.reset(name)
    for refusal in refusals:
        assert refusal.returncode == 1
        assert refusal.stderr == (
            f"attestor: PostgreSQL cannot be trusted with events: {name} is off\n"
        )


def serve(**settings: str) -> "subprocess.CompletedProcess[str]":
    """`attestor serve` until it ends by itself."""
    return subprocess.run(
        [*ATTESTOR, "serve"],
        env={"PATH": os.defpath, **settings},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
