"""An installation of the test's own."""

from collections.abc import Callable

import pytest

from service.bootstrap import Services
from tests.unit.service.transparency.sealing import Installation


@pytest.fixture
def installation(new_services: Callable[[], Services]) -> Installation:
    """Services on an empty log, and its sealer."""
    return Installation(new_services())
