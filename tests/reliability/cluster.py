"""`attestor serve` as real processes: started, watched, killed, and looked into."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

from service.bootstrap import Services, build
from service.postgres_directory import PostgresDirectory
from service.settings import Settings
from tests.reliability.http_client import Broken, Client
from tests.reliability.waiting import wait_until

ATTESTOR = (sys.executable, "-m", "service.cli")
STOP_SECONDS = 90
Process = psutil.Process


class Cluster:
    """One service on a data directory and a port of its own, with its embedded PostgreSQL."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.log = data_dir / "serve.log"
        self._failpoints = data_dir / "failpoints"
        self._failpoints.mkdir(mode=0o711)
        self._database = PostgresDirectory.prepare(data_dir)
        # Bound and never listening: nobody else on this machine gets the port while we live.
        self._reservation = socket.socket()
        self._reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reservation.bind(("127.0.0.1", 0))
        self.port: int = self._reservation.getsockname()[1]
        self.environment = _environment(
            ATTESTOR_DATA_DIR=str(data_dir),
            ATTESTOR_BIND=f"127.0.0.1:{self.port}",
            ATTESTOR_RATE_LIMIT="0",
            ATTESTOR_FAILPOINT=str(self._failpoints),
            **settings,
        )
        self._supervisor: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        with self.log.open("ab") as log:
            self._supervisor = subprocess.Popen(
                [*ATTESTOR, "serve"], env=self.environment, stdout=log, stderr=log
            )
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Until database, schema, API and runner are there, or the service has ended."""
        try:
            wait_until(self._is_ready, "the service is ready")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log.read_text()[-3000:]}") from error

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.supervisor.terminate()
        return self.supervisor.wait(STOP_SECONDS)

    def kill(self) -> None:
        """SIGKILL to the supervisor alone; the others notice by themselves."""
        self.supervisor.kill()
        self.supervisor.wait(STOP_SECONDS)

    def close(self) -> None:
        """End whatever of it still runs, the database included."""
        if self._supervisor is not None:
            self._supervisor.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._supervisor.wait(STOP_SECONDS)
        kill(*self.processes(), *self.postgres())
        self._reservation.close()

    @property
    def supervisor(self) -> "subprocess.Popen[bytes]":
        """The process of `attestor serve`."""
        assert self._supervisor is not None, "the service was not started"
        return self._supervisor

    @property
    def database_url(self) -> str:
        """The embedded database, as its superuser."""
        return self._database.url("attestor")

    def connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """A connection that reads committed rows of the schema."""
        options = "-c search_path=attestor"
        return psycopg.connect(self.database_url, autocommit=True, options=options)

    @contextmanager
    def services(self) -> Iterator[Services]:
        """The services in this process, on the database of the others."""
        services = build(Settings(data_dir=self.data_dir), database_url=self.database_url)
        try:
            yield services
        finally:
            services.close()

    def open_account(self, name: str) -> Client:
        """A client of a new account that may do everything."""
        with self.services() as services:
            _, key = services.keys.open_account(name, "UTC", "open-account")
        return Client(self.port, key.secret)

    def arm(self, failpoint: str, request_id: str = "") -> Path:
        """Let the next process that comes to a failpoint die there; the file goes when it does.

        After a reply only this request counts when one is named: the client has the answer of the
        request before while the worker is still on its way to that failpoint.
        """
        token = self._failpoints / failpoint
        ready = token.with_suffix(".ready")
        ready.write_text(request_id, encoding="ascii")
        return ready.rename(token)

    def processes(self) -> list[Process]:
        """Every living process that was started with this data directory."""
        return [p for p in psutil.process_iter() if _is_of(p, self.data_dir)]

    def child(self, name: str) -> list[Process]:
        """The living runner (`project`), worker (`work`) or gunicorn master (`gunicorn`)."""
        return [p for p in self._children() if name in command_of(p).split()]

    def api_workers(self) -> list[Process]:
        """The processes that answer requests."""
        return [w for master in self.child("gunicorn") for w in _children_of(master)]

    def postgres(self) -> list[Process]:
        """The postmaster and all its children."""
        return postgres_on(self._database.data)

    def _children(self) -> list[Process]:
        return _children_of(Process(self.supervisor.pid))

    def _is_ready(self) -> bool:
        if self.supervisor.poll() is not None:
            raise AssertionError("the service ended")
        try:
            return Client(self.port).call("GET", "/-/ready").status == 200
        except Broken:
            return False


def kill(*processes: Process) -> None:
    """SIGKILL all of them, the first before the second, and wait until they are gone."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    gone_or_not = psutil.wait_procs(processes, timeout=STOP_SECONDS)
    assert not gone_or_not[1]


def signal_all(number: signal.Signals, processes: Sequence[Process]) -> None:
    """Send a signal to each that still lives."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def postgres_on(data: Path) -> list[Process]:
    """The PostgreSQL processes on a data directory, the postmaster first."""
    found = [
        process
        for process in psutil.process_iter(["name", "cwd"])
        if process.info["name"] == "postgres" and process.info["cwd"] == str(data)
    ]
    pids = {process.pid for process in found}
    return sorted(found, key=lambda process: _parent(process) in pids)


def command_of(process: Process) -> str:
    """The command line, or what the process has put in its place; empty of one that is gone."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def is_alive(process: Process) -> bool:
    """Whether it runs: a zombie does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _environment(**settings: str) -> dict[str, str]:
    """Ours, with these settings instead of any others of the service."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ATTESTOR_")}
    return {**ours, **settings}


def _children_of(process: Process) -> list[Process]:
    try:
        return [child for child in process.children() if is_alive(child)]
    except psutil.NoSuchProcess:
        return []


def _is_of(process: Process, data_dir: Path) -> bool:
    try:
        environ: Mapping[str, str] = process.environ()
    except psutil.Error:
        return False
    return environ.get("ATTESTOR_DATA_DIR") == str(data_dir) and is_alive(process)


def _parent(process: Process) -> int:
    try:
        return process.ppid()
    except psutil.NoSuchProcess:
        return 0
