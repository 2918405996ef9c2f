"""Coming in and going out: sign-in, sign-out, and the one-time link that sets a password."""

import falcon

from api.dashboard.pages import Pages
from api.dashboard.request import DashboardRequest
from api.dashboard.session import SIGN_IN, cookie_name, set_cookie
from domain.errors import AttestorError, Invalid, Unauthenticated
from service.bootstrap import Services
from service.users import PASSWORD_LENGTH


class Door:
    """Pages that nobody needs a session for, but the one to sign out."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._users = services.users
        self._pages = pages

    def on_get_sign_in(self, req: DashboardRequest, resp: falcon.Response) -> None:
        if req.context.signed_in is not None:
            raise falcon.HTTPSeeOther("/dashboard")
        self._ask(req, resp, "", None)

    def on_post_sign_in(self, req: DashboardRequest, resp: falcon.Response) -> None:
        form, context = req.context.form, req.context
        try:
            secret = self._users.sign_in(
                form["email"], form["password"], context.client, context.request_id
            )
        except Unauthenticated as error:
            resp.status = 401
            self._ask(req, resp, form["email"], error)
            return
        set_cookie(req, resp, secret)
        resp.status = 303
        resp.location = own_page(form["next"])

    def on_post_sign_out(self, req: DashboardRequest, resp: falcon.Response) -> None:
        self._users.sign_out(req.context.secret, req.command())
        resp.unset_cookie(cookie_name(req), path="/")
        resp.status = 303
        resp.location = SIGN_IN

    def on_get_welcome(self, req: DashboardRequest, resp: falcon.Response, link: str) -> None:
        self._welcome(req, resp, link, None)

    def on_post_welcome(self, req: DashboardRequest, resp: falcon.Response, link: str) -> None:
        form = req.context.form
        try:
            if form["password"] != form["again"]:
                raise Invalid.field("again", "is not the same password")
            self._users.set_password(link, form["password"], req.context.request_id)
        except Invalid as error:
            resp.status = 422
            self._welcome(req, resp, link, error)
            return
        raise falcon.HTTPSeeOther(f"{SIGN_IN}?done=password-set")

    def _ask(
        self, req: DashboardRequest, resp: falcon.Response, email: str, error: AttestorError | None
    ) -> None:
        next_page = req.get_param("next") or req.context.form["next"]
        self._pages.show(
            req, resp, "sign_in.html", email=email, next_page=own_page(next_page), error=error
        )

    def _welcome(
        self, req: DashboardRequest, resp: falcon.Response, link: str, error: AttestorError | None
    ) -> None:
        user = self._users.user_of_link(link)
        # The address of this page is a secret that no other page may be told.
        resp.set_header("referrer-policy", "no-referrer")
        self._pages.show(req, resp, "welcome.html", user=user, error=error, length=PASSWORD_LENGTH)


def own_page(path: str) -> str:
    """Where to go on after signing in; never to another site."""
    is_own = path.startswith("/dashboard") and not any(c in path for c in "\\\r\n")
    return path if is_own else "/dashboard"
