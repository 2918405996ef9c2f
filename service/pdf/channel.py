"""One parser server, as its parent sees it: jobs go in, results or reasons come out."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from service.pdf import frames
from service.pdf.limits import Limits

ROOT = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 60
"""For the process to start, and to load what reads scans, on a busy machine."""
LOST = "Reading the document ended unexpectedly, twice."


@dataclass(frozen=True)
class Refused:
    """`reason` is one sentence for a person and holds nothing of the document."""

    reason: str


class Channel:
    """A warm process that forks a limited child per job, one at a time; started at the first one.

    A process that dies is started again, and the job it died on is tried once more.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None

    def start(self) -> None:
        """Starts the process unless it runs."""
        with self._lock:
            self._running()

    def close(self) -> None:
        """Ends the process and the job at hand; `ask` would start it again."""
        with self._lock:
            self._stop()

    def ask(self, job: bytes, options: dict[str, Any], pdf: bytes) -> bytes | Refused:
        """The result of a job of `frames` on `pdf`. Never raises for what a document does."""
        with self._lock:
            for _ in range(2):
                try:
                    status, payload = self._exchange(job, options, pdf)
                except (OSError, EOFError):
                    self._stop()
                else:
                    if status == frames.DONE:
                        return payload
                    return Refused(payload.decode("utf-8", "replace"))
            return Refused(LOST)

    def _exchange(self, job: bytes, options: dict[str, Any], pdf: bytes) -> tuple[bytes, bytes]:
        connection = self._running()
        frames.send(connection, job, json.dumps(options).encode())
        frames.send(connection, frames.DOCUMENT, pdf)
        return frames.receive(connection, self._limits.result_bytes)

    def _running(self) -> socket.socket:
        """The connection to a live process, started now if need be."""
        live = self._process is not None and self._process.poll() is None
        if self._connection is None or not live:
            self._stop()
            self._connection, self._process = self._launch()
        return self._connection

    def _launch(self) -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
        limits = json.dumps(asdict(self._limits))
        ours, theirs = socket.socketpair()
        ours.settimeout(self._limits.wall_seconds + GRACE_SECONDS)
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                [sys.executable, "-P", "-m", "service.pdf.worker", limits],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd="/",
                env={
                    "PYTHONPATH": str(ROOT),
                    "PATH": os.defpath,
                    "LC_ALL": "C.UTF-8",
                    # A process with threads cannot fork safely, and numpy starts some.
                    "OMP_NUM_THREADS": "1",
                },
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
