"""Reading charts anew after the extractor, or what a variable is called, has changed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from domain.ids import Kind
from domain.observation import Observation
from domain.patient import Patient
from domain.scrape_answer import ScrapeAnswer
from service.application import Application
from service.context import Context
from service.history.history import History, Wanted
from service.patients import VariableOfValue
from service.scrape_answers import Looked, answer_of
from service.scraping import Run, Scraping

Answers = dict[int, dict[str, Any]]
"""By variable what a run has answered, as it is in the event."""


@dataclass(frozen=True)
class Reading:
    """A value with the place it was read at. `day` is what the page says of it, empty where it
    says nothing, and unknown (None) where the reading was not recorded."""

    value: str
    page: int
    document_id: str
    box: dict[str, float] = field(repr=False)
    day: str | None

    def is_as(self, other: "Reading") -> bool:
        """Whether both are the same value at the same place, of the same day."""
        return (self.value, self.page, self.document_id, self.box) == (
            other.value, other.page, other.document_id, other.box
        ) and (self.day == other.day or None in (self.day, other.day))  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """A variable of which a run would read something else than the last one; None is nothing.

    `answer` tells what becomes of it.
    """

    variable: VariableOfValue
    before: Reading | None
    after: Reading | None
    answer: ScrapeAnswer


@dataclass(frozen=True)
class Compared:
    """What differs, and the look into the documents that showed it, of that alone."""

    differences: Sequence[Difference]
    looked: Looked


class Rescraping:
    """Compares what a run would answer with what the last one did."""

    def __init__(self, application: Application, scraping: Scraping, history: History) -> None:
        self._application = application
        self._scraping = scraping
        self._history = history

    def scraped(self, context: Context, patient_ids: Sequence[int] | None) -> dict[int, Answers]:
        """By patient the last answers of the runs so far; of these patients, or of all."""
        found: dict[int, Answers] = defaultdict(dict)
        every = Wanted(topic="patient.scraped")
        wanted = [replace(every, aggregate=(Kind.PATIENT, each)) for each in patient_ids or ()]
        for runs in wanted or [every]:
            for entry in self._history.every(context, runs):
                if entry["data"] is not None:  # of somebody who was not erased
                    answers = {each["variable_id"]: each for each in entry["data"]["answers"]}
                    found[entry["aggregate"]["id"]] |= answers
        return dict(sorted(found.items()))

    def compare(
        self,
        context: Context,
        patient_id: int,
        last: Answers,
        variables: Sequence[VariableOfValue],
    ) -> Compared:
        """What a run over those of the `variables` that were scraped before would answer anew.
        Raises CannotExtract and NotYet."""
        known = [each for each in variables if each.id in last]
        looked = self._scraping.look(context, patient_id, Run(known, is_bulk=True))
        patient = self._application.load(context, Patient, patient_id)
        differences, findings = [], []
        for finding in looked.findings:
            answer = answer_of(patient, finding, is_bulk=True)
            before = _reading(last[finding.variable.id])
            after = _reading(answer.as_state(), finding.value)
            if not _is_same(before, after):
                differences.append(Difference(finding.variable, before, after, answer))
                findings.append(finding)
        return Compared(differences, Looked(looked.documents, findings))

    def record(self, context: Context, patient_id: int, compared: Compared) -> None:
        """Record what differs, as it was seen, in one event."""
        run = Run([each.variable for each in compared.differences], is_bulk=True)
        self._scraping.record(context, patient_id, run, compared.looked)


def _reading(answer: dict[str, Any], value: Observation | None = None) -> Reading | None:
    """What an answer found: its first candidate, whether or not that was recorded."""
    recorded = answer["observation"]
    if recorded is None and not ("kept" in answer or "rejected" in answer):
        return None
    first = answer["candidates"][0]
    seen = value or (Observation.from_state(recorded) if recorded else None)
    day = None if seen is None else seen.day if seen.kind == "date" else seen.observed_on or ""
    return Reading(first["value"], first["page"], first["document_id"], first["highlight"], day)


def _is_same(before: Reading | None, after: Reading | None) -> bool:
    return before is after is None or bool(before and after and before.is_as(after))
