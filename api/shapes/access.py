"""What clients get of jobs, their account and API keys."""

from marshmallow import validate
from marshmallow.fields import Dict, Integer, List, Nested, String

from api.fields import identifier
from api.shapes.base import Shape, instant
from domain.account import ALL_SCOPES
from projections.access_log import OUTCOMES


class Job(Shape):
    """Long work and how far it is."""

    id = identifier()
    kind = String()
    status = String(validate=validate.OneOf(("waiting", "running", "succeeded", "failed")))
    lines_total = Integer(allow_none=True)
    lines_done = Integer()
    lines_failed = Integer()
    result = Dict(allow_none=True)
    created_at = instant()
    finished_at = instant(allow_none=True)
    problems = List(Dict())


class Submitter(Shape):
    """Who submits to CMS for an account."""

    entity_type = String()
    tin = String(allow_none=True)
    npi = String(allow_none=True)
    entity_id = String(allow_none=True)
    cehrt_id = String(allow_none=True)
    program = String()
    name = String()


class Account(Shape):
    """The caller's account; null while nobody said who submits."""

    id = identifier()
    name = String()
    zone = String()
    submitter = Nested(Submitter, allow_none=True)
    version = Integer()


class ApiKey(Shape):
    """An API key without anything that could be used as one."""

    id = identifier()
    name = String()
    prefix = String()
    last4 = String()
    scopes = List(String(validate=validate.OneOf(ALL_SCOPES)))
    version = Integer()
    created_at = instant()
    expires_at = instant(allow_none=True)
    revoked_at = instant(allow_none=True)
    last_used_at = instant(allow_none=True)


class NewApiKey(ApiKey):
    """A key that was just made; `api_key` is shown this once."""

    api_key = String()


class AccessEntry(Shape):
    """A request for patient data, or a refused one: who, what, when, from where, and the outcome.

    `actor` is null when nobody was recognised; `times` is more than 1 for equal refusals within
    a second.
    """

    id = identifier()
    at = instant()
    actor = String(allow_none=True)
    name = String(allow_none=True)
    operation = String()
    status = Integer()
    outcome = String(validate=validate.OneOf(tuple(OUTCOMES)))
    patient_id = Integer(allow_none=True)
    shown = Integer(allow_none=True)
    filter = Dict(allow_none=True)
    client = String()
    request_id = String()
    times = Integer()


class KeyUsage(Shape):
    """Calls of a key by day, endpoint and status."""

    key_id = identifier()
    days = Integer()
    calls = List(Dict())
