"""The dashboard over real services on a real database, called in this process."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from falcon.testing import TestClient

from api.dashboard.app import create_dashboard
from service.bootstrap import Services, build
from service.settings import Settings
from tests.factories import Tenant, tenant
from tests.unit.api.dashboard.browser import PASSWORD, Browser


@pytest.fixture(scope="module")
def services(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    directory: Path = tmp_path_factory.mktemp("data")
    built = build(Settings(database_url=database_url, data_dir=directory))
    yield built
    built.close()


@dataclass(frozen=True)
class Clinic:
    """An account with people in it."""

    tenant: Tenant
    client: TestClient

    def somebody(self, role: str = "admin") -> str:
        """The email of a new user with a password."""
        users = self.tenant.services.users
        name = f"{role}{len(self.tenant.services.database.rows('SELECT FROM users'))}"
        email = f"{name}@clinic.example"
        _, link = users.invite(self.tenant.asks(), email, name, role)
        users.set_password(link, PASSWORD, "test")
        return email

    def browser(self, role: str = "admin") -> Browser:
        """A browser in which somebody with this role is signed in."""
        browser = Browser(self.client)
        assert browser.sign_in(self.somebody(role)).status_code == 303
        return browser


@pytest.fixture(scope="module")
def client(services: Services) -> TestClient:
    return TestClient(create_dashboard(services))


@pytest.fixture(scope="module")
def new_clinic(services: Services, client: TestClient) -> Callable[[], Clinic]:
    return lambda: Clinic(tenant(services), client)


@pytest.fixture(scope="module")
def clinic(new_clinic: Callable[[], Clinic]) -> Clinic:
    return new_clinic()
