"""No byte of a deleted row stays in the files of the database: tables, statistics, WAL.

A deleted row stays in its table's file until that is written anew, its values stay in the
planner's statistics, and all of it in the write-ahead log, whose old files PostgreSQL uses again
without emptying them.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from projections.database import SCHEMA
from projections.rebuild import SHADOW

TABLES = (
    "patients", "patient_heads", "observations", "documents", "measure_results", "idempotency",
)  # fmt: skip
"""Where rows of an erased patient were."""
_KEYS = "attestor_keys.patient_keys"
_DEADLINE_SECONDS = 600.0
Connection = psycopg.Connection[tuple[Any, ...]]


def scrub(url: str) -> list[str]:
    """Write the tables anew, and empty statistics and WAL; what the role of `url` may not do.

    While a table is written, requests for it wait. Works as superuser alone; else it does what it
    may, and each line of the answer is a step that the administrator of the server has to do.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        # Of a rebuild that was killed; one that runs has read what is gone, and has to start anew.
        connection.execute(f"DROP SCHEMA IF EXISTS {SHADOW} CASCADE".encode())
        for table in (*(f"{SCHEMA}.{name}" for name in TABLES), _KEYS):
            connection.execute(f"VACUUM (FULL, ANALYZE) {table}".encode())
        if not _is_superuser(connection):
            return [
                "VACUUM FULL pg_catalog.pg_statistic",
                "empty the WAL: wal_recycle = off, pg_switch_wal() until no later file is in"
                " pg_wal, CHECKPOINT",
            ]
        connection.execute("VACUUM (FULL) pg_catalog.pg_statistic")
        return _scrub_wal(connection)


def _scrub_wal(connection: Connection) -> list[str]:
    """Fill up every WAL file that is there, and remove it."""
    with _without_recycling(connection):
        deadline = time.monotonic() + _DEADLINE_SECONDS
        before = _current_file(connection)
        while (left := _old_files(connection, before)) and time.monotonic() < deadline:
            for _ in range(1 + _later_files(connection)):
                # A switch does nothing where nothing was written since the one before.
                connection.execute("SELECT pg_logical_emit_message(false, 'attestor', '')")
                connection.execute("SELECT pg_switch_wal()")
            connection.execute("CHECKPOINT")
    return [f"the WAL file {name} is held by archiving or a replication slot" for name in left]


@contextmanager
def _without_recycling(connection: Connection) -> Iterator[None]:
    """For as long as the block lasts, WAL files that are done with are removed."""
    row = connection.execute("SELECT current_setting('wal_recycle')").fetchone()
    if row is not None and row[0] == "off":
        yield
        return
    connection.execute("ALTER SYSTEM SET wal_recycle = off")
    connection.execute("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        connection.execute("ALTER SYSTEM RESET wal_recycle")
        connection.execute("SELECT pg_reload_conf()")


def _old_files(connection: Connection, before: str) -> list[str]:
    """Files that were there `before`, or may hold what another file was before."""
    rows = connection.execute(
        "SELECT name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'"
        " AND (name <= %s OR name > pg_walfile_name(pg_current_wal_lsn())) ORDER BY name",
        (before,),
    ).fetchall()
    return [row[0] for row in rows]


def _later_files(connection: Connection) -> int:
    row = connection.execute(
        "SELECT count(*) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'"
        " AND name > pg_walfile_name(pg_current_wal_lsn())"
    ).fetchone()
    return row[0] if row else 0


def _current_file(connection: Connection) -> str:
    row = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()
    return str(row[0]) if row else ""


def _is_superuser(connection: Connection) -> bool:
    row = connection.execute(
        "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    return bool(row and row[0])
