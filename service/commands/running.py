"""The processes of the service: `serve`, and what it starts."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable

from projections.runner import Runner
from service.bootstrap import build
from service.checkpoint_sink import Deliveries, sink_of
from service.commands.command import Subparsers, command, request_id
from service.document_reading import DocumentReading
from service.leadership import RUNNER, WORKER, Leadership
from service.migrate import migrate
from service.opening import open_database, open_services, unhurried_database
from service.pdf.sandbox import ParserServer
from service.progress import progress
from service.projecting import ASYNC, Projecting, catch_up, resume_stopped
from service.sealer import sealer_of
from service.settings import Settings
from service.supervisor import Supervisor
from service.worker import Worker


def add(commands: Subparsers) -> None:
    """`serve`, `migrate`, `project` and `work`."""
    command(commands, "serve", serve)
    command(commands, "migrate", migrate_command)
    projected = command(commands, "project", project)
    projected.add_argument("--once", action="store_true", help="stop at the end of the log")
    projected.add_argument("--resume", action="store_true", help="take up lines that stopped")
    command(commands, "work", work)


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
        account_id, key = services.keys.open_account("First account", "UTC", request_id())
        print(f"\n  API key, shown this once:  {key.secret}", file=sys.stderr)
        print(f"  A first link into the dashboard:  attestor users invite {account_id} YOUR@EMAIL",
              file=sys.stderr)  # fmt: skip
    services.close()
    print(f"\n  http://{settings.bind}/docs       the API, to try out", file=sys.stderr)
    print(f"  http://{settings.bind}/dashboard  the dashboard\n", file=sys.stderr)


def migrate_command(settings: Settings, chosen: argparse.Namespace) -> int:
    """Bring the database to the schema of this release."""
    with open_database(settings) as opened:
        applied = migrate(opened.url)
    print("\n".join(applied) or "nothing to do")
    return 0


def project(settings: Settings, chosen: argparse.Namespace) -> int:
    """Run the async projections, for ever or just to the end of the log."""
    with open_services(settings) as services:
        database = unhurried_database(services)
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
    """Run the worker: reads documents, does imports and scrapes."""
    with open_services(settings) as services, ParserServer() as parser:
        leadership = Leadership(services.database.url, WORKER)
        worker = Worker(
            services.application,
            services.imports,
            services.scrape_jobs,
            DocumentReading(services.application, services.store, parser),
            leadership,
            services.report_schedule,
            services.access_trail,
            settings.access_log_years,
            sealer_of(services),
            Deliveries(services.database, sink_of(settings.checkpoint_sink)),
        )
        _until_told(worker.run, worker.stop)
    return 0


def _until_told(run: Callable[[], None], stop: Callable[[], None]) -> None:
    """Run in a thread, so that the main one is free for SIGTERM and SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
    thread = threading.Thread(target=run, name="main loop")
    thread.start()
    while thread.is_alive():
        thread.join(0.5)
