"""How the service does: its projections, the seal of its log, and the account's jobs."""

import falcon

from api.dashboard.pages import Pages
from api.dashboard.request import DashboardRequest
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
        health = check(self._database)
        self._pages.show(
            req,
            resp,
            "health.html",
            is_ready=health.is_ready,
            body=health.body,
            jobs=list_jobs(self._database, req.principal.account_id, _JOBS),
        )
