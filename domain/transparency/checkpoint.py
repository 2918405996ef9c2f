"""Checkpoints, after C2SP tlog-checkpoint: how large the log is and what its root, signed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.transparency import note
from domain.transparency.merkle import HASH_BYTES
from domain.transparency.note import BadNote, Sign, VerifierKey, Verify

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Checkpoint:
    """The log `origin` had `size` entries with this root (32 bytes).

    `signed_at` (whole seconds, UTC) is an extension line; nobody but the signer vouches for it.
    """

    origin: str
    size: int
    root: bytes
    signed_at: datetime | None = None

    @property
    def text(self) -> str:
        """What is signed."""
        lines = [self.origin, str(self.size), note.encode(self.root)]
        if self.signed_at is not None:
            lines.append(self.signed_at.astimezone(UTC).strftime(TIME))
        return "".join(f"{line}\n" for line in lines)


def sign(checkpoint: Checkpoint, key: VerifierKey, signer: Sign) -> str:
    """The signed note of a checkpoint."""
    return note.join(checkpoint.text, [note.signature_line(key, checkpoint.text, signer)])


def verify(signed: str, origin: str, keys: Sequence[VerifierKey], verify: Verify) -> Checkpoint:
    """The checkpoint in a note that one of these keys of the log `origin` signed.

    Raises BadNote for any other note, and for a checkpoint of another log.
    """
    text, _ = note.open_note(signed, keys, verify)
    checkpoint = parse(text)
    if checkpoint.origin != origin:
        raise BadNote("the checkpoint is another log's")
    return checkpoint


def parse(text: str) -> Checkpoint:
    """The checkpoint in the text of a note, whoever signed it. Raises BadNote."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise BadNote("a checkpoint has at least three lines, none of them empty")
    origin, size, encoded, *extensions = lines
    root = note.decode(encoded)
    if not _SIZE.fullmatch(size) or len(root) != HASH_BYTES:
        raise BadNote("a checkpoint has a size and a root of 32 bytes")
    return Checkpoint(origin, int(size), root, _time(extensions))


def _time(extensions: Sequence[str]) -> datetime | None:
    for line in extensions:
        if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line, re.ASCII):
            try:
                return datetime.strptime(line, TIME).replace(tzinfo=UTC)
            except ValueError:
                continue
    return None
