"""What people make of scraped values: accepted, corrected, rejected, or another one chosen."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from domain.errors import Invalid, NotFound
from domain.events import Metadata
from domain.ids import Kind, aggregate_id
from domain.observation import Observation, Source, VariableKind
from domain.patient import Patient
from projections.definitions import definition_of
from projections.history import find_event
from service.application import Application
from service.context import Context
from service.patients import Patients, ValueIn, VariableOfValue, value_shown
from service.recorder import Saved
from service.resource import Resource

Decision = Literal["accept", "correct", "reject"]


@dataclass(frozen=True)
class Choice:
    """A candidate (from 0) of what the run at a position of the log says of a variable."""

    position: int
    variable_id: int
    candidate: int


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
        scraped = patient.observation(observation_id)
        variable = self._variable(scraped.kind, scraped.variable_id)
        number = self._application.next_id()
        prepared = None
        if corrected is not None:
            _refuse_day_of_date(variable, corrected.observed_on)
            prepared = self._patients.prepare(context, variable, corrected)

        def tell(patient: Patient) -> Observation | None:
            held = patient.observation(observation_id)
            new = None if decision == "reject" else _reviewed(held, number, prepared)
            patient.review(observation_id, decision, new, context.metadata(reason))
            return new

        return self._change(context, patient_id, variable, tell)

    def choose(
        self,
        context: Context,
        patient_id: int,
        choice: Choice,
        observed_on: str | None = None,
        reason: str | None = None,
    ) -> Resource:
        """Take another candidate of a run: it corrects what the run found, as long as that stands
        and nobody has looked at it; otherwise it is put in its place like any value of a person.

        Without `observed_on` it is of the day that the run found. Raises NotFound and Invalid.
        """
        self._application.load(context, Patient, patient_id)
        answer = self._answer(patient_id, choice)
        variable = self._variable(answer["kind"], choice.variable_id)
        found = answer["observation"] and Observation.from_state(answer["observation"])
        _refuse_day_of_date(variable, observed_on)
        sent = _as_sent(answer, choice.candidate, observed_on)
        chosen = self._patients.prepare(context, variable, sent)
        if found and observed_on is None and found.kind == "number":
            chosen = replace(chosen, observed_on=found.observed_on, day=found.day)

        def tell(patient: Patient) -> Observation | None:
            return _choose(patient, found or None, chosen, context.metadata(reason))

        return self._change(context, patient_id, variable, tell)

    def _change(
        self,
        context: Context,
        patient_id: int,
        variable: VariableOfValue,
        tell: Callable[[Patient], Observation | None],
    ) -> Resource:
        def reply(
            reader: object, saved: Saved, patient: Patient, new: Observation | None
        ) -> Resource:
            standing = patient.current(variable.id)
            is_new = bool(new and standing and new.id == standing.id)
            return value_shown(context, patient, variable, standing, saved, is_new=is_new)

        return self._application.change(context, Patient, patient_id, tell, reply)

    def _answer(self, patient_id: int, choice: Choice) -> dict[str, Any]:
        """What a run of the patient says of the variable."""
        application = self._application
        found = find_event(application.database, application.mapper, choice.position)
        event = found.entry.event if found else None
        is_theirs = found and found.entry.originator_id == aggregate_id(Kind.PATIENT, patient_id)
        if not (is_theirs and isinstance(event, Patient.Scraped)):
            raise NotFound(f"The patient has no scrape at {choice.position}.")
        for answer in event.answers:
            if answer["variable_id"] == choice.variable_id:
                return dict(answer)
        raise Invalid.field("variable_id", "is not a variable that the run looked for")

    def _variable(self, kind: VariableKind, number: int) -> VariableOfValue:
        found = definition_of(self._application.database, kind, number)
        if found is None:
            raise AssertionError("a value is of a variable")
        return VariableOfValue(number, kind, found[1])


def _choose(
    patient: Patient, found: Observation | None, chosen: Observation, metadata: Metadata
) -> Observation:
    """Review what the run found, while that waits for it; else put the chosen value in place."""
    held = patient.observations.get(found.id) if found else None
    if held is None or held.review is not None:
        new = patient.put_in_place(replace(chosen, review="corrected"))
        patient.record_observation(new, metadata)
        return new
    is_same = held.is_same_reading(chosen)
    new = _reviewed(held, chosen.id, None if is_same else chosen)
    patient.review(held.id, "accept" if is_same else "correct", new, metadata)
    return new


def _as_sent(answer: dict[str, Any], number: int, observed_on: str | None) -> ValueIn:
    """A candidate as a person would send it."""
    candidates = answer["candidates"]
    if number >= len(candidates):
        raise Invalid.field("candidate", f"the run has {len(candidates)} of this variable")
    candidate = candidates[number]
    return ValueIn(
        candidate["value"],
        note=candidate["snippet"],
        pdf_page=candidate["page"],
        highlight=candidate["highlight"],
        document_id=candidate["document_id"],
        observed_on=observed_on,
    )


def _refuse_day_of_date(variable: VariableOfValue, observed_on: str | None) -> None:
    if variable.kind == "date" and observed_on is not None:
        raise Invalid.field("observed_on", "belongs to numerical variables")


def _reviewed(held: Observation, number: int, corrected: Observation | None) -> Observation:
    """The value that takes the place of a scraped one."""
    if corrected is None:
        return replace(held, id=number, review="accepted")
    return replace(
        corrected,
        source=Source.MANUAL.value,
        review="corrected",
        observed_on=corrected.observed_on or held.observed_on,
        day=corrected.day if corrected.observed_on or held.kind == "date" else held.day,
        evidence=corrected.evidence
        if corrected.is_proven
        else replace(held.evidence, note=corrected.evidence.note),
        carried=held.carried,
    )
