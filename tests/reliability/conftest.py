"""One running service for the tests of a module; each leaves it running and ready."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.bootstrap import Services
from tests.conftest import RUN_DIR
from tests.factories import services_on
from tests.reliability.cluster import Cluster
from tests.reliability.load import Ward
from tests.reliability.sealed_log import SealedLog


@pytest.fixture(scope="module")
def new_directory() -> Callable[[], Path]:
    """Makes an empty directory that the account of the database can pass."""

    def make() -> Path:
        directory = Path(tempfile.mkdtemp(dir=os.environ[RUN_DIR]))
        directory.chmod(0o711)
        return directory

    return make


@pytest.fixture(scope="module")
def cluster(new_directory: Callable[[], Path]) -> Iterator[Cluster]:
    """A service that is ready."""
    running = Cluster(new_directory())
    try:
        running.start()
        yield running
    finally:
        running.close()


@pytest.fixture
def ward(cluster: Cluster) -> Ward:
    """An account of the test's own."""
    return Ward.open(cluster.open_account("Reliability"))


@pytest.fixture(scope="module")
def new_services(
    new_database: Callable[[], str], new_directory: Callable[[], Path]
) -> Iterator[Callable[[], Services]]:
    """Makes services in this process, each time on a database and a directory of their own."""
    made: list[Services] = []

    def make() -> Services:
        made.append(services_on(new_database(), new_directory()))
        return made[-1]

    yield make
    for services in made:
        services.close()


@pytest.fixture(scope="module")
def log(new_services: Callable[[], Services]) -> SealedLog:
    """More than 300 events under three checkpoints; what a test does to it has to be undone."""
    sealed = SealedLog.of(new_services(), [20, 20, 22])
    assert sealed.verify().sealed > 300
    return sealed


@pytest.fixture
def own_log(new_services: Callable[[], Services]) -> SealedLog:
    """A small log of the test's own, under two checkpoints."""
    return SealedLog.of(new_services(), [3, 3])
