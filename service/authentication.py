"""Recognises API keys, fast enough for every request and soon enough for a revocation."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from domain.errors import Unauthenticated
from projections.access import KeyRecord, find_key
from projections.database import Database
from service.context import Principal
from service.keys import hash_of, is_well_formed

_FRESH_SECONDS = 0.5
_REMEMBERED = 10_000
_REFUSAL = "The API key is not valid."


@dataclass(frozen=True)
class _Seen:
    record: KeyRecord | None
    at: float


class Authentication:
    """Keys by their hash, remembered for half a second, so that a revoked key ends within one."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._seen: dict[bytes, _Seen] = {}
        self._lock = Lock()

    def recognise(self, secret: str) -> Principal:
        """Who comes with this key. Raises Unauthenticated without saying what is wrong with it."""
        record = self._find(secret)
        if record is None:
            raise Unauthenticated(_REFUSAL)
        is_expired = record.expires_at is not None and record.expires_at <= self._now()
        if record.revoked_at is not None or is_expired:
            raise Unauthenticated(_REFUSAL, record.account_id, f"key:{record.key_id}")
        return Principal(record.account_id, record.zone, record.scopes, record.key_id)

    def _find(self, secret: str) -> KeyRecord | None:
        key_hash = hash_of(secret)
        seen = self._seen.get(key_hash)
        if seen is not None and time.monotonic() - seen.at < _FRESH_SECONDS:
            return seen.record
        # What cannot be a key is neither looked up nor remembered.
        if not is_well_formed(secret):
            return None
        asked_at = time.monotonic()
        record = find_key(self._database, key_hash)
        with self._lock:
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[key_hash] = _Seen(record, asked_at)
        return record
