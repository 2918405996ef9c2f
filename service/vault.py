"""Keys under keys: the master key wraps each account's key, that wraps each patient's key.

Destroying a patient's wrapped key makes every event and document of that patient unreadable,
wherever copies of them lie. AES-256-GCM throughout; a nonce is 12 random bytes before the text.
"""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import AttestorError
from projections.database import Database

_NONCE = 12
_CACHED_KEYS = 10_000
_CHECK_SECONDS = 1.0
_FORGET_ALL_SECONDS = 300.0


class Unreadable(AttestorError):
    """The key is gone or is not the one this was encrypted with."""


class KeyDestroyed(Unreadable):
    """The patient was erased, and its key with it."""


def seal(key: AESGCM, plaintext: bytes, associated: bytes) -> bytes:
    """Encrypt and authenticate; `associated` must be the same when opening."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + key.encrypt(nonce, plaintext, associated)


def unseal(key: AESGCM, sealed: bytes, associated: bytes) -> bytes:
    """The inverse of `seal`. Raises Unreadable when key, text or associated data differ."""
    try:
        return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], associated)
    except (InvalidTag, ValueError) as error:  # ValueError: too short to hold a nonce
        raise Unreadable("The content cannot be decrypted.") from error


def account_place(account_id: int) -> bytes:
    """What a wrapped account key is sealed to."""
    return b"account %d" % account_id


def patient_place(patient_id: int) -> bytes:
    """What a wrapped patient key is sealed to."""
    return b"patient %d" % patient_id


class Vault:
    """The keys of accounts and patients; unwrapped ones are cached in memory only.

    `masters` answers the master keys as they are now: the one that wraps, and during a rotation
    the one before it. A key that another process destroyed is forgotten here within a second.
    """

    def __init__(self, database: Database, masters: Callable[[], Sequence[bytes]]) -> None:
        self._database = database
        self._masters = masters
        self._accounts: dict[int, AESGCM] = {}
        self._fingerprint_keys: dict[int, bytes] = {}
        self._patients: OrderedDict[int, AESGCM] = OrderedDict()
        self._destroyed: set[int] = set()
        self._checked_at = time.monotonic()
        self._lock = Lock()

    def make_account_key(self, account_id: int) -> None:
        """Make and store the key of a new account."""
        with self._database.transaction() as transaction:
            # A rotation waits for us, or we for it and for its new master key.
            transaction.execute("LOCK TABLE attestor_keys.account_keys IN ROW EXCLUSIVE MODE")
            master = AESGCM(self._masters()[0])
            wrapped = seal(master, secrets.token_bytes(32), account_place(account_id))
            transaction.execute(
                "INSERT INTO attestor_keys.account_keys (account_id, wrapped) VALUES (%s, %s)",
                (account_id, wrapped),
            )

    def new_patient_key(self, account_id: int, patient_id: int) -> bytes:
        """The wrapped key of a new patient, to be stored with its first event."""
        secret = secrets.token_bytes(32)
        self._remember(patient_id, AESGCM(secret))
        return seal(self._account_key(account_id), secret, patient_place(patient_id))

    def forget_patient_key(self, patient_id: int) -> None:
        """The key was destroyed; other processes notice within a second."""
        with self._lock:
            self._patients.pop(patient_id, None)
            self._destroyed.add(patient_id)

    def encrypt(self, patient_id: int, plaintext: bytes, associated: bytes) -> bytes:
        """Encrypt with the patient's key."""
        return seal(self._patient_key(patient_id), plaintext, associated)

    def decrypt(self, patient_id: int, ciphertext: bytes, associated: bytes) -> bytes:
        """The inverse of `encrypt`. Raises KeyDestroyed of an erased patient."""
        return unseal(self._patient_key(patient_id), ciphertext, associated)

    def encrypt_for_account(self, account_id: int, plaintext: bytes, associated: bytes) -> bytes:
        """Encrypt with the account's key."""
        return seal(self._account_key(account_id), plaintext, associated)

    def decrypt_for_account(self, account_id: int, ciphertext: bytes, associated: bytes) -> bytes:
        """The inverse of `encrypt_for_account`."""
        return unseal(self._account_key(account_id), ciphertext, associated)

    def fingerprint(self, account_id: int, text: bytes) -> str:
        """16 hex digits, the same for the same text of an account; the text cannot be guessed
        from them without the account's key."""
        self._account_key(account_id)
        key = self._fingerprint_keys[account_id]
        return hmac.digest(key, text, hashlib.sha256).hex()[:16]

    def load_patient_keys(self, patient_ids: list[int]) -> None:
        """Fetch the keys of many patients in one query, before decrypting many events."""
        missing = [number for number in patient_ids if number not in self._patients]
        for patient_id, account_id, wrapped in self._database.rows(
            "SELECT patient_id, account_id, wrapped FROM attestor_keys.patient_keys"
            " WHERE patient_id = ANY(%s)",
            (missing,),
        ):
            if wrapped is None:
                self._destroyed.add(patient_id)
            else:
                self._remember(patient_id, self._unwrap(account_id, patient_id, wrapped))

    def _patient_key(self, patient_id: int) -> AESGCM:
        self._forget_destroyed()
        key = self._patients.get(patient_id)
        if key is None and patient_id not in self._destroyed:
            self.load_patient_keys([patient_id])
            key = self._patients.get(patient_id)
        if key is not None:
            return key
        if patient_id in self._destroyed:
            raise KeyDestroyed("The patient was erased.")
        raise Unreadable("The patient's key does not exist.")

    def _forget_destroyed(self) -> None:
        """Look once a second which keys were destroyed by any process."""
        now = time.monotonic()
        idle = now - self._checked_at
        if idle < _CHECK_SECONDS:
            return
        rows = self._database.rows(
            "SELECT patient_id FROM attestor_keys.patient_keys"
            " WHERE destroyed_at > now() - make_interval(secs => %s)",
            (2 * _FORGET_ALL_SECONDS,),
        )
        with self._lock:
            if idle > _FORGET_ALL_SECONDS:
                self._patients.clear()
            for (patient_id,) in rows:
                self._patients.pop(patient_id, None)
                self._destroyed.add(patient_id)
        self._checked_at = now

    def _unwrap(self, account_id: int, patient_id: int, wrapped: bytes) -> AESGCM:
        return AESGCM(unseal(self._account_key(account_id), wrapped, patient_place(patient_id)))

    def _account_key(self, account_id: int) -> AESGCM:
        key = self._accounts.get(account_id)
        if key is None:
            row = self._database.row(
                "SELECT wrapped FROM attestor_keys.account_keys WHERE account_id = %s",
                (account_id,),
            )
            if row is None:
                raise Unreadable("The account's key does not exist.")
            secret = unwrap_account(self._masters(), account_id, row[0])
            key = AESGCM(secret)
            self._fingerprint_keys[account_id] = hmac.digest(secret, b"fingerprint", hashlib.sha256)
            self._accounts[account_id] = key
        return key

    def _remember(self, patient_id: int, key: AESGCM) -> None:
        with self._lock:
            self._patients[patient_id] = key
            while len(self._patients) > _CACHED_KEYS:
                self._patients.popitem(last=False)


def unwrap_account(masters: Sequence[bytes], account_id: int, wrapped: bytes) -> bytes:
    """The account's key, by the first master key that opens it. Raises Unreadable."""
    for master in masters:
        try:
            return unseal(AESGCM(master), wrapped, account_place(account_id))
        except Unreadable:
            continue
    raise Unreadable("The master key is not the one this was wrapped with.")
