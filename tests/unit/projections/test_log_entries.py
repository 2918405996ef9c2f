"""Reading the log by COPY: every row once, and a COPY that breaks off is no shorter log."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from domain.transparency.leaf import rows
from projections.log_entries import entries_at, messages


@pytest.fixture
def connection(database_url: str) -> "Iterator[psycopg.Connection[tuple[Any, ...]]]":
    options = "-c search_path=attestor"
    with psycopg.connect(database_url, autocommit=True, options=options) as opened:
        yield opened


def read(connection: "psycopg.Connection[tuple[Any, ...]]", query: str) -> list[bytes]:
    """The rows of a query by COPY."""
    statement = f"COPY ({query}) TO STDOUT (FORMAT binary)".encode()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        return list(rows(messages(copy)))


def stays_usable(connection: "psycopg.Connection[tuple[Any, ...]]") -> bool:
    return connection.execute("SELECT 1").fetchone() == (1,)


# An int4 as PostgreSQL writes it: one column, four bytes.
@pytest.mark.parametrize("number", [0, 1, 20_000])
def test_every_row_comes_once_and_in_order(
    connection: "psycopg.Connection[tuple[Any, ...]]", number: int
) -> None:
    found = read(connection, f"SELECT n FROM generate_series(1, {number}) AS n")  # noqa: S608
    assert [int.from_bytes(row[6:]) for row in found] == list(range(1, number + 1))
    assert all(row[:6] == b"\0\1\0\0\0\4" for row in found)
    assert stays_usable(connection)


def test_a_row_that_ends_as_a_copy_does_is_no_end(
    connection: "psycopg.Connection[tuple[Any, ...]]",
) -> None:
    found = read(connection, "SELECT -1 FROM generate_series(1, 3)")
    assert [row[-2:] for row in found] == [b"\xff\xff"] * 3


def test_a_copy_that_fails_on_the_way_says_why_and_leaves_the_connection_usable(
    connection: "psycopg.Connection[tuple[Any, ...]]",
) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        read(connection, "SELECT 1 / (5000 - n), repeat('x', 1000) FROM generate_series(1, 9000) n")
    assert stays_usable(connection)


def test_events_that_there_are_not_have_no_entries(
    connection: "psycopg.Connection[tuple[Any, ...]]",
) -> None:
    assert list(entries_at(connection, [])) == list(entries_at(connection, [7, 8])) == []
