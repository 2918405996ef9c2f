"""A backup put into an empty installation, and compared with what it says it is."""

import os
import shutil
from pathlib import Path

import psycopg

from domain.errors import Conflict, Invalid
from service.backup import (
    DUMP,
    FOLDERS,
    MASTER_KEY,
    SIGNING,
    Manifest,
    copy_tree,
    file_hash,
    log_hash,
)
from service.master_key import master_key_path, master_keys
from service.migrate import migrate
from service.postgres_programs import run_program
from service.settings import Settings


def restore(settings: Settings, url: str, directory: Path) -> Manifest:
    """Make the installation what it was when the backup was made.

    Everything is looked at before anything is written. Raises Conflict when there is something in
    the installation already, Invalid when the backup is damaged or the master key is another one,
    ProgramFailed when the database cannot be written, which is all or nothing.
    """
    manifest = Manifest.read(directory)
    if file_hash(directory / DUMP) != manifest.dump_sha256:
        raise Invalid("The backup is damaged: its database is not the one that was written.")
    _require_empty(settings, url)
    _bring_keys(settings, directory, manifest)
    for name in FOLDERS:
        for _ in copy_tree(directory / name, settings.data_dir / name):
            pass
    with psycopg.connect(url) as connection:
        major = connection.info.server_version // 10000
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    with (directory / DUMP).open("rb") as dump:
        run_program("pg_restore", url, options, major, read=dump)
    migrate(url)
    with psycopg.connect(url) as connection:
        if log_hash(connection) != (manifest.position, manifest.log_sha256):
            raise Invalid("The log that was restored is not the one that was backed up.")
    return manifest


def _require_empty(settings: Settings, url: str) -> None:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_namespace WHERE nspname IN ('attestor', 'attestor_keys')"
        ).fetchone()
    if row is None or row[0]:
        raise Conflict("The database has an installation in it already.")
    for name in FOLDERS:
        folder = settings.data_dir / name
        if folder.exists() and any(folder.iterdir()):
            raise Conflict(f"{folder} is not empty.")


def _bring_keys(settings: Settings, directory: Path, manifest: Manifest) -> None:
    """Take the keys out of the backup where it has them; whose they are must be there before."""
    path = master_key_path(settings)
    if manifest.has_keys and settings.master_key is None and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(directory / MASTER_KEY, path)
        os.chmod(path, 0o600)
    if settings.master_key is None and not path.exists():
        raise Invalid(f"The backup's master key is not in it; put it into {path} first.")
    if not manifest.opens_with(master_keys(settings)[0]):
        raise Invalid("The master key is not the one of the backup.")
    if manifest.has_keys:
        for _ in copy_tree(directory / SIGNING, settings.data_dir / SIGNING):
            pass
