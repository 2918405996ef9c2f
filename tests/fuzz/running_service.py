"""The whole service as a user starts it: `attestor serve` with its own database and port."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class RunningService:
    """A service that answers at `url`."""

    url: str
    environment: dict[str, str]

    def attestor(self, *arguments: str) -> str:
        """What a command prints."""
        command = [sys.executable, "-m", "service.cli", *arguments]
        return subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True
        ).stdout

    def new_account(self, name: str) -> tuple[int, str]:
        """Open an account; its id and first key."""
        made = json.loads(self.attestor("account", "create", name, "--json"))
        return made["account_id"], made["api_key"]

    def requests_answered(self) -> int:
        """How many requests all workers have answered."""
        text = requests.get(f"{self.url}/-/metrics", timeout=10).text
        counts = re.findall(r"^attestor_requests_total\{.*\} ([0-9.]+)$", text, re.MULTILINE)
        return int(sum(map(float, counts)))


@contextmanager
def running_service(directory: Path, **settings: Any) -> Iterator[RunningService]:
    """`attestor serve` on a free port, with its data in `directory`; stopped at the end."""
    port = free_port()
    environment = {
        **os.environ,
        "ATTESTOR_DATA_DIR": str(directory),
        "ATTESTOR_BIND": f"127.0.0.1:{port}",
        "ATTESTOR_RATE_LIMIT": "0",
        "ATTESTOR_LOG_LEVEL": "WARNING",
        **{f"ATTESTOR_{name.upper()}": str(value) for name, value in settings.items()},
    }
    environment.pop("ATTESTOR_DATABASE_URL", None)
    counts = directory / "prometheus"
    counts.mkdir(exist_ok=True)
    environment["PROMETHEUS_MULTIPROC_DIR"] = str(counts)
    with (directory / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "service.cli", "serve"], env=environment, stderr=log, stdout=log
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url, process)
            yield RunningService(url, environment)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE_SECONDS)


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{url}/-/ready", timeout=5).status_code == 200:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the service did not become ready; see serve.log in its directory")
