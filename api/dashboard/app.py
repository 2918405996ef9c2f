"""The whole dashboard on one screen: middleware, routes, errors."""

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import falcon

from api.app import DocumentConverter, HeadRouter, IdConverter
from api.dashboard.abstraction import Abstraction
from api.dashboard.audit import Audit
from api.dashboard.door import Door
from api.dashboard.front import Front
from api.dashboard.health import HealthPage
from api.dashboard.keys import Keys
from api.dashboard.metrics import Metrics
from api.dashboard.pages import Pages
from api.dashboard.patient_report import PatientReports
from api.dashboard.patients import Patients
from api.dashboard.people import People
from api.dashboard.reports import Reports
from api.dashboard.request import DashboardRequest
from api.dashboard.routes import BY_ROUTE, ROUTES
from api.dashboard.session import Admit, Arrive
from api.dashboard.trail import Leave
from api.problems import INTERNAL, PROBLEMS
from domain.errors import AttestorError
from service.bootstrap import Services

log = logging.getLogger("attestor.error")

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def create_dashboard(services: Services) -> falcon.App[DashboardRequest, falcon.Response]:
    """The WSGI application of the pages below /dashboard."""
    pages = Pages()
    resources = {
        "front": Front(services, pages),
        "door": Door(services, pages),
        "people": People(services, pages),
        "keys": Keys(services, pages),
        "health": HealthPage(services, pages),
        "abstraction": Abstraction(services, pages),
        "patients": Patients(services, pages),
        "patient_report": PatientReports(services, pages),
        "audit": Audit(services, pages),
        "metrics": Metrics(services, pages),
        "reports": Reports(services, pages),
    }
    app: falcon.App[DashboardRequest, falcon.Response] = falcon.App(
        request_type=DashboardRequest,
        router=HeadRouter(),
        middleware=[Arrive(services), Admit(services, BY_ROUTE), Leave(services)],
    )
    app.router_options.converters["id"] = IdConverter
    app.router_options.converters["document"] = DocumentConverter
    app.req_options.strip_url_path_trailing_slash = True
    app.resp_options.secure_cookies_by_default = False
    _add_error_pages(app, pages)
    for route in {route.path: route for route in ROUTES}.values():
        name, _, suffix = route.responder.partition(".")
        app.add_route(route.path, resources[name], suffix=suffix)
    return app


def beside(api: Wsgi, dashboard: Wsgi) -> Wsgi:
    """One application: the dashboard answers at / and below /dashboard, the API elsewhere."""

    def choose(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        is_page = path in ("/", "/dashboard") or path.startswith("/dashboard/")
        return (dashboard if is_page else api)(environ, start_response)

    return choose


def _add_error_pages(app: falcon.App[Any, Any], pages: Pages) -> None:
    def show(req: DashboardRequest, resp: falcon.Response, status: int, title: str, detail: str
             ) -> None:  # fmt: skip
        resp.status = status
        pages.show(req, resp, "error.html", title=title, detail=detail)

    def refused(
        req: DashboardRequest, resp: falcon.Response, error: AttestorError, params: Any
    ) -> None:
        problem = PROBLEMS.get(type(error), INTERNAL)
        show(req, resp, problem.status, problem.title, error.detail)

    def http_error(
        req: DashboardRequest, resp: falcon.Response, error: falcon.HTTPError, params: Any
    ) -> None:
        status = HTTPStatus(error.status_code)
        resp.set_headers(error.headers or {})
        detail = "There is no such page." if status == HTTPStatus.NOT_FOUND else error.description
        show(req, resp, status.value, status.phrase, detail or "")

    def surprise(
        req: DashboardRequest, resp: falcon.Response, error: Exception, params: Any
    ) -> None:
        # An exception's text may quote a patient; the log keeps its place only.
        log.error("unexpected", exc_info=error, extra={"request_id": req.context.request_id})
        show(req, resp, 500, INTERNAL.title, "Please tell us the request id.")

    app.add_error_handler(Exception, surprise)
    app.add_error_handler(falcon.HTTPError, http_error)
    app.add_error_handler(AttestorError, refused)
