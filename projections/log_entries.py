"""Events as entries of the transparency log, read by binary COPY."""

from collections.abc import Collection, Iterator

import psycopg
from psycopg import errors, pq

from domain.transparency import leaf
from projections.database import Row

_COPY = f"COPY (SELECT {leaf.COLUMNS} FROM events WHERE {{}}) TO STDOUT (FORMAT binary)"  # noqa: S608


def entries_after(
    connection: psycopg.Connection[Row], position: int, limit: int
) -> Iterator[bytes]:
    """The entries of the next events after a position, at most `limit`, in their order."""
    wanted = f"position > {position:d} ORDER BY position LIMIT {limit:d}"
    return _entries(connection, wanted)


def entries_at(connection: psycopg.Connection[Row], positions: Collection[int]) -> Iterator[bytes]:
    """The entries of the events at these positions, in their order."""
    numbers = ",".join(f"{position:d}" for position in positions)
    return _entries(connection, f"position = ANY('{{{numbers}}}'::bigint[]) ORDER BY position")


def _entries(connection: psycopg.Connection[Row], wanted: str) -> Iterator[bytes]:
    with connection.cursor() as cursor, cursor.copy(_COPY.format(wanted).encode()) as copy:
        for row in leaf.rows(messages(copy)):
            yield leaf.entry(row)


def messages(copy: psycopg.Copy) -> Iterator[bytes | bytearray | memoryview]:
    """The messages of a binary COPY, each taken from the driver's buffer where there is one.

    Iterating over the COPY itself waits for each row anew, which takes twice as long as the rest.
    """
    server = copy.connection.pgconn
    message: bytes | bytearray | memoryview = b""
    # Without rows the header and the trailer come as one.
    while message not in (leaf.COPY_TRAILER, leaf.COPY_HEADER + leaf.COPY_TRAILER):
        length, buffered = server.get_copy_data(1)
        if length < 0:
            raise _failure_of(server)
        message = buffered if length > 0 else copy.read()
        yield message
    copy.read()


def _failure_of(server: pq.abc.PGconn) -> psycopg.Error:
    """Why the COPY broke off; the connection is ready for the next statement after this."""
    failure: psycopg.Error = psycopg.OperationalError("the COPY broke off")
    while result := server.get_result():
        failure = errors.error_from_result(result)
    return failure
