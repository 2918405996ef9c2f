"""`attestor verify`: whether log, read models and reports are what they were."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from service.bootstrap import Services
from service.commands.command import Subparsers, command
from service.opening import open_services
from service.progress import progress
from service.settings import Settings
from service.verification.checkpoints import keys_named
from service.verification.damage import Damage
from service.verification.log import Verified
from service.verification.whole import verify_read_models, verify_reports, verify_whole_log


def add(commands: Subparsers) -> None:
    """`verify`."""
    verified = command(commands, "verify", verify)
    verified.add_argument(
        "--since", type=Path, action="append", default=[], metavar="FILE",
        help="a checkpoint that was saved: the log must still begin with what it was of",
    )  # fmt: skip
    verified.add_argument(
        "--key", action="append", default=[],
        help="the log's verifier key as you know it; default: those in the database",
    )  # fmt: skip
    for part, text in (
        ("log", "every event, tile and checkpoint"),
        ("read-models", "every read model against a rebuild"),
        ("reports", "every frozen report against the log"),
    ):
        verified.add_argument(f"--{part}", action="store_true", help=f"only: {text}")


def verify(settings: Settings, chosen: argparse.Namespace) -> int:
    """Verify that nothing was changed, removed or reordered; by default everything there is."""
    is_all = not (chosen.log or chosen.read_models or chosen.reports)
    keys = keys_named(chosen.key)
    damages: list[Damage] = []
    with open_services(settings) as services:
        if is_all or chosen.log:
            with progress("verifying", "the log") as report:
                found = verify_whole_log(services, keys, chosen.since, report)
            damages += _tell("log", _about(found), found.damages)
            if not keys:
                print("     the keys are the database's own; --key names one that you trust")
        if damages and is_all:
            print("     read models and reports: not compared with a log that is damaged")
            return 1
        if is_all or chosen.read_models:
            damages += _tell_read_models(services)
        if is_all or chosen.reports:
            damages += _tell_reports(services)
    return 1 if damages else 0


def _tell_read_models(services: Services) -> list[Damage]:
    with progress("rebuilding", "read models") as report:
        damages = verify_read_models(services, report)
    return _tell("read models", "equal to a rebuild from the log", damages)


def _tell_reports(services: Services) -> list[Damage]:
    with progress("computing", "frozen reports") as report:
        number, damages = verify_reports(services, report)
    return _tell("reports", f"{number} frozen reports follow from the log", damages)


def _about(found: Verified) -> str:
    unsigned = found.sealed - min(found.signed, found.sealed)
    return (
        f"{found.sealed} events are what their leaves say, {found.checkpoints} checkpoints lead to"
        f" their roots; not signed yet: {unsigned + found.unsealed} events"
    )


def _tell(what: str, summary: str, damages: Sequence[Damage]) -> list[Damage]:
    lines = [f"BAD  {what}: {damage}" for damage in damages]
    print(*(lines or [f"ok   {what}: {summary}"]), sep="\n")
    return list(damages)
