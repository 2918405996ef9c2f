"""Calls of a key are counted by hour, endpoint and answer, and none is counted twice."""

from concurrent.futures import ThreadPoolExecutor

import psycopg

from projections.access import key_usage
from service.bootstrap import Services
from service.usage import Usage
from tests.factories import Tenant


def calls(services: Services, clinic: Tenant) -> dict[tuple[str, int], int]:
    key = clinic.context.principal.key_id
    assert key is not None
    return {
        (row["endpoint"], row["status"]): row["calls"]
        for row in key_usage(services.database, key, 1)
    }


def count(usage: Usage, clinic: Tenant, *answers: tuple[str, int]) -> None:
    for endpoint, status in answers:
        usage.count(int(clinic.context.principal.key_id or 0), endpoint, status)


def test_calls_add_up_over_flushes_and_processes(services: Services, clinic: Tenant) -> None:
    first, second = Usage(services.database), Usage(services.database)
    count(first, clinic, ("GET /patients", 200), ("GET /patients", 200), ("GET /patients", 404))
    first.flush()
    count(first, clinic, ("GET /patients", 200))
    count(second, clinic, ("GET /patients", 200))
    for each in (first, second, first):
        each.flush()
    assert calls(services, clinic) == {("GET /patients", 200): 4, ("GET /patients", 404): 1}


def test_what_could_not_be_written_is_written_the_next_time(
    database_url: str, services: Services, clinic: Tenant
) -> None:
    usage = Usage(services.database)
    count(usage, clinic, ("GET /patients", 200))
    with (
        psycopg.connect(database_url) as other,
        psycopg.connect(database_url, autocommit=True) as watcher,
        ThreadPoolExecutor(1) as pool,
    ):
        other.execute("LOCK TABLE attestor.key_usage")
        flush = pool.submit(usage.flush)
        while not flush.done():
            watcher.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_locks"
                " WHERE relation = 'attestor.key_usage'::regclass AND NOT granted"
            )
        flush.result()
    assert calls(services, clinic) == {}
    count(usage, clinic, ("GET /patients", 200))
    usage.flush()
    assert calls(services, clinic) == {("GET /patients", 200): 2}


def test_closing_writes_the_rest(services: Services, clinic: Tenant) -> None:
    usage = Usage(services.database)
    usage.start()
    count(usage, clinic, ("GET /patients", 200))
    usage.close()
    assert calls(services, clinic) == {("GET /patients", 200): 1}


def test_nothing_counted_is_nothing_written(services: Services, clinic: Tenant) -> None:
    Usage(services.database).flush()
    assert calls(services, clinic) == {}
