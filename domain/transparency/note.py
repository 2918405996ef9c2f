"""Signed notes, after C2SP signed-note: a text, a blank line, and a line for each signature."""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

Sign = Callable[[bytes], bytes]
# Public key (32 bytes), signature (64 bytes), message: whether the one made the other of it.
Verify = Callable[[bytes, bytes, bytes], bool]

_ED25519 = b"\x01"
_DASH = "\N{EM DASH} "
_NOTE_MAX_CHARACTERS = 1_000_000
_SIGNATURES_MAX = 100


class BadNote(ValueError):
    """A note, key or checkpoint that is malformed or not signed by a key that is trusted."""


@dataclass(frozen=True)
class VerifierKey:
    """An Ed25519 public key (32 bytes) and the name that it signs under."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """4 bytes of SHA-256 over name, newline, kind and key."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    @property
    def text(self) -> str:
        """As people hand it on: name+hexadecimal id+base64 of kind and key."""
        return f"{self.name}+{self.key_id.hex()}+{encode(_ED25519 + self.public)}"


def parse_key(text: str) -> VerifierKey:
    """The key of a `VerifierKey.text`. Raises BadNote."""
    name, id_, encoded = (*text.split("+", 2), "", "")[:3]
    kind_and_key = decode(encoded)
    key = VerifierKey(name, kind_and_key[1:])
    if not is_name(name) or kind_and_key[:1] != _ED25519 or len(key.public) != 32:
        raise BadNote("not a verifier key of kind Ed25519")
    if id_ != key.key_id.hex():
        raise BadNote("the verifier key's id is not that of its name and key")
    return key


def is_name(name: str) -> bool:
    """Whether a key may sign under this name: something, without spaces, controls or plus."""
    return bool(re.fullmatch(r"[^\s+\x00-\x1f]+", name))


def signature_line(key: VerifierKey, text: str, sign: Sign) -> str:
    """The line that says that this key signed the text, newline included."""
    return f"{_DASH}{key.name} {encode(key.key_id + sign(text.encode()))}\n"


def join(text: str, signature_lines: Sequence[str]) -> str:
    """The note: `text` ends in a newline and has no control characters but newlines."""
    return f"{text}\n{''.join(signature_lines)}"


def open_note(
    note: str, keys: Sequence[VerifierKey], verify: Verify
) -> tuple[str, list[VerifierKey]]:
    """The text of a note, and which of the keys signed it: one at least.

    Signatures of other keys count for nothing. Raises BadNote when the note is malformed, when a
    signature of one of the keys is wrong, and when there is none.
    """
    text, signatures = _parse(note)
    known = {(key.name, key.key_id): key for key in keys}
    signers = []
    for name, key_id, signature in signatures:
        key = known.get((name, key_id))
        if key is None or key in signers:
            continue
        if not verify(key.public, signature, text.encode()):
            raise BadNote(f"the signature of {name} is wrong")
        signers.append(key)
    if not signers:
        raise BadNote("no known key signed the note")
    return text, signers


def _parse(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text, and of each signature name, key id and the signature itself."""
    if len(note) > _NOTE_MAX_CHARACTERS or re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise BadNote("the note is too long or has control characters")
    text, blank, after = note.rpartition("\n\n")
    lines = after.split("\n")
    if not blank or lines.pop() or not 0 < len(lines) <= _SIGNATURES_MAX:
        raise BadNote("the note does not end in a blank line and signatures")
    return text + "\n", [_parse_signature(line) for line in lines]


def _parse_signature(line: str) -> tuple[str, bytes, bytes]:
    dash, name, encoded = (*line.split(" ", 2), "", "")[:3]
    signature = decode(encoded)
    if f"{dash} " != _DASH or not is_name(name) or len(signature) < 5:
        raise BadNote("a signature line is malformed")
    return name, signature[:4], signature[4:]


def encode(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def decode(text: str) -> bytes:
    """The inverse of `encode`, of what it wrote and nothing else. Raises BadNote."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote("not base64") from error
    if encode(data) != text:
        raise BadNote("not base64 as it is written")
    return data
