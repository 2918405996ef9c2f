"""Who saw or changed patient data: gathered in memory, written in batches off the hot path."""

import logging
from collections import deque
from itertools import islice
from threading import Event, Lock, Thread

from domain.errors import Unavailable
from projections.access_log import Access, append_accesses, forget_accesses, repeated
from projections.database import Database

FLUSH_SECONDS = 1.0
_BATCH = 5000
_PENDING_MAX = 20_000
_UNSEEN = frozenset({401, 429, 503})
_LOG = logging.getLogger("attestor.access_trail")

_Refusal = tuple[str | None, str, int, str]


class AccessTrail:
    """Writes every second what was recorded, and the rest when it is closed.

    A process that is killed loses what it recorded within that second. While the database cannot
    take records they wait here; when too many wait, `require_room` refuses further requests, so
    that nothing is shown without a record. An answer that is lost while committing is written
    again: an entry may be there twice, never not at all.
    """

    def __init__(self, database: Database, pending_max: int = _PENDING_MAX) -> None:
        self._database = database
        self._pending_max = pending_max
        self._pending: deque[Access] = deque()
        self._refused: dict[_Refusal, Access] = {}
        self._lock = Lock()
        self._writing = Lock()
        self._stop = Event()
        self._thread = Thread(target=self._run, name="access trail", daemon=True)

    def start(self) -> None:
        """Begin to write every second."""
        self._thread.start()

    def require_room(self) -> None:
        """Raise Unavailable while as many records wait as may, before any data is shown."""
        if len(self._pending) >= self._pending_max:
            raise Unavailable("The access log cannot be written; please try again.")

    def record(self, access: Access) -> None:
        """Keep this. Equal refusals before anything was looked at count up in one record."""
        if access.status in _UNSEEN:
            with self._lock:
                self._count(access)
        else:
            self._pending.append(access)

    def flush(self) -> None:
        """Write what was recorded. Raises Unavailable, and keeps all of it for the next time."""
        with self._writing:
            while self._write_batch():
                pass

    def close(self) -> None:
        """Write the rest and stop."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._try_to_flush()

    def forget(self, years: int) -> int:
        """Remove records older than so many years; how many those were."""
        return forget_accesses(self._database, years)

    def _run(self) -> None:
        while not self._stop.wait(FLUSH_SECONDS):
            self._try_to_flush()

    def _try_to_flush(self) -> None:
        try:
            self.flush()
        except Unavailable:
            _LOG.warning("access records wait", extra={"count": len(self._pending)})

    def _write_batch(self) -> bool:
        """Write some; whether there was anything. What is added meanwhile goes to the end."""
        batch = list(islice(self._pending.copy(), _BATCH))
        with self._lock:
            refused, self._refused = self._refused, {}
        if not batch and not refused:
            return False
        try:
            append_accesses(self._database, [*batch, *refused.values()])
        except Unavailable:
            with self._lock:
                for access in refused.values():
                    self._count(access)
            raise
        for _ in batch:
            self._pending.popleft()
        return True

    def _count(self, access: Access) -> None:
        """Beyond the bound the client's address is left out, so that a flood stays small."""
        is_full = len(self._refused) >= self._pending_max
        what = (access.actor, access.operation, access.status, "" if is_full else access.client)
        before = self._refused.get(what)
        self._refused[what] = repeated(before, access.times) if before else access
