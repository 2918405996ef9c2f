"""API keys: made, rotated, revoked, and how they are used."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import falcon

from api.dashboard.pages import Pages
from api.dashboard.request import DashboardRequest
from domain.account import ALL_SCOPES
from domain.errors import AttestorError, Invalid, NotFound
from projections.access import HourOfUse, find_key_of, key_usage, list_keys, usage_by_hour
from service.bootstrap import Services
from service.keys import NewKey

KEYS = "/dashboard/keys"
_MOST_KEYS = 1000
_DAYS = 30
_ERROR = 400
_OVERLAPS = {"0": "now", "24": "in a day", "168": "in a week"}


@dataclass(frozen=True)
class Use:
    """Calls of a key: of the last 24 hours, the oldest first, or of any other parts of a time."""

    parts: tuple[int, ...]
    errors: int

    @property
    def calls(self) -> int:
        """All of them."""
        return sum(self.parts)

    @property
    def error_rate(self) -> float | None:
        """Percent of the calls that were answered with an error."""
        return 100 * self.errors / self.calls if self.calls else None


class Keys:
    """For admins. A key's secret is shown on the page that made it, and never again."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._keys = services.keys
        self._pages = pages

    def on_get_list(self, req: DashboardRequest, resp: falcon.Response) -> None:
        self._show_list(req, resp)

    def on_post_list(self, req: DashboardRequest, resp: falcon.Response) -> None:
        form = req.context.form
        try:
            if not form["name"]:
                raise Invalid.field("name", "must not be empty")
            made = self._keys.issue(
                req.command(), form["name"], tuple(form.all("scopes")), _expiry(form["days"])
            )
        except Invalid as error:
            resp.status = 422
            self._show_list(req, resp, error=error)
            return
        self._show_list(req, resp, made=made)

    def on_get_one(self, req: DashboardRequest, resp: falcon.Response, key_id: int) -> None:
        self._show_one(req, resp, key_id)

    def on_post_rotate(self, req: DashboardRequest, resp: falcon.Response, key_id: int) -> None:
        hours = req.context.form["hours"]
        if hours not in _OVERLAPS:
            raise Invalid.field("hours", f"choose from {', '.join(_OVERLAPS)}")
        made = self._keys.rotate(req.command(), key_id, timedelta(hours=int(hours)))
        self._show_list(req, resp, made=made)

    def on_post_revoke(self, req: DashboardRequest, resp: falcon.Response, key_id: int) -> None:
        key = self._own(req, key_id)
        if req.context.form["confirm"] != key["last4"]:
            resp.status = 422
            rule = "type the last four characters of the key that shall end"
            self._show_one(req, resp, key_id, error=Invalid.field("confirm", rule))
            return
        self._keys.revoke(req.command(), key_id)
        raise falcon.HTTPSeeOther(f"{KEYS}?done=key-revoked")

    def _show_list(
        self,
        req: DashboardRequest,
        resp: falcon.Response,
        *,
        made: NewKey | None = None,
        error: AttestorError | None = None,
    ) -> None:
        account_id, now = req.principal.account_id, datetime.now(UTC)
        _, keys = list_keys(self._services.database, account_id, _MOST_KEYS, 0)
        since = now - timedelta(hours=24)
        uses = uses_of(usage_by_hour(self._services.database, account_id, since), now)
        self._pages.show(
            req,
            resp,
            "keys.html",
            keys=[{**key, "status": status_of(key, now)} for key in keys],
            uses=uses,
            scopes=ALL_SCOPES,
            form=req.context.form,
            base_url=self._services.settings.public_url,
            made=made,
            error=error,
        )

    def _show_one(
        self,
        req: DashboardRequest,
        resp: falcon.Response,
        key_id: int,
        *,
        error: AttestorError | None = None,
    ) -> None:
        key = self._own(req, key_id)
        usage = key_usage(self._services.database, key_id, _DAYS)
        by_day: dict[str, int] = defaultdict(int)
        for row in usage:
            by_day[row["day"]] += row["calls"]
        today = datetime.now(UTC).date()
        days = [f"{today - timedelta(days=back)}" for back in reversed(range(_DAYS))]
        self._pages.show(
            req,
            resp,
            "key.html",
            key={**key, "status": status_of(key, datetime.now(UTC))},
            usage=usage,
            days=days,
            calls=[by_day[day] for day in days],
            use=Use(tuple(row["calls"] for row in usage), _errors(usage)),
            overlaps=_OVERLAPS,
            error=error,
        )

    def _own(self, req: DashboardRequest, key_id: int) -> dict[str, Any]:
        found = find_key_of(self._services.database, key_id)
        if found is None:
            raise NotFound("There is no such API key.")
        req.principal.require_own(found[0], "API key")
        return found[1]


def uses_of(hours: list[HourOfUse], now: datetime) -> dict[int, Use]:
    """The last 24 hours of each key that was used in them."""
    calls: dict[int, list[int]] = defaultdict(lambda: [0] * 24)
    errors: dict[int, int] = defaultdict(int)
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    for use in hours:
        back = int((this_hour - use.hour) / timedelta(hours=1))
        if 0 <= back < 24:
            calls[use.key_id][23 - back] += use.calls
            errors[use.key_id] += use.errors
    return {key_id: Use(tuple(by_hour), errors[key_id]) for key_id, by_hour in calls.items()}


def _errors(usage: list[dict[str, Any]]) -> int:
    return sum(row["calls"] for row in usage if row["status"] >= _ERROR)


def status_of(key: dict[str, Any], now: datetime) -> str:
    """Revoked, expired, ending (it has a date), or active."""
    if key["revoked_at"] is not None:
        return "revoked"
    if key["expires_at"] is None:
        return "active"
    return "ending" if key["expires_at"] > now else "expired"


def _expiry(days: str) -> datetime | None:
    if not days:
        return None
    if not days.isascii() or not days.isdigit() or not 0 < int(days) <= 3650:
        raise Invalid.field("days", "must be a number of days from 1 to 3650, or empty")
    return datetime.now(UTC) + timedelta(days=int(days))
