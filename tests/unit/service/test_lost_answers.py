"""The connection breaks around a commit: nothing is lost, nothing happens twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from domain.demographics import Demographics
from domain.errors import OutcomeUnknown, Unavailable
from projections.database import Database
from service.recorder import Append, Recorder, Saved
from tests.factories import idempotency, services_on, tenant
from tests.tcp_proxy import Cut, TcpProxy

WAITERS = (
    "FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
    " WHERE d.datname = current_database() AND l.objid = 61274401 AND NOT l.granted"
)
WAITING = f"SELECT count(*) {WAITERS}"
SEND_AWAY = f"SELECT pg_cancel_backend(l.pid) {WAITERS} AND l.pid <> %(but)s"


@pytest.fixture
def proxy(database_url: str) -> Iterator[TcpProxy]:
    with TcpProxy(database_url) as proxy:
        yield proxy


@pytest.fixture
def database(proxy: TcpProxy) -> Iterator[Database]:
    """A pool whose connections all go through the proxy, and are new."""
    with closing(Database(proxy.url)) as database:
        database.row("SELECT 1")
        yield database


def append() -> Append:
    identity = uuid4()
    return Append([StoredEvent(identity, n, "test", b"%d" % n) for n in (1, 2)], account_id=1)


def stored(database: Database, append: Append) -> list[int]:
    rows = database.rows(
        "SELECT position FROM events WHERE originator_id = %s ORDER BY position",
        (append.events[0].originator_id,),
    )
    return [row[0] for row in rows]


def test_an_append_whose_answer_was_lost_is_found_in_the_log(
    proxy: TcpProxy, database: Database
) -> None:
    wanted = append()
    proxy.cut_at(b"append_events", "after the reply")
    saved = Recorder(database).append(wanted)
    assert proxy.cuts == 1
    assert stored(database, wanted) == [saved.position - 1, saved.position]


def test_an_append_that_never_arrived_is_refused_and_can_be_repeated(
    proxy: TcpProxy, database: Database
) -> None:
    wanted, recorder = append(), Recorder(database)
    proxy.cut_at(b"append_events", "before sending")
    with pytest.raises(Unavailable) as refused:
        recorder.append(wanted)
    assert not isinstance(refused.value, OutcomeUnknown)
    assert stored(database, wanted) == []
    recorder.append(wanted)
    assert len(stored(database, wanted)) == 2


@pytest.mark.parametrize(("cut", "events"), [("before sending", 0), ("after the reply", 2)])
def test_a_transaction_cut_at_its_commit_happened_exactly_if_it_is_answered(
    proxy: TcpProxy, database: Database, cut: Cut, events: int
) -> None:
    wanted, recorder = append(), Recorder(database)
    proxy.cut_at(b"COMMIT", cut)
    if events:
        saved = recorder.append_with(wanted, lambda connection, saved: saved)
        assert stored(database, wanted) == [saved.position - 1, saved.position]
    else:
        with pytest.raises(Unavailable) as refused:
            recorder.append_with(wanted, lambda connection, saved: saved)
        assert not isinstance(refused.value, OutcomeUnknown)
        assert stored(database, wanted) == []
    assert proxy.cuts == 1


def test_what_the_server_is_still_doing_is_waited_for_before_it_is_judged(
    database_url: str, proxy: TcpProxy, database: Database
) -> None:
    wanted = append()
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(database_url) as other,
        psycopg.connect(database_url, autocommit=True) as watcher,
    ):
        other.execute("SELECT pg_advisory_xact_lock(61274401)")
        proxy.cut_at(b"append_events", "when told to")
        answer = pool.submit(Recorder(database).append, wanted)
        # The append itself, and behind it the question what became of it.
        for waiting in (1, 2):
            while watcher.execute(WAITING).fetchone() != (waiting,):
                assert not answer.done()
            proxy.drop.set()
        other.commit()
        saved = answer.result()
    assert stored(database, wanted) == [saved.position - 1, saved.position]


def test_when_the_log_cannot_be_asked_the_outcome_is_called_unknown(
    database_url: str, proxy: TcpProxy, database: Database
) -> None:
    """Another session is the next writer and keeps the lock; who waits is sent away."""
    wanted = append()
    with (
        psycopg.connect(database_url) as other,
        psycopg.connect(database_url, autocommit=True) as watcher,
        ThreadPoolExecutor(2) as pool,
    ):

        def queue_another(connection: object, saved: Saved) -> None:
            pool.submit(other.execute, "SELECT pg_advisory_xact_lock(61274401)")
            while watcher.execute(WAITING).fetchone() != (1,):
                pass
            proxy.cut_at(b"COMMIT", "after the reply")

        answer = pool.submit(Recorder(database).append_with, wanted, queue_another)
        while not answer.done():
            if proxy.cuts:
                watcher.execute(SEND_AWAY, {"but": other.info.backend_pid})
        with pytest.raises(OutcomeUnknown):
            answer.result()
    assert len(stored(database, wanted)) == 2


def test_a_version_that_another_writer_took_meanwhile_is_not_taken_for_ones_own(
    proxy: TcpProxy, database: Database
) -> None:
    recorder, ours = Recorder(database), append()
    theirs = Append([StoredEvent(ours.events[0].originator_id, 1, "test", b"theirs")], account_id=1)
    recorder.append(theirs)
    proxy.cut_at(b"append_events", "before sending")
    with closing(Database(proxy.url)) as fresh, pytest.raises(Unavailable):
        Recorder(fresh).append(ours)
    assert proxy.cuts == 1


def test_a_patient_whose_registration_lost_its_answer_is_registered_once(
    proxy: TcpProxy, data_dir: Path
) -> None:
    with closing(services_on(proxy.url, data_dir)) as services:
        clinic = tenant(services)
        proxy.cut_at(b"COMMIT", "after the reply")
        context = clinic.asks(idempotency=idempotency())
        shown = services.patients.register(context, Demographics(name="Ann"))
        assert proxy.cuts == 1
        assert shown.version == 1
        count = services.database.row(
            "SELECT patient_count FROM accounts WHERE id = %s", (clinic.account_id,)
        )
        assert count == (1,)
