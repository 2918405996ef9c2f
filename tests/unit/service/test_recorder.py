"""The recorder keeps the library's contract, and readers of the log never miss an event."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any
from unittest import TestCase
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)

from projections.database import Database
from projections.queries import load
from service.migrate import files as schema_files
from service.recorder import _APPEND as APPEND
from service.recorder import Append, Recorder

NEXT_ENTRIES = load("runner")["next_entries"]


class _OnNewDatabase(TestCase):
    """The library's cases ask for a recorder on an empty log."""

    new_database: Callable[[], str]

    @pytest.fixture(autouse=True)
    def _given(self, new_database: Callable[[], str]) -> None:
        self.new_database = new_database

    def create_recorder(self) -> Recorder:
        database = Database(self.new_database())
        self.addCleanup(database.close)
        return Recorder(database)


class TestApplicationRecorder(_OnNewDatabase, ApplicationRecorderTestCase[Recorder]):
    """What `eventsourcing` promises of an application recorder."""

    # These two print speeds and claim nothing.
    test_performance = None
    test_concurrent_throughput = None


class TestNonInterleaving(_OnNewDatabase, NonInterleavingNotificationIDsBaseCase):
    """Two large appends at the same time do not mix their positions."""


def event(topic: str = "job.finished", originator_id: UUID | None = None) -> StoredEvent:
    return StoredEvent(originator_id or uuid4(), 1, topic, b"{}")


def remove_the_lock(url: str) -> None:
    """append_events without its lock, where every second append commits later than it counted.

    Its positions come from a sequence, as those of a log without a lock do.
    """
    text = schema_files()["0004_append.sql"]
    for old, new in (
        ("CREATE FUNCTION append_events", "CREATE OR REPLACE FUNCTION append_events"),
        ("PERFORM pg_advisory_xact_lock(61274401);", ""),
        (
            "SELECT e.position, greatest(e.recorded_at, clock_timestamp()) INTO base, recorded_at\n"
            "    FROM events e ORDER BY e.position DESC LIMIT 1;",
            "base := nextval('unlocked') - 1;",
        ),
        ("END $$;", "    IF base % 2 = 0 THEN PERFORM pg_sleep(0.03); END IF;\nEND $$;"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path = attestor")
        connection.execute("CREATE SEQUENCE unlocked; GRANT USAGE ON unlocked TO attestor_app")
        connection.execute(text.encode())


class TailingReader:
    """Pages through the log as the batch runner does: always on from the last position it saw."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.start = Recorder(database).max_notification_id() or 0
        self.seen: list[int] = []

    def read(self) -> int:
        """One page; how many events it had."""
        after = self.seen[-1] if self.seen else self.start
        rows = self._database.rows(NEXT_ENTRIES, {"after": after, "limit": 7})
        self.seen += [row[0] for row in rows]
        return len(rows)

    def missed(self) -> set[int]:
        """What is in the log, and was never read."""
        while self.read():
            pass
        rows = self._database.rows("SELECT position FROM events WHERE position > %s", (self.start,))
        return {row[0] for row in rows} - set(self.seen)


def missed_under_load(url: str, *, writers: int, appends: int) -> set[int]:
    """Which of the events that so many writers appended a tailing reader missed."""
    with closing(Database(url, size=writers)) as database, closing(Database(url)) as readers:
        recorder, reader = Recorder(database), TailingReader(readers)

        def write() -> None:
            for _ in range(appends):
                recorder.append(Append([event()], account_id=1))

        with ThreadPoolExecutor(writers) as pool:
            running = [pool.submit(write) for _ in range(writers)]
            while not all(each.done() for each in running):
                reader.read()
            for each in running:
                each.result()
        missed = reader.missed()
        assert len(reader.seen) + len(missed) == writers * appends
        return missed


def test_a_tailing_reader_misses_nothing_of_eight_writers(database_url: str) -> None:
    assert missed_under_load(database_url, writers=8, appends=40) == set()
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT position FROM attestor.events ORDER BY 1").fetchall()
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))


def test_without_the_append_lock_the_same_reader_does_miss(new_database: Callable[[], str]) -> None:
    url = new_database()
    remove_the_lock(url)
    assert missed_under_load(url, writers=8, appends=10) != set()


@contextmanager
def uncommitted(url: str, append: Append) -> Iterator[psycopg.Connection[Any]]:
    """An append by another process that was made and is not committed until the block ends."""
    with psycopg.connect(url, options="-c search_path=attestor") as connection:
        connection.execute(APPEND, append.parameters())
        yield connection
        connection.commit()


def wait_until_one_waits_for_a_lock(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        while not connection.execute(
            "SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE d.datname = current_database() AND NOT l.granted"
        ).fetchone():
            pass


def test_a_second_writer_waits_for_the_commit_of_the_first(database_url: str) -> None:
    url = database_url
    with closing(Database(url)) as database, ThreadPoolExecutor(1) as pool:
        recorder, reader = Recorder(database), TailingReader(database)
        with uncommitted(url, Append([event()], account_id=1)):
            second = pool.submit(recorder.append, Append([event()], account_id=1))
            wait_until_one_waits_for_a_lock(url)
            assert reader.read() == 0
        assert second.result().position == reader.start + 2
        assert reader.missed() == set()
        assert reader.seen == [reader.start + 1, reader.start + 2]


def test_positions_and_times_never_run_backwards(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        recorder = Recorder(database)
        with psycopg.connect(database_url, autocommit=True) as admin:
            # A clock that was an hour ahead wrote the last event.
            recorder.append(Append([event()], account_id=1))
            admin.execute("SET session_replication_role = replica")
            admin.execute(
                "UPDATE attestor.events SET recorded_at = recorded_at + interval '1 hour'"
            )
        saved = [recorder.append(Append([event(), event()], account_id=1)) for _ in range(3)]
        first = saved[0].position
        assert [each.position for each in saved] == [first, first + 2, first + 4]
        times = database.rows("SELECT recorded_at FROM events ORDER BY position")
        assert times == sorted(times)
        assert saved[-1].recorded_at == times[-1][0]


def test_a_batch_with_one_taken_version_stores_nothing(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        recorder = Recorder(database)
        taken = event()
        recorder.append(Append([taken], account_id=1))
        before = recorder.max_notification_id()
        with pytest.raises(IntegrityError):
            recorder.append(Append([event(), taken], account_id=1))
        assert recorder.max_notification_id() == before


def test_subscriptions_are_not_offered(database_url: str) -> None:
    with closing(Database(database_url)) as database, pytest.raises(NotImplementedError):
        Recorder(database).subscribe()


FORBIDDEN = [
    "UPDATE events SET topic = 'other'",
    "DELETE FROM events",
    "TRUNCATE events",
]


@pytest.fixture(scope="module")
def log_with_an_event(database_url: str) -> str:
    with closing(Database(database_url)) as database:
        Recorder(database).append(Append([event()], account_id=1))
    return database_url


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_role_of_the_service_has_no_right_to_change_events(
    log_with_an_event: str, statement: str
) -> None:
    with (
        closing(Database(log_with_an_event)) as database,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"),
    ):
        database.execute(statement)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_even_the_owner_cannot_change_events_by_accident(
    log_with_an_event: str, statement: str
) -> None:
    with (
        psycopg.connect(log_with_an_event, options="-c search_path=attestor") as owner,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed or removed"),
    ):
        owner.execute(statement)


@pytest.mark.parametrize(
    "statement", ["DROP TABLE events", "ALTER TABLE events DISABLE TRIGGER ALL"]
)
def test_the_role_of_the_service_cannot_take_the_triggers_away(
    log_with_an_event: str, statement: str
) -> None:
    with (
        closing(Database(log_with_an_event)) as database,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="must be owner"),
    ):
        database.execute(statement)
