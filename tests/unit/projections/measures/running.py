"""Running compiled measures on PostgreSQL in tests."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg

from domain.measures.parser import Measure, Names, VariableName, parse
from domain.measures.scoring import Scores, score
from projections.measures.compiler import CompiledMeasure, compile_measure
from tests.unit.projections.measures.world import NOW

ACCOUNT = 1
YEAR = (date(2025, 1, 1), date(2025, 12, 31))
Connection = psycopg.Connection[Any]
Cells = dict[int, list[Decimal | None]]


@contextmanager
def connected(database_url: str) -> Iterator[Connection]:
    """A connection to a migrated database, for statements that are each planned once."""
    with psycopg.connect(database_url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("SET search_path = attestor")
        connection.execute("SET jit = off")
        yield connection


def compiled(
    lines: Sequence[str],
    variables: Sequence[VariableName],
    *,
    filter_variable_id: int | None = None,
    scoring: str | None = None,
) -> tuple[Measure, CompiledMeasure]:
    measure = parse(lines, Names(variables), scoring=scoring)
    by_id = {each.id: each for each in variables}
    return measure, compile_measure(measure, by_id, filter_variable_id)


def cells(
    database: Connection,
    statement: CompiledMeasure,
    position: int = NOW,
    patient_ids: list[int] | None = None,
    period: tuple[date, date] = YEAR,
) -> Cells:
    """The cells of each patient."""
    scope = {
        "account_id": ACCOUNT,
        "patient_ids": patient_ids,
        "start": period[0],
        "end": period[1],
        "position": position,
    }
    return dict(database.execute(statement.sql, {**statement.parameters, **scope}).fetchall())


def scores(measure: Measure, statement: CompiledMeasure, patients: Cells) -> Scores:
    """The scores from all patients' cells."""
    columns = [[row[n] for row in patients.values()] for n in range(len(statement.cells))]
    totals = [sum((n for n in column if n is not None), Decimal(0)) for column in columns]
    spreads = {n: [x for x in columns[n] if x is not None] for n in statement.spread}
    return score(measure, totals, spreads)
