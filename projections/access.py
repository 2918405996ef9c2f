"""Accounts and API keys: who may ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.account import Account, ApiKey
from domain.ids import number_of
from projections.database import Database, Reader, Row
from projections.projection import Recorded, Rows
from projections.queries import load

_QUERIES = load("access")


class Access:
    """Read model of accounts and API keys."""

    name = "access"
    version = 1
    tables = ("accounts", "api_keys")

    def fold(self, batch: Sequence[Recorded]) -> Rows:
        rows: Rows = {
            "accounts": [],
            "account_changes": [],
            "api_keys": [],
            "api_key_changes": [],
        }
        for recorded in batch:
            event = recorded.event
            number = number_of(event.originator_id)
            match event:
                case Account.Created():
                    rows["accounts"].append(
                        recorded.row(id=number, name=event.name, zone=event.zone)
                    )
                case Account.SubmitterSet():
                    rows["account_changes"].append(
                        recorded.row(
                            id=number,
                            version=event.originator_version,
                            submitter=event.submitter,
                        )
                    )
                case ApiKey.Created():
                    rows["api_keys"].append(
                        recorded.row(
                            id=number,
                            account_id=event.account_id,
                            version=event.originator_version,
                            name=event.name,
                            hash=event.hash,
                            prefix=event.prefix,
                            last4=event.last4,
                            scopes=event.scopes,
                            expires_at=event.expires_at,
                        )
                    )
                case ApiKey.ExpirySet() | ApiKey.Revoked():
                    rows["api_key_changes"].append(
                        recorded.row(
                            id=number,
                            version=event.originator_version,
                            expires_at=getattr(event, "expires_at", None),
                            is_revoked=isinstance(event, ApiKey.Revoked),
                        )
                    )
        return rows


@dataclass(frozen=True)
class KeyRecord:
    """A key as authentication needs it."""

    key_id: int
    account_id: int
    zone: str
    scopes: frozenset[str]
    expires_at: datetime | None
    revoked_at: datetime | None


def find_key(database: Reader, key_hash: bytes) -> KeyRecord | None:
    """The key with this SHA-256, whatever its state."""
    row = database.row(_QUERIES["find_key"], {"hash": key_hash})
    if row is None:
        return None
    return KeyRecord(row[0], row[1], row[2], frozenset(row[3]), row[4], row[5])


@dataclass(frozen=True)
class AccountRecord:
    """An account as its owner sees it."""

    id: int
    version: int
    position: int
    name: str
    zone: str
    submitter: dict[str, Any]


def find_account(database: Reader, account_id: int) -> AccountRecord | None:
    """An account."""
    row = database.row(_QUERIES["find_account"], {"account_id": account_id})
    return AccountRecord(*row) if row else None


def list_keys(
    database: Reader, account_id: int, limit: int, offset: int
) -> tuple[int, list[dict[str, Any]]]:
    """The total and one page of the account's keys, without anything that could be used as one."""
    rows = database.rows(
        _QUERIES["list_keys"], {"account_id": account_id, "limit": limit, "offset": offset}
    )
    total = database.row(_QUERIES["count_keys"], {"account_id": account_id})
    return (total[0] if total else 0), [_shown(row) for row in rows]


def find_key_of(database: Reader, key_id: int) -> tuple[int, dict[str, Any]] | None:
    """The account of a key and what is shown of it."""
    row = database.row(_QUERIES["find_key_of"], {"key_id": key_id})
    return (row[1], _shown(row)) if row else None


def key_usage(database: Reader, key_id: int, days: int) -> list[dict[str, Any]]:
    """Calls of a key by day, endpoint and status for the last `days` days, newest first."""
    rows = database.rows(_QUERIES["key_usage"], {"key_id": key_id, "days": days})
    return [{"day": row[0], "endpoint": row[1], "status": row[2], "calls": row[3]} for row in rows]


@dataclass(frozen=True)
class HourOfUse:
    """How often a key was used within one hour, and how many answers were errors."""

    key_id: int
    hour: datetime
    calls: int
    errors: int


def usage_by_hour(database: Reader, account_id: int, since: datetime) -> list[HourOfUse]:
    """The use of every key of an account in the hours after `since`, as far as there was any."""
    given = {"account_id": account_id, "since": since}
    return [HourOfUse(*row) for row in database.rows(_QUERIES["usage_by_hour"], given)]


def add_usage(database: Database, counts: Sequence[Row]) -> None:
    """Add (key, hour, endpoint, status, calls, last_at) counts in one statement."""
    columns = [list(column) for column in zip(*counts, strict=True)]
    database.execute(_QUERIES["add_usage"], columns)


def _shown(row: Row) -> dict[str, Any]:
    names = (
        "id", "account_id", "version", "position", "name", "prefix", "last4", "scopes",
        "created_at", "expires_at", "revoked_at", "last_used_at",
    )  # fmt: skip
    return dict(zip(names, row, strict=True))
