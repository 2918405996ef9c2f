"""A client of the API in this process."""

from dataclasses import dataclass
from typing import Any

from falcon.testing import Result, TestClient


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
