"""The load on a server: wrk where it is installed, else a small client of our own."""

import json
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request as Call
from urllib.request import urlopen

CONNECTIONS = 8
_WRK = shutil.which("wrk")
_SCRIPT = Path(__file__).with_name("requests.lua")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TOOL = "wrk" if _WRK else "our own client"


@dataclass(frozen=True)
class Request:
    """One request; a body makes it a PUT."""

    path: str
    body: str = ""

    @property
    def method(self) -> str:
        """GET or PUT."""
        return "PUT" if self.body else "GET"


@dataclass(frozen=True)
class Target:
    """A server: the key it knows, its process, and the numbers of its patients and variables."""

    base: str
    secret: str
    pid: int
    patients: Sequence[int]
    variables: Sequence[int]
    has_runner: bool = False

    @property
    def headers(self) -> Mapping[str, str]:
        """What every request carries."""
        return {"X-API-Key": self.secret, "Content-Type": "application/json"}

    def ask(self, request: Request) -> Any:
        """The parsed answer to one request; raises on any status but success."""
        call = Call(  # noqa: S310  our own server
            self.base + request.path,
            request.body.encode() or None,
            dict(self.headers),
            method=request.method,
        )
        with urlopen(call, timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    def rate(self, requests: Sequence[Request], seconds: float) -> float:
        """Answers a second over 8 connections that send the requests in turn, again and again.

        Raises AssertionError when an answer is not a success.
        """
        measure = _rate_of_wrk if _WRK else rate_of_own_client
        return measure(self, requests, seconds)


def _rate_of_wrk(target: Target, requests: Sequence[Request], seconds: float) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".requests") as file:
        file.writelines(f"{each.method}\t{each.path}\t{each.body}\n" for each in requests)
        file.flush()
        headers = [f"-H{name}: {value}" for name, value in target.headers.items()]
        command = [
            str(_WRK), "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout=20s",
            *headers, "-s", str(_SCRIPT), target.base, "--", file.name,
        ]  # fmt: skip
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    if "Non-2xx" in told or "Socket errors" in told:
        raise AssertionError(f"{requests[0].path}: {told}")
    found = re.search(r"Requests/sec: +([\d.]+)", told)
    if found is None:
        raise AssertionError(told)
    return float(found[1])


def rate_of_own_client(target: Target, requests: Sequence[Request], seconds: float) -> float:
    """As `Target.rate`, by a thread for each connection."""
    messages = [_message(target, each) for each in requests]
    started = time.perf_counter()

    def send(number: int) -> int:
        turn = islice(cycle(messages), number * len(messages) // CONNECTIONS, None)
        answers = 0
        with _connect(target) as connection:
            while time.perf_counter() - started < seconds:
                _exchange(connection, next(turn))
                answers += 1
        return answers

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        answers = sum(threads.map(send, range(CONNECTIONS)))
    return answers / (time.perf_counter() - started)


def _connect(target: Target) -> socket.socket:
    place = urlsplit(target.base)
    connection = socket.create_connection((place.hostname, place.port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _message(target: Target, request: Request) -> bytes:
    headers = {**target.headers, "Host": urlsplit(target.base).netloc}
    if request.body:
        headers["Content-Length"] = str(len(request.body))
    lines = [
        f"{request.method} {request.path} HTTP/1.1",
        *(f"{k}: {v}" for k, v in headers.items()),
    ]
    return "\r\n".join([*lines, "", request.body]).encode()


def _exchange(connection: socket.socket, message: bytes) -> None:
    connection.sendall(message)
    answer = connection.recv(1 << 16)
    while (end := answer.find(b"\r\n\r\n")) < 0:
        answer += connection.recv(1 << 16)
    length = _LENGTH.search(answer, 0, end)
    if not answer.startswith(b"HTTP/1.1 200") or length is None:
        raise AssertionError(answer[:200])
    left = end + 4 + int(length[1]) - len(answer)
    while left > 0:
        left -= len(connection.recv(left))
