"""Who asks, for what request, and under which conditions."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from domain.errors import Forbidden
from domain.events import Metadata

RELEASE = version("attestor-quality")


@dataclass(frozen=True)
class Principal:
    """The account and key on whose behalf something is done; nothing else names the account."""

    account_id: int
    zone: str
    scopes: frozenset[str]
    key_id: int | None = None
    user_id: int | None = None

    @property
    def actor(self) -> str:
        """How events name the one who acted."""
        if self.user_id is not None:
            return f"user:{self.user_id}"
        return f"key:{self.key_id}" if self.key_id else "system:attestor"

    def require(self, scope: str) -> None:
        """Raise Forbidden unless the key has the scope."""
        if scope not in self.scopes:
            raise Forbidden(f"The API key lacks the scope {scope}.")

    def require_own(self, account_id: int, what: str) -> None:
        """Raise Forbidden when a resource is another account's."""
        if account_id != self.account_id:
            raise Forbidden(f"The {what} belongs to another account.")


@dataclass(frozen=True)
class Idempotency:
    """A client's promise that a repeat is the same request.

    `scope` is the SHA-256 of method, path and key, `fingerprint` that of the parsed body;
    `render` makes the answer's bytes of what the command returns, to be stored with the events.
    """

    key: str
    scope: bytes
    fingerprint: bytes
    render: Callable[[Any], bytes]


@dataclass(frozen=True)
class Context:
    """A command's circumstances. `if_match` is the version the caller has seen."""

    principal: Principal
    request_id: str
    channel: str = "rest"
    reason: str | None = None
    if_match: int | None = None
    idempotency: Idempotency | None = None
    correlation_id: str | None = None
    causation_id: str | None = None

    def metadata_of_line(self, line: int) -> Metadata:
        """What the events of one line of an import carry."""
        return replace(self.metadata(), causation_id=f"line:{line}")

    def metadata(self, reason: str | None = None) -> Metadata:
        """What every event of this command carries."""
        return Metadata(
            actor=self.principal.actor,
            channel=self.channel,
            account_id=self.principal.account_id,
            request_id=self.request_id,
            release=RELEASE,
            idempotency_key=self.idempotency.key if self.idempotency else None,
            reason=reason or self.reason,
            correlation_id=self.correlation_id,
            causation_id=self.causation_id,
        )
