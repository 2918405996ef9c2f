"""People who work in the dashboard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.ids import number_of
from domain.user import User
from projections.database import Reader
from projections.projection import Recorded, Rows
from projections.queries import load

_QUERIES = load("users")
_ABLE = {User.Disabled: True, User.Enabled: False}


class Users:
    """Read model of users."""

    name = "users"
    version = 1
    tables = ("users",)

    def fold(self, batch: Sequence[Recorded]) -> Rows:
        rows: Rows = {"users": [], "user_changes": []}
        for recorded in batch:
            event = recorded.event
            match event:
                case User.Created():
                    rows["users"].append(
                        recorded.row(
                            id=number_of(event.originator_id),
                            account_id=event.account_id,
                            email=event.email,
                            name=event.name,
                            role=event.role,
                        )
                    )
                case User.Event():
                    rows["user_changes"].append(_change(recorded, event))
        return rows


def _change(recorded: Recorded, event: User.Event) -> dict[str, Any]:
    return recorded.row(
        id=number_of(event.originator_id),
        version=event.originator_version,
        role=getattr(event, "role", None),
        is_disabled=_ABLE.get(type(event)),
        is_signed_in=isinstance(event, User.SignedIn),
    )


@dataclass(frozen=True)
class UserRecord:
    """A user as the dashboard shows one."""

    id: int
    account_id: int
    version: int
    email: str
    name: str
    role: str
    is_disabled: bool
    created_at: datetime
    signed_in_at: datetime | None
    zone: str


def find_user(database: Reader, user_id: int) -> UserRecord | None:
    """The user with this number."""
    row = database.row(_QUERIES["find_user"], {"user_id": user_id})
    return UserRecord(*row) if row else None


def find_user_of_email(database: Reader, email: str) -> UserRecord | None:
    """The user with this address, in whatever case it is written."""
    row = database.row(_QUERIES["find_user_of_email"], {"email": email.lower()})
    return UserRecord(*row) if row else None


def list_users(database: Reader, account_id: int) -> list[UserRecord]:
    """Everybody of an account, in the order they were invited."""
    rows = database.rows(_QUERIES["list_users"], {"account_id": account_id})
    return [UserRecord(*row) for row in rows]
