"""Checkpoints reach a directory outside the database, from a running service, and none is lost."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reliability import invariants
from tests.reliability.cluster import Cluster, kill
from tests.reliability.load import Ward
from tests.reliability.waiting import wait_until


@pytest.fixture(scope="module")
def sink(new_directory: Callable[[], Path]) -> Path:
    """A place that is not there yet, as a mount that is missing."""
    return new_directory() / "worm"


@pytest.fixture(scope="module")
def cluster(new_directory: Callable[[], Path], sink: Path) -> Iterator[Cluster]:
    """A service that is to bring its checkpoints there."""
    running = Cluster(new_directory(), ATTESTOR_CHECKPOINT_SINK=str(sink))
    try:
        running.start()
        yield running
    finally:
        running.close()


def test_a_sink_that_was_away_gets_every_checkpoint_and_the_service_says_so_meanwhile(
    cluster: Cluster, ward: Ward, sink: Path
) -> None:
    ward.client.make("/cms-reports", {})
    wait_until(lambda: ready(ward) == ("degraded", ["delivery"]), "the service is degraded")
    kill(*cluster.child("work"))
    sink.mkdir()
    wait_until(lambda: ready(ward) == ("ready", []), "everything is delivered")
    last = ward.client.make("/cms-reports", {})["position"]
    wait_until(lambda: any(size >= int(last) for size in sizes(sink)), "the report is outside")

    outside = {size: (sink / f"{size}.txt").read_text("utf-8") for size in sizes(sink)}
    signed = {each["size"]: each["note"] for each in ward.client.get("/transparency/checkpoints")}
    invariants.equals_the_oracle("checkpoints", outside, {s: signed[s] for s in outside})
    assert signed.keys() - outside.keys() <= {max(signed)}


def ready(ward: Ward) -> tuple[str, list[str]]:
    """Status and troubles, as probes see them."""
    health: dict[str, Any] = ward.client.get("/-/ready")
    return health["status"], health["transparency"]["troubles"]


def sizes(sink: Path) -> list[int]:
    """Of the checkpoints outside; drafts are no checkpoints."""
    return sorted(int(file.stem) for file in sink.glob("[0-9]*.txt"))
