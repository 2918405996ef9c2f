"""From settings to a database that can be used: the operator's, or the embedded one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from projections.database import Database
from service.bootstrap import Services, build
from service.embedded_postgres import EmbeddedPostgres, check_safe_settings
from service.migrate import migrate
from service.settings import Settings

_LONG_STATEMENT_SECONDS = 3600.0


@dataclass(frozen=True)
class OpenDatabase:
    """A running, safe database; `repair` brings an embedded one back that has died."""

    url: str
    repair: Callable[[], None]


@contextmanager
def open_database(settings: Settings) -> Iterator[OpenDatabase]:
    """The operator's database, or the embedded one for as long as the block lasts.

    Raises UnsafeDatabase when committed writes could be lost.
    """
    if settings.database_url is not None:
        _refuse_unsafe(settings.database_url)
        yield OpenDatabase(settings.database_url, lambda: None)
        return
    server = EmbeddedPostgres()
    url = server.start(settings.data_dir)
    try:
        _refuse_unsafe(url)
        yield OpenDatabase(url, lambda: _restart(server, settings))
    finally:
        server.stop()


@contextmanager
def open_services(settings: Settings) -> Iterator[Services]:
    """Services on a running, migrated database."""
    with open_database(settings) as opened:
        migrate(opened.url)
        services = build(settings, database_url=opened.url)
        try:
            yield services
        finally:
            services.close()


def unhurried_database(services: Services) -> Database:
    """A pool for work that takes longer than a request may."""
    return Database(
        services.database.url, size=2, statement_timeout_seconds=_LONG_STATEMENT_SECONDS
    )


def _restart(server: EmbeddedPostgres, settings: Settings) -> None:
    server.start(settings.data_dir)


def _refuse_unsafe(url: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        check_safe_settings(connection)
