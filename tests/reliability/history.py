"""What clients did and were told, written down before they go on: the input of the checkers."""

import json
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from tests.reliability.http_client import Answer, Broken, Client

Outcome = Literal["ok", "fail", "info"]
BACKOFF_SECONDS = 0.05
"""How long a client leaves a service alone that did not answer."""


@dataclass(frozen=True)
class Operation:
    """One attempt to write.

    `outcome` is ok for a 2xx answer, fail for a 4xx one, and info when nobody knows: a broken
    connection, or a 503. Attempts of one `op` are the same request; their events carry its name
    as the request's id. `version` and `position` are what the answer said.
    """

    op: str
    key: str | None
    subject: str
    value: Any
    invoke: float
    ended: float
    outcome: Outcome
    status: int | None = None
    version: int | None = None
    position: int | None = None
    body: str | None = None


class History:
    """A file with one attempt a line, of one client."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, operation: Operation) -> Operation:
        """Write it down."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(operation)) + "\n")
        return operation

    def read(self) -> list[Operation]:
        """Everything noted so far."""
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").splitlines()
        return [Operation(**json.loads(line)) for line in lines]


@dataclass(frozen=True)
class Write:
    """A request that changes something, and how to tell it from all others."""

    op: str
    key: str | None
    subject: str
    value: Any
    method: str
    path: str
    body: Any

    @classmethod
    def new(
        cls, method: str, path: str, body: Any, *, is_repeatable: bool, value: Any = None
    ) -> "Write":
        """A request that nobody sent before; a repeatable one has an Idempotency-Key."""
        name = uuid4().hex
        return cls(name, name if is_repeatable else None, path, value, method, path, body)


def attempt(client: Client, write: Write, history: History) -> Operation:
    """Send it once, and note what came of it."""
    headers = {"X-Request-ID": write.op}
    if write.key is not None:
        headers["Idempotency-Key"] = write.key
    invoke, answer = time.monotonic(), None
    with suppress(*Broken):
        answer = client.call(write.method, write.path, write.body, headers)
    ended = time.monotonic()
    told = (write.op, write.key, write.subject, write.value, invoke, ended)
    return history.note(Operation(*told, *_outcome(answer)))


def attempt_until_known(client: Client, write: Write, history: History) -> Operation:
    """Send it, and when it is repeatable, again until the outcome is known."""
    while True:
        operation = attempt(client, write, history)
        if operation.outcome != "info":
            return operation
        time.sleep(BACKOFF_SECONDS)
        if write.key is None:
            return operation


def read_all(histories: Iterable[History]) -> list[Operation]:
    """Every attempt of every client in the order in which they began."""
    found = [operation for history in histories for operation in history.read()]
    return sorted(found, key=lambda operation: operation.invoke)


def _outcome(answer: Answer | None) -> tuple[Any, ...]:
    """outcome, status, version, position, body"""
    if answer is None:
        return ("info",)
    body = answer.body.decode()
    if 200 <= answer.status < 300:
        version = int(answer.headers["etag"].strip('"v').split(".")[0])
        position = int(answer.headers["x-log-position"])
        return "ok", answer.status, version, position, body
    return ("fail" if answer.status < 500 else "info"), answer.status, None, None, body
