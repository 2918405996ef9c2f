"""How often each key is used: counted in memory, written in batches."""

from collections import Counter
from datetime import UTC, datetime
from threading import Event, Lock, Thread

from domain.errors import Unavailable
from projections.access import add_usage
from projections.database import Database

_FLUSH_SECONDS = 2.0

_Counted = tuple[int, datetime, str, int]


class Usage:
    """Counts calls by key, hour, endpoint and status; a killed process loses two seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: Counter[_Counted] = Counter()
        self._lock = Lock()
        self._stop = Event()
        self._thread = Thread(target=self._run, name="usage", daemon=True)

    def start(self) -> None:
        """Begin to write every two seconds."""
        self._thread.start()

    def count(self, key_id: int, endpoint: str, status: int) -> None:
        """One call of `endpoint` (method and URI template) that was answered with `status`."""
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        with self._lock:
            self._counts[key_id, hour, endpoint, status] += 1

    def flush(self) -> None:
        """Write what was counted; what cannot be written now is kept for the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        now = datetime.now(UTC)
        try:
            add_usage(self._database, [(*what, calls, now) for what, calls in counts.items()])
        except Unavailable:
            with self._lock:
                self._counts += counts

    def close(self) -> None:
        """Write the rest and stop."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self.flush()

    def _run(self) -> None:
        while not self._stop.wait(_FLUSH_SECONDS):
            self.flush()
