"""The command line: `attestor serve` and everything an operator does beside it."""

import argparse
import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from domain.account import ALL_SCOPES
from domain.errors import AttestorError
from projections.benchmarks import load_benchmarks
from projections.database import Database
from projections.rebuild import rebuild
from projections.runner import Runner
from service import doctor
from service.bootstrap import Services, build, now
from service.context import Context, Principal
from service.embedded_postgres import EmbeddedPostgresError, UnsafeDatabase
from service.leadership import RUNNER, WORKER, Leadership
from service.logs import configure
from service.measures_command import list_loaded, load_files
from service.migrate import SchemaMismatch, migrate
from service.opening import open_database, open_services
from service.pdf.sandbox import ParserServer
from service.progress import progress
from service.projecting import ASYNC, Projecting, catch_up, resume_stopped
from service.settings import BadSettings, Settings
from service.supervisor import Supervisor
from service.tail import tail
from service.worker import Worker

_LONG_STATEMENT_SECONDS = 3600.0
Command = Callable[[Settings, argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. What the operator can mend is told in one line."""
    chosen = _parser().parse_args(arguments)
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


def serve(settings: Settings, chosen: argparse.Namespace) -> int:
    """Start everything: database, migrations, API, runner and worker."""
    with open_database(settings) as opened:
        migrate(opened.url)
        _prepare(settings, opened.url)
        environment = {**os.environ, "ATTESTOR_DATABASE_URL": opened.url}
        Supervisor(environment, opened.repair).run()
    return 0


def _prepare(settings: Settings, url: str) -> None:
    """Clear what a crash left; the first start makes an account, and prints its key this once."""
    services = build(settings, database_url=url)
    services.store.sweep()
    if services.database.row("SELECT FROM accounts LIMIT 1") is None:
        _, key = services.keys.open_account("First account", "UTC", _request_id())
        print(f"\n  API key, shown this once:  {key.secret}\n", file=sys.stderr)
    services.close()
    print(f"  http://{settings.bind}/docs   the API, to try out\n", file=sys.stderr)


def migrate_command(settings: Settings, chosen: argparse.Namespace) -> int:
    """Bring the database to the schema of this release."""
    with open_database(settings) as opened:
        applied = migrate(opened.url)
    print("\n".join(applied) or "nothing to do")
    return 0


def create_account(settings: Settings, chosen: argparse.Namespace) -> int:
    """Make an account and its first key."""
    with open_services(settings) as services:
        account_id, key = services.keys.open_account(chosen.name, chosen.zone, _request_id())
    if chosen.json:
        print(json.dumps({"account_id": account_id, "api_key": key.secret}))
    else:
        print(f"account {account_id}\nAPI key, shown this once: {key.secret}")
    return 0


def create_key(settings: Settings, chosen: argparse.Namespace) -> int:
    """Make a key of an account."""
    expires_at = datetime.now(UTC) + timedelta(days=chosen.days) if chosen.days else None
    with open_services(settings) as services:
        context = _operator(services, chosen.account)
        key = services.keys.issue(context, chosen.name, tuple(chosen.scopes), expires_at)
    print(json.dumps({"id": key.id, "api_key": key.secret}) if chosen.json else key.secret)
    return 0


def revoke_key(settings: Settings, chosen: argparse.Namespace) -> int:
    """End a key now."""
    with open_services(settings) as services:
        services.keys.revoke(_operator(services, chosen.account), chosen.key)
    print(f"key {chosen.key} is revoked")
    return 0


def project(settings: Settings, chosen: argparse.Namespace) -> int:
    """Run the async projections, for ever or just to the end of the log."""
    with open_services(settings) as services:
        database = _unhurried_database(services)
        mapper = services.application.mapper
        if chosen.resume:
            for account_id, error in resume_stopped(database, mapper):
                print(
                    f"account {account_id}: {f'still stopped by {error}' if error else 'resumed'}"
                )
        elif chosen.once:
            with progress("projecting", "the log") as report:
                events = catch_up([Runner(database, each, mapper) for each in ASYNC], report)
            print(f"{events} events projected")
        else:
            leadership = Leadership(database.url, RUNNER)
            process = Projecting(database, mapper, leadership)
            _until_told(process.run, process.stop)
        database.close()
    return 0


def work(settings: Settings, chosen: argparse.Namespace) -> int:
    """Run the worker: reads documents, applies imports."""
    with open_services(settings) as services, ParserServer() as parser:
        leadership = Leadership(services.database.url, WORKER)
        worker = Worker(
            services.application,
            services.store,
            services.imports,
            parser,
            leadership,
            services.report_schedule,
        )
        _until_told(worker.run, worker.stop)
    return 0


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


def schedule_reports(settings: Settings, chosen: argparse.Namespace) -> int:
    """Freeze reports by themselves when their month, quarter or year is over."""
    with open_services(settings) as services:
        if chosen.off:
            services.report_schedule.remove(chosen.account, chosen.every)
        else:
            services.report_schedule.set(chosen.account, chosen.every, chosen.metrics)
    print(f"{chosen.every}: {'off' if chosen.off else 'scheduled'}")
    return 0


def load_benchmarks_command(settings: Settings, chosen: argparse.Namespace) -> int:
    """Load the official quality benchmarks of some performance years."""
    with open_services(settings) as services:
        print(f"{load_benchmarks(services.database, chosen.file)} benchmarks loaded")
    return 0


def load_measures(settings: Settings, chosen: argparse.Namespace) -> int:
    """Load measures into an account: the variables that it lacks, and the metrics."""
    with open_services(settings) as services:
        return load_files(services, _operator(services, chosen.account), chosen.files)


def list_measures(settings: Settings, chosen: argparse.Namespace) -> int:
    """List the metrics of an account."""
    with open_services(settings) as services:
        return list_loaded(services, chosen.account)


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


def _unhurried_database(services: Services) -> Database:
    """A pool for work that takes longer than a request may."""
    return Database(
        services.database.url, size=2, statement_timeout_seconds=_LONG_STATEMENT_SECONDS
    )


def _operator(services: Services, account_id: int) -> Context:
    principal = Principal(account_id, "UTC", frozenset(ALL_SCOPES))
    return Context(principal, _request_id(), channel="cli")


def _request_id() -> str:
    return f"cli-{now():%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def _until_told(run: Callable[[], None], stop: Callable[[], None]) -> None:
    """Run in a thread, so that the main one is free for SIGTERM and SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
    thread = threading.Thread(target=run, name="main loop")
    thread.start()
    while thread.is_alive():
        thread.join(0.5)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="attestor", description="Event-sourced clinical quality reporting."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        group: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, run: Command
    ) -> argparse.ArgumentParser:
        text = run.__doc__ or ""
        added = group.add_parser(name, help=text, description=text)
        added.set_defaults(command=run)
        return added

    command(commands, "serve", serve)
    command(commands, "migrate", migrate_command)
    account = commands.add_parser("account", help="Accounts.").add_subparsers(required=True)
    created = command(account, "create", create_account)
    created.add_argument("name")
    created.add_argument("--zone", default="UTC", help="IANA time zone of its clinical days")
    created.add_argument("--json", action="store_true")
    keys = commands.add_parser("keys", help="API keys.").add_subparsers(required=True)
    issued = command(keys, "create", create_key)
    issued.add_argument("account", type=int, help="the account's number")
    issued.add_argument("name")
    issued.add_argument("--scopes", nargs="+", default=list(ALL_SCOPES), choices=ALL_SCOPES)
    issued.add_argument("--days", type=int, help="until it expires")
    issued.add_argument("--json", action="store_true")
    revoked = command(keys, "revoke", revoke_key)
    revoked.add_argument("account", type=int, help="the account's number")
    revoked.add_argument("key", type=int, help="the key's number")
    projected = command(commands, "project", project)
    projected.add_argument("--once", action="store_true", help="stop at the end of the log")
    projected.add_argument("--resume", action="store_true", help="take up lines that stopped")
    command(commands, "work", work)
    rebuilt = command(commands, "rebuild", rebuild_command)
    rebuilt.add_argument("name", choices=["all", "inline", *(each.name for each in ASYNC)])
    rebuilt.add_argument("--check", action="store_true", help="compare only, change nothing")
    reports = commands.add_parser("reports", help="Frozen reports.").add_subparsers(required=True)
    scheduled = command(reports, "schedule", schedule_reports)
    scheduled.add_argument("account", type=int, help="the account's number")
    scheduled.add_argument("every", choices=["month", "quarter", "year"])
    scheduled.add_argument("--metrics", type=int, nargs="+", help="default: all")
    scheduled.add_argument("--off", action="store_true", help="no longer")
    measures = commands.add_parser("measures", help="Measures.").add_subparsers(required=True)
    loading = command(measures, "load", load_measures)
    loading.add_argument("account", type=int, help="the account's number")
    loading.add_argument("files", type=Path, nargs="+", metavar="FILE", help="TOML documents")
    command(measures, "list", list_measures).add_argument("account", type=int)
    official = commands.add_parser("benchmarks", help="Official benchmarks.")
    loaded = command(official.add_subparsers(required=True), "load", load_benchmarks_command)
    loaded.add_argument("file", type=Path, help="the JSON that CMS publishes")
    events = commands.add_parser("events", help="The log.").add_subparsers(required=True)
    tailed = command(events, "tail", tail_events)
    tailed.add_argument("--after", type=int, help="position to begin after; default: the last 10")
    tailed.add_argument("--once", action="store_true", help="do not wait for more")
    command(commands, "doctor", doctor_command)
    command(commands, "config", config)
    return parser


if __name__ == "__main__":
    sys.exit(main())
