"""The API over real services on a real database, called in this process."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import Result, TestClient

from api.app import App, create_app
from service.bootstrap import Services, build
from service.settings import Settings


@dataclass(frozen=True)
class Caller:
    """A client with a key; `headers` are added to every request."""

    client: TestClient
    account_id: int
    key: str

    def __call__(self, method: str, path: str, **options: Any) -> Result:
        headers = {"X-API-Key": self.key, **options.pop("headers", {})}
        return self.client.simulate_request(method, path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> Result:
        return self("GET", path, **options)

    def post(self, path: str, **options: Any) -> Result:
        return self("POST", path, **options)

    def put(self, path: str, **options: Any) -> Result:
        return self("PUT", path, **options)

    def make(self, path: str, **body: Any) -> int:
        """Create something and answer its id."""
        made = self.post(path, json=body)
        assert made.status_code == 201, made.text
        return int(made.json["data"]["id"])


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
