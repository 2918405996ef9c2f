"""Real services on a database of the test module's own."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.bootstrap import Services
from tests.conftest import RUN_DIR
from tests.factories import Tenant, services_on, tenant


@pytest.fixture(scope="module")
def services(database_url: str) -> Iterator[Services]:
    """One process's services for all tests of a module."""
    directory = Path(tempfile.mkdtemp(dir=os.environ[RUN_DIR]))
    services = services_on(database_url, directory)
    yield services
    services.close()


@pytest.fixture
def clinic(services: Services) -> Tenant:
    """An account that no other test has."""
    return tenant(services)


@pytest.fixture
def new_services(
    new_database: Callable[[], str], data_dir: Path
) -> Iterator[Callable[[], Services]]:
    """Makes services of one installation, each time on a database without rows."""
    made: list[Services] = []

    def make() -> Services:
        made.append(services_on(new_database(), data_dir))
        return made[-1]

    yield make
    for services in made:
        services.close()
