"""Imports: accepted at once, applied in groups of lines, each line exactly once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal

from eventsourcing.persistence import IntegrityError

from domain.errors import AttestorError, Conflict, Invalid, NotFound, Unavailable
from domain.events import Event
from domain.job import Job
from domain.observation import Source
from domain.patient import Patient
from projections.definitions import all_variables
from projections.jobs import find_job
from projections.patients import patients_by_external_id
from service import jobs
from service.application import Application
from service.context import Context, Principal
from service.import_file import LINE_MAX, ImportFile
from service.import_lines import CsvColumns, ImportLine, VariableIndex, parse_ndjson
from service.patients import Patients, VariableOfValue, refuse_bad_dob
from service.resource import Resource

ContentType = Literal["application/x-ndjson", "text/csv"]
_GROUP = 200
Line = tuple[int, bytes]


@dataclass(frozen=True)
class ImportJob:
    """A job as the worker takes it up; `lines_done` is where an interrupted one goes on."""

    id: int
    principal: Principal
    content_type: str
    lines_done: int

    @property
    def context(self) -> Context:
        """On whose behalf, and as part of what, its events are recorded."""
        return Context(
            self.principal, f"job-{self.id}", channel="import", correlation_id=f"job:{self.id}"
        )


@dataclass
class _Group:
    """Some lines on their way into one transaction."""

    patients: dict[str | int, Patient] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)

    @property
    def events(self) -> list[Event]:
        """What the lines decided, in the order of the lines' patients."""
        return [event for p in self.patients.values() for event in p.collect_events()]  # type: ignore[misc]


class Imports:
    """Takes files in, and applies them line by line."""

    def __init__(
        self, application: Application, patients: Patients, folder: Path, bytes_max: int
    ) -> None:
        self._application = application
        self._patients = patients
        self._folder = folder
        self._bytes_max = bytes_max

    def accept(self, context: Context, stream: BinaryIO, content_type: ContentType) -> Resource:
        """Store the file and promise to apply it; the job tells how far that is."""
        number = self._application.next_id()
        account_id = context.principal.account_id
        file = ImportFile(self._folder, self._application.vault, account_id, number)
        size = file.write(stream, self._bytes_max)
        request = {
            "content_type": content_type,
            "bytes": size,
            "key_id": context.principal.key_id,
        }
        job = Job.accept(number, account_id, "import", request, context.metadata())
        return self._application.create(
            context, [job], lambda r, s: jobs.shown(r, number, s.position)
        )

    def find(self, context: Context, job_id: int) -> dict[str, Any]:
        """The caller's job. Raises NotFound or Forbidden."""
        found = find_job(self._application.database, job_id)
        if found is None:
            raise NotFound(f"There is no job {job_id}.")
        context.principal.require_own(found[0], "job")
        return found[1]

    def run(self, job: ImportJob, is_stopping: Callable[[], bool]) -> None:
        """Apply what is left of a job, group by group. Stopped or killed, it goes on where the
        last committed group ended."""
        account_id = job.principal.account_id
        file = ImportFile(self._folder, self._application.vault, account_id, job.id)
        try:
            parse, lines, first = self._reader(job, file)
        except Invalid as error:
            return self.fail(job, error.detail)
        self._count_lines(job, file)
        numbered = islice(enumerate(lines, start=first), max(0, job.lines_done - first + 1), None)
        while group := list(islice(numbered, _GROUP)):
            if is_stopping():
                return
            self._apply(job, group, parse)
        self._finish(job, "succeeded", self._result(job))
        file.remove()
        return None

    def fail(self, job: ImportJob, detail: str) -> None:
        """End a job that cannot go on; the lines that were applied stay."""
        self._finish(job, "failed", {"detail": detail, **self._result(job)})
        account_id = job.principal.account_id
        ImportFile(self._folder, self._application.vault, account_id, job.id).remove()

    def _reader(
        self, job: ImportJob, file: ImportFile
    ) -> tuple[Callable[[bytes], ImportLine], Iterator[bytes], int]:
        """How to parse a line, the lines, and the number of the first one."""
        index = VariableIndex(
            VariableOfValue(*row)
            for row in all_variables(self._application.database, job.principal.account_id)
        )
        lines = file.lines()
        if job.content_type == "text/csv":
            return CsvColumns(next(lines), index).parse, lines, 2
        return (lambda line: parse_ndjson(line, index)), lines, 1

    def _apply(
        self, job: ImportJob, lines: list[Line], parse: Callable[[bytes], ImportLine]
    ) -> None:
        """One group in one transaction; where a line stands in the others' way, line by line."""
        try:
            self._append(job, lines, parse)
        except (IntegrityError, Conflict):
            for line in lines:
                self._apply_alone(job, line, parse)

    def _apply_alone(
        self, job: ImportJob, line: Line, parse: Callable[[bytes], ImportLine]
    ) -> None:
        for _ in range(5):
            try:
                return self._append(job, [line], parse)
            except IntegrityError:
                continue
            except Conflict as error:
                return self._append_problem(job, line[0], error)
        self._append_problem(job, line[0], Conflict("Others kept changing the patient."))
        return None

    def _append(
        self, job: ImportJob, lines: list[Line], parse: Callable[[bytes], ImportLine]
    ) -> None:
        group = _Group()
        parsed: list[tuple[int, ImportLine]] = []
        for number, line in lines:
            if line.strip():
                try:
                    parsed.append((number, parse(_whole(line))))
                except Invalid as error:
                    group.problems.append(_problem(number, error))
        known = self._known(job, [line for _, line in parsed])
        for number, parsed_line in parsed:
            try:
                self._take(job, group, known, number, parsed_line)
            except Unavailable:
                raise
            except AttestorError as error:
                group.problems.append(_problem(number, error))
        self._save(job, group, lines[-1][0])

    def _take(
        self,
        job: ImportJob,
        group: _Group,
        known: dict[str, int],
        number: int,
        line: ImportLine,
    ) -> None:
        """What one line changes; everything is checked before the first event of the line."""
        context = job.context
        values = [
            self._patients.prepare(context, variable, sent, Source.IMPORT)
            for variable, sent in line.values
        ]
        external_id = line.sent.get("external_id")
        patient = group.patients.get(external_id) if external_id else None
        if patient is None and external_id in known:
            patient = self._application.load(context, Patient, known[external_id])
        demographics = line.demographics(patient.demographics if patient else None)
        refuse_bad_dob(demographics)
        metadata = context.metadata_of_line(number)
        if patient is None:
            patient = Patient.register(
                self._application.next_id(), job.principal.account_id, demographics, metadata
            )
        else:
            patient.change_demographics(demographics, metadata)
        patient.import_observations(values, metadata)
        group.patients[external_id or patient.number] = patient

    def _known(self, job: ImportJob, lines: list[ImportLine]) -> dict[str, int]:
        wanted = [line.sent["external_id"] for line in lines if line.sent.get("external_id")]
        return patients_by_external_id(self._application.database, job.principal.account_id, wanted)

    def _save(self, job: ImportJob, group: _Group, last_line: int) -> None:
        progress = {
            "id": job.id,
            "lines_done": last_line,
            "lines_failed": len(group.problems),
            "problems": group.problems,
        }
        self._application.save_import(job.context, group.events, progress)

    def _append_problem(self, job: ImportJob, line: int, error: AttestorError) -> None:
        self._save(job, _Group(problems=[_problem(line, error)]), line)

    def _count_lines(self, job: ImportJob, file: ImportFile) -> None:
        total = sum(1 for _ in file.lines())
        jobs.begin(self._application, job.id, total)

    def _result(self, job: ImportJob) -> dict[str, Any]:
        row = self._application.database.row(
            "SELECT lines_done, lines_failed FROM jobs WHERE id = %s", (job.id,)
        )
        done, failed = row or (0, 0)
        return {"lines": done, "failed": failed}

    def _finish(self, job: ImportJob, status: str, result: dict[str, Any]) -> None:
        jobs.end(self._application, job.context, job.id, status, result)


def _whole(line: bytes) -> bytes:
    if len(line) > LINE_MAX:
        raise Invalid(f"The line has more than {LINE_MAX} bytes.")
    return line


def _problem(line: int, error: AttestorError) -> dict[str, Any]:
    faults = [{"pointer": f.pointer, "detail": f.detail} for f in error.faults]
    return {"line": line, "problem": {"detail": error.detail, "errors": faults}}
