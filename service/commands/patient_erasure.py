"""Legal holds on patients, and erasing them."""

import argparse
import sys
import time
from dataclasses import replace

from projections.runner import CheckpointMoved, Runner
from service.bootstrap import Services
from service.commands.command import Subparsers, command, operator, record_access
from service.context import Context
from service.opening import open_services, unhurried_database
from service.projecting import ASYNC, catch_up
from service.scrub import scrub
from service.settings import Settings

_BREATH_SECONDS = 0.2


def add(patients: Subparsers) -> None:
    """`patient hold`, `patient release` and `patient erase`."""
    for name, run in (("hold", hold), ("release", release), ("erase", erase)):
        added = command(patients, name, run)
        added.add_argument("account", type=int, help="the account's number")
        added.add_argument("patient", type=int, help="the patient's number")
        added.add_argument("--reason", required=True, help="kept for good; must name nobody")
    added.add_argument("--yes", action="store_true", help="do not ask")


def hold(settings: Settings, chosen: argparse.Namespace) -> int:
    """Forbid erasing a patient, as long as a court or an authority asks for it."""
    with open_services(settings) as services:
        services.erasure.hold(_context(services, chosen), chosen.patient)
    print(f"patient {chosen.patient} is on hold")
    return 0


def release(settings: Settings, chosen: argparse.Namespace) -> int:
    """Allow erasing a patient again."""
    with open_services(settings) as services:
        services.erasure.release(_context(services, chosen), chosen.patient)
    print(f"patient {chosen.patient} is on hold no more")
    return 0


def erase(settings: Settings, chosen: argparse.Namespace) -> int:
    """Erase a patient for good: destroy the key, and remove every byte that was kept in clear."""
    with open_services(settings) as services:
        context = _context(services, chosen)
        name = services.erasure.name_of(context, chosen.patient)
        record_access(services, context, "cli_patient_erase", chosen.patient)
        if name is not None and not (chosen.yes or _is_sure(chosen.patient, name)):
            print("nothing was erased")
            return 1
        erased = services.erasure.erase(context, chosen.patient)
        _follow(services)
        left = scrub(services.database.url)
    again = " before; cleaning went on" if erased.was_before else ""
    print(f"patient {chosen.patient} was erased{again}, with {erased.files} files")
    print("archived WAL and backups keep what they have: see docs/erasure.md")
    for step in left:
        print(f"left to do: {step}", file=sys.stderr)
    return 1 if left else 0


def _context(services: Services, chosen: argparse.Namespace) -> Context:
    return replace(operator(chosen.account), reason=chosen.reason)


def _is_sure(patient_id: int, name: str) -> bool:
    print(f"Patient {patient_id} is {name}. There is no way back.")
    return input("Type the patient's number to erase it: ").strip() == str(patient_id)


def _follow(services: Services) -> None:
    """Until no projection has anything of the patient any more, whoever moves it there."""
    database = unhurried_database(services)
    mapper = services.application.mapper
    while True:
        try:
            catch_up([Runner(database, each, mapper) for each in ASYNC])
        except CheckpointMoved:  # the service's own runner is at it
            time.sleep(_BREATH_SECONDS)
        else:
            break
    database.close()
