"""Parses documents in a process that may die: the parent's side of the parser server."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from domain.scraping.words import DocumentWords
from service.pdf import frames
from service.pdf.limits import Limits

__all__ = ["Limits", "Parsed", "ParserServer", "Refused"]

ROOT = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 10
LOST = "Reading the document ended unexpectedly, twice."
GARBLED = "The document could not be read."


@dataclass(frozen=True)
class Parsed:
    words: DocumentWords


@dataclass(frozen=True)
class Refused:
    """`reason` is one sentence for a person and holds nothing of the document."""

    reason: str


class ParserServer:
    """One warm process that forks a limited child per document; the caller's memory stays flat.

    `parse` never raises for what a document does. A server that dies is started again, and the
    document it died on is tried once more.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None

    def __enter__(self) -> "ParserServer":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Starts the server unless it runs."""
        with self._lock:
            self._running()

    def close(self) -> None:
        """Ends the server and the document it is reading; `parse` would start it again."""
        with self._lock:
            self._stop()

    def parse(self, pdf: bytes) -> Parsed | Refused:
        """The words of `pdf`, or why there are none. One document at a time."""
        with self._lock:
            for _ in range(2):
                try:
                    status, payload = self._exchange(pdf)
                except (OSError, EOFError):
                    self._stop()
                else:
                    return _answer(status, payload)
            return Refused(LOST)

    def _exchange(self, pdf: bytes) -> tuple[bytes, bytes]:
        connection = self._running()
        frames.send(connection, frames.JOB, pdf)
        return frames.receive(connection, self.limits.result_bytes)

    def _running(self) -> socket.socket:
        """The connection to a live server, started now if need be."""
        live = self._process is not None and self._process.poll() is None
        if self._connection is None or not live:
            self._stop()
            self._connection, self._process = self._launch()
        return self._connection

    def _launch(self) -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
        ours, theirs = socket.socketpair()
        ours.settimeout(self.limits.wall_seconds + GRACE_SECONDS)
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                [sys.executable, "-P", "-m", "service.pdf.worker", json.dumps(asdict(self.limits))],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd="/",
                env={"PYTHONPATH": str(ROOT), "PATH": os.defpath, "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        return ours, process

    def _stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._connection = self._process = None


def _answer(status: bytes, payload: bytes) -> Parsed | Refused:
    if status == frames.REFUSED:
        return Refused(payload.decode("utf-8", "replace"))
    try:
        return Parsed(DocumentWords.from_json(json.loads(payload)))
    except ValueError:
        return Refused(GARBLED)
