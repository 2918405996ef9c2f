"""The batch runner of async projections: read, fold, write and move the checkpoint at once.

A batch and its checkpoint commit together, and the checkpoint moves by compare-and-set, so a
runner that is killed anywhere, or a second one, can neither lose an event nor count it twice.
An event that a projection cannot take stops the line of its account, visibly; it is never skipped.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol
from uuid import UUID

import psycopg

from domain.errors import Unavailable
from domain.events import Event
from projections.database import Database, Row, Transaction
from projections.projection import ReadModel
from projections.queries import load

_QUERIES = load("runner")
_LOG = logging.getLogger("attestor.runner")
_BATCH_MIN = 1
_BATCH_MAX = 2000
_GROWTH = 8


class Decoder(Protocol):
    """Turns stored bytes into an event."""

    def decode_stored(self, topic: str, originator_id: UUID, version: int, state: bytes) -> Event:
        """The event that was stored."""
        ...


@dataclass(frozen=True)
class LogEntry:
    """One line of the log; the event is decrypted and decoded only when it is asked for."""

    position: int
    account_id: int
    originator_id: UUID
    version: int
    topic: str
    state: bytes
    recorded_at: datetime
    decoder: Decoder

    @classmethod
    def of(cls, row: Row, decoder: Decoder) -> "LogEntry":
        """The entry in a row of the queries of the log."""
        position, account_id, originator_id, version, topic, state, recorded_at = row
        return cls(position, account_id, originator_id, version, topic, state, recorded_at, decoder)

    @cached_property
    def event(self) -> Event:
        """The event itself."""
        return self.decoder.decode_stored(self.topic, self.originator_id, self.version, self.state)


class AsyncProjection(ReadModel, Protocol):
    """A read model that follows the log: `fold` is pure, `write` applies what it returned.

    `write` must be repeatable: a stopped account's line is taken up again from where it stopped.
    """

    def fold(self, batch: Sequence[LogEntry]) -> Any:
        """What a batch of the log, in order, means for this projection."""
        ...

    def write(self, transaction: Transaction, folded: Any, position: int) -> None:
        """Apply it; `position` is the last one of the batch."""
        ...


class CheckpointMoved(Exception):
    """Another runner moved the checkpoint; this one has to read it again."""


class Runner:
    """Moves one projection along the log. `step` is one transaction."""

    def __init__(
        self,
        database: Database,
        projection: AsyncProjection,
        decoder: Decoder,
        failpoint: Callable[[str], None] = lambda name: None,
    ) -> None:
        self._database = database
        self._projection = projection
        self._decoder = decoder
        self._failpoint = failpoint
        self._batch_size = _BATCH_MIN

    def prepare(self) -> None:
        """Make the checkpoint's row, or start anew when the projection's version has changed."""
        with self._database.transaction() as transaction:
            row = transaction.row(
                _QUERIES["register"],
                {"name": self._projection.name, "version": self._projection.version},
            )
            if row is not None and row[0] != self._projection.version:
                self.reset(transaction)

    def reset(self, transaction: Transaction) -> None:
        """Empty the projection and set its checkpoint to the beginning."""
        for table in self._projection.tables:
            transaction.execute(f"DELETE FROM {table}")  # noqa: S608
        transaction.execute(
            _QUERIES["reset"],
            {"name": self._projection.name, "version": self._projection.version},
        )

    def step(self) -> int:
        """Fold in the next batch; how many events it had (0: the projection is at the head)."""
        position = self._position()
        batch = self._read(position, self._batch_size)
        if not batch:
            self._batch_size = _BATCH_MIN
            return 0
        self._failpoint("after_fetch")
        try:
            self._commit(batch, position)
        except (psycopg.OperationalError, Unavailable, CheckpointMoved):
            raise
        except Exception as error:  # one of the three places that may: the line stops, visibly
            _LOG.error("batch refused", extra={"error": type(error).__name__})
            self._commit_by_account(batch, position)
        # Few events at the head cost little delay; a long way to go is done in large steps.
        self._batch_size = min(_BATCH_MAX, _GROWTH * len(batch))
        return len(batch)

    def lag(self) -> int:
        """How many events of the log are not folded in yet."""
        row = self._database.row(_QUERIES["lag"], {"name": self._projection.name})
        return row[0] if row else 0

    def resume(self, account_id: int) -> None:
        """Take a stopped account's line up where it stopped, up to the checkpoint."""
        with self._database.transaction() as transaction:
            row = transaction.row(
                _QUERIES["stop_of"], {"name": self._projection.name, "account_id": account_id}
            )
            if row is None:
                return
            rows = transaction.rows(
                _QUERIES["line_of_account"],
                {"account_id": account_id, "after": row[0], "upto": row[1]},
            )
            entries = [LogEntry.of(entry, self._decoder) for entry in rows]
            if entries:
                folded = self._projection.fold(entries)
                self._projection.write(transaction, folded, entries[-1].position)
            transaction.execute(
                _QUERIES["forget_stop"], {"name": self._projection.name, "account_id": account_id}
            )

    def _position(self) -> int:
        row = self._database.row(_QUERIES["position"], {"name": self._projection.name})
        return row[0] if row else 0

    def _read(self, after: int, limit: int) -> list[LogEntry]:
        rows = self._database.rows(_QUERIES["next_entries"], {"after": after, "limit": limit})
        return [LogEntry.of(row, self._decoder) for row in rows]

    def _commit(self, batch: Sequence[LogEntry], position: int) -> None:
        with self._database.transaction() as transaction:
            self._move(transaction, position, batch[-1].position)
            self._write(transaction, self._without_stopped(transaction, batch))
            self._failpoint("after_view_write")
            self._failpoint("before_checkpoint_commit")
        self._failpoint("after_checkpoint_commit")

    def _commit_by_account(self, batch: Sequence[LogEntry], position: int) -> None:
        """Each account apart, so that one that cannot go on holds up no other."""
        with self._database.transaction() as transaction:
            self._move(transaction, position, batch[-1].position)
            going = self._without_stopped(transaction, batch)
            for account_id in {entry.account_id for entry in going}:
                line = [entry for entry in going if entry.account_id == account_id]
                self._write_line(transaction, line, position)

    def _write_line(
        self, transaction: Transaction, line: Sequence[LogEntry], position: int
    ) -> None:
        """One account's events one by one, up to the one that is refused."""
        done = position
        for entry in line:
            try:
                with transaction.savepoint():
                    self._write(transaction, [entry])
            except psycopg.OperationalError:
                raise
            except Exception as error:
                self._stop(transaction, entry.account_id, done, type(error).__name__)
                return
            done = entry.position

    def _write(self, transaction: Transaction, entries: Sequence[LogEntry]) -> None:
        if entries:
            folded = self._projection.fold(entries)
            self._projection.write(transaction, folded, entries[-1].position)

    def _stop(self, transaction: Transaction, account_id: int, position: int, error: str) -> None:
        _LOG.error("line stopped", extra={"account_id": account_id, "error": error})
        transaction.execute(
            _QUERIES["stop"],
            {
                "name": self._projection.name,
                "account_id": account_id,
                "position": position,
                "error": error,
            },
        )

    def _without_stopped(
        self, transaction: Transaction, batch: Iterable[LogEntry]
    ) -> list[LogEntry]:
        rows = transaction.rows(_QUERIES["stopped"], {"name": self._projection.name})
        stopped = {row[0] for row in rows}
        return [entry for entry in batch if entry.account_id not in stopped]

    def _move(self, transaction: Transaction, old: int, new: int) -> None:
        """Comes first: its row lock keeps off other runners, and lines that are being resumed."""
        moved = transaction.execute(
            _QUERIES["move"], {"name": self._projection.name, "old": old, "new": new}
        )
        if moved != 1:
            raise CheckpointMoved("another runner was faster")
