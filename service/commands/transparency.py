"""The transparency log: where it stands, its checkpoints, and the keys that sign them."""

import argparse
from datetime import timedelta

from domain.clinical_time import instant
from service.bootstrap import now
from service.commands.command import Subparsers, command
from service.opening import open_services
from service.sealer import sealer_of
from service.settings import Settings
from service.signing import signing_keys


def add(transparency: Subparsers) -> None:
    """`transparency status`, `checkpoint`, `keys` and `rotate`."""
    command(transparency, "status", status)
    signed = command(transparency, "checkpoint", checkpoint)
    signed.add_argument("--now", action="store_true", help="seal and sign what is new first")
    command(transparency, "keys", show_keys)
    rotated = command(transparency, "rotate", rotate)
    rotated.add_argument(
        "--lost", action="store_true", help="the old key is gone, so that it vouches for nothing"
    )


def status(settings: Settings, chosen: argparse.Namespace) -> int:
    """Tell how far the log is sealed and signed, and what keeps it from going on."""
    with open_services(settings) as services:
        log = services.transparency.status()
    print(f"sealed      {log.sealed} of {log.events} events")
    if log.checkpoint_size is not None:
        age = timedelta(seconds=round(log.checkpoint_seconds or 0))
        print(f"checkpoint  of {log.checkpoint_size} events, {age} ago")
    for what, detail in log.troubles.items():
        print(f"{what:11} {detail}")
    return 1 if log.troubles else 0


def checkpoint(settings: Settings, chosen: argparse.Namespace) -> int:
    """Print the last signed checkpoint, to be kept outside."""
    with open_services(settings) as services:
        if chosen.now:
            sealer_of(services).seal_and_sign()
        print(services.transparency.checkpoint().note, end="")
    return 0


def show_keys(settings: Settings, chosen: argparse.Namespace) -> int:
    """Print every public key that signs checkpoints, or did, the present one first."""
    with open_services(settings) as services:
        for each in services.transparency.public_keys():
            until = instant(each.retired_at) if each.retired_at else "now"
            print(f"{each.key.text}\n    {instant(each.valid_from)} to {until}")
            if each.handover:
                print("".join(f"    | {line}\n" for line in each.handover.splitlines()), end="")
    return 0


def rotate(settings: Settings, chosen: argparse.Namespace) -> int:
    """Let a new key sign from now on; the old one vouches for it and its private half is removed.

    Checkpoints that the old one signed stay good.
    """
    with open_services(settings) as services:
        keys = signing_keys(settings)
        new = keys.rotate(services.database, now(), is_lost=chosen.lost)
    print(new.text)
    return 0
