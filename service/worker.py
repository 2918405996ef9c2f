"""The background worker: reads documents, applies imports, freezes scheduled reports, forgets old
access records, and seals the log."""

import logging
import threading
from collections.abc import Callable

import orjson

from domain.account import ALL_SCOPES
from domain.errors import AttestorError
from domain.patient import Patient
from projections.access import account_zone
from projections.jobs import next_job
from projections.patients import next_document_to_read
from service.access_trail import AccessTrail
from service.application import Application
from service.checkpoint_sink import Deliveries
from service.context import Context, Principal
from service.imports import ImportJob, Imports
from service.leadership import Leadership
from service.pdf.sandbox import Parsed, ParserServer
from service.pdf.store import BlobStore
from service.report_schedule import ReportSchedule
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
        store: BlobStore,
        imports: Imports,
        parser: ParserServer,
        leadership: Leadership,
        schedule: ReportSchedule,
        trail: AccessTrail,
        access_log_years: int,
        sealer: Sealer,
        deliveries: Deliveries,
    ) -> None:
        self._application = application
        self._store = store
        self._imports = imports
        self._parser = parser
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
                self.apply_next_import,
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
        self._parser.close()
        self._leadership.give_up()

    def stop(self) -> None:
        """End after the step at hand."""
        self._stopping.set()

    def read_next_document(self) -> bool:
        """Parse the oldest waiting document and record how it ended; False when there is none."""
        waiting = next_document_to_read(self._application.database)
        if waiting is None:
            return False
        document_id, account_id, patient_id, sha256 = waiting
        context = self._context(account_id, f"read-{document_id}")
        result = self._parser.parse(self._store.get(patient_id, sha256, "pdf"))
        if isinstance(result, Parsed):
            words = orjson.dumps(result.words.to_json())
            self._store.put(patient_id, sha256, "words", words)

        def tell(patient: Patient) -> None:
            metadata = context.metadata()
            if isinstance(result, Parsed):
                pages = len(result.words.pages)
                patient.document_was_read(document_id, pages, result.words.summary(), metadata)
            else:
                patient.document_was_refused(document_id, result.reason, metadata)

        self._application.change(context, Patient, patient_id, tell, lambda r, s, p, t: None)
        return True

    def apply_next_import(self) -> bool:
        """Take up the oldest unfinished import; False when there is none."""
        waiting = next_job(self._application.database)
        if waiting is None:
            return False
        job_id, account_id, _, request, lines_done, zone = waiting
        principal = Principal(account_id, zone, frozenset(ALL_SCOPES), request["key_id"])
        job = ImportJob(job_id, principal, request["content_type"], lines_done)
        try:
            self._imports.run(job, self._stopping.is_set)
        except AttestorError:
            raise
        except Exception as error:  # one of the three places that may: the job ends, and says so
            _LOG.error("import failed", extra={"job_id": job.id, "error": type(error).__name__})
            self._imports.fail(job, f"The service could not go on: {type(error).__name__}.")
        return True

    def freeze_due_reports(self) -> bool:
        """Freeze scheduled reports whose period is over; then rest for a while."""
        self._schedule.freeze_due()
        self._stopping.wait(_SCHEDULE_SECONDS)
        return False

    def forget_old_access(self) -> bool:
        """Remove access records that are older than they are to be kept; then rest for a while."""
        self._trail.forget(self._access_log_years)
        self._stopping.wait(_SCHEDULE_SECONDS)
        return False

    def seal_log(self) -> bool:
        """Seal new events and sign checkpoints; rest for a while at the end of the log."""
        return self._sealer.step() or self._rest(_SEAL_SECONDS)

    def deliver_checkpoints(self) -> bool:
        """Bring checkpoints to where they are safe from us; then rest for a while."""
        return self._deliveries.step() or self._rest(_SEAL_SECONDS)

    def _rest(self, seconds: float) -> bool:
        self._stopping.wait(seconds)
        return False

    def _context(self, account_id: int, request_id: str) -> Context:
        zone = account_zone(self._application.database, account_id) or "UTC"
        principal = Principal(account_id, zone, frozenset(ALL_SCOPES))
        return Context(principal, request_id, channel="system")

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
