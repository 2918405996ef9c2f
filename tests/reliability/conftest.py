"""One running service for the tests of a module; each leaves it running and ready."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import RUN_DIR
from tests.reliability.cluster import Cluster
from tests.reliability.load import Ward


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
