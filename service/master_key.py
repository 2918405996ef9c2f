"""The key that wraps all other keys."""

import base64
import os
import secrets
from contextlib import suppress
from pathlib import Path

from service.settings import BadSettings, Settings, parse_master_key


def load_master_key(settings: Settings) -> bytes:
    """The 32 bytes of the master key: from the settings, its file, or made once.

    Without a setting the key is `master.key` in the data directory, made on first use, readable
    by its owner alone. Lose it, and every encrypted patient is lost. Raises BadSettings.
    """
    if settings.master_key is not None:
        return settings.master_key
    if settings.master_key_file is not None:
        return _read(settings.master_key_file)
    path = master_key_path(settings)
    if not path.exists():
        _make(path)
    return _read(path)


def master_keys(settings: Settings) -> tuple[bytes, ...]:
    """The master key that wraps; while it is being replaced also the one before, after it.

    Read anew each time, so that a running process goes along with a rotation.
    """
    present = load_master_key(settings)
    coming = next_path(settings)
    if settings.master_key is None and coming.exists():
        return _read(coming), present
    return (present,)


def next_path(settings: Settings) -> Path:
    """Where the next master key is kept until everything is wrapped with it."""
    path = master_key_path(settings)
    return path.with_name(f"{path.name}.next")


def make_next(settings: Settings) -> bytes:
    """Make the next master key, or take the one that an interrupted rotation left."""
    path = next_path(settings)
    if not path.exists():
        _make(path)
    return _read(path)


def take_next(settings: Settings) -> None:
    """Put the next master key in the place of the present one, which is lost by that."""
    os.replace(next_path(settings), master_key_path(settings))
    _sync(master_key_path(settings).parent)


def master_key_path(settings: Settings) -> Path:
    """The file of the master key, where it is not in a setting."""
    return settings.master_key_file or settings.data_dir / "master.key"


def _read(path: Path) -> bytes:
    try:
        return parse_master_key(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise BadSettings([f"the master key in {path} cannot be used: {error}"]) from error


def _make(path: Path) -> None:
    """Several processes may do this at once: the first whole file wins, and is on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(32)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
