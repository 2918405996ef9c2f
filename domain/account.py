"""Accounts, and the API keys that act for them."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from eventsourcing.domain import Aggregate

from domain import events
from domain.errors import Conflict, Invalid
from domain.ids import Kind, aggregate_id, number_of


class Scope(StrEnum):
    """What a key may do; the names a client sees."""

    PATIENTS_READ = "patients:read"
    PATIENTS_WRITE = "patients:write"
    DEFINITIONS_READ = "definitions:read"
    DEFINITIONS_WRITE = "definitions:write"
    REPORTS_READ = "reports:read"
    REPORTS_WRITE = "reports:write"
    AUDIT_READ = "audit:read"
    KEYS_ADMIN = "keys:admin"


ALL_SCOPES = tuple(scope.value for scope in Scope)


class Account(Aggregate):
    """One customer; everything else belongs to exactly one account."""

    TOPIC = "account"

    class Event(events.Event):
        pass

    class Created(events.Created):
        TOPIC = "account.opened"
        name: str
        zone: str

    class SubmitterSet(Event):
        TOPIC = "account.submitter_set"
        account_id: int
        submitter: dict[str, Any]

        def apply(self, aggregate: "Account") -> None:
            aggregate.submitter = self.submitter

    def __init__(self, name: str, zone: str) -> None:
        self.name = name
        self.zone = zone
        self.submitter: dict[str, Any] = {}

    @property
    def account_id(self) -> int:
        """The public id; an account belongs to itself."""
        return number_of(self.id)

    @classmethod
    def open(cls, number: int, name: str, zone: str, metadata: events.Metadata) -> Self:
        """A new account whose clinical days without an offset are days in `zone` (IANA name)."""
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise Invalid.field("zone", f"{zone!r} is not an IANA time zone") from error
        return cls._create(
            cls.Created,
            id=aggregate_id(Kind.ACCOUNT, number),
            name=name,
            zone=zone,
            metadata=metadata,
        )

    def set_submitter(self, submitter: dict[str, Any], metadata: events.Metadata) -> None:
        """Who submits to CMS for the account: entity type, TIN, NPI and the like."""
        if submitter != self.submitter:
            self.trigger_event(
                self.SubmitterSet,
                account_id=self.account_id,
                submitter=submitter,
                metadata=metadata,
            )


class ApiKey(Aggregate):
    """A key of an account; the key itself is never stored, only its SHA-256."""

    TOPIC = "api_key"

    class Event(events.Event):
        pass

    class Created(events.Created):
        TOPIC = "api_key.issued"
        account_id: int
        name: str
        hash: str
        prefix: str
        last4: str
        scopes: list[str]
        expires_at: str | None
        replaces: int | None

    class ExpirySet(Event):
        TOPIC = "api_key.expiry_set"
        expires_at: str

        def apply(self, aggregate: "ApiKey") -> None:
            aggregate.expires_at = self.expires_at

    class Revoked(Event):
        TOPIC = "api_key.revoked"

        def apply(self, aggregate: "ApiKey") -> None:
            aggregate.is_revoked = True

    def __init__(
        self, account_id: int, name: str, scopes: list[str], expires_at: str | None
    ) -> None:
        self.account_id = account_id
        self.name = name
        self.scopes = scopes
        self.expires_at = expires_at
        self.is_revoked = False

    @property
    def number(self) -> int:
        """The public id."""
        return number_of(self.id)

    @classmethod
    def issue(
        cls,
        number: int,
        *,
        account_id: int,
        name: str,
        hash: str,
        prefix: str,
        last4: str,
        scopes: tuple[str, ...],
        expires_at: datetime | None,
        metadata: events.Metadata,
        replaces: int | None = None,
    ) -> Self:
        """A new key with these scopes; `hash` is the hex SHA-256 of the whole key."""
        unknown = [scope for scope in scopes if scope not in ALL_SCOPES]
        if unknown or not scopes:
            raise Invalid.field("scopes", f"choose from {', '.join(ALL_SCOPES)}")
        return cls._create(
            cls.Created,
            id=aggregate_id(Kind.API_KEY, number),
            account_id=account_id,
            name=name,
            hash=hash,
            prefix=prefix,
            last4=last4,
            scopes=sorted(set(scopes)),
            expires_at=expires_at.isoformat() if expires_at else None,
            replaces=replaces,
            metadata=metadata,
        )

    def set_expiry(self, expires_at: datetime, metadata: events.Metadata) -> None:
        """The key stops working at `expires_at`, for instance after a rotation's overlap."""
        self._refuse_if_revoked()
        self.trigger_event(self.ExpirySet, expires_at=expires_at.isoformat(), metadata=metadata)

    def revoke(self, metadata: events.Metadata) -> None:
        """The key stops working now and for ever."""
        self._refuse_if_revoked()
        self.trigger_event(self.Revoked, metadata=metadata)

    def _refuse_if_revoked(self) -> None:
        if self.is_revoked:
            raise Conflict("The key is already revoked.")
