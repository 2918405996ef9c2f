"""People who work in the dashboard, and what their role lets them do."""

import re
from enum import StrEnum
from typing import Self

from eventsourcing.domain import Aggregate

from domain import events
from domain.account import ALL_SCOPES, Scope
from domain.errors import Conflict, Invalid
from domain.ids import Kind, aggregate_id, number_of

EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,190}")


class Role(StrEnum):
    """What somebody is in an account."""

    ADMIN = "admin"
    ABSTRACTOR = "abstractor"
    AUDITOR = "auditor"


SCOPES: dict[Role, frozenset[str]] = {
    Role.ADMIN: frozenset(ALL_SCOPES),
    Role.ABSTRACTOR: frozenset(
        {Scope.PATIENTS_READ, Scope.PATIENTS_WRITE, Scope.DEFINITIONS_READ, Scope.REPORTS_READ}
    ),
    Role.AUDITOR: frozenset(
        {Scope.PATIENTS_READ, Scope.DEFINITIONS_READ, Scope.REPORTS_READ, Scope.AUDIT_READ}
    ),
}
"""The scopes that a role has, in the words of API keys."""


class User(Aggregate):
    """A person with an email address; the password is no part of the log."""

    TOPIC = "user"

    class Event(events.Event):
        pass

    class Created(events.Created):
        TOPIC = "user.invited"
        account_id: int
        email: str
        name: str
        role: str

    class RoleChanged(Event):
        TOPIC = "user.role_changed"
        role: str

        def apply(self, aggregate: "User") -> None:
            aggregate.role = Role(self.role)

    class Disabled(Event):
        TOPIC = "user.disabled"

        def apply(self, aggregate: "User") -> None:
            aggregate.is_disabled = True

    class Enabled(Event):
        TOPIC = "user.enabled"

        def apply(self, aggregate: "User") -> None:
            aggregate.is_disabled = False

    class PasswordSet(Event):
        TOPIC = "user.password_set"

    class SignedIn(Event):
        TOPIC = "user.signed_in"
        client: str

    class SignInFailed(Event):
        TOPIC = "user.sign_in_failed"
        client: str

    class SignedOut(Event):
        TOPIC = "user.signed_out"

    def __init__(self, account_id: int, email: str, name: str, role: str) -> None:
        self.account_id = account_id
        self.email = email
        self.name = name
        self.role = Role(role)
        self.is_disabled = False

    @property
    def number(self) -> int:
        """The public id."""
        return number_of(self.id)

    @classmethod
    def invite(
        cls,
        number: int,
        account_id: int,
        email: str,
        name: str,
        role: str,
        metadata: events.Metadata,
    ) -> Self:
        """Somebody who may sign in once a password is set. Raises Invalid."""
        if not EMAIL.fullmatch(email):
            raise Invalid.field("email", "must be an email address")
        if not name.strip():
            raise Invalid.field("name", "must not be empty")
        return cls._create(
            cls.Created,
            id=aggregate_id(Kind.USER, number),
            account_id=account_id,
            email=email.lower(),
            name=name.strip(),
            role=known_role(role),
            metadata=metadata,
        )

    def change_role(self, role: str, metadata: events.Metadata) -> None:
        """Let them do what another role may."""
        if known_role(role) != self.role:
            self.trigger_event(self.RoleChanged, role=known_role(role), metadata=metadata)

    def disable(self, metadata: events.Metadata) -> None:
        """They can no longer sign in, and their sessions end."""
        if self.is_disabled:
            raise Conflict("The user is disabled already.")
        self.trigger_event(self.Disabled, metadata=metadata)

    def enable(self, metadata: events.Metadata) -> None:
        """They can sign in again."""
        if not self.is_disabled:
            raise Conflict("The user is not disabled.")
        self.trigger_event(self.Enabled, metadata=metadata)

    def set_password(self, metadata: events.Metadata) -> None:
        """A password was set by whoever had the one-time link."""
        self.trigger_event(self.PasswordSet, metadata=metadata)

    def sign_in(self, client: str, metadata: events.Metadata) -> None:
        """They signed in from this address."""
        self.trigger_event(self.SignedIn, client=client, metadata=metadata)

    def fail_to_sign_in(self, client: str, metadata: events.Metadata) -> None:
        """Somebody tried a wrong password from this address."""
        self.trigger_event(self.SignInFailed, client=client, metadata=metadata)

    def sign_out(self, metadata: events.Metadata) -> None:
        """They ended their session."""
        self.trigger_event(self.SignedOut, metadata=metadata)


def known_role(role: str) -> Role:
    """The role of this name. Raises Invalid."""
    try:
        return Role(role)
    except ValueError:
        raise Invalid.field("role", f"choose from {', '.join(Role)}") from None
