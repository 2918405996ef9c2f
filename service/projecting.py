"""The process that moves the async projections along the log."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import psycopg

from domain.errors import Unavailable
from domain.measures.syntax import grammar
from projections.database import Database
from projections.measure_results import MeasureResults
from projections.queries import load
from projections.runner import CheckpointMoved, Runner
from service.failpoints import failpoint
from service.idempotency import sweep
from service.leadership import Leadership
from service.mapper import EventMapper

_QUERIES = load("runner")
_LOG = logging.getLogger("attestor.runner")
_IDLE_SECONDS = 0.02
_BREATH_SECONDS = 0.1
_MANY = 200
_AFTER_ERROR_SECONDS = 0.5
_HEARTBEAT_SECONDS = 1.0
_CHORES_SECONDS = 60.0

MEASURE_RESULTS = MeasureResults()
ASYNC = (MEASURE_RESULTS,)


class Projecting:
    """Leads all async projections, or waits until the process that leads them is gone."""

    def __init__(self, database: Database, mapper: EventMapper, leadership: Leadership) -> None:
        self._database = database
        self._leadership = leadership
        self._runners = [Runner(database, each, mapper, failpoint) for each in ASYNC]
        self._stopping = threading.Event()
        self._heartbeat_at = self._chores_at = float("-inf")

    def run(self) -> None:
        """Project until `stop` is called."""
        # The first formula would otherwise wait for the parser's tables.
        grammar()
        is_prepared = False
        while not self._stopping.is_set():
            pause = _IDLE_SECONDS
            try:
                if self._leadership.is_held():
                    if not is_prepared:
                        self.prepare()
                        is_prepared = True
                    pause = self._work()
            except CheckpointMoved:
                is_prepared = False
            except (Unavailable, psycopg.OperationalError) as error:
                _LOG.warning("database away", extra={"error": type(error).__name__})
                pause = _AFTER_ERROR_SECONDS
            self._stopping.wait(pause)
        self._leadership.give_up()

    def _work(self) -> float:
        """One round; the seconds to pause before the next.

        A round costs much the same for one event as for a hundred. While they trickle in, a pause
        lets them gather and leaves the machine to the requests.
        """
        started = time.monotonic()
        events = self.round()
        if events >= _MANY:
            return 0
        return max(_IDLE_SECONDS, min(_BREATH_SECONDS, 3 * (time.monotonic() - started)))

    def prepare(self) -> None:
        """Make every projection's checkpoint."""
        for runner in self._runners:
            runner.prepare()

    def round(self) -> int:
        """One batch of each projection, and now and then the chores; how many events it was."""
        events = sum(runner.step() for runner in self._runners)
        now = time.monotonic()
        if now - self._heartbeat_at >= _HEARTBEAT_SECONDS:
            self._heartbeat_at = now
            names = [each.name for each in ASYNC]
            self._database.execute(_QUERIES["heartbeat"], {"names": names})
        if events == 0 and now - self._chores_at >= _CHORES_SECONDS:
            self._chores_at = now
            self._do_chores()
        return events

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stopping.set()

    def _do_chores(self) -> None:
        with self._database.transaction() as transaction:
            MEASURE_RESULTS.refresh_periods(transaction)
        with self._database.transaction() as transaction:
            sweep(transaction)


def catch_up(
    runners: Sequence[Runner], report: Callable[[int, int], None] = lambda done, total: None
) -> int:
    """Project everything there is; how many events it was. `report` is told how many are done,
    out of how many."""
    events = 0
    for runner in runners:
        runner.prepare()
        total = events + runner.lag()
        while done := runner.step():
            events += done
            report(events, max(events, total))
    return events


def resume_stopped(database: Database, mapper: EventMapper) -> Iterator[tuple[int, str | None]]:
    """Take up every account's line that stopped: the account, and what stops it still, if any."""
    for projection in ASYNC:
        for (account_id,) in database.rows(_QUERIES["stopped"], {"name": projection.name}):
            try:
                Runner(database, projection, mapper).resume(account_id)
            except (Unavailable, psycopg.OperationalError):
                raise
            except Exception as error:  # the line stays where it stopped, and says so
                yield account_id, type(error).__name__
            else:
                yield account_id, None
