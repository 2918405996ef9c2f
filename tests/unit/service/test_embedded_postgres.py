import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from service.embedded_postgres import (
    EmbeddedPostgres,
    UnsafeDatabase,
    check_safe_settings,
    unsafe_reasons,
)

ROOT = Path(__file__).parents[3]


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres()
    yield server
    server.stop()


def postmaster(data_dir: Path) -> psutil.Process:
    pid_file = data_dir / "postgres" / "data" / "postmaster.pid"
    return psutil.Process(int(pid_file.read_text().split("\n")[0]))


def is_over(process: psutil.Process) -> bool:
    """A zombie is: in a container, nobody may collect it."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def fetch(url: str, query: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return list(connection.execute(query).fetchone() or [])


def write_a_row(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE acknowledged AS SELECT 42 AS answer")


def process_of_the_server_account(data_dir: Path) -> subprocess.Popen[bytes]:
    owner = pwd.getpwuid((data_dir / "postgres" / "data").stat().st_uid)
    switch = {"user": owner.pw_uid} if os.geteuid() == 0 else {}
    return subprocess.Popen(["sleep", "600"], **switch)  # type: ignore[call-overload, no-any-return]


def run_in_another_process(data_dir: Path, then: str) -> subprocess.Popen[str]:
    code = (
        "import os, signal, sys; from pathlib import Path;"
        "from service.embedded_postgres import EmbeddedPostgres;"
        f"server = EmbeddedPostgres(); server.start(Path(sys.argv[1])); {then}"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, str(data_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_a_new_cluster_is_utf8_sorts_by_code_point_checks_its_pages_and_listens_on_no_port(
    server: EmbeddedPostgres, data_dir: Path
) -> None:
    url = server.start(data_dir)

    assert fetch(
        url,
        "SELECT current_setting('server_encoding'), current_setting('data_checksums'),"
        " current_setting('listen_addresses'), 'Zebra' < 'aal', 'É' < 'é', lower('É')",
    ) == ["UTF8", "on", "", True, True, "é"]


def test_a_committed_row_survives_kill_9_of_the_postmaster_and_every_child(
    server: EmbeddedPostgres, data_dir: Path
) -> None:
    url = server.start(data_dir)
    write_a_row(url)
    killed = postmaster(data_dir)
    family = [killed, *killed.children(recursive=True)]
    for process in family:
        process.kill()
    psutil.wait_procs(family, timeout=30)

    assert server.start(data_dir) == url
    assert fetch(url, "SELECT answer FROM acknowledged") == [42]
    assert postmaster(data_dir) != killed


def test_a_child_that_outlives_its_killed_postmaster_does_not_block_the_next_start(
    server: EmbeddedPostgres, data_dir: Path
) -> None:
    url = server.start(data_dir)
    write_a_row(url)
    busy = psycopg.connect(url)
    child = psutil.Process(busy.info.backend_pid)
    busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 1e12)")
    child.suspend()
    postmaster(data_dir).kill()

    server.start(data_dir)

    assert fetch(url, "SELECT answer FROM acknowledged") == [42]
    assert is_over(child)
    busy.close()


@pytest.mark.parametrize("lock", ["data/postmaster.pid", ".s.PGSQL.5432.lock"])
def test_a_left_over_lock_that_names_a_living_stranger_does_not_block_the_next_start(
    server: EmbeddedPostgres, data_dir: Path, lock: str
) -> None:
    server.start(data_dir)
    lock_file = data_dir / "postgres" / lock
    rest = lock_file.read_text().partition("\n")[2]
    server.stop()
    with process_of_the_server_account(data_dir) as stranger:
        lock_file.write_text(f"{stranger.pid}\n{rest}")

        url = server.start(data_dir)

        assert fetch(url, "SELECT 1") == [1]
        assert stranger.poll() is None
        stranger.kill()


def test_an_empty_lock_file_of_an_interrupted_start_does_not_block_the_next(
    server: EmbeddedPostgres, data_dir: Path
) -> None:
    server.start(data_dir)
    server.stop()
    (data_dir / "postgres" / "data" / "postmaster.pid").touch()

    assert fetch(server.start(data_dir), "SELECT 1") == [1]


def test_an_initialisation_that_was_killed_half_way_is_begun_again(
    server: EmbeddedPostgres, data_dir: Path
) -> None:
    unfinished = data_dir / "postgres" / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    assert fetch(server.start(data_dir), "SELECT 1") == [1]


def test_a_second_user_attaches_and_only_the_last_to_leave_stops_the_server(
    server: EmbeddedPostgres, data_dir: Path
) -> None:
    url = server.start(data_dir)
    process = postmaster(data_dir)
    second = EmbeddedPostgres()
    assert second.start(data_dir) == url
    assert postmaster(data_dir) == process

    server.stop()
    assert fetch(url, "SELECT 1") == [1]
    second.stop()
    assert is_over(process)


def test_starting_twice_counts_as_one_user(server: EmbeddedPostgres, data_dir: Path) -> None:
    server.start(data_dir)
    server.start(data_dir)
    process = postmaster(data_dir)

    server.stop()

    assert is_over(process)


def test_a_user_killed_with_9_no_longer_counts_and_leaves_the_server_to_the_others(
    server: EmbeddedPostgres, data_dir: Path
) -> None:
    with run_in_another_process(data_dir, "os.kill(os.getpid(), signal.SIGKILL)") as other:
        assert other.wait() == -signal.SIGKILL
    abandoned = postmaster(data_dir)

    server.start(data_dir)
    assert postmaster(data_dir) == abandoned
    server.stop()
    assert is_over(abandoned)


def test_processes_that_start_at_the_same_moment_share_one_server(data_dir: Path) -> None:
    then = "print(server.start(Path(sys.argv[1])), flush=True); sys.stdin.read(); server.stop()"
    others = [run_in_another_process(data_dir, then) for _ in range(3)]

    urls = {other.stdout.readline() for other in others if other.stdout is not None}
    first = postmaster(data_dir)
    assert len(urls) == 1
    for other in others:
        assert other.wait() == 0
        if other.stdout is not None:
            other.stdout.close()
    assert is_over(first)


def test_stopping_ends_an_open_transaction_and_keeps_what_was_committed(
    server: EmbeddedPostgres, data_dir: Path
) -> None:
    url = server.start(data_dir)
    write_a_row(url)
    transaction = psycopg.connect(url)
    transaction.execute("UPDATE acknowledged SET answer = 0")

    server.stop()

    with pytest.raises(psycopg.OperationalError):
        transaction.execute("SELECT 1")
    transaction.close()
    assert fetch(server.start(data_dir), "SELECT answer FROM acknowledged") == [42]


def test_a_path_too_long_or_too_odd_for_a_socket_address_works_all_the_same(
    server: EmbeddedPostgres, data_dir: Path
) -> None:
    deep = data_dir / ("long" * 30) / "with spaces, and 'quotes'"

    url = server.start(deep)

    assert fetch(url, "SELECT 1") == [1]
    assert postmaster(deep).cwd() == str(deep / "postgres" / "data")
    short = Path(str(psycopg.conninfo.conninfo_to_dict(url)["host"]))
    assert short.stat().st_mode & 0o077 == 0
    server.stop()
    assert not short.exists()


def test_only_the_server_account_and_root_can_reach_the_files_and_the_socket(
    server: EmbeddedPostgres, data_dir: Path
) -> None:
    server.start(data_dir)

    assert (data_dir / "postgres").stat().st_mode & 0o077 == 0
    assert (data_dir / "postgres" / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0


def test_the_log_of_the_server_does_not_repeat_the_row_of_a_failed_statement(
    server: EmbeddedPostgres, data_dir: Path
) -> None:
    url = server.start(data_dir)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE patient (name text PRIMARY KEY)")
        connection.execute("INSERT INTO patient VALUES ('Ada Lovelace')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO patient VALUES ('Ada Lovelace')")
    server.stop()

    log = (data_dir / "postgres" / "server.log").read_text()
    assert "duplicate key value" in log
    assert "Lovelace" not in log


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run it without root already")
def test_it_works_without_root(data_dir: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(data_dir, nobody.pw_uid, nobody.pw_gid)
    # A fork, because that account may not be allowed to start this Python.
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        server = EmbeddedPostgres()
        answer = fetch(server.start(data_dir), "SELECT 41")
        server.stop()
        os._exit(answer[0])

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 41
    assert not (data_dir / "postgres" / "data" / "postmaster.pid").exists()


def test_a_server_that_may_lose_writes_is_refused_with_every_setting_at_fault(
    server: EmbeddedPostgres, data_dir: Path
) -> None:
    url = server.start(data_dir)
    with psycopg.connect(url) as connection:
        check_safe_settings(connection)
    server.stop()
    with (data_dir / "postgres" / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write("fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n")
    server.start(data_dir)

    with psycopg.connect(url) as connection, pytest.raises(UnsafeDatabase) as refusal:
        check_safe_settings(connection)
    assert str(refusal.value).endswith(
        ": fsync is off, full_page_writes is off, synchronous_commit is off"
    )


def test_a_server_older_than_15_is_refused_and_15_is_not() -> None:
    assert unsafe_reasons(140011, {}) == ["it is version 14, older than 15"]
    assert unsafe_reasons(150000, {}) == []
