"""Errors as problem documents (RFC 9457): one table says what each exception is on the wire."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import falcon
import orjson

from api.request import Request
from domain import errors
from domain.errors import AttestorError, Fault

log = logging.getLogger("attestor.error")

_RETRY_SECONDS = 1


@dataclass(frozen=True)
class Problem:
    """What a kind of error is called and which status it has."""

    status: int
    slug: str
    title: str
    headers: Mapping[str, str] | None = None


_CHALLENGE = {"www-authenticate": 'Bearer realm="attestor", ApiKey realm="attestor"'}
_RETRY = {"retry-after": str(_RETRY_SECONDS)}

PROBLEMS: dict[type[AttestorError], Problem] = {
    errors.Invalid: Problem(422, "invalid", "The content breaks a rule"),
    errors.NotFound: Problem(404, "not-found", "There is no such resource"),
    errors.Forbidden: Problem(403, "forbidden", "The key may not do this"),
    errors.Conflict: Problem(409, "conflict", "The resource does not allow it"),
    errors.Contended: Problem(409, "contended", "Others keep changing the resource", _RETRY),
    errors.VersionMismatch: Problem(412, "version-mismatch", "The resource has another version"),
    errors.CannotExtract: Problem(400, "cannot-extract", "There is nothing to scrape"),
    errors.TooLarge: Problem(413, "too-large", "The content is too large"),
    errors.KeyReused: Problem(422, "key-reused", "The Idempotency-Key was used before"),
    errors.NotYet: Problem(503, "not-yet", "The result is not there yet", _RETRY),
    errors.Unavailable: Problem(503, "unavailable", "The service cannot answer now", _RETRY),
    errors.OutcomeUnknown: Problem(503, "outcome-unknown", "The outcome is unknown", _RETRY),
    errors.Unauthenticated: Problem(401, "unauthenticated", "A valid key is needed", _CHALLENGE),
    errors.TooManyFailures: Problem(429, "too-many-failures", "Signing in has to wait", _RETRY),
    errors.NotAPdf: Problem(400, "not-a-pdf", "The file is not a PDF"),
}

INTERNAL = Problem(500, "internal", "Something went wrong on our side")


def problem_of(status: HTTPStatus) -> Problem:
    """What an error of HTTP itself is called."""
    return Problem(status.value, status.phrase.lower().replace(" ", "-"), status.phrase)


OF_HTTP = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.TOO_MANY_REQUESTS,
)
BY_SLUG = {p.slug: p for p in (*PROBLEMS.values(), INTERNAL, *map(problem_of, OF_HTTP))}
"""Every problem that has a page of its own at /problems/<slug>."""


def add_error_handlers(app: falcon.App[Any, Any]) -> None:
    """Answer every error with a problem document, whatever the client says it accepts."""
    app.add_error_handler(AttestorError, _refusal)
    app.add_error_handler(Exception, _surprise)
    app.add_error_handler(falcon.HTTPError, _http_error)


def write_problem(
    req: Request,
    resp: falcon.Response,
    problem: Problem,
    detail: str,
    faults: Iterable[Fault] = (),
) -> None:
    """Make the response this problem."""
    resp.status = problem.status
    resp.content_type = "application/problem+json"
    if problem.headers:
        resp.set_headers(dict(problem.headers))
    resp.data = orjson.dumps(
        {
            "type": f"/problems/{problem.slug}",
            "title": problem.title,
            "status": problem.status,
            "detail": detail,
            "instance": f"urn:request:{req.context.request_id}",
            "request_id": req.context.request_id,
            "errors": [{"pointer": fault.pointer, "detail": fault.detail} for fault in faults],
        }
    )


def _refusal(req: Request, resp: falcon.Response, error: AttestorError, params: Any) -> None:
    problem = PROBLEMS.get(type(error))
    if problem is None:
        _surprise(req, resp, error, params)
    else:
        write_problem(req, resp, problem, error.detail, error.faults)
        if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.warning(problem.slug, extra={"request_id": req.context.request_id})


def _http_error(req: Request, resp: falcon.Response, error: falcon.HTTPError, params: Any) -> None:
    status = HTTPStatus(error.status_code)
    problem = problem_of(status)
    if error.title and not error.title[0].isdigit():
        problem = replace(problem, title=error.title)
    resp.set_headers(error.headers or {})
    write_problem(req, resp, problem, error.description or f"{status.phrase}.")


def _surprise(req: Request, resp: falcon.Response, error: Exception, params: Any) -> None:
    """The last resort. An exception's text may quote a patient, the log keeps its place only."""
    log.error("unexpected", exc_info=error, extra={"request_id": req.context.request_id})
    write_problem(req, resp, INTERNAL, "Please tell us the request id.")
