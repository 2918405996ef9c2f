"""One moment of the log: while others write, everything is read as it was together."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from domain.transparency import leaf
from domain.transparency.merkle import HASH_BYTES
from domain.transparency.tiles import WIDTH, split
from projections.database import ROLE, SCHEMA, Row, Transaction
from projections.transparency import sealed_size

TILES_AT_A_TIME = 64
"""How much is read and compared at once: 64 tiles have 16 384 events."""


class Snapshot:
    """Events and tiles at one moment; events 1 to `sealed` have their hashes in tiles."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self.reader = Transaction(connection)
        self.sealed = sealed_size(self.reader)
        self._connection = connection

    def spans(self) -> Iterator[tuple[int, int]]:
        """The sealed log in pieces: after which position, up to which."""
        step = TILES_AT_A_TIME * WIDTH
        for after in range(0, self.sealed, step):
            yield after, min(after + step, self.sealed)

    def rows(self, after: int, upto: int) -> Iterator[bytes]:
        """The rows of the log between two positions; what stands before the first, too."""
        low = f"position > {after:d} AND" if after else ""
        query = f"SELECT {leaf.COLUMNS} FROM events WHERE {low} position <= {upto:d}"  # noqa: S608
        statement = f"COPY ({query} ORDER BY position) TO STDOUT (FORMAT binary)"
        with self._connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            yield from leaf.rows(copy)

    def leaves(self, after: int, upto: int) -> list[bytes]:
        """The leaf hashes in the tiles between two positions; empty where a tile lacks it."""
        first, last = after // WIDTH, -(-upto // WIDTH)
        rows = self.reader.rows(
            "SELECT index, hashes FROM transparency_tiles"
            " WHERE level = 0 AND index >= %s AND index < %s",
            (first, last),
        )
        found = [b""] * (upto - after)
        for index, hashes in rows:
            start = index * WIDTH - after
            for n, value in enumerate(split(hashes)[: len(found) - start], start):
                found[n] = value if len(value) == HASH_BYTES else b""
        return found

    def unsealed(self) -> tuple[int, list[int]]:
        """How many events have no leaf yet, and which positions are missing among them."""
        missing = self.reader.rows(
            "SELECT n FROM generate_series(%s + 1, (SELECT max(position) FROM events)) AS n"
            " WHERE NOT EXISTS (SELECT FROM events WHERE position = n) LIMIT 1000",
            (self.sealed,),
        )
        row = self.reader.row("SELECT count(*) FROM events WHERE position > %s", (self.sealed,))
        return (row[0] if row else 0), [each[0] for each in missing]


@contextmanager
def snapshot(url: str) -> Iterator[Snapshot]:
    """A snapshot that lasts as long as the block; it holds no writer up."""
    options = f"-c search_path={SCHEMA} -c timezone=UTC -c role={ROLE} -c jit=off"
    with psycopg.connect(url, options=options) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield Snapshot(connection)
