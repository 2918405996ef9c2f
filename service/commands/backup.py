"""Copying an installation out, and in again."""

import argparse
import sys
from pathlib import Path

from service.backup import back_up
from service.commands.command import Subparsers, command
from service.master_key import master_key_path
from service.opening import open_database
from service.restore import restore
from service.settings import Settings


def add(commands: Subparsers) -> None:
    """`backup` and `restore`."""
    made = command(commands, "backup", backup_command)
    made.add_argument("directory", type=Path, help="new or empty")
    made.add_argument("--with-keys", action="store_true", help="the master key and the signing key")
    restored = command(commands, "restore", restore_command)
    restored.add_argument("directory", type=Path, help="that `attestor backup` made")


def backup_command(settings: Settings, chosen: argparse.Namespace) -> int:
    """Copy the whole installation into a directory, while the service works."""
    with open_database(settings) as opened:
        made = back_up(settings, opened.url, chosen.directory, has_keys=chosen.with_keys)
    print(f"position {made.position}, {made.files} files")
    if chosen.with_keys:
        print("whoever has this backup can read it: the keys are in it", file=sys.stderr)
    elif settings.master_key is None:
        print(f"it cannot be read without {master_key_path(settings)}, which is not in it")
    return 0


def restore_command(settings: Settings, chosen: argparse.Namespace) -> int:
    """Make an empty installation what a backup holds."""
    with open_database(settings) as opened:
        found = restore(settings, opened.url, chosen.directory)
    print(f"restored to position {found.position}, as of {found.made_at}")
    print("patients that were erased since have to be erased again: see docs/backup.md")
    return 0
