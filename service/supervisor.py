"""`attestor serve`: API, runner and worker as processes that stand and fall together."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_LOG = logging.getLogger("attestor.serve")
_STOP_SECONDS = 40.0
_RESTART_SECONDS = 0.5
_ROUND_SECONDS = 0.5
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    """Linux only: a supervisor that is killed must not leave children that serve on."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """One process that is started again whenever it ends."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = field(default=float("-inf"))

    def ensure(self, environment: dict[str, str]) -> None:
        """Start it unless it runs; at most twice a second."""
        if self.process is not None and self.process.poll() is None:
            return
        if time.monotonic() - self.started_at < _RESTART_SECONDS:
            return
        if self.process is not None:
            _LOG.warning("restarting", extra={"child": self.name, "code": self.process.returncode})
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  our own programs
            self.command,
            env=environment,
            stdin=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,
        )


class Supervisor:
    """Keeps the children running until SIGTERM or SIGINT, then stops them all."""

    def __init__(self, environment: dict[str, str], repair_database: Callable[[], None]) -> None:
        """`repair_database` brings an embedded server back that has died."""
        attestor = [sys.executable, "-m", "service.cli"]
        self._environment = environment
        self._repair_database = repair_database
        self._stopping = threading.Event()
        self._children = [
            Child("api", [sys.executable, "-m", "gunicorn", "-c", "python:service.gunicorn_conf"]),
            Child("runner", [*attestor, "project"]),
            Child("worker", [*attestor, "work"]),
        ]

    def run(self) -> None:
        """Serve until told to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        while not self._stopping.is_set():
            self._repair_database()
            for child in self._children:
                child.ensure(self._environment)
            self._stopping.wait(_ROUND_SECONDS)
        self._stop_all()

    def _stop_all(self) -> None:
        running = [c.process for c in self._children if c.process and c.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
