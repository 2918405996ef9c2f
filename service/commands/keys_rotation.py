"""Replacing the keys that other keys are wrapped with."""

import argparse

from service.commands.command import Subparsers, command
from service.key_rotation import rotate_account, rotate_master
from service.migrate import migrate
from service.opening import open_database
from service.settings import Settings


def add(keys: Subparsers) -> None:
    """`keys rotate-master` and `keys rotate-account`."""
    command(keys, "rotate-master", rotate_master_command)
    rotated = command(keys, "rotate-account", rotate_account_command)
    rotated.add_argument("account", type=int, help="the account's number")


def rotate_master_command(settings: Settings, chosen: argparse.Namespace) -> int:
    """Replace the master key in its file, and wrap every account's key with the new one."""
    with open_database(settings) as opened:
        migrate(opened.url)
        accounts = rotate_master(settings, opened.url)
    print(f"the keys of {accounts} accounts are wrapped with a new master key")
    return 0


def rotate_account_command(settings: Settings, chosen: argparse.Namespace) -> int:
    """Replace an account's key, and wrap its patients' keys with the new one; the service has to
    be stopped."""
    with open_database(settings) as opened:
        migrate(opened.url)
        patients = rotate_account(settings, opened.url, chosen.account)
    print(f"the keys of {patients} patients are wrapped with a new key of the account")
    return 0
