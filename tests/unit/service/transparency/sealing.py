"""A log to seal, a clock to set, and what an outsider makes of events by himself."""

import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import psycopg
from eventsourcing.persistence import StoredEvent

from domain.report import Report
from service.bootstrap import Services
from service.recorder import Append
from service.sealer import Sealer
from service.signing import SigningKeys, signing_keys

_LOG = (
    "SELECT state, position, originator_id, originator_version, topic, recorded_at, account_id,"
    " actor, request_id FROM events ORDER BY position"
)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands until it is set."""

    at: datetime = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        """Move it on."""
        self.at += timedelta(**time)


@dataclass
class Installation:
    """Services with a sealer that the test drives."""

    services: Services
    batch: int = 1000
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.sealer = Sealer(self.services.database, self.keys, self.clock, self.batch)

    @property
    def keys(self) -> SigningKeys:
        """The signing keys, as another process would open them."""
        return signing_keys(self.services.settings)

    def append(self, *topics: str, account_id: int | None = 1) -> int:
        """Append an event of each topic; the last position."""
        events = [StoredEvent(uuid4(), 1, topic, f"state of {topic}".encode()) for topic in topics]
        saved = self.services.application.recorder.append(
            Append(events, account_id, actor="key:7", request_id="req-é")
        )
        return saved.position

    def append_many(self, number: int, **options: Any) -> int:
        """Append so many events of a topic."""
        return self.append(*["topic"] * number, **options)

    def append_report(self) -> int:
        """Append an event that freezes a report."""
        return self.append(Report.Created.TOPIC)

    def seal_all(self) -> None:
        """Step until there is nothing more to do at once."""
        while self.sealer.step():
            pass

    def tamper(self, statement: str) -> None:
        """Do what no service can, as a superuser who switched the triggers off."""
        with connect(self.services) as admin:
            admin.execute("SET session_replication_role = replica")
            assert admin.execute(statement.encode()).rowcount

    def troubles(self) -> dict[str, str]:
        """What is shown to all processes."""
        return dict(self.services.transparency.status().troubles)


def connect(services: Services) -> "psycopg.Connection[tuple[Any, ...]]":
    """A superuser's connection."""
    return psycopg.connect(
        services.database.url, autocommit=True, options="-c search_path=attestor"
    )


def leaves(services: Services) -> list[bytes]:
    """The leaf hashes of the whole log, made column by column as docs/transparency.md says."""
    with connect(services) as connection:
        rows = connection.execute(_LOG).fetchall()
    return [sha256(b"\x00" + entry(row)).digest() for row in rows]


def entry(row: tuple[Any, ...]) -> bytes:
    """The entry of one event, out of its columns as Python values."""
    state, position, aggregate, version, topic, recorded_at, account_id, actor, request_id = row
    microseconds = (recorded_at - _EPOCH) // timedelta(microseconds=1)
    columns = (
        struct.pack(">q", position),
        aggregate.bytes,
        struct.pack(">q", version),
        topic.encode(),
        struct.pack(">q", microseconds),
        None if account_id is None else struct.pack(">q", account_id),
        None if actor is None else actor.encode(),
        None if request_id is None else request_id.encode(),
    )
    return sha256(state).digest() + b"".join(map(_field, columns))


def _field(value: bytes | None) -> bytes:
    return struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value
