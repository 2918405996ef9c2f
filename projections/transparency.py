"""The transparency log as it is stored: tiles, checkpoints and keys."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.transparency.note import VerifierKey, parse_key
from projections.database import Reader, Transaction
from projections.queries import load

QUERIES = load("transparency")
TileName = tuple[int, int]
"""Level and index."""


@dataclass(frozen=True)
class StoredCheckpoint:
    """A checkpoint with the note in which it was signed; `key_id` is 4 bytes."""

    size: int
    root: bytes
    note: str
    signed_at: datetime
    key_id: bytes


@dataclass(frozen=True)
class LogKey:
    """A public key of the log; `handover` is the note in which the key before it vouches for it."""

    key: VerifierKey
    valid_from: datetime
    retired_at: datetime | None
    handover: str | None


@dataclass(frozen=True)
class Status:
    """How far the log is sealed and signed; `troubles` by what is in trouble, ages in seconds."""

    sealed: int
    events: int
    oldest_unsealed_seconds: float
    checkpoint_size: int | None
    checkpoint_seconds: float | None
    troubles: Mapping[str, str]


def sealed_size(reader: Reader) -> int:
    """How many events have their hashes in the tiles."""
    row = reader.row(QUERIES["sealed"])
    return row[0] if row else 0


def read_tiles(reader: Reader, names: Collection[TileName]) -> dict[TileName, bytes]:
    """The bytes of those of these tiles that there are."""
    levels, indexes = [name[0] for name in names], [name[1] for name in names]
    rows = reader.rows(QUERIES["tiles"], {"levels": levels, "indexes": indexes})
    return {(level, index): hashes for level, index, hashes in rows}


def pending(reader: Reader) -> int:
    """How many events are not sealed yet; below zero when sealed ones are gone."""
    row = reader.row(QUERIES["pending"])
    return row[0] if row else 0


def write_tiles(
    transaction: Transaction, tiles: Mapping[TileName, bytes], old: int, new: int
) -> bool:
    """Store tiles, and that the log is sealed up to `new` events; False unless it was at `old`."""
    transaction.execute(
        QUERIES["put_tiles"],
        {
            "levels": [level for level, _ in tiles],
            "indexes": [index for _, index in tiles],
            "contents": list(tiles.values()),
        },
    )
    return transaction.execute(QUERIES["advance"], {"old": old, "new": new}) == 1


def last_checkpoint(reader: Reader) -> StoredCheckpoint | None:
    """The largest checkpoint."""
    row = reader.row(QUERIES["last_checkpoint"])
    return StoredCheckpoint(*row) if row else None


def checkpoint_of(reader: Reader, size: int) -> StoredCheckpoint | None:
    """The checkpoint of exactly this size."""
    row = reader.row(QUERIES["checkpoint_of"], {"size": size})
    return StoredCheckpoint(*row) if row else None


def list_checkpoints(
    reader: Reader, limit: int, offset: int, before: int | None
) -> tuple[int, list[StoredCheckpoint]]:
    """How many there are, and some of them, the largest first; only smaller ones than `before`."""
    total = reader.row(QUERIES["count_checkpoints"])
    scope = {"limit": limit, "offset": offset, "before": before}
    rows = reader.rows(QUERIES["list_checkpoints"], scope)
    return (total[0] if total else 0), [StoredCheckpoint(*row) for row in rows]


def add_checkpoint(transaction: Transaction, checkpoint: StoredCheckpoint) -> None:
    """Store a checkpoint; it is never changed."""
    transaction.execute(QUERIES["add_checkpoint"], vars(checkpoint))


def log_keys(reader: Reader) -> Sequence[LogKey]:
    """Every key that signed or signs, the present one first."""
    return [LogKey(parse_key(row[0]), *row[1:]) for row in reader.rows(QUERIES["keys"])]


def add_key(transaction: Transaction, key: LogKey) -> None:
    """Let this key sign from now on, and the one before it no more."""
    transaction.execute(QUERIES["retire_key"], {"retired_at": key.valid_from})
    transaction.execute(
        QUERIES["add_key"],
        {
            "key_id": key.key.key_id,
            "vkey": key.key.text,
            "valid_from": key.valid_from,
            "handover": key.handover,
        },
    )


def read_status(reader: Reader) -> Status:
    """Where the log stands."""
    row = reader.row(QUERIES["status"])
    if row is None:
        raise AssertionError("there is always a head")
    return Status(*row)
