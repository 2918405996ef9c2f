"""People of an account: invited, signed in, signed out, disabled."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from domain.errors import Conflict, Invalid, NotFound, TooManyFailures, Unauthenticated
from domain.user import SCOPES, Role, User
from projections import sessions
from projections.users import UserRecord, find_user, find_user_of_email
from service.application import Application
from service.context import Context, Principal

IDLE = timedelta(minutes=15)
"""45 CFR 164.312(a)(2)(iii): an idle session is ended."""
ABSOLUTE = timedelta(hours=12)
LINK_LIFE = timedelta(hours=24)
THROTTLE = timedelta(minutes=15)
MOST_FAILURES = 5
MOST_FAILURES_OF_ADDRESS = 30
PASSWORD_LENGTH = 12
_PASSWORD_LENGTH_MAX = 200
_TOUCH = timedelta(seconds=30)
_REFUSAL = "The email address or the password is wrong."


@dataclass(frozen=True)
class SignedIn:
    """Somebody with a session. `csrf_token` belongs into every form that they are shown."""

    principal: Principal
    name: str
    role: Role
    csrf_token: str
    ends_at: datetime


class Users:
    """Commands on users, and the sessions that they have."""

    def __init__(self, application: Application, now: Callable[[], datetime]) -> None:
        self._application = application
        self._database = application.database
        self._now = now
        self._hasher = PasswordHasher()

    def invite(self, context: Context, email: str, name: str, role: str) -> tuple[int, str]:
        """A new user's number, and the secret of a link with which they set a password once."""
        number = self._application.next_id()
        user = User.invite(
            number, context.principal.account_id, email, name, role, context.metadata()
        )
        self._application.create(context, [user], lambda r, s: None)
        return number, self._link(number)

    def new_link(self, context: Context, user_id: int) -> str:
        """Another one-time link, for a forgotten password; the one before no longer works."""
        self._application.load(context, User, user_id)
        return self._link(user_id)

    def user_of_link(self, link: str) -> UserRecord:
        """Whose link it is. Raises NotFound when it was used, is over, or never was."""
        user_id = sessions.user_of_link(self._database, _hash(link), self._now())
        user = find_user(self._database, user_id) if user_id else None
        if user is None or user.is_disabled:
            raise NotFound("This link was used, is over, or never was. Ask for a new one.")
        return user

    def set_password(self, link: str, password: str, request_id: str) -> None:
        """Set the password of whoever has the link; all their sessions end. Raises Invalid."""
        user = self.user_of_link(link)
        if not PASSWORD_LENGTH <= len(password) <= _PASSWORD_LENGTH_MAX:
            raise Invalid.field(
                "password", f"must have {PASSWORD_LENGTH} to {_PASSWORD_LENGTH_MAX} characters"
            )
        password_hash = self._hasher.hash(password)
        with self._database.transaction() as transaction:
            if sessions.user_of_link(transaction, _hash(link), self._now()) is None:
                raise NotFound("This link was used.")
            sessions.remove_links_of(transaction, user.id)
            sessions.put_password(transaction, user.id, password_hash)
            sessions.end_sessions_of(transaction, user.id)
        self._tell(user, request_id, lambda u, c: u.set_password(c.metadata()))

    def sign_in(self, email: str, password: str, client: str, request_id: str) -> str:
        """A new session's secret. Raises Unauthenticated without saying what was wrong, and
        TooManyFailures after five failures of an email, or thirty of an address, within a quarter
        of an hour."""
        subjects = (_hash(f"email {email.lower()}"), _hash(f"client {client}"))
        self._refuse_guessing(subjects)
        user = find_user_of_email(self._database, email)
        if not self._is_right(user, password) or user is None or user.is_disabled:
            with self._database.transaction() as transaction:
                for subject in subjects:
                    sessions.note_failure(transaction, subject, self._now())
            if user is not None:
                self._tell(user, request_id, lambda u, c: u.fail_to_sign_in(client, c.metadata()))
            raise Unauthenticated(_REFUSAL)
        self._tell(user, request_id, lambda u, c: u.sign_in(client, c.metadata()))
        secret = secrets.token_urlsafe(32)
        with self._database.transaction() as transaction:
            sessions.open_session(transaction, _hash(secret), user.id, self._now())
            sessions.forget_failures(transaction, subjects[0], self._now() - THROTTLE)
            sessions.remove_sessions(transaction, self._now() - ABSOLUTE)
        return secret

    def recognise(self, secret: str) -> SignedIn | None:
        """Who has this session, unless it is over; being seen keeps it from growing idle."""
        found = sessions.find_session(self._database, _hash(secret))
        if found is None:
            return None
        now = self._now()
        ends_at = min(found.seen_at + IDLE, found.created_at + ABSOLUTE)
        if now >= ends_at:
            return None
        if now - found.seen_at > _TOUCH:
            with self._database.transaction() as transaction:
                sessions.touch_session(transaction, _hash(secret), now)
        role = Role(found.role)
        principal = Principal(found.account_id, found.zone, SCOPES[role], user_id=found.user_id)
        return SignedIn(principal, found.name, role, csrf_token_of(secret), ends_at)

    def sign_out(self, secret: str, context: Context) -> None:
        """End this session."""
        with self._database.transaction() as transaction:
            sessions.end_session(transaction, _hash(secret))
        user_id = context.principal.user_id
        if user_id is not None:
            self._change(context, user_id, lambda user: user.sign_out(context.metadata()))

    def change_role(self, context: Context, user_id: int, role: str) -> None:
        """Let somebody do what another role may; nobody changes their own."""
        self._refuse_self(context, user_id)
        self._change(context, user_id, lambda user: user.change_role(role, context.metadata()))

    def disable(self, context: Context, user_id: int) -> None:
        """Nobody of this name comes in any more, and whoever is in is out."""
        self._refuse_self(context, user_id)
        self._change(context, user_id, lambda user: user.disable(context.metadata()))
        with self._database.transaction() as transaction:
            sessions.end_sessions_of(transaction, user_id)

    def enable(self, context: Context, user_id: int) -> None:
        """They may sign in again."""
        self._change(context, user_id, lambda user: user.enable(context.metadata()))

    @cached_property
    def _nobodys_hash(self) -> str:
        return self._hasher.hash(secrets.token_hex(16))

    def _is_right(self, user: UserRecord | None, password: str) -> bool:
        """Takes equally long for users that do not exist."""
        held = sessions.find_password(self._database, user.id) if user else None
        try:
            return self._hasher.verify(held or self._nobodys_hash, password) and held is not None
        except (VerifyMismatchError, InvalidHashError):
            return False

    def _refuse_guessing(self, subjects: tuple[bytes, bytes]) -> None:
        since = self._now() - THROTTLE
        of_email, of_client = (
            sessions.count_failures(self._database, subject, since) for subject in subjects
        )
        if of_email >= MOST_FAILURES or of_client >= MOST_FAILURES_OF_ADDRESS:
            minutes = int(THROTTLE.total_seconds() // 60)
            raise TooManyFailures(f"Too many attempts failed. Try again in {minutes} minutes.")

    def _link(self, user_id: int) -> str:
        secret = secrets.token_urlsafe(32)
        with self._database.transaction() as transaction:
            sessions.put_link(transaction, _hash(secret), user_id, self._now() + LINK_LIFE)
        return secret

    def _tell(
        self, user: UserRecord, request_id: str, tell: Callable[[User, Context], None]
    ) -> None:
        """What somebody does who has no session: they act as themselves."""
        principal = Principal(user.account_id, user.zone, frozenset(), user_id=user.id)
        context = Context(principal, request_id, channel="dashboard")
        self._change(context, user.id, lambda found: tell(found, context))

    def _change(self, context: Context, user_id: int, tell: Callable[[User], None]) -> None:
        self._application.change(context, User, user_id, tell, lambda r, s, u, t: None)

    def _refuse_self(self, context: Context, user_id: int) -> None:
        if user_id == context.principal.user_id:
            raise Conflict("Another admin has to do this to you.")


def csrf_token_of(secret: str) -> str:
    """What a form of this session holds; only who has the cookie can know it."""
    return hashlib.sha256(f"csrf {secret}".encode()).hexdigest()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
