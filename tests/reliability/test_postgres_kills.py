"""kill -9 of PostgreSQL while clients write: of all its processes, and of one backend."""

from pathlib import Path

from tests.reliability.cluster import Cluster, Process, command_of, kill
from tests.reliability.load import Load, Ward, everything_holds


def all_of_it(cluster: Cluster) -> list[Process]:
    """The postmaster and all its children; the service has to start it again."""
    return cluster.postgres()


def one_backend(cluster: Cluster) -> list[Process]:
    """The server ends all others, recovers and goes on by itself."""
    return [each for each in cluster.postgres() if "[local]" in command_of(each)][:1]


def test_every_acknowledged_write_survives_and_the_service_comes_back_by_itself(
    cluster: Cluster, ward: Ward, tmp_path: Path
) -> None:
    with Load(ward, tmp_path, clients=4) as load:
        for victims in (all_of_it, one_backend, all_of_it, one_backend):
            load.wait_for_acks(10)
            found = victims(cluster)
            assert found
            kill(*found)
        load.wait_for_acks(10)

    everything_holds(cluster, load)
    assert any(operation.outcome == "info" for operation in load.history())
