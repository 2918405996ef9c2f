"""kill -9 of PostgreSQL, the postmaster and all its children, while clients write."""

from pathlib import Path

from tests.reliability.cluster import Cluster, kill
from tests.reliability.load import Load, Ward, everything_holds

ROUNDS = 3


def test_every_acknowledged_write_survives_and_the_service_comes_back_by_itself(
    cluster: Cluster, ward: Ward, tmp_path: Path
) -> None:
    with Load(ward, tmp_path, clients=4) as load:
        for _ in range(ROUNDS):
            load.wait_for_acks(10)
            kill(*cluster.postgres())
        load.wait_for_acks(10)

    everything_holds(cluster, load)
    assert any(operation.outcome == "info" for operation in load.history())
