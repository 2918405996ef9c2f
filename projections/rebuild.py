"""Read models made anew from the log, beside the present ones, compared and swapped.

The shadow tables live in a schema of their own and are written by the same functions. Writers go
on meanwhile; only the last events and the swap itself are done under the append lock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any

import orjson
import psycopg

from domain.measures.period import maintained
from projections.access import Access
from projections.database import ROLE, SCHEMA, Transaction
from projections.definitions import Definitions
from projections.measure_results import MeasureResults, account_today, refresh
from projections.measures.live import live_metrics
from projections.observations import Observations
from projections.patients import Patients
from projections.projection import Recorded, known, merge
from projections.queries import load
from projections.reports import Reports
from projections.runner import Decoder, LogEntry

_QUERIES = load("runner")
SHADOW = "attestor_shadow"
_BATCH = 2000
_APPEND_LOCK = 61274401
_FOLDED = (Access(), Patients(), Observations(), Definitions(), Reports())
Connection = psycopg.Connection[tuple[Any, ...]]
Report = Callable[[int, int], None]


@dataclass(frozen=True)
class _Shadow:
    """Which schema files make the shadow tables, and which of them are compared and swapped."""

    files: tuple[str, ...]
    tables: tuple[str, ...]


_INLINE = _Shadow(
    ("0002_read_models.sql", "0008_reports.sql"), tuple(t for p in _FOLDED for t in p.tables)
)
_RESULTS = _Shadow(("0006_measure_results.sql",), MeasureResults.tables)


def rebuild(
    url: str,
    decoder: Decoder,
    name: str,
    *,
    is_check: bool,
    report: Report = lambda done, total: None,
) -> list[str]:
    """Rebuild `inline`, `measure_results` or `all`; the differences that were found, if any.

    With `is_check` nothing is changed. Otherwise the rebuilt tables take the place of the
    present ones. `report` is told how many events are folded in, out of how many.
    """
    differences = []
    with psycopg.connect(url, autocommit=True) as connection:
        if name in ("inline", "all"):
            differences += _rebuild_inline(connection, decoder, is_check, report)
        if name in ("measure_results", "all"):
            differences += _rebuild_results(connection, is_check)
    return differences


def _rebuild_inline(
    connection: Connection, decoder: Decoder, is_check: bool, report: Report
) -> list[str]:
    _make_shadow(connection, _INLINE)
    reached = 0
    while (after := _fold_next(connection, decoder, reached, report)) != reached:
        reached = after
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_APPEND_LOCK,))
        while (after := _fold_next(connection, decoder, reached, report)) != reached:
            reached = after
        differences = _differences(connection, _INLINE)
        if not is_check:
            _swap(connection, _INLINE)
    _drop_shadow(connection)
    return differences


def _rebuild_results(connection: Connection, is_check: bool) -> list[str]:
    _make_shadow(connection, _RESULTS)
    with connection.transaction():
        transaction = Transaction(connection)
        row = transaction.row(
            "SELECT position FROM projections WHERE name = %s FOR UPDATE", (MeasureResults.name,)
        )
        position = row[0] if row else 0
        for (account_id,) in transaction.rows("SELECT id FROM accounts ORDER BY id"):
            periods = maintained(account_today(transaction, account_id))
            for metric in live_metrics(transaction, account_id, position):
                refresh(transaction, metric, periods, position, None)
        differences = _differences(connection, _RESULTS)
        if not is_check:
            _swap(connection, _RESULTS)
    _drop_shadow(connection)
    return differences


def _make_shadow(connection: Connection, shadow: _Shadow) -> None:
    _drop_shadow(connection)
    connection.execute(f"CREATE SCHEMA {SHADOW}".encode())
    connection.execute(f"SET search_path = {SHADOW}".encode())
    for file in shadow.files:
        text = resources.files("projections").joinpath("schema", file).read_text("utf-8")
        connection.execute(text.encode())
    # The functions of the main schema now write to the shadow tables, by their plain names.
    connection.execute(f"SET search_path = {SHADOW}, {SCHEMA}".encode())


def _drop_shadow(connection: Connection) -> None:
    connection.execute(f"DROP SCHEMA IF EXISTS {SHADOW} CASCADE".encode())


def _fold_next(connection: Connection, decoder: Decoder, after: int, report: Report) -> int:
    """Fold in the next batch; the position reached."""
    rows = connection.execute(
        _QUERIES["next_entries"], {"after": after, "limit": _BATCH}, binary=True
    ).fetchall()
    if not rows:
        return after
    batch = known([_recorded(LogEntry.of(row, decoder)) for row in rows])
    views = merge(projection.fold(batch) for projection in _FOLDED)
    connection.execute("SELECT apply_views(%s::jsonb, 0, NULL)", (orjson.dumps(views).decode(),))
    last = connection.execute("SELECT max(position) FROM events").fetchone()
    reached: int = rows[-1][0]
    report(reached, last[0] if last else reached)
    return reached


def _recorded(entry: LogEntry) -> Recorded:
    return Recorded(entry.position, entry.event, entry.recorded_at)


def _differences(connection: Connection, shadow: _Shadow) -> list[str]:
    """For each table the number of rows that differ, and the first of them by its key."""
    found = []
    for table in shadow.tables:
        row = connection.execute(_difference_of(table)).fetchone()
        if row and row[0]:
            found.append(f"{table}: {row[0]} rows differ from the log, the first has id {row[1]}")
    return found


def _difference_of(table: str) -> bytes:
    key = {"measure_results": "patient_id", "cms_reports": "metric_id"}.get(table, "id")
    present, rebuilt = f"{SCHEMA}.{table}", f"{SHADOW}.{table}"
    return (
        f"SELECT count(*), min({key}::text) FROM ("  # noqa: S608  names of our own tables
        f"(TABLE {present} EXCEPT ALL TABLE {rebuilt}) UNION ALL"
        f" (TABLE {rebuilt} EXCEPT ALL TABLE {present})) AS d"
    ).encode()


def _swap(connection: Connection, shadow: _Shadow) -> None:
    for table in shadow.tables:
        for statement in (
            f"DROP TABLE {SCHEMA}.{table}",
            f"ALTER TABLE {SHADOW}.{table} SET SCHEMA {SCHEMA}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {SCHEMA}.{table} TO {ROLE}",
        ):
            connection.execute(statement.encode())
