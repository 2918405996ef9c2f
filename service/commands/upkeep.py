"""Looking after an installation: its log, its read models, its settings."""

import argparse

from projections.rebuild import rebuild
from service import doctor
from service.commands.command import Subparsers, command
from service.opening import open_services
from service.progress import progress
from service.projecting import ASYNC
from service.settings import Settings
from service.tail import tail


def add(commands: Subparsers, events: Subparsers) -> None:
    """`rebuild`, `doctor`, `config` and `events tail`."""
    rebuilt = command(commands, "rebuild", rebuild_command)
    rebuilt.add_argument("name", choices=["all", "inline", *(each.name for each in ASYNC)])
    rebuilt.add_argument("--check", action="store_true", help="compare only, change nothing")
    tailed = command(events, "tail", tail_events)
    tailed.add_argument("--after", type=int, help="position to begin after; default: the last 10")
    tailed.add_argument("--once", action="store_true", help="do not wait for more")
    command(commands, "doctor", doctor_command)
    command(commands, "config", config)


def rebuild_command(settings: Settings, chosen: argparse.Namespace) -> int:
    """Make read models anew from the log, compare them with the present ones, and swap."""
    with open_services(settings) as services, progress("rebuilding", chosen.name) as report:
        differences = rebuild(
            str(services.database.url),
            services.application.mapper,
            chosen.name,
            is_check=chosen.check,
            report=report,
        )
    print("\n".join(differences) or f"{chosen.name}: equal to the log")
    return 1 if differences and chosen.check else 0


def tail_events(settings: Settings, chosen: argparse.Namespace) -> int:
    """Print the log as it grows: position, time, topic, aggregate and actor, no content."""
    with open_services(settings) as services:
        tail(services.database, chosen.after, is_following=not chosen.once)
    return 0


def doctor_command(settings: Settings, chosen: argparse.Namespace) -> int:
    """Check the installation and the log."""
    with open_services(settings) as services:
        findings = doctor.examine(services)
    for finding in findings:
        print(f"{'ok  ' if finding.is_well else 'BAD '} {finding.what}: {finding.detail}")
    return 0 if all(finding.is_well for finding in findings) else 1


def config(settings: Settings, chosen: argparse.Namespace) -> int:
    """Print every setting with its value; secrets are hidden."""
    for line in settings.describe():
        print(f"{line.name:36} {line.value or '-':32} {line.meaning}")
    return 0
