"""The API as it would be without an access trail; for comparison, and for nothing else."""

import os
from dataclasses import replace

from api.app import create_app
from projections.access_log import Access
from service.access_trail import AccessTrail
from service.bootstrap import build
from service.settings import Settings


class Untold(AccessTrail):
    """Keeps nothing."""

    def record(self, access: Access) -> None:
        """Forget it at once."""


services = build(Settings.from_env(os.environ))
services.usage.start()
app = create_app(replace(services, access_trail=Untold(services.database)))
