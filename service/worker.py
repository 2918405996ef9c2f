"""The background worker: reads documents, does imports and scrapes, freezes scheduled reports,
forgets old access records, and seals the log."""

import logging
import threading
from collections.abc import Callable

from domain.account import ALL_SCOPES
from domain.errors import AttestorError
from projections.jobs import next_job
from service.access_trail import AccessTrail
from service.application import Application
from service.checkpoint_sink import Deliveries
from service.context import Principal
from service.document_reading import DocumentReading
from service.imports import ImportJob, Imports
from service.leadership import Leadership
from service.report_schedule import ReportSchedule
from service.scrape_jobs import ScrapeJob, ScrapeJobs
from service.sealer import Sealer

_IDLE_SECONDS = 0.05
_AFTER_ERROR_SECONDS = 1.0
_SCHEDULE_SECONDS = 60.0
_SEAL_SECONDS = 1.0
_LOG = logging.getLogger("attestor.worker")


class Worker:
    """Six loops, in the one process that holds the leadership."""

    def __init__(
        self,
        application: Application,
        imports: Imports,
        scrapes: ScrapeJobs,
        documents: DocumentReading,
        leadership: Leadership,
        schedule: ReportSchedule,
        trail: AccessTrail,
        access_log_years: int,
        sealer: Sealer,
        deliveries: Deliveries,
    ) -> None:
        self._application = application
        self._imports = imports
        self._scrapes = scrapes
        self._documents = documents
        self._leadership = leadership
        self._schedule = schedule
        self._trail = trail
        self._access_log_years = access_log_years
        self._sealer = sealer
        self._deliveries = deliveries
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until `stop` is called."""
        loops = [
            threading.Thread(target=self._repeat, args=(step,), name=step.__name__)
            for step in (
                self.read_next_document,
                self.do_next_job,
                self.freeze_due_reports,
                self.forget_old_access,
                self.seal_log,
                self.deliver_checkpoints,
            )
        ]
        for loop in loops:
            loop.start()
        for loop in loops:
            loop.join()
        self._documents.close()
        self._leadership.give_up()

    def stop(self) -> None:
        """End after the step at hand."""
        self._stopping.set()

    def read_next_document(self) -> bool:
        """Read the oldest waiting document; False when there is none."""
        return self._documents.read_next()

    def do_next_job(self) -> bool:
        """Take up the oldest unfinished import or scrape; False when there is none."""
        waiting = next_job(self._application.database)
        if waiting is None:
            return False
        job_id, account_id, kind, request, lines_done, zone = waiting
        principal = Principal(
            account_id, zone, frozenset(ALL_SCOPES), request["key_id"], request.get("user_id")
        )
        do, fail = (
            self._import(ImportJob(job_id, principal, request["content_type"], lines_done))
            if kind == "import"
            else self._scrape(ScrapeJob(job_id, principal, request, lines_done))
        )
        try:
            do()
        except AttestorError:
            raise
        except Exception as error:  # one of the three places that may: the job ends, and says so
            _LOG.error("job failed", extra={"job_id": job_id, "error": type(error).__name__})
            fail(f"The service could not go on: {type(error).__name__}.")
        return True

    def _import(self, job: ImportJob) -> tuple[Callable[[], None], Callable[[str], None]]:
        """How to do a job, and how to give it up."""
        return (
            lambda: self._imports.run(job, self._stopping.is_set),
            lambda detail: self._imports.fail(job, detail),
        )

    def _scrape(self, job: ScrapeJob) -> tuple[Callable[[], None], Callable[[str], None]]:
        return (
            lambda: self._scrapes.run(job, self._stopping.is_set),
            lambda detail: self._scrapes.finish(job, "failed", detail),
        )

    def freeze_due_reports(self) -> bool:
        """Freeze scheduled reports whose period is over; then rest for a while."""
        self._schedule.freeze_due()
        return self._rest(_SCHEDULE_SECONDS)

    def forget_old_access(self) -> bool:
        """Remove access records that are older than they are to be kept; then rest for a while."""
        self._trail.forget(self._access_log_years)
        return self._rest(_SCHEDULE_SECONDS)

    def seal_log(self) -> bool:
        """Seal new events and sign checkpoints; rest for a while at the end of the log."""
        return self._sealer.step() or self._rest(_SEAL_SECONDS)

    def deliver_checkpoints(self) -> bool:
        """Bring checkpoints to where they are safe from us; then rest for a while."""
        return self._deliveries.step() or self._rest(_SEAL_SECONDS)

    def _rest(self, seconds: float) -> bool:
        self._stopping.wait(seconds)
        return False

    def _repeat(self, step: Callable[[], bool]) -> None:
        while not self._stopping.is_set():
            pause = _IDLE_SECONDS
            try:
                if self._leadership.is_held() and step():
                    continue
            except AttestorError as error:
                # The step did not commit, so it is taken up again; the log says that it was.
                _LOG.warning(
                    "step failed", extra={"step": step.__name__, "error": type(error).__name__}
                )
                pause = _AFTER_ERROR_SECONDS
            except BaseException:
                # Without this loop the process is of no use: it ends, and is started again.
                self._stopping.set()
                raise
            self._stopping.wait(pause)
