"""kill -9 of the sealer at each of its steps: no event is left out of the log, none is twice, and
every checkpoint reaches the place outside."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.transparency import checkpoint as checkpoints
from service import failpoints
from service.signing import verify
from tests.reliability import invariants
from tests.reliability.cluster import Cluster, kill
from tests.reliability.load import Ward
from tests.reliability.waiting import wait_until, wait_until_gone
from tests.unit.domain.transparency import reference
from tests.unit.service.transparency.sealing import leaves

STEPS = (
    failpoints.BEFORE_SEAL_COMMIT,
    failpoints.AFTER_SEAL_COMMIT,
    failpoints.BEFORE_SIGN_COMMIT,
    failpoints.AFTER_SIGN_COMMIT,
)


@pytest.fixture(scope="module")
def sink(new_directory: Callable[[], Path]) -> Path:
    """A directory outside, for checkpoints."""
    directory = new_directory() / "worm"
    directory.mkdir()
    return directory


@pytest.fixture(scope="module")
def cluster(new_directory: Callable[[], Path], sink: Path) -> Iterator[Cluster]:
    """A service that is to bring its checkpoints there."""
    running = Cluster(new_directory(), ATTESTOR_CHECKPOINT_SINK=str(sink))
    try:
        running.start()
        yield running
    finally:
        running.close()


@pytest.mark.parametrize("step", STEPS)
def test_every_event_is_under_the_next_checkpoint_wherever_the_sealer_was_killed(
    cluster: Cluster, ward: Ward, step: str
) -> None:
    ward.admit("Before")
    token = cluster.arm(step)
    frozen = ward.client.call("POST", "/cms-reports", {})
    assert frozen.status == 201, frozen
    wait_until_gone(token)
    ward.admit("After")

    position = int(frozen.headers["x-log-position"])
    wait_until(lambda: signed_size(cluster) >= position, "the frozen report is signed")

    every_checkpoint_is_the_root_of_the_log(cluster)


def signed_size(cluster: Cluster) -> int:
    """Of the last checkpoint."""
    with cluster.services() as services:
        return services.transparency.status().checkpoint_size or 0


def every_checkpoint_is_the_root_of_the_log(cluster: Cluster) -> None:
    """Each note is signed, and by the naive tree over the events themselves."""
    with cluster.services() as services:
        hashes = leaves(services)
        transparency = services.transparency
        keys = [each.key for each in transparency.public_keys()]
        for each in transparency.checkpoints(1000)[1]:
            found = checkpoints.verify(each.note, "attestor.local/log", keys, verify)
            root = reference.tree_root(hashes[: each.size])
            invariants.equals_the_oracle("root", (found.size, found.root), (each.size, root))
        assert transparency.status().troubles == {}


def test_a_sink_that_was_away_gets_every_checkpoint_and_the_service_says_so_meanwhile(
    cluster: Cluster, ward: Ward, sink: Path
) -> None:
    away = sink.rename(sink.with_name("unmounted"))
    ward.client.make("/cms-reports", {})
    wait_until(lambda: ready(ward) == ("degraded", ["delivery"]), "the service is degraded")
    kill(*cluster.child("work"))
    away.rename(sink)
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
