"""What an operator should know about an installation: is it safe, whole and up to date?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import psycopg

from domain.errors import AttestorError
from domain.ids import number_of
from domain.patient import Patient
from projections.database import ROLE
from projections.rebuild import rebuild
from service.bootstrap import Services
from service.embedded_postgres import UnsafeDatabase, check_safe_settings
from service.migrate import pending

_UNSEALED_MAX_SECONDS = 600


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    is_well: bool
    detail: str


def examine(services: Services) -> list[Finding]:
    """Every check, in the order in which trouble is best mended."""
    return [
        Finding(what, *check(services))
        for what, check in (
            ("server settings", _server_settings),
            ("schema", _schema),
            ("rights", _rights),
            ("log", _log),
            ("keys", _keys),
            ("documents", _documents),
            ("transparency log", _transparency),
            ("projections", _projections),
            ("read models", _read_models),
        )
    ]


Check = Callable[[Services], tuple[bool, str]]


def _server_settings(services: Services) -> tuple[bool, str]:
    with psycopg.connect(services.database.url) as connection:
        try:
            check_safe_settings(connection)
        except UnsafeDatabase as error:
            return False, str(error)
        return (
            True,
            f"PostgreSQL {connection.info.server_version // 10000}, every commit is durable",
        )


def _schema(services: Services) -> tuple[bool, str]:
    missing = pending(services.database.url)
    return not missing, f"missing {', '.join(missing)}" if missing else "up to date"


def _rights(services: Services) -> tuple[bool, str]:
    row = services.database.row(
        "SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), current_user::text,"
        " has_table_privilege('events', 'UPDATE') OR has_table_privilege('events', 'DELETE')"
        " OR has_table_privilege('events', 'TRUNCATE')"
        " OR has_table_privilege('access_log', 'UPDATE, DELETE, TRUNCATE'),"
        " (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'events'::regclass"
        "  AND NOT tgisinternal AND tgenabled <> 'D')"
    )
    if row is None or row[0] or row[1] != ROLE or row[2]:
        return False, "the service's role could change or remove events or access records"
    if row[3] < 2:
        return False, "the triggers that forbid changing events are missing or disabled"
    return True, "the service can append events, not change or remove them"


def _log(services: Services) -> tuple[bool, str]:
    row = services.database.row(
        "SELECT count(*), coalesce(max(position), 0),"
        " (SELECT count(*) FROM (SELECT originator_id FROM events GROUP BY originator_id"
        "  HAVING max(originator_version) <> count(*)) AS torn) FROM events"
    )
    count, last, torn = row or (0, 0, 0)
    if count != last:
        return False, f"{last - count} of {last} positions are missing"
    if torn:
        return False, f"{torn} aggregates have gaps in their versions"
    return True, f"{count} events, no gap"


def _keys(services: Services) -> tuple[bool, str]:
    row = services.database.row(
        "SELECT count(*) FROM patient_heads h WHERE NOT EXISTS"
        " (SELECT FROM attestor_keys.patient_keys k"
        "  WHERE k.patient_id = h.id AND k.wrapped IS NOT NULL)"
    )
    missing = row[0] if row else 0
    if missing:
        return False, f"{missing} patients have no key"
    if unexplained := _unexplained_losses(services):
        return False, f"{unexplained} keys were destroyed, but no patient was erased with them"
    for (patient_id,) in services.database.rows("SELECT id FROM patient_heads LIMIT 1"):
        try:
            services.application.vault.encrypt(patient_id, b"probe", b"doctor")
        except AttestorError:
            return False, "the master key is not the one the keys were wrapped with"
    return True, "every patient has a key, and the master key opens it"


def _unexplained_losses(services: Services) -> int:
    destroyed = services.database.rows(
        "SELECT patient_id FROM attestor_keys.patient_keys WHERE wrapped IS NULL"
    )
    erased = services.database.rows(
        "SELECT originator_id FROM events WHERE topic = %s", (Patient.Erased.TOPIC,)
    )
    return len({row[0] for row in destroyed} - {number_of(row[0]) for row in erased})


def _documents(services: Services) -> tuple[bool, str]:
    missing = [
        document_id
        for document_id, patient_id, sha256 in services.database.rows(
            "SELECT id, patient_id, sha256 FROM documents ORDER BY position"
        )
        if not services.store.has(patient_id, sha256, "pdf")
    ]
    return not missing, f"{len(missing)} files are missing" if missing else "every file is there"


def _transparency(services: Services) -> tuple[bool, str]:
    log = services.transparency.status()
    if log.troubles:
        return False, "; ".join(log.troubles.values())
    if log.oldest_unsealed_seconds > _UNSEALED_MAX_SECONDS:
        return False, f"nothing is sealed after position {log.sealed}: does the worker run?"
    if log.checkpoint_size is None:
        return True, f"sealed up to {log.sealed}, no checkpoint yet"
    age = timedelta(seconds=round(log.checkpoint_seconds or 0))
    return True, f"sealed up to {log.sealed}, checkpoint of {log.checkpoint_size} events {age} ago"


def _projections(services: Services) -> tuple[bool, str]:
    rows = services.database.rows(
        "SELECT projection, account_id, position, error FROM projection_stops"
    )
    stopped = "; ".join(f"{p} stopped for account {a} after {n} ({e})" for p, a, n, e in rows)
    return not rows, stopped or "none has stopped"


def _read_models(services: Services) -> tuple[bool, str]:
    try:
        differences = list(_differences(services))
    except AttestorError as error:
        return False, f"cannot be rebuilt: {error.detail}"
    return not differences, "; ".join(differences) or "equal to a rebuild from the log"


def _differences(services: Services) -> Iterator[str]:
    yield from rebuild(services.database.url, services.application.mapper, "all", is_check=True)
