"""Erasing a patient: the key is destroyed, and whatever was kept in clear goes with it.

What erasure leaves: the encrypted events, which nothing opens any more and every proof still
covers; the totals of frozen reports; and the access log, which knows patients by number only.
"""

from dataclasses import dataclass

from domain.errors import Invalid
from domain.ids import Kind, aggregate_id
from domain.patient import Patient
from service.application import Application
from service.context import Context
from service.pdf.store import BlobStore


@dataclass(frozen=True)
class Erased:
    """What became of a patient. `was_before`: the key was gone already, and cleaning went on."""

    patient_id: int
    was_before: bool
    files: int


class Erasure:
    """Legal holds, and erasure where there is none."""

    def __init__(self, application: Application, store: BlobStore) -> None:
        self._application = application
        self._store = store

    def hold(self, context: Context, patient_id: int) -> None:
        """Forbid erasing the patient. Raises Conflict when it is forbidden already."""
        _require_reason(context)
        self._application.change(
            context,
            Patient,
            patient_id,
            lambda patient: patient.hold(context.metadata()),
            lambda reader, saved, patient, told: None,
        )

    def release(self, context: Context, patient_id: int) -> None:
        """Allow erasing the patient again. Raises Conflict when nothing forbids it."""
        _require_reason(context)
        self._application.change(
            context,
            Patient,
            patient_id,
            lambda patient: patient.release(context.metadata()),
            lambda reader, saved, patient, told: None,
        )

    def erase(self, context: Context, patient_id: int) -> Erased:
        """Destroy the patient's key, read models, answers and files; there is no way back.

        The reason stands in the log in clear, so it must not name the patient. Of a patient who
        was erased before, only what an interruption left is removed. Raises Conflict while the
        patient is on hold. The bytes that the database leaves behind are `scrub`'s to remove.
        """
        _require_reason(context)
        was_before = self.was_erased(context, patient_id)
        if not was_before:
            self._application.change(
                context,
                Patient,
                patient_id,
                lambda patient: patient.erase(context.metadata()),
                lambda reader, saved, patient, told: None,
            )
        self._application.vault.forget_patient_key(patient_id)
        return Erased(patient_id, was_before, self._store.purge(patient_id))

    def was_erased(self, context: Context, patient_id: int) -> bool:
        """Whether this was a patient of the caller's account, and is erased."""
        row = self._application.database.row(
            "SELECT FROM events WHERE originator_id = %s AND account_id = %s AND topic = %s",
            (
                aggregate_id(Kind.PATIENT, patient_id),
                context.principal.account_id,
                Patient.Erased.TOPIC,
            ),
        )
        return row is not None

    def name_of(self, context: Context, patient_id: int) -> str | None:
        """Whom a number means, to ask before it is too late; None when erased. Raises NotFound."""
        if self.was_erased(context, patient_id):
            return None
        patient = self._application.load(context, Patient, patient_id)
        return patient.demographics.name or "(without a name)"


def _require_reason(context: Context) -> None:
    if not (context.reason or "").strip():
        raise Invalid.field("reason", "must not be empty")
