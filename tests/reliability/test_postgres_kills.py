"""kill -9 of PostgreSQL, the postmaster and all its children, while clients write."""

from pathlib import Path

from tests.reliability import invariants
from tests.reliability.cluster import Cluster, kill
from tests.reliability.load import Load, Ward, expected_counts

ROUNDS = 3


def test_every_acknowledged_write_survives_and_the_service_comes_back_by_itself(
    cluster: Cluster, ward: Ward, tmp_path: Path
) -> None:
    with Load(ward, tmp_path, clients=4) as load:
        for _ in range(ROUNDS):
            load.wait_for_acks(10)
            kill(*cluster.postgres())
        load.wait_for_acks(10)
    cluster.wait_until_ready()

    history, standing = load.history(), load.standing()
    with cluster.connect() as connection:
        log = invariants.read_log(connection)
    invariants.hold(history, log)
    invariants.last_write_stands(history, standing)
    counts = ward.counts(log[-1].position)
    invariants.equals_the_oracle("the report", counts, expected_counts(standing))
    with cluster.services() as services:
        invariants.read_models_equal_a_rebuild(services)
    assert any(operation.outcome == "info" for operation in history)
