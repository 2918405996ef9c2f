"""Scrapes of many patients, one after another, in the background."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from eventsourcing.persistence import IntegrityError

from domain.errors import AttestorError, Conflict, Invalid, Unavailable
from domain.events import Event
from domain.job import Job
from domain.patient import Patient
from domain.scrape_answer import ScrapeAnswer
from projections.definitions import all_variables
from projections.patients import patients_with_documents
from service import jobs
from service.application import Application
from service.context import Context, Principal
from service.patients import VariableOfValue
from service.resource import Resource
from service.scraping import Run, Scraping

MOST_PATIENTS = 100_000
_ATTEMPTS = 5


@dataclass(frozen=True)
class Asked:
    """Whom to scrape, and what for; None means everybody with a document, and every variable."""

    patient_ids: Sequence[int] | None = None
    variable_ids: Sequence[int] | None = None
    date_variable_ids: Sequence[int] | None = None


@dataclass(frozen=True)
class ScrapeJob:
    """A job in hand: on whose behalf, what it was asked, and how many patients are done."""

    id: int
    principal: Principal
    request: dict[str, Any]
    lines_done: int

    @property
    def context(self) -> Context:
        """What the events of the job carry."""
        return Context(
            self.principal, f"job-{self.id}", channel="scrape", correlation_id=f"job:{self.id}"
        )


class ScrapeJobs:
    """Accepts scrapes of many patients, and does them."""

    def __init__(self, application: Application, scraping: Scraping) -> None:
        self._application = application
        self._scraping = scraping

    def accept(self, context: Context, asked: Asked) -> Resource:
        """Promise to scrape; the job tells how far that is. Raises Invalid and Forbidden."""
        database, account_id = self._application.database, context.principal.account_id
        self.chosen(context, asked)
        patient_ids = asked.patient_ids
        if patient_ids is None:
            patient_ids = patients_with_documents(database, account_id, MOST_PATIENTS + 1)
        if len(patient_ids) > MOST_PATIENTS:
            raise Invalid.field("patient_ids", f"must be at most {MOST_PATIENTS}; ask in parts")
        request = {
            "patient_ids": list(patient_ids),
            "variable_ids": asked.variable_ids,
            "date_variable_ids": asked.date_variable_ids,
            "key_id": context.principal.key_id,
            "user_id": context.principal.user_id,
        }
        number = self._application.next_id()
        job = Job.accept(number, account_id, "scrape", request, context.metadata())
        return self._application.create(
            context, [job], lambda r, s: jobs.shown(r, number, s.position)
        )

    def chosen(self, context: Context, asked: Asked) -> list[VariableOfValue]:
        """The account's variables that are asked for. Raises Invalid for others, and for none."""
        every = [
            VariableOfValue(*row)
            for row in all_variables(self._application.database, context.principal.account_id)
        ]
        if not every:
            raise Invalid.field("variable_ids", "the account has no variables yet")
        if asked.variable_ids is None and asked.date_variable_ids is None:
            return every
        return _listed(every, asked)

    def run(self, job: ScrapeJob, is_stopping: Callable[[], bool]) -> None:
        """Do what is left of a job. Stopped or killed, it goes on after the last patient that was
        done: how far it is, is saved in the transaction of the patient's event."""
        patient_ids = job.request["patient_ids"]
        asked = Asked(
            variable_ids=job.request["variable_ids"],
            date_variable_ids=job.request["date_variable_ids"],
        )
        run = Run(self.chosen(job.context, asked), is_bulk=True)
        jobs.begin(self._application, job.id, len(patient_ids))
        for line in range(job.lines_done + 1, len(patient_ids) + 1):
            if is_stopping():
                return
            self._scrape(job, line, patient_ids[line - 1], run)
        self.finish(job, "succeeded")

    def finish(self, job: ScrapeJob, status: str, detail: str | None = None) -> None:
        """End a job; the patients that were scraped stay so."""
        row = self._application.database.row(
            "SELECT lines_done, lines_failed, values_found, values_not_found FROM jobs"
            " WHERE id = %s",
            (job.id,),
        )
        names = ("lines", "failed", "found", "not_found")
        result = dict(zip(names, row or (0, 0, 0, 0), strict=True))
        if detail is not None:
            result = {"detail": detail, **result}
        jobs.end(self._application, job.context, job.id, status, result)

    def _scrape(self, job: ScrapeJob, line: int, patient_id: int, run: Run) -> None:
        """One patient: event and progress in one transaction, or a problem in its place."""
        try:
            looked = self._scraping.look(job.context, patient_id, run)
            for _ in range(_ATTEMPTS):
                patient = self._application.load(job.context, Patient, patient_id)
                answers = self._scraping.tell(job.context, patient, run, looked)
                try:
                    return self._save(job, line, patient, answers)
                except IntegrityError:
                    continue
            raise Conflict("Others kept changing the patient.")
        except Unavailable:
            raise
        except AttestorError as error:
            problem = {"detail": error.detail, "errors": [], "patient_id": patient_id}
            self._application.save_import(job.context, [], _progress(job, line, problem))

    def _save(
        self, job: ScrapeJob, line: int, patient: Patient, answers: Sequence[ScrapeAnswer]
    ) -> None:
        missed = sum(answer.reason is not None for answer in answers)
        progress = _progress(job, line, None, len(answers) - missed, missed)
        events = cast("list[Event]", list(patient.collect_events()))
        self._application.save_import(job.context, events, progress)


def _listed(every: Sequence[VariableOfValue], asked: Asked) -> list[VariableOfValue]:
    """Those that are listed, in the order of the lists."""
    known: dict[tuple[str, int], VariableOfValue] = {(each.kind, each.id): each for each in every}
    listed = []
    for kind, field, numbers in (
        ("number", "variable_ids", asked.variable_ids),
        ("date", "date_variable_ids", asked.date_variable_ids),
    ):
        for number in dict.fromkeys(numbers or ()):
            if (kind, number) not in known:
                raise Invalid.field(field, f"there is no variable {number}")
            listed.append(known[kind, number])
    return listed


def _progress(
    job: ScrapeJob, line: int, problem: dict[str, Any] | None, found: int = 0, not_found: int = 0
) -> dict[str, Any]:
    return {
        "id": job.id,
        "lines_done": line,
        "lines_failed": int(problem is not None),
        "problems": [{"line": line, "problem": problem}] if problem else [],
        "found": found,
        "not_found": not_found,
    }
