"""What a request carries through the API, typed."""

import re
import secrets
from typing import Any

import falcon

from api.operation import Operation
from domain.errors import Unauthenticated
from service.context import Principal

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,64}")


class RequestContext(falcon.Context):
    """Filled in by the middleware; responders read it."""

    request_id: str = ""
    started: float = 0.0
    operation: Operation | None = None
    principal: Principal | None = None
    query: dict[str, Any]
    fingerprint: bytes = b""
    """SHA-256 of the parsed body, set by whatever reads the body."""
    refused: Unauthenticated | None = None
    patient_id: int | None = None
    """Of a request for one patient."""
    shown: int | None = None
    """How many entries of a list the answer has."""
    filter: dict[str, Any] | None = None


class Request(falcon.Request):
    """A request whose context is a RequestContext."""

    context_type = RequestContext
    context: RequestContext


def principal_of(req: Request) -> Principal:
    """The caller; an operation with a scope is never reached without one."""
    principal = req.context.principal
    if principal is None:
        raise AssertionError("an operation without a scope asks who calls")
    return principal


def request_id_of(req: falcon.Request) -> str:
    """The id that the client gave its request, if it is printable and short; else a new one."""
    given = req.get_header("X-Request-ID") or ""
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
