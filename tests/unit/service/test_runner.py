"""Wherever a runner stops, and however often: each event counts once, in order."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.database import Database, Transaction
from projections.runner import CheckpointMoved, LogEntry, Runner
from service.bootstrap import Services
from service.failpoints import (
    AFTER_CHECKPOINT_COMMIT,
    AFTER_FETCH,
    AFTER_VIEW_WRITE,
    BEFORE_CHECKPOINT_COMMIT,
)
from tests.factories import tenant


class Tally:
    """A projection that writes down every position it is given, as often as it is given it."""

    name = "tally"
    version = 1
    tables = ("tally",)

    def __init__(self) -> None:
        self.poison: set[int] = set()
        self.is_poison_in_the_database = False
        self.before_write: Callable[[], None] = lambda: None

    def fold(self, batch: Sequence[LogEntry]) -> list[tuple[int, int]]:
        if not self.is_poison_in_the_database:
            self._refuse(batch)
        return [(entry.account_id, entry.position) for entry in batch]

    def _refuse(self, batch: Sequence[LogEntry]) -> None:
        for entry in batch:
            if entry.position in self.poison:
                raise ValueError("a name that must not be told: Ann Ash")

    def write(self, transaction: Transaction, folded: list[tuple[int, int]], position: int) -> None:
        before, self.before_write = self.before_write, lambda: None
        before()
        for account_id, at in folded:
            text = "not a number" if at in self.poison else str(at)
            transaction.execute(
                "INSERT INTO tally VALUES (%s, %s::text::bigint)", (account_id, text)
            )


@pytest.fixture(scope="module")
def log(services: Services, database_url: str) -> list[tuple[int, int]]:
    """Account and position of 40 events, those of two accounts mixed."""
    first, second = tenant(services), tenant(services)
    for n in range(16):
        (first if n % 3 else second).register(name=f"patient {n}")
        (second if n % 4 == 0 else first).variable(f"variable {n}")
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("CREATE TABLE attestor.tally (account_id bigint, position bigint)")
        admin.execute("GRANT SELECT, INSERT, DELETE ON attestor.tally TO attestor_app")
    rows = services.database.rows("SELECT account_id, position FROM events ORDER BY position")
    return [(row[0], row[1]) for row in rows]


@pytest.fixture
def tally(services: Services, log: list[tuple[int, int]]) -> Tally:
    """The projection, at the beginning of the log."""
    tally = Tally()
    runner(services, tally).prepare()
    with services.database.transaction() as transaction:
        runner(services, tally).reset(transaction)
    return tally


def runner(
    services: Services, tally: Tally, failpoint: Callable[[str], None] = lambda name: None
) -> Runner:
    return Runner(services.database, tally, services.application.mapper, failpoint)


def tallied(database: Database) -> list[tuple[int, int]]:
    """What was written down, in log order."""
    rows = database.rows("SELECT account_id, position FROM tally ORDER BY position")
    return [(row[0], row[1]) for row in rows]


def run_to_the_head(runner: Runner) -> list[int]:
    """The sizes of its batches."""
    sizes = []
    while size := runner.step():
        sizes.append(size)
    return sizes


def checkpoint(database: Database) -> int:
    row = database.row("SELECT position FROM projections WHERE name = 'tally'")
    assert row is not None
    return int(row[0])


def test_batches_grow_while_there_is_a_way_to_go(
    services: Services, tally: Tally, log: list[tuple[int, int]]
) -> None:
    sizes = run_to_the_head(runner(services, tally))
    assert sizes[0] == 1
    assert sizes[:-1] == sorted(set(sizes[:-1]))
    assert sum(sizes) == len(log)
    assert checkpoint(services.database) == log[-1][1]


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.integers(0, 5), max_size=6))
def test_restarts_and_batch_sizes_do_not_matter(
    services: Services, log: list[tuple[int, int]], steps: list[int]
) -> None:
    tally = Tally()
    with services.database.transaction() as transaction:
        runner(services, tally).reset(transaction)
    for count in steps:
        restarted = runner(services, tally)
        for _ in range(count):
            restarted.step()
        assert tallied(services.database) == [
            entry for entry in log if entry[1] <= checkpoint(services.database)
        ]
    run_to_the_head(runner(services, tally))
    assert tallied(services.database) == log


class Killed(BaseException):
    """Nothing may catch it, as nothing catches a kill -9."""


@pytest.mark.parametrize(
    "where", [AFTER_FETCH, AFTER_VIEW_WRITE, BEFORE_CHECKPOINT_COMMIT, AFTER_CHECKPOINT_COMMIT]
)
@pytest.mark.parametrize("batch", [1, 3])
def test_a_runner_that_ends_anywhere_leaves_nothing_half_counted(
    services: Services, tally: Tally, log: list[tuple[int, int]], where: str, batch: int
) -> None:
    passed: list[str] = []

    def failpoint(name: str) -> None:
        passed.append(name)
        if passed.count(where) == batch and name == where:
            raise Killed

    with pytest.raises(Killed):
        run_to_the_head(runner(services, tally, failpoint))
    assert tallied(services.database) == [
        entry for entry in log if entry[1] <= checkpoint(services.database)
    ]
    run_to_the_head(runner(services, tally))
    assert tallied(services.database) == log


def wait_until(services: Services, other: Future[Any]) -> None:
    """Until the other one is done, or waits for a lock that this one holds."""
    waits = (
        "SELECT 1 FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
        " WHERE NOT l.granted AND a.datname = current_database()"
    )
    while not other.done() and not services.database.row(waits):
        pass


def test_of_two_runners_with_one_batch_one_is_told_to_read_again(
    services: Services, tally: Tally, log: list[tuple[int, int]]
) -> None:
    with ThreadPoolExecutor(1) as pool:
        rivals: list[Future[int]] = []

        def start_a_rival() -> None:
            rivals.append(pool.submit(runner(services, Tally()).step))
            wait_until(services, rivals[0])

        tally.before_write = start_a_rival
        assert runner(services, tally).step() == 1
        with pytest.raises(CheckpointMoved):
            rivals[0].result()
    run_to_the_head(runner(services, tally))
    assert tallied(services.database) == log


def stops(database: Database) -> list[tuple[int, int, str]]:
    rows = database.rows("SELECT account_id, position, error FROM projection_stops")
    return [(row[0], row[1], row[2]) for row in rows]


@pytest.mark.parametrize("is_in_the_database", [False, True])
@pytest.mark.parametrize("place", [0, 1, 17, -1])
def test_an_event_that_cannot_be_taken_stops_the_line_of_its_account_alone(
    services: Services,
    tally: Tally,
    log: list[tuple[int, int]],
    place: int,
    is_in_the_database: bool,
) -> None:
    account, poison = log[place]
    tally.poison, tally.is_poison_in_the_database = {poison}, is_in_the_database
    run_to_the_head(runner(services, tally))
    assert tallied(services.database) == [
        entry for entry in log if entry[0] != account or entry[1] < poison
    ]
    ((stopped, position, error),) = stops(services.database)
    assert stopped == account
    assert max((p for a, p in log if a == account and p < poison), default=0) <= position < poison
    assert error in ("ValueError", "InvalidTextRepresentation")


@pytest.mark.parametrize("place", [0, 17, -1])
def test_a_line_that_stopped_is_taken_up_again_and_lacks_nothing(
    services: Services, tally: Tally, log: list[tuple[int, int]], place: int
) -> None:
    account, poison = log[place]
    tally.poison = {poison}
    run_to_the_head(runner(services, tally))
    with pytest.raises(ValueError, match="must not be told"):
        runner(services, tally).resume(account)
    assert [stop[0] for stop in stops(services.database)] == [account]
    tally.poison = set()
    runner(services, tally).resume(account)
    assert stops(services.database) == []
    assert tallied(services.database) == log


def test_resuming_an_account_that_did_not_stop_changes_nothing(
    services: Services, tally: Tally, log: list[tuple[int, int]]
) -> None:
    run_to_the_head(runner(services, tally))
    runner(services, tally).resume(log[0][0])
    assert tallied(services.database) == log


def test_a_line_resumed_while_the_runner_is_in_a_batch_lacks_nothing_of_it(
    services: Services, tally: Tally, log: list[tuple[int, int]]
) -> None:
    """Otherwise the batch would pass by a line that is no longer marked as stopped."""
    account, poison = log[0]
    tally.poison = {poison}
    running = runner(services, tally)
    running.step()
    assert [stop[0] for stop in stops(services.database)] == [account]
    tally.poison = set()
    with ThreadPoolExecutor(1) as pool:
        resumed: list[Future[None]] = []

        def resume() -> None:
            resumed.append(pool.submit(runner(services, Tally()).resume, account))
            wait_until(services, resumed[0])

        tally.before_write = resume
        run_to_the_head(running)
        resumed[0].result()
    assert tallied(services.database) == log


def test_another_version_of_a_projection_starts_anew_and_no_line_stands_still(
    services: Services, tally: Tally, log: list[tuple[int, int]]
) -> None:
    tally.poison = {log[5][1]}
    run_to_the_head(runner(services, tally))
    mended = Tally()
    mended.version = 2
    restarted = runner(services, mended)
    restarted.prepare()
    assert tallied(services.database) == []
    run_to_the_head(restarted)
    assert tallied(services.database) == log
    runner(services, tally).prepare()


def test_the_same_version_goes_on_where_it_was(
    services: Services, tally: Tally, log: list[tuple[int, int]]
) -> None:
    running = runner(services, tally)
    running.step()
    runner(services, tally).prepare()
    assert checkpoint(services.database) == 1


class Reads(Tally):
    """A tally that has to decrypt every event."""

    def fold(self, batch: Sequence[LogEntry]) -> list[tuple[int, int]]:
        assert all(entry.event.metadata.account_id == entry.account_id for entry in batch)
        return super().fold(batch)


def test_an_event_that_cannot_be_decrypted_stops_its_account_only(
    new_services: Callable[[], Services],
) -> None:
    services = new_services()
    first, second = tenant(services), tenant(services)
    patient = first.register()
    second.register()
    with psycopg.connect(services.database.url, autocommit=True) as admin:
        admin.execute("CREATE TABLE attestor.tally (account_id bigint, position bigint)")
        admin.execute("GRANT SELECT, INSERT, DELETE ON attestor.tally TO attestor_app")
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            "UPDATE attestor.events SET state = set_byte(state, 20, get_byte(state, 20) # 1)"
            " WHERE topic = 'patient.registered' AND account_id = %s",
            (first.account_id,),
        )
    reads = Reads()
    running = runner(services, reads)
    running.prepare()
    run_to_the_head(running)
    ((account, _, error),) = stops(services.database)
    assert (account, error) == (first.account_id, "Unreadable")
    assert patient
    rows = services.database.rows(
        "SELECT account_id, position FROM events WHERE account_id = %s ORDER BY 2",
        (second.account_id,),
    )
    assert set(rows) <= set(tallied(services.database))
