"""Answers: the envelope, conditional headers, and commands that can be repeated safely."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import falcon
import orjson

from api.pagination import Paging, paginate
from api.request import Request, principal_of
from domain.clinical_time import instant
from projections.moments import Moment
from service.bootstrap import Services
from service.context import Context, Idempotency
from service.idempotency import AnsweredBefore
from service.resource import Resource

R = TypeVar("R")

_ETAG = re.compile(r'"v(\d{1,18})(?:\.\d{1,18})?"', re.ASCII)
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_NEVER = -1


@dataclass(frozen=True)
class Answer:
    """A whole answer, so that it can be kept and given again."""

    status: int
    headers: dict[str, str]
    body: bytes

    def pack(self) -> bytes:
        """The answer as bytes; `unpack` is the inverse."""
        return orjson.dumps([self.status, self.headers, self.body.decode()])

    @classmethod
    def unpack(cls, packed: bytes) -> "Answer":
        """An answer that was kept."""
        status, headers, body = orjson.loads(packed)
        return cls(status, headers, body.encode())

    def write(self, resp: falcon.Response) -> None:
        """Make this the response."""
        resp.status = self.status
        resp.data = self.body
        resp.content_type = "application/json"
        resp.set_headers(self.headers)


@dataclass(frozen=True)
class Shown:
    """What a client sees of a resource, and where it can be found again."""

    data: Any
    resource: Resource
    location: str | None = None


def enveloped(
    req: Request,
    data: Any,
    position: int | None,
    pagination: Mapping[str, Any] | None = None,
    as_of: str | None = None,
) -> bytes:
    """The body around `data`, or `data` alone where the client asked for that."""
    if not req.context.query.get("envelope", True):
        return orjson.dumps(data, option=orjson.OPT_UTC_Z)
    meta = {
        "request_id": req.context.request_id,
        "position": None if position is None else str(position),
        "as_of": as_of,
    }
    body = {"data": data, "meta": meta}
    if pagination is not None:
        body["pagination"] = pagination
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)


def answer_one(
    req: Request,
    resp: falcon.Response,
    data: Any,
    resource: Resource,
    moment: Moment | None = None,
) -> None:
    """One resource with its ETag, now or as of a moment; 304 when the client has it already."""
    position = moment.position if moment else resource.position
    tag = f"v{resource.version}.{position}"
    resp.set_headers({"etag": f'"{tag}"', "x-log-position": str(position)})
    if is_known(req, tag):
        resp.status = 304
    else:
        resp.data = enveloped(req, data, position, as_of=_as_of(moment))


def is_known(req: falcon.Request, tag: str) -> bool:
    """Whether the client has what bears this tag already (RFC 9110, section 13.1.2)."""
    known = req.if_none_match or ()
    return "*" in known or tag in known


def answer_data(
    req: Request,
    resp: falcon.Response,
    data: Any,
    position: int | None,
    as_of: str | None = None,
) -> None:
    """Content that has no version of its own; `as_of` is the past instant it was asked for."""
    if position is not None:
        resp.set_header("x-log-position", str(position))
    resp.data = enveloped(req, data, position, as_of=as_of)


def answer_list(
    req: Request,
    resp: falcon.Response,
    paging: Paging,
    total: int,
    items: Sequence[Any],
    position: int,
    ids: Sequence[int] | None = None,
    moment: Moment | None = None,
) -> None:
    """One page of a list, as it is or as of a moment, whose position then is the answer's."""
    position = moment.position if moment else position
    req.context.shown = len(items)
    pagination = paginate(req, paging, total, ids)
    resp.set_headers(
        {
            "link": pagination.link_header,
            "x-total-count": str(total),
            "x-log-position": str(position),
        }
    )
    resp.data = enveloped(req, items, position, pagination.body, _as_of(moment))


def _as_of(moment: Moment | None) -> str | None:
    return instant(moment.at) if moment else None


def last_position(services: Services) -> int:
    """The position that a list reflects at least, when it is read after this."""
    return services.application.recorder.max_notification_id() or 0


def answer_command(
    req: Request,
    resp: falcon.Response,
    run: Callable[[Context], R],
    show: Callable[[R], Shown],
    status: int = 200,
) -> None:
    """Do `run` and answer what it made; a repeat with the same Idempotency-Key gets the first
    answer. The body must have been read before, because its fingerprint belongs to the key."""

    def answer(result: R) -> Answer:
        return _answer(req, show(result), status)

    answer(run(context_of(req, lambda result: answer(result).pack()))).write(resp)


def repeat_answer(req: Request, resp: falcon.Response, error: AnsweredBefore, params: Any) -> None:
    """The handler of AnsweredBefore: give the first answer again."""
    Answer.unpack(error.answer).write(resp)
    resp.set_header("idempotency-replayed", "true")


def context_of(req: Request, render: Callable[[Any], bytes] | None = None) -> Context:
    """The circumstances of a command as the request's headers give them."""
    key = _idempotency_key(req)
    idempotency = None
    if key is not None and render is not None:
        scope = hashlib.sha256("\0".join((req.method, req.path, key)).encode()).digest()
        idempotency = Idempotency(key, scope, req.context.fingerprint, render)
    return Context(
        principal_of(req),
        req.context.request_id,
        if_match=_expected_version(req),
        idempotency=idempotency,
    )


def _answer(req: Request, shown: Shown, status: int) -> Answer:
    resource = shown.resource
    headers = {
        "etag": f'"v{resource.version}.{resource.position}"',
        "x-log-position": str(resource.position),
    }
    if shown.location is not None:
        headers["location"] = shown.location
    return Answer(status, headers, enveloped(req, shown.data, resource.position))


def _idempotency_key(req: Request) -> str | None:
    key = req.get_header("Idempotency-Key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise falcon.HTTPBadRequest(
            title="Bad header",
            description="Idempotency-Key must have 1 to 255 visible ASCII characters.",
        )
    return key


def _expected_version(req: Request) -> int | None:
    """The version in If-Match. What is no tag of ours matches no version."""
    tag = req.get_header("If-Match")
    if tag is None or tag.strip() == "*":
        return None
    match = _ETAG.fullmatch(tag.strip())
    return int(match[1]) if match else _NEVER
