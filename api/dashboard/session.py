"""Who is there: the session cookie, and what a request must bring to change anything."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import falcon

from api.client_address import client_address
from api.dashboard.request import DashboardRequest, Form, check_csrf, read_form
from api.dashboard.routes import Route
from api.request import request_id_of
from domain.errors import Forbidden
from service.bootstrap import Services

SIGN_IN = "/dashboard/sign-in"
_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
_STANDING = {
    "cache-control": "private, no-store",
    "content-security-policy": _CSP,
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Arrive:
    """Gives each request its id, its address, and the headers of every page."""

    def __init__(self, services: Services) -> None:
        self._trusted = services.settings.trusted_proxies

    def process_request(self, req: DashboardRequest, resp: falcon.Response) -> None:
        """Runs before routing."""
        context = req.context
        context.request_id = request_id_of(req)
        context.client = client_address(req, self._trusted)
        context.form = Form([])
        resp.set_headers({**_STANDING, "x-request-id": context.request_id})


class Admit:
    """Lets a request in: session, scope, and for changes the form's token, in this order."""

    def __init__(self, services: Services, routes: Mapping[tuple[str, str], Route]) -> None:
        self._users = services.users
        self._routes = routes

    def process_resource(
        self,
        req: DashboardRequest,
        resp: falcon.Response,
        resource: object,
        params: dict[str, Any],
    ) -> None:
        """Runs after routing and before the responder."""
        method = "GET" if req.method == "HEAD" else req.method
        route = self._routes.get((req.uri_template or "", method))
        if route is None:
            return
        context = req.context
        context.route, context.patient_id = route, params.get("patient_id")
        context.secret = (req.get_cookie_values(cookie_name(req)) or [""])[0]
        if context.secret:
            context.signed_in = self._users.recognise(context.secret)
        if not route.is_public:
            if context.signed_in is None:
                raise falcon.HTTPSeeOther(_sign_in_and_back(req))
            if route.scope is not None and route.scope not in req.principal.scopes:
                raise Forbidden("Your role may not see or do this.")
        if req.method == "POST":
            refuse_other_sites(req)
            if not route.is_upload:
                context.form = read_form(req)
                check_csrf(req, context.form.get("csrf"))


def cookie_name(req: DashboardRequest) -> str:
    """Browsers keep `__Host-` cookies to this very host, and take them over TLS only."""
    return "__Host-attestor" if req.scheme == "https" else "attestor_session"


def set_cookie(req: DashboardRequest, resp: falcon.Response, secret: str) -> None:
    """Give the browser its session."""
    is_secure = req.scheme == "https"
    resp.set_cookie(
        cookie_name(req), secret, path="/", secure=is_secure, http_only=True, same_site="Lax"
    )


def refuse_other_sites(req: DashboardRequest) -> None:
    """Raise Forbidden when another site's page made the browser send this."""
    fetched_from = req.get_header("Sec-Fetch-Site")
    origin = req.get_header("Origin")
    # A page without referrer has the origin "null", so the browser's own word goes first.
    is_own = (
        fetched_from in ("same-origin", "none")
        if fetched_from is not None
        else origin is None or urlsplit(origin).netloc == req.netloc
    )
    if not is_own:
        raise Forbidden("Another site's page may not do this.")


def _sign_in_and_back(req: DashboardRequest) -> str:
    if req.method not in ("GET", "HEAD"):
        return f"{SIGN_IN}?done=session-over"
    if req.path == "/dashboard":
        return SIGN_IN
    return f"{SIGN_IN}?next={quote(req.relative_uri)}"
