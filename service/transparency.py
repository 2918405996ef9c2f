"""What anybody may know of the transparency log, and what an account may prove of its events."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain.errors import Forbidden, Invalid, NotFound, NotYet
from domain.transparency.leaf import position_of
from domain.transparency.merkle import HASH_BYTES, Span, consistency_path, inclusion_path
from domain.transparency.tiles import Tile, split, subtree, tiles_of
from projections.database import Database
from projections.log_entries import entries_at
from projections.transparency import (
    QUERIES,
    LogKey,
    Status,
    StoredCheckpoint,
    checkpoint_of,
    last_checkpoint,
    list_checkpoints,
    log_keys,
    read_status,
    read_tiles,
    sealed_size,
)
from service.context import Principal


@dataclass(frozen=True)
class Inclusion:
    """Proof that an event is in the log of `size` events.

    `entry` hashes to leaf `leaf_index`, and with `hashes` to the root. `checkpoint` is the signed
    one of that size, where there is one.
    """

    entry: bytes
    leaf_index: int
    size: int
    hashes: Sequence[bytes]
    checkpoint: StoredCheckpoint | None


@dataclass(frozen=True)
class Consistency:
    """Proof that the log of `first` events is the beginning of the log of `second`."""

    first: int
    second: int
    hashes: Sequence[bytes]
    first_checkpoint: StoredCheckpoint | None
    second_checkpoint: StoredCheckpoint | None


class Transparency:
    """Reads the sealed log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def checkpoint(self) -> StoredCheckpoint:
        """The last checkpoint. Raises NotYet before the first."""
        last = last_checkpoint(self._database)
        if last is None:
            raise NotYet("No checkpoint has been signed yet.")
        return last

    def checkpoints(
        self, limit: int, offset: int = 0, before: int | None = None
    ) -> tuple[int, list[StoredCheckpoint]]:
        """How many there are, and some of them, the largest first."""
        return list_checkpoints(self._database, limit, offset, before)

    def public_keys(self) -> Sequence[LogKey]:
        """Every key that signed or signs, the present one first."""
        return log_keys(self._database)

    def status(self) -> Status:
        """How far the log is sealed and signed."""
        return read_status(self._database)

    def tile(self, tile: Tile) -> bytes:
        """The hashes of a tile, as many as its width. Raises NotFound."""
        hashes = read_tiles(self._database, [(tile.level, tile.index)])
        content = hashes.get((tile.level, tile.index), b"")[: tile.width * HASH_BYTES]
        if len(content) < tile.width * HASH_BYTES:
            raise NotFound(f"There is no tile {tile.path}.")
        return content

    def inclusion(self, principal: Principal, position: int, size: int | None = None) -> Inclusion:
        """Proof that the caller's event is in the log of `size` events (None: the last checkpoint).

        Raises NotFound, Forbidden for another account's event, NotYet before it is signed, and
        Invalid for a size that does not hold it.
        """
        self._require_own(principal, position)
        checkpoint = self._checkpoint_for(position, size)
        size = size or (checkpoint.size if checkpoint else 0)
        self._require_sealed(size, "size")
        if position > size:
            raise Invalid.field("size", f"must be {position} or more, to hold the event")
        entry = self.entries([position])[position]
        hashes = self.proofs([position], size)[position]
        return Inclusion(entry, position - 1, size, hashes, checkpoint)

    def consistency(self, first: int, second: int | None = None) -> Consistency:
        """Proof between two sizes (None: the last checkpoint). Raises Invalid, NotYet."""
        if second is None:
            second = self.checkpoint().size
        self._require_sealed(second, "to")
        if first > second:
            raise Invalid.field("from", f"must be {second} or less")
        path = consistency_path(first, second)
        (hashes,) = self._hashes([path])
        database = self._database
        return Consistency(
            first, second, hashes, checkpoint_of(database, first), checkpoint_of(database, second)
        )

    def entries(self, positions: Collection[int]) -> dict[int, bytes]:
        """The entries of events by position, whoever's they are: ask who may see them before."""
        with self._database.connection() as connection:
            return {position_of(entry): entry for entry in entries_at(connection, positions)}

    def proofs(self, positions: Sequence[int], size: int) -> dict[int, list[bytes]]:
        """The hashes that prove that events are in the log of `size` events, by position.

        Raises ValueError unless 1 ≤ position ≤ size, LookupError when `size` is not sealed.
        """
        paths = [inclusion_path(position - 1, size) for position in positions]
        return dict(zip(positions, self._hashes(paths), strict=True))

    def _hashes(self, paths: Sequence[Sequence[Span]]) -> list[list[bytes]]:
        names = tiles_of(span for path in paths for span in path)
        tiles = {name: split(tile) for name, tile in read_tiles(self._database, names).items()}
        known: dict[Span, bytes] = {}
        for path in paths:
            for span in path:
                if span not in known:
                    known[span] = subtree(span, lambda level, index: tiles[level, index])
        return [[known[span] for span in path] for path in paths]

    def _require_own(self, principal: Principal, position: int) -> None:
        row = self._database.row(QUERIES["account_of_event"], {"position": position})
        if row is None:
            raise NotFound(f"There is no event {position}.")
        if row[0] != principal.account_id:
            raise Forbidden("The event belongs to another account.")

    def _checkpoint_for(self, position: int, size: int | None) -> StoredCheckpoint | None:
        if size is not None:
            return checkpoint_of(self._database, size)
        last = last_checkpoint(self._database)
        if last is None or last.size < position:
            raise NotYet("The event is not under a signed checkpoint yet; it will be in a minute.")
        return last

    def _require_sealed(self, size: int, name: str) -> None:
        sealed = sealed_size(self._database)
        if size > sealed:
            raise Invalid.field(name, f"must be {sealed} or less, as far as the log is sealed")
