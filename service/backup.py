"""A copy of a whole installation, made while it works: the database at one moment, then the files.

Files come after the database, and are written before the events that name them: so the copy has
every document that its log names, and perhaps some that it does not name yet. The keys in it are
wrapped with the master key, which is not in it unless that is asked for.
"""

import base64
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Self

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import Conflict, Invalid
from service.context import RELEASE
from service.master_key import load_master_key, master_keys
from service.pdf.store import UNFINISHED
from service.postgres_programs import run_program
from service.settings import Settings
from service.vault import Unreadable, seal, unseal

FORMAT = 1
MANIFEST, DUMP, MASTER_KEY = "manifest.json", "database.dump", "master.key"
FOLDERS = ("documents", "imports")
SIGNING = "transparency"
_PROBE = b"attestor backup"
_PIECE = 1 << 20
_EVENTS_A_PIECE = 2000
Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `log_sha256` is over all events up to `position`, `key_probe` opens
    with the master key alone, `has_keys` says whether that is in the backup."""

    format: int
    release: str
    made_at: str
    position: int
    log_sha256: str
    dump_sha256: str
    files: int
    key_probe: str
    has_keys: bool

    @classmethod
    def read(cls, directory: Path) -> Self:
        """The manifest of a finished backup. Raises Invalid."""
        try:
            found = cls(**json.loads((directory / MANIFEST).read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise Invalid(f"{directory} is not a finished backup.") from error
        if found.format != FORMAT:
            raise Invalid(f"{directory} is a backup of format {found.format}, not {FORMAT}.")
        return found

    def opens_with(self, master: bytes) -> bool:
        """Whether this is the master key of the backup."""
        try:
            return unseal(AESGCM(master), base64.b64decode(self.key_probe), _PROBE) == _PROBE
        except Unreadable:
            return False


def back_up(settings: Settings, url: str, directory: Path, *, has_keys: bool = False) -> Manifest:
    """Copy the installation into a new or empty directory; the manifest is written last.

    Raises Conflict when there is something in it, ProgramFailed when the database cannot be read.
    """
    _make_empty(directory)
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        position, log = log_hash(connection)
        _dump(connection, url, directory / DUMP)
    files = sum(_copy(settings.data_dir / each, directory / each) for each in FOLDERS)
    if has_keys:
        _copy_keys(settings, directory)
    probe = seal(AESGCM(master_keys(settings)[0]), _PROBE, _PROBE)
    manifest = Manifest(
        FORMAT,
        RELEASE,
        datetime.now(UTC).isoformat(timespec="seconds"),
        position,
        log,
        file_hash(directory / DUMP),
        files,
        base64.b64encode(probe).decode(),
        has_keys,
    )
    _write(directory / MANIFEST, json.dumps(asdict(manifest), indent=2).encode() + b"\n")
    return manifest


def log_hash(connection: Connection, upto: int | None = None) -> tuple[int, str]:
    """The last position (at most `upto`), and a SHA-256 in hex over every event as it is stored."""
    whole, position = hashlib.sha256(), 0
    with connection.cursor(name="log") as cursor:
        cursor.itersize = _EVENTS_A_PIECE
        cursor.execute(
            "SELECT position, concat_ws('|', position, originator_id, originator_version, topic,"
            " account_id, actor, request_id, extract(epoch FROM recorded_at),"
            " encode(sha256(state), 'hex')) FROM attestor.events"
            " WHERE position <= coalesce(%s, 9223372036854775807) ORDER BY position",
            (upto,),
        )
        for row in cursor:
            position = row[0]
            whole.update(row[1].encode() + b"\n")
    return position, whole.hexdigest()


def file_hash(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_tree(source: Path, target: Path) -> Iterator[Path]:
    """Copy what is finished below `source`, fsynced; each file as it is done."""
    for path in sorted(source.rglob("*")):
        if not path.is_file() or path.name.startswith(UNFINISHED):
            continue
        copied = target / path.relative_to(source)
        _make_folder(copied.parent)
        try:
            content = path.open("rb")
        except FileNotFoundError:  # erased, or an import that was just applied
            continue
        with content, _private(copied) as file:
            shutil.copyfileobj(content, file, _PIECE)
            file.flush()
            os.fsync(file.fileno())
        yield copied


def _make_folder(folder: Path) -> None:
    """For its owner alone, and so are the folders above it that have to be made."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700)


def _make_empty(directory: Path) -> None:
    _make_folder(directory)
    if any(directory.iterdir()):
        raise Conflict(f"{directory} is not empty.")


def _dump(connection: Connection, url: str, path: Path) -> None:
    """What the connection's transaction sees, with the keys and without owners and rights."""
    row = connection.execute("SELECT pg_export_snapshot()").fetchone()
    snapshot = row[0] if row else ""
    options = [
        "--format=custom", f"--snapshot={snapshot}", "--schema=attestor", "--schema=attestor_keys",
        "--no-owner", "--no-privileges",
    ]  # fmt: skip
    with _private(path) as file:
        run_program("pg_dump", url, options, connection.info.server_version // 10000, write=file)
        os.fsync(file.fileno())


def _copy(source: Path, target: Path) -> int:
    return sum(1 for _ in copy_tree(source, target))


def _copy_keys(settings: Settings, directory: Path) -> None:
    key = base64.b64encode(load_master_key(settings)) + b"\n"
    _write(directory / MASTER_KEY, key)
    _copy(settings.data_dir / SIGNING, directory / SIGNING)


def _write(path: Path, content: bytes) -> None:
    with _private(path) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _private(path: Path) -> IO[bytes]:
    """A new file that its owner alone can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
