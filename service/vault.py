"""Keys under keys: the master key wraps each account's key, that wraps each patient's key.

Destroying a patient's wrapped key makes every event and document of that patient unreadable,
wherever copies of them lie. AES-256-GCM throughout; a nonce is 12 random bytes before the text.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import AttestorError
from projections.database import Database

_NONCE = 12
_CACHED_KEYS = 10_000


class Unreadable(AttestorError):
    """The key is gone or is not the one this was encrypted with."""


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


class Vault:
    """The keys of accounts and patients; unwrapped ones are cached in memory only."""

    def __init__(self, database: Database, master_key: bytes) -> None:
        self._database = database
        self._master = AESGCM(master_key)
        self._accounts: dict[int, AESGCM] = {}
        self._fingerprint_keys: dict[int, bytes] = {}
        self._patients: OrderedDict[int, AESGCM] = OrderedDict()
        self._lock = Lock()

    def make_account_key(self, account_id: int) -> None:
        """Make and store the key of a new account."""
        wrapped = seal(self._master, secrets.token_bytes(32), b"account %d" % account_id)
        self._database.execute(
            "INSERT INTO attestor_keys.account_keys (account_id, wrapped) VALUES (%s, %s)",
            (account_id, wrapped),
        )

    def new_patient_key(self, account_id: int, patient_id: int) -> bytes:
        """The wrapped key of a new patient, to be stored with its first event."""
        secret = secrets.token_bytes(32)
        self._remember(patient_id, AESGCM(secret))
        return seal(self._account_key(account_id), secret, b"patient %d" % patient_id)

    def encrypt(self, patient_id: int, plaintext: bytes, associated: bytes) -> bytes:
        """Encrypt with the patient's key."""
        return seal(self._patient_key(patient_id), plaintext, associated)

    def decrypt(self, patient_id: int, ciphertext: bytes, associated: bytes) -> bytes:
        """The inverse of `encrypt`. Raises Unreadable once the key was destroyed."""
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
        if account_id not in self._fingerprint_keys:
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
            self._remember(patient_id, self._unwrap(account_id, patient_id, wrapped))

    def _patient_key(self, patient_id: int) -> AESGCM:
        key = self._patients.get(patient_id)
        if key is None:
            self.load_patient_keys([patient_id])
            key = self._patients.get(patient_id)
        if key is None:
            raise Unreadable("The patient's key does not exist.")
        return key

    def _unwrap(self, account_id: int, patient_id: int, wrapped: bytes) -> AESGCM:
        return AESGCM(unseal(self._account_key(account_id), wrapped, b"patient %d" % patient_id))

    def _account_key(self, account_id: int) -> AESGCM:
        key = self._accounts.get(account_id)
        if key is None:
            row = self._database.row(
                "SELECT wrapped FROM attestor_keys.account_keys WHERE account_id = %s",
                (account_id,),
            )
            if row is None:
                raise Unreadable("The account's key does not exist.")
            secret = unseal(self._master, row[0], b"account %d" % account_id)
            key = AESGCM(secret)
            self._fingerprint_keys[account_id] = hmac.digest(secret, b"fingerprint", hashlib.sha256)
            self._accounts[account_id] = key
        return key

    def _remember(self, patient_id: int, key: AESGCM) -> None:
        with self._lock:
            self._patients[patient_id] = key
            while len(self._patients) > _CACHED_KEYS:
                self._patients.popitem(last=False)
