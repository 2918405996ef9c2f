"""Clients that write all the time, each to patients of its own, and what they expect to find."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

from tests.reliability import invariants
from tests.reliability.cluster import Cluster
from tests.reliability.history import (
    History,
    Operation,
    Write,
    attempt_until_known,
    read_all,
)
from tests.reliability.http_client import Client
from tests.reliability.waiting import wait_until

LOW_BELOW = 50
FORMULA = ["initial population: level is known", f"numerator: level < {LOW_BELOW}"]


@dataclass(frozen=True)
class Ward:
    """An account with one variable, `level`, and a metric that counts the low ones."""

    client: Client
    variable_id: int
    metric_id: int

    @classmethod
    def open(cls, client: Client) -> "Ward":
        """Define variable and metric in the client's account."""
        variable = client.make("/variables", {"name": "level"})
        metric = client.make("/metrics", {"name": "Low level", "calculation_formula": FORMULA})
        return cls(client, variable["id"], metric["id"])

    def admit(self, name: str) -> int:
        """A new patient's id."""
        made = self.client.make("/patients", {"name": name, "dob": "1960-05-04"})
        return int(made["id"])

    def level_of(self, patient_id: int) -> str:
        """The path of a patient's level."""
        return f"/patients/{patient_id}/variables/{self.variable_id}"

    def put(self, patient_id: int, value: int, *, is_repeatable: bool) -> Write:
        """A request to put a patient's level."""
        path, body = self.level_of(patient_id), {"value": str(value)}
        return Write.new("PUT", path, body, is_repeatable=is_repeatable, value=str(value))

    def register(self, name: str) -> Write:
        """A request for a new patient."""
        return Write.new("POST", "/patients", {"name": name}, is_repeatable=True)

    def standing(self, patient_id: int) -> str | None:
        """A patient's level as the API tells it."""
        shown = self.client.get(f"/patients/{patient_id}/observations")
        values = [o["value"] for o in shown if o["variable_id"] == self.variable_id]
        return values[0] if values else None

    def counts(self, position: int) -> tuple[int, int]:
        """Denominator and numerator of the metric once the report has reached a position."""

        def report() -> Any:
            path = f"/cms-reports?metric_id={self.metric_id}&min_position={position}"
            answer = self.client.call("GET", path)
            if answer.status == 200 and int(answer.data["position"]) >= position:
                return answer.data["reports"]
            return None

        found = wait_until(report, f"the report reaches position {position}")[0]
        return found["denominator"], found["numerator"]


def expected_counts(standing: Mapping[str, str | None]) -> tuple[int, int]:
    """Denominator and numerator by our own arithmetic."""
    known = [int(value) for value in standing.values() if value is not None]
    return len(known), sum(value < LOW_BELOW for value in known)


class Load:
    """Some clients in threads; use it as a context, at whose end they finish what they are at."""

    def __init__(self, ward: Ward, folder: Path, clients: int) -> None:
        self.ward = ward
        self._stopping = Event()
        self._histories = [History(folder / f"client-{n}.jsonl") for n in range(clients)]
        self._patients = [ward.admit(f"Load {n}") for n in range(clients)]
        self._acks = [0] * clients
        newest = ward.client.call("GET", "/patients?limit=1")
        self.begins_after = int(newest.headers["x-log-position"])
        self._pool = ThreadPoolExecutor(clients)
        self._running: list[Future[None]] = []

    def __enter__(self) -> "Load":
        self._running = [self._pool.submit(self._run, n) for n in range(len(self._patients))]
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()
        self._pool.shutdown()
        for client in self._running:
            client.result()

    def wait_for_acks(self, more: int) -> None:
        """Until every client has had that many more writes acknowledged."""
        before = list(self._acks)
        wait_until(
            lambda: (
                all(now >= then + more for now, then in zip(self._acks, before, strict=True))
                or any(client.done() for client in self._running)
            ),
            f"{more} more writes of each client are acknowledged",
        )

    def history(self) -> list[Operation]:
        """All attempts so far."""
        return read_all(self._histories)

    def standing(self) -> dict[str, str | None]:
        """What the API now tells of each subject that was written."""
        return {self.ward.level_of(p): self.ward.standing(p) for p in self._patients}

    def _run(self, number: int) -> None:
        for write in self._writes(number):
            if self._stopping.is_set():
                return
            done = attempt_until_known(self.ward.client, write, self._histories[number])
            self._acks[number] += done.outcome == "ok"

    def _writes(self, number: int) -> Iterator[Write]:
        """Puts that can be repeated and puts that cannot, and now and then a new patient."""
        ward, patient = self.ward, self._patients[number]
        kinds: list[Callable[[int], Write]] = [
            lambda n: ward.put(patient, n % 100, is_repeatable=True),
            lambda n: ward.put(patient, n % 100, is_repeatable=False),
            lambda n: ward.register(f"Load {number}.{n}"),
        ]
        for n in count(37 * number):
            yield kinds[n % 3](n)


def everything_holds(cluster: Cluster, load: Load) -> None:
    """After a fault and a load: nothing that the clients were told is untrue."""
    cluster.wait_until_ready()
    history, standing = load.history(), load.standing()
    with cluster.connect() as connection:
        log = invariants.read_log(connection)
    invariants.hold(history, log)
    invariants.nothing_unasked_is_there(history, log, load.begins_after)
    invariants.last_write_stands(history, standing)
    counts = load.ward.counts(log[-1].position)
    invariants.equals_the_oracle("report", counts, expected_counts(standing))
    with cluster.services() as services:
        invariants.read_models_equal_a_rebuild(services)
