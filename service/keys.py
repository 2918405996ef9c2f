"""Accounts and API keys: made, rotated, revoked, and recognised."""

import hashlib
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.account import ALL_SCOPES, Account, ApiKey
from domain.errors import Conflict, Forbidden, Invalid, NotFound, VersionMismatch
from projections.access import find_key_of
from projections.database import Reader
from service.application import Application
from service.context import Context, Principal
from service.idempotency import refuse_repeat
from service.resource import Resource

PREFIX = "attestor_live_"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM = 43
"""Base-62 digits: 256 bits."""
_CHECK = 6


@dataclass(frozen=True)
class NewKey:
    """A key that was just made. `secret` is shown this once and stored nowhere."""

    id: int
    secret: str
    resource: Resource


def make_secret() -> str:
    """A new key: prefix, 43 random base-62 digits, and their CRC-32 in 6 digits."""
    digits = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return PREFIX + digits + _checksum(digits)


def is_well_formed(secret: str) -> bool:
    """Whether a text could be a key of ours, by its checksum; no look-up is needed for typos."""
    digits = secret.removeprefix(PREFIX)
    return (
        secret.startswith(PREFIX)
        and len(digits) == _RANDOM + _CHECK
        and digits.isascii()
        and digits.isalnum()
        and digits[-_CHECK:] == _checksum(digits[:-_CHECK])
    )


def hash_of(secret: str) -> bytes:
    """What is stored of a key: SHA-256, enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def _checksum(digits: str) -> str:
    number, text = zlib.crc32(digits.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_ALPHABET))
        text = _ALPHABET[digit] + text
    return text


class Keys:
    """Commands on accounts and keys."""

    def __init__(self, application: Application, now: Callable[[], datetime]) -> None:
        self._application = application
        self._now = now

    def open_account(self, name: str, zone: str, request_id: str) -> tuple[int, NewKey]:
        """A new account with a first key that may do everything; the account's number and key."""
        number = self._application.next_id()
        context = Context(Principal(number, zone, frozenset(ALL_SCOPES)), request_id, "cli")
        account = Account.open(number, name, zone, context.metadata())
        self._application.vault.make_account_key(number)
        self._application.create(context, [account], lambda r, s: None)
        return number, self.issue(context, "First key", ALL_SCOPES)

    def issue(
        self,
        context: Context,
        name: str,
        scopes: tuple[str, ...],
        expires_at: datetime | None = None,
    ) -> NewKey:
        """A new key; a caller can give only scopes that it has itself."""
        if expires_at is not None and expires_at <= self._now():
            raise Invalid.field("expires_at", "must lie in the future")
        key, secret = self._make(context, name, scopes, expires_at)
        return self._application.create(
            context, [key], lambda r, s: NewKey(key.number, secret, _shown(r, key.number))
        )

    def rotate(self, context: Context, key_id: int, overlap: timedelta) -> NewKey:
        """A new key with the same name and scopes; the old one ends after the overlap,
        or when it would have ended anyway."""
        refuse_repeat(self._application.database, self._application.vault, context)
        old = self._application.load(context, ApiKey, key_id)
        if context.if_match is not None and context.if_match != old.version:
            raise VersionMismatch(old.version)
        ends = [self._now() + overlap]
        if old.expires_at is not None:
            ends.append(datetime.fromisoformat(old.expires_at))
        old.set_expiry(min(ends), context.metadata("rotated"))
        new, secret = self._make(context, old.name, tuple(old.scopes), None, replaces=key_id)
        return self._application.create(
            context, [old, new], lambda r, s: NewKey(new.number, secret, _shown(r, new.number))
        )

    def revoke(self, context: Context, key_id: int) -> Resource:
        """End a key now, on all workers within a second. A key cannot revoke itself."""
        if key_id == context.principal.key_id:
            raise Conflict("A key cannot revoke itself.")
        return self._application.change(
            context,
            ApiKey,
            key_id,
            lambda key: key.revoke(context.metadata()),
            lambda r, s, k, t: _shown(r, key_id),
        )

    def _make(
        self,
        context: Context,
        name: str,
        scopes: tuple[str, ...],
        expires_at: datetime | None,
        replaces: int | None = None,
    ) -> tuple[ApiKey, str]:
        if missing := sorted(set(scopes) & set(ALL_SCOPES) - context.principal.scopes):
            raise Forbidden(f"The API key cannot give the scope {missing[0]}: it lacks it.")
        secret = make_secret()
        key = ApiKey.issue(
            self._application.next_id(),
            account_id=context.principal.account_id,
            name=name,
            hash=hash_of(secret).hex(),
            prefix=secret[: len(PREFIX) + 4],
            last4=secret[-4:],
            scopes=scopes,
            expires_at=expires_at,
            replaces=replaces,
            metadata=context.metadata(),
        )
        return key, secret


def _shown(reader: Reader, key_id: int) -> Resource:
    found = find_key_of(reader, key_id)
    if found is None:
        raise NotFound(f"There is no API key {key_id}.")
    return Resource(key_id, found[1]["version"], found[1]["position"], found[1])
