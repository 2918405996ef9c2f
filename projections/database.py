"""The one door to PostgreSQL: a pool, and what its errors mean."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from domain.errors import Unavailable

Parameters = Mapping[str, Any] | Sequence[Any] | None
Row = tuple[Any, ...]

ROLE = "attestor_app"
SCHEMA = "attestor"


class Reader(Protocol):
    """What a query needs: the pool, or the one connection of an open transaction."""

    def rows(
        self, query: str, parameters: Parameters = None, *, prepare: bool | None = None
    ) -> list[Row]:
        """All rows of a query. `prepare` False: planned anew each time, for the values it has."""
        ...

    def row(self, query: str, parameters: Parameters = None) -> Row | None:
        """The only row of a query, or None."""
        ...


class Transaction:
    """Reads and writes on the connection of an open transaction."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection

    def rows(
        self, query: str, parameters: Parameters = None, *, prepare: bool | None = None
    ) -> list[Row]:
        """All rows of a query."""
        return self._connection.execute(query, parameters, binary=True, prepare=prepare).fetchall()

    def row(self, query: str, parameters: Parameters = None) -> Row | None:
        """The only row of a query, or None."""
        return self._connection.execute(query, parameters, binary=True).fetchone()

    def execute(self, query: str, parameters: Parameters = None) -> int:
        """Run a statement and tell how many rows it touched."""
        return self._connection.execute(query, parameters).rowcount

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What the block did is undone when it fails; the transaction goes on."""
        with self._connection.transaction():
            yield


class Database:
    """A pool of autocommit connections in the role that cannot change or remove events.

    Opens at first use, so that a process which forks before never shares a connection.
    Raises Unavailable when the server is away or does not answer within the statement timeout.
    """

    def __init__(
        self,
        url: str,
        *,
        size: int = 4,
        statement_timeout_seconds: float = 5,
        role: str | None = ROLE,
        search_path: str = SCHEMA,
    ) -> None:
        settings = {
            "search_path": search_path,
            "statement_timeout": str(int(statement_timeout_seconds * 1000)),
            "lock_timeout": "3000",
            "timezone": "UTC",
            "jit": "off",
        }
        if role is not None:
            settings["role"] = role
        self.url = url
        self._pool = ConnectionPool(
            url,
            kwargs={
                "autocommit": True,
                "prepare_threshold": 2,
                "connect_timeout": 2,
                "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
            },
            min_size=1,
            max_size=size,
            timeout=4,
            open=False,
        )

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction that commits when the block ends well."""
        with self.connection() as connection, connection.transaction():
            yield Transaction(connection)

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Row]]:
        """A connection for as long as the block lasts."""
        if self._pool.closed:
            self._pool.open()
        try:
            with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise Unavailable("The database does not answer; please try again.") from error

    def rows(
        self, query: str, parameters: Parameters = None, *, prepare: bool | None = None
    ) -> list[Row]:
        """All rows of a query."""
        with self.connection() as connection:
            return connection.execute(query, parameters, binary=True, prepare=prepare).fetchall()

    def row(self, query: str, parameters: Parameters = None) -> Row | None:
        """The only row of a query, or None."""
        with self.connection() as connection:
            return connection.execute(query, parameters, binary=True).fetchone()

    def execute(self, query: str, parameters: Parameters = None) -> int:
        """Run a statement and tell how many rows it touched."""
        with self.connection() as connection:
            return connection.execute(query, parameters).rowcount

    def close(self) -> None:
        """Give all connections back to the server."""
        self._pool.close()
