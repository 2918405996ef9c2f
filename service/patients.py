"""Commands on a patient's chart."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from domain.clinical_time import clinical_day, instant, parse_date
from domain.demographics import Demographics
from domain.document import Evidence
from domain.errors import Invalid, NotFound
from domain.observation import Observation, Source, VariableKind
from domain.patient import Patient
from domain.variable import VariableDefinition, parse_value
from projections.database import Reader
from projections.definitions import definition_of
from projections.observations import observation_body
from projections.patients import find_patient
from service.application import Application
from service.context import Context
from service.recorder import Saved
from service.resource import Resource


@dataclass(frozen=True)
class ValueIn:
    """A value as a client sends it: `value` as the string sent, a date value as an ISO date."""

    value: str | None
    note: str | None = None
    pdf_page: int | None = None
    highlight: dict[str, float] | None = None
    document_id: str | None = None
    observed_on: str | None = None
    end: str | None = None
    reason: str | None = None
    supersedes: int | None = None
    is_withdrawn: bool = False


@dataclass(frozen=True)
class VariableOfValue:
    """The variable that a value is of, as far as a chart needs it."""

    id: int
    kind: VariableKind
    definition: dict[str, Any]


class Patients:
    """One method per command: load, tell, save."""

    def __init__(self, application: Application, now: Callable[[], datetime]) -> None:
        self._application = application
        self._now = now

    def register(self, context: Context, demographics: Demographics) -> Resource:
        """A new patient. Raises Conflict when the external id is taken."""
        refuse_bad_dob(demographics)
        number = self._application.next_id()
        patient = Patient.register(
            number, context.principal.account_id, demographics, context.metadata()
        )
        return self._application.create(context, [patient], lambda r, s: _shown(r, number))

    def change_demographics(
        self, context: Context, patient_id: int, changes: dict[str, Any]
    ) -> Resource:
        """Replace the fields that are in `changes`; the others keep their values."""

        def tell(patient: Patient) -> None:
            demographics = replace(patient.demographics, **changes)
            refuse_bad_dob(demographics)
            patient.change_demographics(demographics, context.metadata())

        return self._application.change(
            context, Patient, patient_id, tell, lambda r, s, p, t: _shown(r, patient_id)
        )

    def put_value(
        self, context: Context, patient_id: int, kind: VariableKind, variable_id: int, sent: ValueIn
    ) -> Resource:
        """Put a value of a variable in its place (measures.md 6.1), or withdraw one."""
        variable = self.variable(context, kind, variable_id)
        if sent.is_withdrawn:
            return self._withdraw(context, patient_id, variable, sent)
        prepared = self.prepare(context, variable, sent)

        def tell(patient: Patient) -> Observation:
            observation = patient.put_in_place(prepared)
            patient.record_observation(observation, context.metadata(sent.reason))
            return observation

        return self._change_value(context, patient_id, variable, tell)

    def add_observation(
        self, context: Context, patient_id: int, kind: VariableKind, variable_id: int, sent: ValueIn
    ) -> Resource:
        """Add a value beside the others; only what it names in `supersedes` gives way."""
        variable = self.variable(context, kind, variable_id)
        added = replace(self.prepare(context, variable, sent), is_addition=True)

        def tell(patient: Patient) -> Observation:
            patient.record_observation(added, context.metadata(sent.reason))
            return added

        return self._change_value(context, patient_id, variable, tell)

    def variable(self, context: Context, kind: VariableKind, variable_id: int) -> VariableOfValue:
        """The caller's variable of this kind. Raises NotFound or Forbidden."""
        found = definition_of(self._application.database, kind, variable_id)
        what = "variable" if kind == "number" else "date variable"
        if found is None:
            raise NotFound(f"There is no {what} {variable_id}.")
        context.principal.require_own(found[0], what)
        return VariableOfValue(variable_id, kind, found[1])

    def prepare(
        self,
        context: Context,
        variable: VariableOfValue,
        sent: ValueIn,
        source: Source = Source.MANUAL,
    ) -> Observation:
        """The observation that a sent value is, checked against its variable."""
        if sent.value is None:
            raise Invalid.field("value", "is required")
        if variable.kind == "date":
            day = parse_date(sent.value, "value").isoformat()
            if sent.end is not None and parse_date(sent.end, "end").isoformat() < day:
                raise Invalid.field("end", "must not be before value")
        else:
            if sent.end is not None:
                raise Invalid.field("end", "belongs to date variables")
            VariableDefinition(**variable.definition).refuse_outside(parse_value(sent.value))
            day = clinical_day(sent.observed_on, context.principal.zone, self._now()).isoformat()
        return Observation(
            id=self._application.next_id(),
            variable_id=variable.id,
            kind=variable.kind,
            value=sent.value,
            day=day,
            source=source.value,
            end=sent.end,
            observed_on=sent.observed_on,
            evidence=Evidence(sent.note, sent.pdf_page, sent.highlight, sent.document_id),
            supersedes=() if sent.supersedes is None else (sent.supersedes,),
        )

    def _change_value(
        self,
        context: Context,
        patient_id: int,
        variable: VariableOfValue,
        tell: Callable[[Patient], Observation | None],
        *,
        is_new: bool = True,
    ) -> Resource:
        return self._application.change(
            context,
            Patient,
            patient_id,
            tell,
            lambda reader, saved, patient, told: value_shown(
                context, patient, variable, told, saved, is_new=is_new
            ),
        )

    def _withdraw(
        self, context: Context, patient_id: int, variable: VariableOfValue, sent: ValueIn
    ) -> Resource:
        def tell(patient: Patient) -> Observation | None:
            shown = patient.current(variable.id)
            if sent.supersedes is None and shown is None:
                raise Invalid.field("withdraw", "the patient has no value of this variable")
            number = sent.supersedes or (shown.id if shown else 0)
            if patient.observation(number).variable_id != variable.id:
                raise Invalid.field("supersedes", "is a value of another variable")
            patient.withdraw_observation(number, context.metadata(sent.reason))
            return patient.current(variable.id)

        return self._change_value(context, patient_id, variable, tell, is_new=False)


def value_shown(
    context: Context,
    patient: Patient,
    variable: VariableOfValue,
    observation: Observation | None,
    saved: Saved,
    *,
    is_new: bool = True,
) -> Resource:
    """A PatientVariable or PatientDateVariable, answered from the aggregate. Of one that is not
    new, the chart itself tells who recorded it and when."""
    body: dict[str, Any] = {"id": variable.id, "name": variable.definition["name"]}
    if variable.kind == "number":
        body["units"] = variable.definition["units"]
    else:
        body |= {
            "patient_id": patient.number,
            "date_variable_id": variable.id,
            "date_variable_name": variable.definition["name"],
            "patient_name": patient.demographics.name,
        }
    if observation is None:
        body |= {"value": None, "note": None, "pdf_page": None, "highlight": None}
    else:
        body |= observation_body(observation, context.principal.actor, patient.version)
        body["recorded_at"] = instant(saved.recorded_at)
        if not is_new:
            for name in ("recorded_by", "recorded_at", "version"):
                del body[name]
    return Resource(variable.id, patient.version, saved.position, body)


def _shown(reader: Reader, patient_id: int) -> Resource:
    record = find_patient(reader, patient_id)
    if record is None:
        raise NotFound(f"There is no Patient {patient_id}.")
    return Resource(record.id, record.version, record.position, record.body)


def refuse_bad_dob(demographics: Demographics) -> None:
    """A date of birth is a date of the calendar that has come."""
    if demographics.dob is not None and (
        parse_date(demographics.dob, "dob") > datetime.now(UTC).date()
    ):
        raise Invalid.field("dob", "must not lie in the future")
