"""The command line: `attestor serve` and everything an operator does beside it."""

import argparse
import os
import sys
from collections.abc import Sequence

import psycopg

from domain.errors import AttestorError
from service.commands import (
    accounts,
    backup,
    history,
    keys_rotation,
    measures,
    patient_erasure,
    people,
    reports,
    rescrape,
    running,
    scrape,
    transparency,
    upkeep,
    verify,
)
from service.commands.command import Command, group
from service.embedded_postgres import EmbeddedPostgresError, UnsafeDatabase
from service.logs import configure
from service.migrate import SchemaMismatch
from service.settings import BadSettings, Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. What the operator can mend is told in one line."""
    chosen = parser().parse_args(arguments)
    try:
        settings = Settings.from_env(os.environ)
        configure(settings.log_level, settings.log_format)
        command: Command = chosen.command
        return command(settings, chosen)
    except BadSettings as error:
        print(*error.problems, sep="\n", file=sys.stderr)
    except (
        AttestorError,
        EmbeddedPostgresError,
        SchemaMismatch,
        UnsafeDatabase,
        psycopg.OperationalError,
    ) as error:
        print(f"attestor: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    whole = argparse.ArgumentParser(
        prog="attestor", description="Event-sourced clinical quality reporting."
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    running.add(commands)
    scrape.add(commands)
    rescrape.add(commands)
    keys = group(commands, "keys", "API keys, and the keys that encrypt.")
    accounts.add(group(commands, "account", "Accounts."), keys)
    keys_rotation.add(keys)
    people.add(group(commands, "users", "People who work in the dashboard."))
    measures.add(
        group(commands, "measures", "Measures."),
        group(commands, "benchmarks", "Official benchmarks."),
    )
    reports.add(group(commands, "reports", "Frozen reports."))
    patients = group(commands, "patient", "Patients.")
    history.add(patients)
    patient_erasure.add(patients)
    transparency.add(group(commands, "transparency", "The signed log."))
    upkeep.add(commands, group(commands, "events", "The log."))
    verify.add(commands)
    backup.add(commands)
    return whole


if __name__ == "__main__":
    sys.exit(main())
