"""The end of processes, asked for or not: SIGTERM, and kill -9 of those that start the others."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

import pytest

from tests.reliability import invariants
from tests.reliability.cluster import Cluster, Process, is_alive, kill
from tests.reliability.history import Write
from tests.reliability.load import Load, Ward, everything_holds
from tests.reliability.waiting import wait_until

IN_FLIGHT = 6
STOPPING = "Handling signal: term"
"""What gunicorn's master logs."""


@pytest.fixture(autouse=True)
def _running_again(cluster: Cluster) -> Iterator[None]:
    """Each test leaves the service running."""
    yield
    if cluster.supervisor.poll() is not None:
        cluster.start()


def gone(processes: list[Process]) -> bool:
    return not any(map(is_alive, processes))


def test_after_kill_9_of_the_supervisor_the_rest_ends_and_a_restart_goes_on(
    cluster: Cluster, ward: Ward, tmp_path: Path
) -> None:
    with Load(ward, tmp_path, clients=2) as load:
        load.wait_for_acks(5)
        others = [*cluster.api_workers(), *(each for name in ("gunicorn", "project", "work")
                                            for each in cluster.child(name))]  # fmt: skip
        cluster.kill()
        wait_until(lambda: gone(others), "the processes of the dead supervisor end")
        cluster.start()
        load.wait_for_acks(5)

    everything_holds(cluster, load)


def test_the_api_comes_back_after_kill_9_of_its_master(
    cluster: Cluster, ward: Ward, tmp_path: Path
) -> None:
    with Load(ward, tmp_path, clients=2) as load:
        load.wait_for_acks(5)
        workers = cluster.api_workers()
        kill(*cluster.child("gunicorn"))
        wait_until(lambda: gone(workers), "the workers of the dead master end")
        load.wait_for_acks(5)

    everything_holds(cluster, load)


@dataclass(frozen=True)
class InFlight:
    """A request whose head the service has read, and whose body is still to come."""

    connection: socket.socket
    write: Write

    @classmethod
    def begin(cls, ward: Ward, write: Write) -> "InFlight":
        """Send the head; the service asks for the body when a thread of it reads the request."""
        connection = socket.create_connection(("127.0.0.1", ward.client.port), timeout=60)
        body = json.dumps(write.body).encode()
        connection.sendall(
            f"{write.method} {write.path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: "
            f"{ward.client.key}\r\nX-Request-ID: {write.op}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        return cls(connection, write)

    def finish(self) -> int:
        """Send the body; the status of the answer."""
        self.connection.sendall(json.dumps(self.write.body).encode())
        with closing(HTTPResponse(self.connection)) as response:
            response.begin()
            return response.status


def test_sigterm_answers_what_is_in_flight_and_leaves_no_process(
    cluster: Cluster, ward: Ward
) -> None:
    writes = [ward.put(ward.admit(f"Eva {n}"), n, is_repeatable=False) for n in range(IN_FLIGHT)]
    with ExitStack() as connections:
        requests = [InFlight.begin(ward, write) for write in writes]
        for request in requests:
            connections.enter_context(request.connection)
        before = cluster.log.read_text().count(STOPPING)
        cluster.supervisor.terminate()
        wait_until(
            lambda: cluster.log.read_text().count(STOPPING) > before, "the API is told to stop"
        )
        statuses = [request.finish() for request in requests]

    assert statuses == [200] * IN_FLIGHT
    assert cluster.stop() == 0
    assert [cluster.processes(), cluster.postgres()] == [[], []]
    cluster.start()
    with cluster.connect() as connection:
        named = {event.request_id for event in invariants.read_log(connection)}
    assert {write.op for write in writes} <= named
