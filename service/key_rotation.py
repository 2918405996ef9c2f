"""Keys replaced by wrapping anew what they wrap; no event and no document is encrypted again."""

import secrets
import time
from typing import Any

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import Conflict, NotFound
from service.master_key import make_next, master_keys, take_next
from service.settings import Settings
from service.vault import account_place, patient_place, seal, unseal, unwrap_account

_LEAVING_SECONDS = 3.0
Connection = psycopg.Connection[tuple[Any, ...]]


def rotate_master(settings: Settings, url: str) -> int:
    """Make a new master key and wrap every account's key with it; how many those were.

    The service may go on meanwhile. Interrupted anywhere, it works on with both keys, and doing
    this again ends it. At the end the old key opens nothing any more. Raises Conflict when the key
    stands in a setting, which only the operator can change.
    """
    if settings.master_key is not None:
        raise Conflict(
            "The master key stands in ATTESTOR_MASTER_KEY; put it into a file, and name that in"
            " ATTESTOR_MASTER_KEY_FILE instead."
        )
    coming = AESGCM(make_next(settings))
    masters = master_keys(settings)
    with psycopg.connect(url, autocommit=True) as connection, connection.transaction():
        # A new account waits, and then comes with the new key.
        connection.execute("LOCK TABLE attestor_keys.account_keys IN SHARE ROW EXCLUSIVE MODE")
        rows = connection.execute("SELECT account_id, wrapped FROM attestor_keys.account_keys")
        for account_id, wrapped in rows.fetchall():
            secret = unwrap_account(masters, account_id, wrapped)
            _keep_account(connection, account_id, coming, secret)
    take_next(settings)
    return rows.rowcount


def rotate_account(settings: Settings, url: str, account_id: int) -> int:
    """Make a new key of an account and wrap its patients' keys with it; how many those were.

    One transaction: interrupted, nothing happened. Raises Conflict while anybody else uses the
    database (who has the old key in memory would wrap with it), and while an import of the
    account waits, whose file only the old key opens.
    """
    masters = master_keys(settings)
    with psycopg.connect(url, autocommit=True) as connection:
        _wait_for_leaving(connection)
        return _rotate_account(connection, masters, account_id)


def _rotate_account(connection: Connection, masters: tuple[bytes, ...], account_id: int) -> int:
    with connection.transaction():
        connection.execute(
            "LOCK TABLE attestor_keys.account_keys, attestor_keys.patient_keys"
            " IN ACCESS EXCLUSIVE MODE"
        )
        _require_alone(connection, account_id)
        old, secret = _old_key(connection, masters, account_id), secrets.token_bytes(32)
        new = AESGCM(secret)
        _keep_account(connection, account_id, AESGCM(masters[0]), secret)
        _wrap_answers(connection, account_id, old, new)
        return _wrap_patients(connection, account_id, old, new)


def _keep_account(connection: Connection, account_id: int, master: AESGCM, secret: bytes) -> None:
    connection.execute(
        "UPDATE attestor_keys.account_keys SET wrapped = %s WHERE account_id = %s",
        (seal(master, secret, account_place(account_id)), account_id),
    )


def _wait_for_leaving(connection: Connection) -> None:
    """A service that was just stopped is gone in a moment."""
    deadline = time.monotonic() + _LEAVING_SECONDS
    while _others(connection) and time.monotonic() < deadline:
        time.sleep(0.05)


def _others(connection: Connection) -> int:
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    ).fetchone()
    return row[0] if row else 0


def _require_alone(connection: Connection, account_id: int) -> None:
    if _others(connection):
        raise Conflict("The service has to be stopped while an account's key is replaced.")
    waiting = connection.execute(
        "SELECT FROM attestor.jobs WHERE account_id = %s AND status IN ('waiting', 'running')",
        (account_id,),
    ).fetchall()
    if waiting:
        raise Conflict("An import of the account has to be applied first.")


def _old_key(connection: Connection, masters: tuple[bytes, ...], account_id: int) -> AESGCM:
    row = connection.execute(
        "SELECT wrapped FROM attestor_keys.account_keys WHERE account_id = %s", (account_id,)
    ).fetchone()
    if row is None:
        raise NotFound(f"There is no account {account_id}.")
    return AESGCM(unwrap_account(masters, account_id, row[0]))


def _wrap_patients(connection: Connection, account_id: int, old: AESGCM, new: AESGCM) -> int:
    rows = connection.execute(
        "SELECT patient_id, wrapped FROM attestor_keys.patient_keys"
        " WHERE account_id = %s AND wrapped IS NOT NULL",
        (account_id,),
    ).fetchall()
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE attestor_keys.patient_keys SET wrapped = %s WHERE patient_id = %s",
            [(_again(old, new, row[1], patient_place(row[0])), row[0]) for row in rows],
        )
    return len(rows)


def _wrap_answers(connection: Connection, account_id: int, old: AESGCM, new: AESGCM) -> None:
    """The answers that are kept for repeats are the account's own, too."""
    rows = connection.execute(
        "SELECT scope, answer FROM attestor.idempotency WHERE account_id = %s", (account_id,)
    ).fetchall()
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE attestor.idempotency SET answer = %s WHERE account_id = %s AND scope = %s",
            [(_again(old, new, row[1], row[0]), account_id, row[0]) for row in rows],
        )


def _again(old: AESGCM, new: AESGCM, sealed: bytes, place: bytes) -> bytes:
    return seal(new, unseal(old, sealed, place), place)
