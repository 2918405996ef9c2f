"""Servers as processes: started, waited for, weighed and stopped."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import psutil

_START_SECONDS = 60.0


@contextmanager
def started(
    command: Sequence[str],
    environment: Mapping[str, str],
    ready_url: str,
    directory: Path | None = None,
    secret: str = "",
) -> Iterator[int]:
    """The process of a server that answers at `ready_url`; it is stopped at the end."""
    process = subprocess.Popen(  # noqa: S603  our own programs
        command, cwd=directory, env=dict(environment), stdin=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(ready_url, secret):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{command[0]} does not serve")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_START_SECONDS)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def megabytes(pid: int) -> float:
    """Memory of a process and all under it; what they share counts once."""
    root = psutil.Process(pid)
    family = [root, *root.children(recursive=True)]
    return sum(each.memory_full_info().pss for each in family) / 1e6


def _answers(url: str, secret: str) -> bool:
    try:
        with urlopen(Request(url, headers={"X-API-Key": secret}), timeout=5):  # noqa: S310
            return True
    except OSError:
        return False
