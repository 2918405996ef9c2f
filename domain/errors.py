"""Everything that can be refused, each with what the caller can do about it.

AttestorError
├── Invalid               a value breaks a rule; names the field
├── NotAPdf               what was uploaded is not a PDF file
├── Unauthenticated       no key, or one that is not (any more) valid
│   └── TooManyFailures   signing in failed so often that it is not tried for a while
├── NotFound              no such resource
├── Forbidden             it exists, and is not the caller's or not in the key's scopes
├── Conflict              the resource stands in the way
│   └── Contended         others kept changing it while we decided
├── VersionMismatch       If-Match named another version
├── CannotExtract         there is no readable document to scrape
├── TooLarge              more bytes than the setting allows
├── KeyReused             the Idempotency-Key came with another body before
├── NotYet                the answer is still being made; ask again
└── Unavailable           the database is away; nothing was decided
    └── OutcomeUnknown    the connection broke while committing and cannot be asked
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One field and the rule it breaks; `pointer` is a JSON pointer such as `#/value`."""

    pointer: str
    detail: str


class AttestorError(Exception):
    """Something the service refuses; `detail` is safe to show to any caller."""

    def __init__(self, detail: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults


class Invalid(AttestorError):
    """The content breaks a rule."""

    @classmethod
    def field(cls, name: str, detail: str) -> "Invalid":
        """The one field `name` (a path such as `highlight/x1`) breaks the rule `detail` tells."""
        return cls(f"{name}: {detail}", (Fault(f"#/{name}", detail),))


class NotAPdf(AttestorError):
    """What was uploaded is empty, is not a PDF, or has another name."""


class Unauthenticated(AttestorError):
    """There is no API key, or it is unknown, expired or revoked; then it says whose it was."""

    def __init__(
        self, detail: str, account_id: int | None = None, actor: str | None = None
    ) -> None:
        super().__init__(detail)
        self.account_id = account_id
        self.actor = actor


class TooManyFailures(Unauthenticated):
    """Signing in failed so often that it is not tried again for a while."""


class NotFound(AttestorError):
    """There is no such resource."""


class Forbidden(AttestorError):
    """The key may not do this, or the resource belongs to another account."""


class Conflict(AttestorError):
    """The state of the resource does not allow it."""


class Contended(Conflict):
    """The resource changed again and again while this change was being decided."""


class VersionMismatch(AttestorError):
    """The resource has another version than the caller expects."""

    def __init__(self, current: int) -> None:
        super().__init__(f"The resource is at version {current}.")
        self.current = current


class CannotExtract(AttestorError):
    """No document of the patient can be scraped; the detail says why."""


class TooLarge(AttestorError):
    """The content is larger than the service takes."""


class KeyReused(AttestorError):
    """The Idempotency-Key was used before with another body."""


class NotYet(AttestorError):
    """The work has begun and its result is not there yet."""


class Unavailable(AttestorError):
    """The database cannot be reached; nothing was decided, trying again is safe."""


class OutcomeUnknown(Unavailable):
    """The connection broke while committing; ask again with the same Idempotency-Key."""
