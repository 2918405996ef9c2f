"""What people make of scraped values: accepted, corrected, rejected."""

from dataclasses import replace
from typing import Literal

from domain.errors import Invalid
from domain.observation import Observation, Source
from domain.patient import Patient
from projections.definitions import definition_of
from service.application import Application
from service.context import Context
from service.patients import Patients, ValueIn, VariableOfValue, value_shown
from service.recorder import Saved
from service.resource import Resource

Decision = Literal["accept", "correct", "reject"]


class Reviews:
    """One method per command: load, tell, save."""

    def __init__(self, application: Application, patients: Patients) -> None:
        self._application = application
        self._patients = patients

    def review(
        self,
        context: Context,
        patient_id: int,
        observation_id: int,
        decision: Decision,
        corrected: ValueIn | None = None,
        reason: str | None = None,
    ) -> Resource:
        """Answer for a scraped value: the variable's value as it stands afterwards.

        A correction needs `corrected`; its place on a page, when none is sent, is that of the
        scraped value. Raises NotFound, Conflict for a value that was reviewed before.
        """
        if (corrected is not None) != (decision == "correct"):
            raise Invalid.field("value", "goes with a correction, and only with one")
        patient = self._application.load(context, Patient, patient_id)
        variable = self._variable(context, patient.observation(observation_id))
        number = self._application.next_id()
        prepared = corrected and self._patients.prepare(context, variable, corrected)

        def tell(patient: Patient) -> Observation | None:
            held = patient.observation(observation_id)
            new = None if decision == "reject" else _reviewed(held, number, prepared or None)
            patient.review(observation_id, decision, new, context.metadata(reason))
            return patient.current(variable.id)

        def reply(
            reader: object, saved: Saved, patient: Patient, standing: Observation | None
        ) -> Resource:
            return value_shown(context, patient, variable, standing, saved)

        return self._application.change(context, Patient, patient_id, tell, reply)

    def _variable(self, context: Context, observation: Observation) -> VariableOfValue:
        kind = observation.kind
        found = definition_of(self._application.database, kind, observation.variable_id)
        if found is None:
            raise AssertionError("a value is of a variable")
        return VariableOfValue(observation.variable_id, kind, found[1])


def _reviewed(held: Observation, number: int, corrected: Observation | None) -> Observation:
    """The value that takes the place of a scraped one."""
    if corrected is None:
        return replace(held, id=number, review="accepted", supersedes=(held.id,))
    has_place = corrected.is_proven
    return replace(
        corrected,
        source=Source.MANUAL.value,
        review="corrected",
        observed_on=corrected.observed_on or held.observed_on,
        day=corrected.day if corrected.observed_on or held.kind == "date" else held.day,
        evidence=corrected.evidence
        if has_place
        else replace(held.evidence, note=corrected.evidence.note),
        carried=held.carried,
        supersedes=(held.id,),
    )
