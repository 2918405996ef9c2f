"""Hands each checkpoint to a place outside the database, where its operator cannot rewrite it."""

from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Protocol
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from projections.database import Database
from projections.transparency import QUERIES
from service.signing import write_durably
from service.trouble import Trouble, Troubles

_TIMEOUT_SECONDS = 10
_BATCH = 100


class Sink(Protocol):
    """A place for checkpoints; taking one twice does no harm."""

    def put(self, size: int, note: str) -> None:
        """Take the checkpoint of this size for good. Raises Trouble."""
        ...


class DirectorySink:
    """A file for each checkpoint, `<size>.txt`; what is written survives a power cut."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, size: int, note: str) -> None:
        """Write the file, whole or not at all. The directory has to be there: it may be a mount,
        and a directory made in its place would look like success."""
        try:
            write_durably(self._directory / f"{size}.txt", note)
        except OSError as error:
            raise Trouble(f"{self._directory} takes no checkpoint: {error.strerror}") from error


class HttpSink:
    """PUT `<url>/<size>` with the note as text/plain; any 2xx means that it is kept."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._opener = build_opener(_NoRedirect())

    def put(self, size: int, note: str) -> None:
        """Send the note. A redirect is refused: the note would go where nobody said."""
        request = Request(  # noqa: S310  the setting allows http and https only
            f"{self._url}/{size}",
            data=note.encode(),
            method="PUT",
            headers={"Content-Type": "text/plain; charset=utf-8"},
        )
        try:
            status = _status(self._opener, request)
        except (OSError, HTTPException) as error:
            raise Trouble(f"the sink does not answer: {type(error).__name__}") from error
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise Trouble(f"the sink answers {status}")


class Deliveries:
    """Brings the checkpoints to the sink in their order, after they were committed."""

    def __init__(self, database: Database, sink: Sink | None) -> None:
        """`sink` None: nothing is brought anywhere, and all of it later, once there is one."""
        self._database = database
        self._sink = sink
        self._troubles = Troubles(database, "delivery")

    def step(self) -> bool:
        """Deliver some; whether there may be more at once. A failure is shown as trouble; the
        next step begins again with the checkpoint that failed."""
        delivered = 0
        with self._troubles.shown():
            for size, note in self._missing():
                self._deliver(size, note)
                delivered += 1
        return delivered == _BATCH

    def _missing(self) -> list[tuple[int, str]]:
        if self._sink is None:
            return []
        rows = self._database.rows(QUERIES["undelivered"], {"limit": _BATCH})
        return [(size, note) for size, note in rows]

    def _deliver(self, size: int, note: str) -> None:
        if self._sink is not None:
            self._sink.put(size, note)
            self._database.execute(QUERIES["delivered"], {"size": size})


def sink_of(setting: str | None) -> Sink | None:
    """The sink that ATTESTOR_CHECKPOINT_SINK names: a directory or a URL."""
    if setting is None:
        return None
    return HttpSink(setting) if "://" in setting else DirectorySink(Path(setting))


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """Follow none."""


def _status(opener: OpenerDirector, request: Request) -> int:
    try:
        with opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
            status: int = response.status
            return status
    except HTTPError as error:
        error.close()
        return error.code
