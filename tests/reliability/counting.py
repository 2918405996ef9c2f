"""A projection that adds, so that an event which is folded in twice shows; run in its own process.

`python -m tests.reliability.counting URL RUNNER` follows the log to its end.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import psycopg

from domain.events import Event
from projections.database import ROLE, Database, Transaction
from projections.runner import LogEntry, Runner
from service.failpoints import AFTER_VIEW_WRITE, failpoint
from service.projecting import catch_up


class Counting:
    """How many events each account has."""

    name = "counting"
    version = 1
    tables = ("event_counts",)

    def fold(self, batch: Sequence[LogEntry]) -> Counter[int]:
        """Events by account."""
        return Counter(entry.account_id for entry in batch)

    def write(self, transaction: Transaction, folded: Counter[int], position: int) -> None:
        """Add them."""
        for account_id, events in folded.items():
            transaction.execute(
                "INSERT INTO event_counts AS c VALUES (%s, %s)"
                " ON CONFLICT (account_id) DO UPDATE SET events = c.events + excluded.events",
                (account_id, events),
            )


class TornRunner(Runner):
    """Does what must never be done: it moves the checkpoint in a transaction of its own."""

    def _commit(self, batch: Sequence[LogEntry], position: int) -> None:
        with self._database.transaction() as transaction:
            self._write(transaction, batch)
        self._failpoint(AFTER_VIEW_WRITE)
        with self._database.transaction() as transaction:
            self._move(transaction, position, batch[-1].position)


class Undecoded:
    """Counting needs no event's content."""

    def decode_stored(self, topic: str, originator_id: UUID, version: int, state: bytes) -> Event:
        """Never called."""
        raise NotImplementedError


RUNNERS = {"whole": Runner, "torn": TornRunner}


def make_table(url: str) -> None:
    """The projection's table, in an empty database of ours."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE attestor.event_counts (account_id bigint PRIMARY KEY, events bigint)"
        )
        connection.execute(f"GRANT ALL ON attestor.event_counts TO {ROLE}")


def counts(url: str) -> dict[int, int]:
    """What the projection says."""
    with psycopg.connect(url) as connection:
        return dict(connection.execute("TABLE attestor.event_counts").fetchall())


def main(url: str, runner: str) -> None:
    """Follow the log to its end."""
    database = Database(url)
    catch_up([RUNNERS[runner](database, Counting(), Undecoded(), failpoint)])
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
