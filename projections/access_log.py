"""The access log: who read or changed patient data, and who was refused. It is no part of the log
of events, which reads do not belong to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from projections.database import Database, Reader, Row
from projections.queries import load

_QUERIES = load("access_log")
_PAGE = 1000
OUTCOMES = {"granted": (0, 399), "refused": (400, 499), "failed": (500, 999)}
"""What a status means, and from which to which that is."""
COLUMNS = (
    "id", "at", "actor", "name", "operation", "status", "outcome", "patient_id", "shown",
    "filter", "client", "request_id", "times",
)  # fmt: skip
"""The fields of an entry, in the order of an export."""


@dataclass(frozen=True, slots=True)
class Access:
    """One request for patient data, or one that was refused. It names nobody but by number.

    `actor` and `account_id` are None when nobody was recognised. `patient_id` is set where the
    request is for one patient, `shown` (a count) and `filter` where it is for a list. `times` is
    more than one for equal refusals within a second.
    """

    at: datetime
    operation: str
    status: int
    client: str
    request_id: str
    account_id: int | None = None
    actor: str | None = None
    patient_id: int | None = None
    shown: int | None = None
    filter: dict[str, Any] | None = None
    times: int = 1


@dataclass(frozen=True)
class AccessFilter:
    """Which entries of an account are wanted: all that is not None has to hold of them.
    `since` is included, `until` is not."""

    account_id: int
    actor: str | None = None
    patient_id: int | None = None
    operation: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    key_id: int | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """What the queries are given."""
        lowest, highest = OUTCOMES[self.outcome] if self.outcome else (0, 999)
        key = f"key:{self.key_id}" if self.key_id is not None else None
        return {
            "account_id": self.account_id, "patient_id": self.patient_id,
            "actors": [actor for actor in (self.actor, key) if actor is not None],
            "operation": self.operation, "status_min": lowest, "status_max": highest,
            "since": self.since, "until": self.until,
        }  # fmt: skip


def append_accesses(database: Database, accesses: Sequence[Access]) -> None:
    """Write them in one statement, all or none."""
    database.execute(_QUERIES["append"], {"records": orjson.dumps(accesses).decode()})


def forget_accesses(database: Database, years: int) -> int:
    """Remove what is older than so many years (at least six); how many entries that were."""
    row = database.row(_QUERIES["forget"], {"years": years})
    return row[0] if row else 0


def patient_of_document(reader: Reader, account_id: int, document_id: str) -> int | None:
    """Whose document this is, where it is one of the account."""
    scope = {"account_id": account_id, "document_id": document_id}
    row = reader.row(_QUERIES["patient_of_document"], scope)
    return row[0] if row else None


def list_accesses(
    reader: Reader, wanted: AccessFilter, limit: int, offset: int = 0, before_id: int | None = None
) -> tuple[int, list[dict[str, Any]]]:
    """The total and one page of an account's entries, newest first; `before_id` pages by key."""
    total = reader.row(_QUERIES["count_accesses"], wanted.parameters)
    return (total[0] if total else 0), _page(reader, wanted, limit, offset, before_id)


def every_access(reader: Reader, wanted: AccessFilter) -> Iterator[dict[str, Any]]:
    """All of an account's entries, newest first, however many there are."""
    before_id = None
    while page := _page(reader, wanted, _PAGE, 0, before_id):
        yield from page
        before_id = page[-1]["id"]


def _page(
    reader: Reader, wanted: AccessFilter, limit: int, offset: int, before_id: int | None
) -> list[dict[str, Any]]:
    place = {"limit": limit, "offset": offset, "before_id": before_id}
    rows = reader.rows(_QUERIES["list_accesses"], {**wanted.parameters, **place})
    return [_entry(row) for row in rows]


def _entry(row: Row) -> dict[str, Any]:
    number, at, actor, name, operation, status, *rest = row
    outcome = next(word for word, (_, highest) in OUTCOMES.items() if status <= highest)
    return dict(zip(COLUMNS, (number, at, actor, name, operation, status, outcome, *rest),
                    strict=True))  # fmt: skip


def repeated(access: Access, times: int) -> Access:
    """The same, so many times more."""
    return replace(access, times=access.times + times)
