"""The key that signs checkpoints: an Ed25519 key in a file, its public half in the database.

The file holds one line, as golang.org/x/mod/sumdb/note writes private keys:
PRIVATE+KEY+<name>+<id>+<base64 of kind and seed>.
"""

import os
import re
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.transparency import handover, note
from domain.transparency.note import BadNote, Sign, VerifierKey
from projections.database import Database, Transaction
from projections.transparency import QUERIES, LogKey, add_key, last_checkpoint, log_keys
from service.settings import Settings
from service.trouble import Trouble

_KIND = b"\x01"
_PREFIX = "PRIVATE+KEY+"


def signing_keys(settings: Settings) -> "SigningKeys":
    """The keys of an installation's log."""
    return SigningKeys(settings.data_dir / "transparency", settings.log_origin)


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the Ed25519 key made the signature of the message."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):  # ValueError: bytes that are no key
        return False
    return True


class SigningKeys:
    """The keys of one log. `directory` holds the private one, `origin` is the log's name."""

    def __init__(self, directory: Path, origin: str) -> None:
        self._directory = directory
        self._origin = origin

    def current(self, transaction: Transaction, now: datetime) -> tuple[VerifierKey, Sign]:
        """The key that signs now. Call when nobody else changes keys.

        The first call for a log without checkpoints makes it, or takes the one that lies in the
        directory. Raises Trouble when the key is lost, or when the log has another name.
        """
        keys = log_keys(transaction)
        if keys:
            key = keys[0].key
            if key.name != self._origin:
                raise Trouble(f"the log is {key.name}, and ATTESTOR_LOG_ORIGIN says otherwise")
            return key, self._load(key)
        if last_checkpoint(transaction) is not None:
            raise Trouble("there are checkpoints, and no key that could have signed them")
        key = self._find() or self._make()
        add_key(transaction, LogKey(key, now, None, None))
        return key, self._load(key)

    def rotate(self, database: Database, now: datetime, *, is_lost: bool) -> VerifierKey:
        """Let a new key sign from now on. The old one vouches for it, unless `is_lost`, and its
        private half is removed. Raises Trouble when the old one cannot vouch.
        """
        with database.transaction() as transaction:
            transaction.row(QUERIES["take_turn"])
            new = self._follow(transaction, now, is_lost)
        for retired in log_keys(database)[1:]:
            self._path(retired.key).unlink(missing_ok=True)
        return new

    def _follow(self, transaction: Transaction, now: datetime, is_lost: bool) -> VerifierKey:
        old = None if is_lost else self.current(transaction, now)
        new = self._make()
        note_of_old = handover.sign(new, now, *old) if old else None
        add_key(transaction, LogKey(new, now, None, note_of_old))
        return new

    def _find(self) -> VerifierKey | None:
        files = sorted(self._directory.glob("*.key"))
        if len(files) > 1:
            raise Trouble(f"there are {len(files)} keys in {self._directory}; leave the log's own")
        if not files:
            return None
        name, secret = _read(files[0])
        if name != self._origin:
            raise Trouble(f"the key in {files[0]} is of {name}, not of {self._origin}")
        return VerifierKey(name, secret.public_key().public_bytes_raw())

    def _make(self) -> VerifierKey:
        secret = Ed25519PrivateKey.generate()
        key = VerifierKey(self._origin, secret.public_key().public_bytes_raw())
        seed = note.encode(_KIND + secret.private_bytes_raw())
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync(self._directory.parent)
        write_durably(self._path(key), f"{_PREFIX}{key.name}+{key.key_id.hex()}+{seed}\n", 0o600)
        return key

    def _load(self, key: VerifierKey) -> Sign:
        path = self._path(key)
        if not path.exists():
            raise Trouble(
                f"the log's key {key.key_id.hex()} is lost: put {path} back from a backup, or begin"
                " a new one by `attestor transparency rotate --lost`"
            )
        name, secret = _read(path)
        if VerifierKey(name, secret.public_key().public_bytes_raw()) != key:
            raise Trouble(f"{path} holds another key than its name says")
        return secret.sign

    def _path(self, key: VerifierKey) -> Path:
        return self._directory / f"{key.key_id.hex()}.key"


def write_durably(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file, whole or not at all; it survives a power cut."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync(path.parent)


def sync(directory: Path) -> None:
    """What lies in the directory survives a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> tuple[str, Ed25519PrivateKey]:
    """The name and the key in a file. Raises Trouble."""
    try:
        text = path.read_text(encoding="ascii")
        match = re.fullmatch(r"PRIVATE\+KEY\+([^+\s]+)\+[0-9a-f]{8}\+(\S+)\s*", text)
        kind_and_seed = note.decode(match[2]) if match else b""
        if match is None or kind_and_seed[:1] != _KIND:
            raise ValueError("not a private key of kind Ed25519")
        return match[1], Ed25519PrivateKey.from_private_bytes(kind_and_seed[1:])
    except (OSError, ValueError, BadNote) as error:
        raise Trouble(f"the key in {path} cannot be used: {error}") from error
