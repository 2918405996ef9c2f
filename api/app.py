"""The whole API on one screen: middleware, routes, errors."""

import re
from typing import Any

import falcon
import falcon.inspect
from falcon.routing import BaseConverter, CompiledRouter

from api.answers import repeat_answer
from api.middleware import Admit, Identify, Record
from api.openapi import specification
from api.operations import BY_ROUTE, OPERATIONS
from api.problems import add_error_handlers
from api.rate_limit import RateLimit
from api.request import Request
from api.resources.access_log import AccessLog
from api.resources.account import Account
from api.resources.bundles import Bundles
from api.resources.cms_reports import CmsReports
from api.resources.docs import Docs
from api.resources.documents import Documents
from api.resources.frozen_reports import FrozenReports
from api.resources.health import Health
from api.resources.history import History
from api.resources.imports import Imports
from api.resources.keys import Keys
from api.resources.members import Members
from api.resources.metrics import Metrics
from api.resources.patient_reports import PatientReports
from api.resources.patients import Patients
from api.resources.samples import Samples
from api.resources.scrapes import Scrapes
from api.resources.transparency import Transparency
from api.resources.values import Observations, Values
from api.resources.variables import Variables
from api.telemetry import Telemetry
from domain.ids import Kind
from service.bootstrap import Services
from service.idempotency import AnsweredBefore

App = falcon.App[Request, falcon.Response]


def create_app(services: Services) -> App:
    """The WSGI application that answers for these services."""
    settings, telemetry = services.settings, Telemetry()
    resources = {
        "patients": Patients(services),
        "patient_reports": PatientReports(services),
        "values": Values(services, "number"),
        "date_values": Values(services, "date"),
        "observations": Observations(services),
        "scrapes": Scrapes(services),
        "variables": Variables(services, "number"),
        "date_variables": Variables(services, "date"),
        "metrics": Metrics(services),
        "members": Members(services),
        "cms_reports": CmsReports(services),
        "bundles": Bundles(services),
        "samples": Samples(services),
        "frozen_reports": FrozenReports(services),
        "documents": Documents(services),
        "imports": Imports(services),
        "account": Account(services),
        "api_keys": Keys(services),
        "access_log": AccessLog(services),
        "events": History(services),
        "patient_history": History(services, Kind.PATIENT),
        "variable_history": History(services, Kind.VARIABLE),
        "date_variable_history": History(services, Kind.DATE_VARIABLE),
        "metric_history": History(services, Kind.METRIC),
        "api_key_history": History(services, Kind.API_KEY),
        "report_history": History(services, Kind.REPORT),
        "transparency": Transparency(services),
        "health": Health(services, telemetry),
        "docs": Docs(specification()),
    }
    rate_limit = RateLimit(settings.rate_limit, settings.workers)
    app: App = falcon.App(
        request_type=Request,
        router=HeadRouter(),
        middleware=[
            Identify(),
            Admit(services, BY_ROUTE, rate_limit),
            Record(services, telemetry),
        ],
    )
    app.router_options.converters["id"] = IdConverter
    app.router_options.converters["document"] = DocumentConverter
    app.req_options.strip_url_path_trailing_slash = True
    add_error_handlers(app)
    app.add_error_handler(AnsweredBefore, repeat_answer)
    for operation in {operation.path: operation for operation in OPERATIONS}.values():
        resource = resources[operation.resource]
        app.add_route(operation.path, resource, suffix=operation.suffix or None)
    return app


class IdConverter(BaseConverter):
    """A positive integer as we write it: ASCII digits, no leading zero, at most 15 of them."""

    def convert(self, value: str) -> int | None:
        """The id; None, and thus 404, for anything else."""
        return int(value) if re.fullmatch(r"[1-9][0-9]{0,14}", value) else None


class DocumentConverter(BaseConverter):
    """The id of a document."""

    def convert(self, value: str) -> str | None:
        """The id; None, and thus 404, for what cannot be one."""
        return value if re.fullmatch(r"pdf_[0-9A-Za-z]{1,64}", value) else None


class HeadRouter(CompiledRouter):
    """Answers HEAD wherever it answers GET; Falcon leaves the body out."""

    def map_http_methods(self, resource: object, **kwargs: Any) -> dict[str, Any]:
        """The responders of a resource by method."""
        responders: dict[str, Any] = {**super().map_http_methods(resource, **kwargs)}
        if "GET" in responders:
            responders["HEAD"] = responders["GET"]
        return responders


falcon.inspect.register_router(HeadRouter)(falcon.inspect.inspect_compiled_router)
