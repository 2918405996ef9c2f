"""The way in, and the files of all pages."""

import falcon

from api.dashboard.navigation import navigation
from api.dashboard.pages import Pages
from api.dashboard.request import DashboardRequest
from service.bootstrap import Services


class Front:
    """Nothing here is about anybody."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._pages = pages

    def on_get_root(self, req: DashboardRequest, resp: falcon.Response) -> None:
        raise falcon.HTTPSeeOther("/dashboard")

    def on_get_home(self, req: DashboardRequest, resp: falcon.Response) -> None:
        raise falcon.HTTPSeeOther(navigation(req.principal)[0].path)

    def on_get_static(
        self, req: DashboardRequest, resp: falcon.Response, version: str, file: str
    ) -> None:
        self._pages.static.answer(req, resp, file)
