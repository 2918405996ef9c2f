"""At most one process at a time does a thing: a session's advisory lock on the database."""

import threading

import psycopg

from domain.errors import Unavailable

RUNNER = 61274402
WORKER = 61274403


class Leadership:
    """A named lock that the server gives back when this process or its connection dies."""

    def __init__(self, url: str, lock: int) -> None:
        self._url = url
        self._lock = lock
        self._connection: psycopg.Connection[tuple[bool]] | None = None
        self._is_leader = False
        self._guard = threading.Lock()

    def is_held(self) -> bool:
        """Whether this process leads now, taking the lead if nobody does.

        Raises Unavailable when the server does not answer; the lead may be another's by then.
        """
        with self._guard:
            try:
                if self._connection is None:
                    self._connection = psycopg.connect(
                        self._url, autocommit=True, connect_timeout=2
                    )
                    self._is_leader = False
                if self._is_leader:
                    self._connection.execute("SELECT 1")
                    return True
                row = self._connection.execute(
                    "SELECT pg_try_advisory_lock(%s)", (self._lock,)
                ).fetchone()
                self._is_leader = bool(row and row[0])
                return self._is_leader
            except psycopg.OperationalError as error:
                self._drop()
                raise Unavailable("The database does not answer.") from error

    def give_up(self) -> None:
        """Let another process lead."""
        with self._guard:
            self._drop()

    def _drop(self) -> None:
        self._is_leader = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None
