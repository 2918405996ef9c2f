"""Seals the log in the background: hashes of new events into tiles, and checkpoints signed.

Leaves and the new size are stored in one transaction, whose turn nobody else has meanwhile; so a
sealer that is killed anywhere, or a second one, leaves no gap and seals nothing twice. It signs
nothing that does not follow from the checkpoint before: then it stops, and says so.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from domain.report import Report
from domain.transparency import checkpoint as checkpoints
from domain.transparency.checkpoint import Checkpoint
from domain.transparency.leaf import leaf_hash, position_of
from domain.transparency.merkle import HASH_BYTES, consistency_path, verify_consistency
from domain.transparency.tiles import Edge, Tile, right_edge, split, subtree, tiles_of
from projections.database import Database, Transaction
from projections.log_entries import entries_after
from projections.transparency import (
    QUERIES,
    StoredCheckpoint,
    add_checkpoint,
    last_checkpoint,
    pending,
    read_tiles,
    sealed_size,
    write_tiles,
)
from service.bootstrap import Services, now
from service.failpoints import (
    AFTER_SEAL_COMMIT,
    AFTER_SIGN_COMMIT,
    BEFORE_SEAL_COMMIT,
    BEFORE_SIGN_COMMIT,
    failpoint,
)
from service.signing import SigningKeys, signing_keys
from service.trouble import Trouble, Troubles

_BATCH = 4096
_EVERY = timedelta(minutes=1)


class Sealer:
    """One for a log; it needs no leadership to be right, only not to be in its own way."""

    def __init__(
        self,
        database: Database,
        keys: SigningKeys,
        now: Callable[[], datetime],
        batch: int = _BATCH,
    ) -> None:
        self._database = database
        self._keys = keys
        self._now = now
        self._batch = batch
        self._troubles = Troubles(database, "sealing")
        # No report was frozen between the last checkpoint and this position.
        self._searched = 0

    def step(self) -> bool:
        """Seal a batch, sign a checkpoint if it is time; whether there is more to seal at once.

        It is time when a minute has passed, or a report was frozen, since the last one. What only
        an operator can mend is shown as trouble, and tried again with the next step.
        """
        is_behind = False
        with self._troubles.shown():
            is_behind = self.seal() == self._batch
            self._sign_if_due(is_behind)
        return is_behind

    def seal(self) -> int:
        """Seal the next events, a batch at most; how many they were. Raises Trouble."""
        number = pending(self._database)
        if number < 0:
            raise Trouble(f"{-number} sealed events are gone from the end of the log")
        if number == 0:
            return 0
        with self._database.connection() as connection, connection.transaction():
            transaction = Transaction(connection)
            edge = _open(transaction)
            sealed = edge.size
            entries = list(entries_after(connection, sealed, self._batch))
            if entries and position_of(entries[-1]) != sealed + len(entries):
                raise Trouble(f"an event is missing after position {sealed}")
            tiles = edge.extend(map(leaf_hash, entries))
            if not write_tiles(transaction, tiles, sealed, edge.size):
                raise Trouble("it is not stored any more how far the log is sealed")
            failpoint(BEFORE_SEAL_COMMIT)
        failpoint(AFTER_SEAL_COMMIT)
        return len(entries)

    def sign(self) -> StoredCheckpoint | None:
        """Sign a checkpoint of all that is sealed; None when the last one is of that already.

        Raises Trouble when it does not follow from the last one.
        """
        with self._database.transaction() as transaction:
            edge = _open(transaction)
            last = last_checkpoint(transaction)
            if edge.size == (last.size if last else 0):
                return None
            if last is not None:
                _require_consistent(transaction, last, edge)
            made = self._signed(transaction, edge)
            add_checkpoint(transaction, made)
            failpoint(BEFORE_SIGN_COMMIT)
        failpoint(AFTER_SIGN_COMMIT)
        return made

    def seal_and_sign(self) -> StoredCheckpoint | None:
        """Seal every event written so far, and sign; answers and raises as `sign` does."""
        while self.seal():
            pass
        return self.sign()

    def _signed(self, transaction: Transaction, edge: Edge) -> StoredCheckpoint:
        now = self._now()
        key, signer = self._keys.current(transaction, now)
        made = Checkpoint(key.name, edge.size, edge.root(), now)
        signed = checkpoints.sign(made, key, signer)
        return StoredCheckpoint(edge.size, made.root, signed, now, key.key_id)

    def _sign_if_due(self, is_behind: bool) -> None:
        last, sealed = last_checkpoint(self._database), sealed_size(self._database)
        size = last.size if last else 0
        if sealed == size:
            return
        age = self._now() - last.signed_at if last else _EVERY
        # A clock that was set back must not keep the log from being signed.
        is_old = not timedelta() <= age < _EVERY
        if is_old or (not is_behind and self._is_report_new(size, sealed)):
            self.sign()

    def _is_report_new(self, size: int, sealed: int) -> bool:
        """Whether a report was frozen since the last checkpoint, of `size` events."""
        after = max(size, self._searched)
        scope = {"after": after, "upto": sealed, "topic": Report.Created.TOPIC}
        is_new = self._database.row(QUERIES["has_frozen_report"], scope) == (True,)
        if not is_new:
            self._searched = sealed
        return is_new


def sealer_of(services: Services) -> Sealer:
    """The sealer of an installation."""
    return Sealer(services.database, signing_keys(services.settings), now)


def _open(transaction: Transaction) -> Edge:
    """The right edge of the log; nobody else extends it until the transaction ends.

    Raises Trouble when the tiles do not give the root of the last checkpoint.
    """
    row = transaction.row(QUERIES["take_turn"])
    sealed = row[0] if row else 0
    last = last_checkpoint(transaction)
    signed = last.size if last else 0
    names = {(tile.level, tile.index) for size in (signed, sealed) for tile in right_edge(size)}
    stored = read_tiles(transaction, names)
    try:
        if last is not None and (signed > sealed or _edge(signed, stored).root() != last.root):
            raise Trouble(f"the tiles do not give the root of the checkpoint of {signed} events")
        return _edge(sealed, stored)
    except ValueError as error:
        raise Trouble(f"the tiles do not reach {sealed} events: {error}") from error


def _edge(size: int, stored: dict[tuple[int, int], bytes]) -> Edge:
    return Edge(size, {tile.level: _part(tile, stored) for tile in right_edge(size)})


def _part(tile: Tile, stored: dict[tuple[int, int], bytes]) -> bytes:
    return stored.get((tile.level, tile.index), b"")[: tile.width * HASH_BYTES]


def _require_consistent(transaction: Transaction, last: StoredCheckpoint, edge: Edge) -> None:
    path = consistency_path(last.size, edge.size)
    stored = {name: split(tile) for name, tile in read_tiles(transaction, tiles_of(path)).items()}
    try:
        proof = [subtree(span, lambda level, index: stored[level, index]) for span in path]
    except LookupError as error:
        raise Trouble(f"tiles are missing below {edge.size} events") from error
    if not verify_consistency(last.size, edge.size, proof, last.root, edge.root()):
        raise Trouble(f"the tiles do not follow from the checkpoint of {last.size} events")
