"""What one event contributes to the log: its entry, and the hash of that.

An event is read by `COPY (SELECT {COLUMNS} FROM events …) TO STDOUT (FORMAT binary)`. PostgreSQL
writes a row as an int16 that counts the columns and then each column as an int32 that counts its
bytes (-1: null) and these bytes, everything big-endian. The entry is SHA-256 of the first column
(the state as stored, thus mostly ciphertext), followed by the bytes of all others as they stand.
So every byte of every column counts, and erasing a patient's key leaves all proofs as they were.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256

COLUMNS = (
    "state, position, originator_id, originator_version, topic, recorded_at, account_id, actor,"
    " request_id"
)
LEAF = b"\x00"
COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"
_COUNT = (COLUMNS.count(",") + 1).to_bytes(2)
_STATE = 6


def entry(row: bytes) -> bytes:
    """The entry of the event in a row of the COPY. Raises ValueError for anything else."""
    end = _STATE + int.from_bytes(row[2:_STATE])
    if row[:2] != _COUNT or end > len(row):
        raise ValueError("not a row of an event")
    return sha256(row[_STATE:end]).digest() + row[end:]


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry), as RFC 6962, section 2.1, has it: 32 bytes."""
    return sha256(LEAF + entry).digest()


def position_of(entry: bytes) -> int:
    """The position that an entry claims for its event."""
    return int.from_bytes(entry[36:44], signed=True)


def rows(messages: Iterable[bytes | bytearray | memoryview]) -> Iterator[bytes]:
    """The rows of a COPY out of its messages; the server sends a message for each row."""
    is_first = True
    for message in messages:
        row = bytes(message)
        if is_first:
            row = row.removeprefix(COPY_HEADER)
            is_first = False
        if row and row != COPY_TRAILER:
            yield row
