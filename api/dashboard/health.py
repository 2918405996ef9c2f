"""How the service does: its projections, the seal of its log, and the account's jobs."""

from datetime import UTC, datetime, timedelta

import falcon

from api.dashboard.keys import Use, uses_of
from api.dashboard.pages import Pages
from api.dashboard.request import DashboardRequest
from projections.access import usage_by_hour
from projections.jobs import list_jobs
from service.bootstrap import Services
from service.health import check

_JOBS = 20


class HealthPage:
    """For everybody; nothing here is about a patient."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._database = services.database
        self._pages = pages

    def on_get(self, req: DashboardRequest, resp: falcon.Response) -> None:
        health, account_id = check(self._database), req.principal.account_id
        now = datetime.now(UTC)
        hours = usage_by_hour(self._database, account_id, now - timedelta(hours=24))
        uses = uses_of(hours, now).values()
        self._pages.show(
            req,
            resp,
            "health.html",
            body=health.body,
            jobs=list_jobs(self._database, account_id, _JOBS),
            hours=[f"{now - timedelta(hours=back):%H}:00" for back in reversed(range(24))],
            use=Use(
                tuple(map(sum, zip(*(use.parts for use in uses), strict=True))),
                sum(use.errors for use in uses),
            ),
        )
