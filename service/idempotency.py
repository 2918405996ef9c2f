"""First answers, kept 24 hours with their events (draft-ietf-httpapi-idempotency-key-header)."""

from domain.errors import KeyReused
from projections.database import Reader, Transaction
from service.context import Context, Idempotency
from service.vault import Vault


class AnsweredBefore(Exception):
    """The same request was answered before; `answer` is what it got."""

    def __init__(self, answer: bytes) -> None:
        super().__init__("answered before")
        self.answer = answer


def refuse_repeat(reader: Reader, vault: Vault, context: Context) -> None:
    """Raise AnsweredBefore for a repeat, KeyReused for the same key with another body."""
    request = context.idempotency
    if request is None:
        return
    account_id = context.principal.account_id
    row = reader.row(
        "SELECT fingerprint, answer FROM idempotency WHERE account_id = %s AND scope = %s"
        " AND created_at > now() - interval '24 hours'",
        (account_id, request.scope),
    )
    if row is None:
        return
    if row[0] != request.fingerprint:
        raise KeyReused("This Idempotency-Key was used with another body.")
    raise AnsweredBefore(vault.decrypt_for_account(account_id, row[1], request.scope))


def keep_answer(
    transaction: Transaction,
    vault: Vault,
    account_id: int,
    request: Idempotency,
    answer: bytes,
    patient_id: int | None = None,
) -> None:
    """Store the answer in the transaction of its events; an expired one is replaced.

    `patient_id` is whom the answer shows: it goes when that patient is erased.
    """
    transaction.execute(
        "INSERT INTO idempotency AS i (account_id, scope, fingerprint, answer, patient_id)"
        " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (account_id, scope) DO UPDATE"
        " SET fingerprint = excluded.fingerprint, answer = excluded.answer,"
        " patient_id = excluded.patient_id, created_at = now()",
        (
            account_id,
            request.scope,
            request.fingerprint,
            vault.encrypt_for_account(account_id, answer, request.scope),
            patient_id,
        ),
    )


def sweep(transaction: Transaction) -> int:
    """Remove answers that are older than 24 hours; how many."""
    return transaction.execute(
        "DELETE FROM idempotency WHERE created_at < now() - interval '24 hours'"
    )
