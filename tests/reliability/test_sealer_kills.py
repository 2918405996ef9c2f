"""kill -9 of the sealer at each of its steps: no event is left out of the log, none is twice."""

import pytest

from domain.transparency import checkpoint as checkpoints
from service import failpoints
from service.signing import verify
from tests.reliability import invariants
from tests.reliability.cluster import Cluster
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
