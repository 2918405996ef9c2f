"""Long answers, written while they are read."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

NDJSON = "application/x-ndjson"


def ndjson(entries: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """An entry a line."""
    for entry in entries:
        yield orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)


def in_pieces(lines: Iterable[bytes], size: int) -> Iterator[bytes]:
    """So many lines at a time; each piece is a write to the client."""
    piece: list[bytes] = []
    for line in lines:
        piece.append(line)
        if len(piece) == size:
            yield b"".join(piece)
            piece = []
    if piece:
        yield b"".join(piece)
