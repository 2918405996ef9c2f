"""People of the account: invite, change a role, disable."""

import falcon

from api.dashboard.pages import Pages
from api.dashboard.request import DashboardRequest
from domain.errors import AttestorError, Conflict, Invalid
from domain.user import Role
from projections.users import list_users
from service.bootstrap import Services

PEOPLE = "/dashboard/people"


class People:
    """For admins."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._users = services.users
        self._pages = pages

    def on_get_list(self, req: DashboardRequest, resp: falcon.Response) -> None:
        self._show(req, resp)

    def on_post_list(self, req: DashboardRequest, resp: falcon.Response) -> None:
        form = req.context.form
        try:
            _, link = self._users.invite(req.command(), form["email"], form["name"], form["role"])
        except (Invalid, Conflict) as error:
            resp.status = 422
            self._show(req, resp, error=error)
            return
        self._show(req, resp, link=self._url(link), whose=form["name"])

    def on_post_role(self, req: DashboardRequest, resp: falcon.Response, user_id: int) -> None:
        self._users.change_role(req.command(), user_id, req.context.form["role"])
        raise falcon.HTTPSeeOther(f"{PEOPLE}?done=role-changed")

    def on_post_disable(self, req: DashboardRequest, resp: falcon.Response, user_id: int) -> None:
        self._users.disable(req.command(), user_id)
        raise falcon.HTTPSeeOther(f"{PEOPLE}?done=user-disabled")

    def on_post_enable(self, req: DashboardRequest, resp: falcon.Response, user_id: int) -> None:
        self._users.enable(req.command(), user_id)
        raise falcon.HTTPSeeOther(f"{PEOPLE}?done=user-enabled")

    def on_post_link(self, req: DashboardRequest, resp: falcon.Response, user_id: int) -> None:
        link = self._users.new_link(req.command(), user_id)
        self._show(req, resp, link=self._url(link), whose="them")

    def _url(self, link: str) -> str:
        return f"{self._services.settings.public_url}/dashboard/welcome/{link}"

    def _show(
        self,
        req: DashboardRequest,
        resp: falcon.Response,
        *,
        error: AttestorError | None = None,
        link: str | None = None,
        whose: str = "",
    ) -> None:
        self._pages.show(
            req,
            resp,
            "people.html",
            people=list_users(self._services.database, req.principal.account_id),
            roles=list(Role),
            me=req.principal.user_id,
            form=req.context.form,
            error=error,
            link=link,
            whose=whose,
        )
