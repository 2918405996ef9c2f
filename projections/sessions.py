"""Sessions, one-time links and failures to sign in: state of the dashboard outside the log."""

from dataclasses import dataclass
from datetime import datetime

from projections.database import Reader, Transaction
from projections.queries import load

_QUERIES = load("sessions")


@dataclass(frozen=True)
class Session:
    """A session of somebody who is not disabled."""

    user_id: int
    account_id: int
    zone: str
    name: str
    role: str
    created_at: datetime
    seen_at: datetime


def find_session(database: Reader, session_hash: bytes) -> Session | None:
    """The session whose cookie has this SHA-256."""
    row = database.row(_QUERIES["find_session"], {"hash": session_hash})
    return Session(*row) if row else None


def open_session(transaction: Transaction, session_hash: bytes, user_id: int, at: datetime) -> None:
    """Begin a session."""
    given = {"hash": session_hash, "user_id": user_id, "at": at}
    transaction.execute(_QUERIES["open_session"], given)


def touch_session(transaction: Transaction, session_hash: bytes, at: datetime) -> None:
    """Note that somebody is still there."""
    transaction.execute(_QUERIES["touch_session"], {"hash": session_hash, "at": at})


def end_session(transaction: Transaction, session_hash: bytes) -> None:
    """End one session."""
    transaction.execute(_QUERIES["end_session"], {"hash": session_hash})


def end_sessions_of(transaction: Transaction, user_id: int) -> None:
    """End every session of somebody."""
    transaction.execute(_QUERIES["end_sessions_of"], {"user_id": user_id})


def remove_sessions(transaction: Transaction, seen_before: datetime) -> None:
    """Forget sessions that are long over."""
    transaction.execute(_QUERIES["remove_sessions"], {"seen_before": seen_before})


def put_link(
    transaction: Transaction, link_hash: bytes, user_id: int, expires_at: datetime
) -> None:
    """A new link of somebody, in place of the ones before."""
    given = {"hash": link_hash, "user_id": user_id, "expires_at": expires_at}
    remove_links_of(transaction, user_id)
    transaction.execute(_QUERIES["put_link"], given)


def user_of_link(database: Reader, link_hash: bytes, at: datetime) -> int | None:
    """Whose link it is, as long as it is valid."""
    row = database.row(_QUERIES["user_of_link"], {"hash": link_hash, "at": at})
    return row[0] if row else None


def remove_links_of(transaction: Transaction, user_id: int) -> None:
    """Links work once."""
    transaction.execute(_QUERIES["remove_links_of"], {"user_id": user_id})


def find_password(database: Reader, user_id: int) -> str | None:
    """The hash of somebody's password."""
    row = database.row(_QUERIES["find_password"], {"user_id": user_id})
    return row[0] if row else None


def put_password(transaction: Transaction, user_id: int, password_hash: str) -> None:
    """Replace somebody's password."""
    transaction.execute(_QUERIES["put_password"], {"user_id": user_id, "hash": password_hash})


def note_failure(transaction: Transaction, subject: bytes, at: datetime) -> None:
    """Count a failure to sign in."""
    transaction.execute(_QUERIES["note_failure"], {"subject": subject, "at": at})


def count_failures(database: Reader, subject: bytes, since: datetime) -> int:
    """How often signing in failed."""
    row = database.row(_QUERIES["count_failures"], {"subject": subject, "since": since})
    return row[0] if row else 0


def forget_failures(transaction: Transaction, subject: bytes, before: datetime) -> None:
    """Somebody came in after all; failures of others that are over go, too."""
    transaction.execute(_QUERIES["forget_failures"], {"subject": subject, "before": before})
