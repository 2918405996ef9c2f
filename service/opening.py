"""From settings to a database that can be used: the operator's, or the embedded one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg

from service.bootstrap import Services, build
from service.embedded_postgres import EmbeddedPostgres, check_safe_settings
from service.migrate import migrate
from service.settings import Settings


@contextmanager
def open_database(settings: Settings) -> Iterator[Settings]:
    """Settings with the URL of a running, safe database. Raises UnsafeDatabase."""
    if settings.database_url is not None:
        _refuse_unsafe(settings.database_url)
        yield settings
        return
    server = EmbeddedPostgres()
    url = server.start(settings.data_dir)
    try:
        _refuse_unsafe(url)
        yield replace(settings, database_url=url)
    finally:
        server.stop()


@contextmanager
def open_services(settings: Settings) -> Iterator[Services]:
    """Services on a running, migrated database."""
    with open_database(settings) as opened:
        migrate(str(opened.database_url))
        services = build(opened)
        try:
            yield services
        finally:
            services.close()


def _refuse_unsafe(url: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        check_safe_settings(connection)
