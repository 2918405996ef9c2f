"""A real service, as `attestor serve` starts it, for the tests that ask it over HTTP."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.demo import Client, new_account, own_service


@pytest.fixture(scope="session")
def service() -> Iterator[tuple[str, Path]]:
    """URL and data directory of the service that the acceptance tests share."""
    folder = Path(tempfile.mkdtemp(dir=os.environ["TEST_RUN_DIR"]))
    folder.chmod(0o711)
    with own_service(folder) as client:
        yield client.url, folder


@pytest.fixture
def client(service: tuple[str, Path]) -> Client:
    """A client with an account of this test's own."""
    return new_account(*service)
