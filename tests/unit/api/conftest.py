"""The API over real services on a real database, called in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from falcon.testing import TestClient

from api.app import App, create_app
from service.bootstrap import Services, build
from service.settings import Settings
from tests.unit.api.caller import Caller


@pytest.fixture(scope="module")
def services(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    directory: Path = tmp_path_factory.mktemp("data")
    settings = Settings(
        database_url=database_url, data_dir=directory, rate_limit=0, max_upload_bytes=1 << 20
    )
    built = build(settings)
    yield built
    built.close()


@pytest.fixture(scope="module")
def app(services: Services) -> App:
    return create_app(services)


@pytest.fixture(scope="module")
def anyone(app: App) -> TestClient:
    """A client without a key."""
    return TestClient(app)


@pytest.fixture(scope="module")
def new_caller(services: Services, anyone: TestClient) -> Callable[[str], Caller]:
    """Opens an account of this name and gives a client of it."""

    def make(name: str) -> Caller:
        account_id, key = services.keys.open_account(name, "UTC", "test")
        return Caller(anyone, account_id, key.secret)

    return make


@pytest.fixture(scope="module")
def caller(new_caller: Callable[[str], Caller]) -> Caller:
    """A client whose key may do everything in its account."""
    return new_caller("Clinic")
