"""What happens around every request: identity, access, limits, headers, and the access record."""

import logging
import time
from collections.abc import Mapping
from typing import Any

import falcon
from falcon.constants import COMBINED_METHODS

from api.access_trail import Disclosure
from api.client_address import client_address
from api.operation import Operation
from api.parameters import read_query
from api.rate_limit import RateLimit
from api.request import Request, principal_of, request_id_of
from api.telemetry import Telemetry
from domain.errors import Unauthenticated
from service.bootstrap import Services
from service.context import Principal

log = logging.getLogger("attestor.access")

_UNDERSCORED = ("date_variables", "cms_reports", "api_keys")
_STANDING = {
    "cache-control": "private, no-cache",
    "vary": "X-API-Key, Authorization, Accept",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


class Identify:
    """Gives each request its id and its canonical path."""

    def process_request(self, req: Request, resp: falcon.Response) -> None:
        """Runs before routing, so that aliases of a path reach the same responder."""
        context = req.context
        context.started = time.perf_counter()
        context.request_id = request_id_of(req)
        context.query = {}
        resp.set_headers({**_STANDING, "x-request-id": context.request_id})
        req.path = canonical_path(req.method, req.path)


class Admit:
    """Lets a request in: key, scope, allowance and query, in this order, before any body is read.

    An operation without a scope in the table needs no key; nothing else is reachable without one.
    """

    def __init__(
        self,
        services: Services,
        operations: Mapping[tuple[str, str], Operation],
        rate_limit: RateLimit,
    ) -> None:
        self._authentication = services.authentication
        self._disclosure = Disclosure(services)
        self._operations = operations
        self._rate_limit = rate_limit

    def process_resource(
        self, req: Request, resp: falcon.Response, resource: object, params: dict[str, Any]
    ) -> None:
        """Runs after routing and before the responder."""
        method = "GET" if req.method == "HEAD" else req.method
        operation = self._operations.get((req.uri_template or "", method))
        if operation is None:
            return
        context = req.context
        context.operation = operation
        context.patient_id = params.get("patient_id")
        if operation.scope is not None:
            context.principal = principal = self._recognise(req)
            allowance = self._rate_limit.take(principal.key_id or 0)
            if allowance is not None:
                resp.set_headers(allowance.headers)
                if not allowance.is_granted:
                    raise falcon.HTTPTooManyRequests(
                        description=f"More than {allowance.limit} requests a minute.",
                        retry_after=allowance.retry_seconds,
                    )
            principal.require(operation.scope)
        context.query = read_query(operation.parameters, req.params)
        if operation.is_recorded:
            self._disclosure.admit(context, operation, principal_of(req), params)

    def _recognise(self, req: Request) -> Principal:
        try:
            return self._authentication.recognise(secret_of(req))
        except Unauthenticated as error:
            req.context.refused = error
            raise


class Record:
    """Counts and logs each answer, and tells the access trail. None of them holds a path, a query
    or a body."""

    def __init__(self, services: Services, telemetry: Telemetry) -> None:
        self._usage = services.usage
        self._disclosure = Disclosure(services)
        self._telemetry = telemetry
        self._trusted = services.settings.trusted_proxies

    def process_response(
        self, req: Request, resp: falcon.Response, resource: object, req_succeeded: bool
    ) -> None:
        """Runs last, whatever happened before."""
        context = req.context
        seconds = time.perf_counter() - context.started
        route = context.operation.route if context.operation else "unmatched"
        method = req.method if req.method in COMBINED_METHODS else "OTHER"
        status = resp.status_code
        key_id = context.principal.key_id if context.principal else None
        if key_id is not None:
            self._usage.count(key_id, f"{method} {route}", status)
        self._telemetry.observe(method, route, status, seconds)
        client = client_address(req, self._trusted)
        self._disclosure.record(context, status, client)
        if log.isEnabledFor(logging.INFO):
            shown = {
                "request_id": context.request_id,
                "method": method,
                "route": route,
                "status": status,
                "duration_ms": round(seconds * 1000, 2),
                "key_id": key_id,
                "client": client,
            }
            log.info("request", extra=shown)


def canonical_path(method: str, path: str) -> str:
    """The path that the table knows: `date_variables` is `date-variables`, and a POST to
    `…/create` is one to `…`."""
    if method == "POST":
        path = path.removesuffix("/create")
    if "_" in path:
        parts = path.split("/")
        path = "/".join(p.replace("_", "-") if p in _UNDERSCORED else p for p in parts)
    return path


def secret_of(req: Request) -> str:
    """The API key of a request, from X-API-Key or Authorization; never from the query."""
    secret = req.get_header("X-API-Key")
    if secret is not None:
        return secret
    scheme, _, credentials = (req.get_header("Authorization") or "").partition(" ")
    if scheme.lower() not in ("bearer", "apikey"):
        raise Unauthenticated("Send the API key in the header X-API-Key.")
    return credentials.strip()
