"""The dashboard over real services on a real database, called in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from falcon.testing import TestClient

from api.dashboard.app import create_dashboard
from service.bootstrap import Services, build
from service.settings import Settings
from tests.factories import tenant
from tests.unit.api.dashboard.browser import Browser
from tests.unit.api.dashboard.clinic import Clinic
from tests.unit.api.dashboard.ward import Ward


@pytest.fixture(scope="module")
def services(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    directory: Path = tmp_path_factory.mktemp("data")
    built = build(Settings(database_url=database_url, data_dir=directory))
    yield built
    built.close()


@pytest.fixture(scope="module")
def client(services: Services) -> TestClient:
    return TestClient(create_dashboard(services))


@pytest.fixture(scope="module")
def new_clinic(services: Services, client: TestClient) -> Callable[[], Clinic]:
    return lambda: Clinic(tenant(services), client)


@pytest.fixture(scope="module")
def clinic(new_clinic: Callable[[], Clinic]) -> Clinic:
    return new_clinic()


@pytest.fixture(scope="module")
def ward(clinic: Clinic) -> Ward:
    return Ward(clinic)


@pytest.fixture(scope="module")
def admin(clinic: Clinic) -> Browser:
    return clinic.browser()
