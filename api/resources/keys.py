"""API keys: listed, issued, rotated, revoked, and how much they are used."""

from datetime import UTC, datetime, timedelta
from typing import Any

import falcon

from api.answers import Shown, answer_command, answer_data, answer_list, answer_one, last_position
from api.media import read_json
from api.pagination import paging_of
from api.request import Request, principal_of
from api.schemas.access import KeyIn, RotationIn
from api.schemas.base import load
from domain.clinical_time import instant
from domain.errors import Invalid, NotFound
from projections.access import find_key_of, key_usage, list_keys
from service.bootstrap import Services
from service.keys import NewKey
from service.resource import Resource

_KEY = KeyIn()
_ROTATION = RotationIn()
_HIDDEN = ("account_id", "position")
_DEFAULT_DAYS = 30


class Keys:
    """The keys of the caller's account. A key itself is shown once, when it is made."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._limit = services.settings.max_body_bytes

    def on_get_list(self, req: Request, resp: falcon.Response) -> None:
        paging = paging_of(req.context.query)
        position = last_position(self._services)
        total, found = list_keys(
            self._services.database, principal_of(req).account_id, paging.limit, paging.offset
        )
        answer_list(req, resp, paging, total, [shown(key) for key in found], position)

    def on_post_list(self, req: Request, resp: falcon.Response) -> None:
        sent = load(_KEY, read_json(req, self._limit))
        name, scopes, expires_at = sent["name"], sent["scopes"], _moment(sent.get("expires_at"))
        answer_command(
            req,
            resp,
            lambda context: self._services.keys.issue(context, name, scopes, expires_at),
            _new,
            201,
        )

    def on_get_one(self, req: Request, resp: falcon.Response, key_id: int) -> None:
        key = self._own(req, key_id)
        answer_one(req, resp, shown(key), Resource(key_id, key["version"], key["position"], key))

    def on_delete_one(self, req: Request, resp: falcon.Response, key_id: int) -> None:
        answer_command(
            req,
            resp,
            lambda context: self._services.keys.revoke(context, key_id),
            lambda r: Shown(shown(r.body), r),
        )

    def on_post_rotate(self, req: Request, resp: falcon.Response, key_id: int) -> None:
        sent = load(_ROTATION, read_json(req, self._limit, is_optional=True))
        overlap = timedelta(hours=sent.get("overlap_hours", 0))
        answer_command(
            req,
            resp,
            lambda context: self._services.keys.rotate(context, key_id, overlap),
            _new,
            201,
        )

    def on_get_usage(self, req: Request, resp: falcon.Response, key_id: int) -> None:
        position = last_position(self._services)
        self._own(req, key_id)
        days = req.context.query.get("days", _DEFAULT_DAYS)
        calls = key_usage(self._services.database, key_id, days)
        answer_data(req, resp, {"key_id": key_id, "days": days, "calls": calls}, position)

    def _own(self, req: Request, key_id: int) -> dict[str, Any]:
        found = find_key_of(self._services.database, key_id)
        if found is None:
            raise NotFound(f"There is no API key {key_id}.")
        principal_of(req).require_own(found[0], "API key")
        return found[1]


def shown(key: dict[str, Any]) -> dict[str, Any]:
    """A key without anything that could be used as one."""
    return {
        name: instant(value) if isinstance(value, datetime) else value
        for name, value in key.items()
        if name not in _HIDDEN
    }


def _new(new: NewKey) -> Shown:
    data = {**shown(new.resource.body), "api_key": new.secret}
    return Shown(data, new.resource, f"/api-keys/{new.id}")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid.field("expires_at", "must be an instant of the calendar") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
