"""The log in a browser: what happened, told in words, with proof, and who looked at whom."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import falcon

from api.dashboard.pages import Pages
from api.dashboard.request import DashboardRequest
from api.log_query import aggregate_of
from domain.clinical_time import parse_date
from domain.errors import Invalid, NotYet
from domain.ids import Kind
from projections.access_log import OUTCOMES, AccessFilter, list_accesses
from projections.history import Place
from projections.moments import account_of
from service.bootstrap import Services
from service.history.history import Wanted
from service.history.words import TOPICS
from service.transparency import Inclusion

_PAGE = 50
_FILTERS = ("actor", "type", "aggregate", "from", "to")
_ACCESS_FILTERS = ("actor", "patient", "outcome", "from", "to")


class Audit:
    """Whoever may audit sees it; nothing here can be changed."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._database = services.database
        self._pages = pages

    def on_get_list(self, req: DashboardRequest, resp: falcon.Response) -> None:
        given = _given(req, _FILTERS)
        self._show(req, resp, "audit.html", given, _wanted(given), checkpoint=self._checkpoint())

    def on_get_patient(self, req: DashboardRequest, resp: falcon.Response, patient_id: int) -> None:
        """The history of one patient."""
        account_id = account_of(self._database, Kind.PATIENT, patient_id)
        req.principal.require_own(account_id or 0, "patient")
        given = _given(req, ("actor", "type", "from", "to"))
        wanted = _wanted({**given, "aggregate": f"patient:{patient_id}"})
        self._show(req, resp, "patient_history.html", given, wanted, patient_id=patient_id)

    def on_get_one(self, req: DashboardRequest, resp: falcon.Response, position: int) -> None:
        event = self._services.history.one(req.command(), position)
        self._pages.show(
            req, resp, "event.html", event=event, inclusion=self._inclusion(req, position)
        )

    def on_get_access(self, req: DashboardRequest, resp: falcon.Response) -> None:
        given = _given(req, _ACCESS_FILTERS)
        before = req.get_param_as_int("before", min_value=1)
        total, found = list_accesses(
            self._database, _accesses(req.principal.account_id, given), _PAGE, 0, before
        )
        self._pages.show(
            req,
            resp,
            "access_log.html",
            entries=found,
            total=total,
            given=given,
            outcomes=list(OUTCOMES),
            older=_address(given, before=found[-1]["id"]) if len(found) == _PAGE else None,
        )

    def _show(
        self,
        req: DashboardRequest,
        resp: falcon.Response,
        template: str,
        given: dict[str, str],
        wanted: Wanted,
        **data: Any,
    ) -> None:
        after = req.get_param_as_int("after", min_value=1)
        place = Place(_PAGE, after=after, is_newest_first=True)
        page = self._services.history.page(req.command(), wanted, place)
        self._pages.show(
            req,
            resp,
            template,
            events=page.items,
            total=page.total,
            given=given,
            topics=TOPICS,
            older=_address(given, after=page.items[-1]["position"])
            if len(page.items) == _PAGE
            else None,
            **data,
        )

    def _checkpoint(self) -> Any:
        try:
            return self._services.transparency.checkpoint()
        except NotYet:
            return None

    def _inclusion(self, req: DashboardRequest, position: int) -> Inclusion | None:
        try:
            return self._services.transparency.inclusion(req.principal, position)
        except NotYet:
            return None


def _given(req: DashboardRequest, names: tuple[str, ...]) -> dict[str, str]:
    return {name: text for name in names if (text := (req.get_param(name) or "").strip())}


def _address(given: dict[str, str], **changes: Any) -> str:
    return "?" + urlencode({**given, **changes})


def _wanted(given: dict[str, str]) -> Wanted:
    aggregate = given.get("aggregate")
    try:
        kind = aggregate_of(aggregate) if aggregate else None
    except ValueError as error:
        raise Invalid.field("aggregate", str(error)) from error
    if given.get("type") not in (None, *TOPICS):
        raise Invalid.field("type", "is none of the log's")
    since, until = _day(given, "from"), _day(given, "to")
    return Wanted(kind, given.get("actor"), given.get("type"), since, until)


def _accesses(account_id: int, given: dict[str, str]) -> AccessFilter:
    patient, outcome = given.get("patient"), given.get("outcome")
    if patient is not None and not (patient.isascii() and patient.isdigit() and len(patient) < 16):
        raise Invalid.field("patient", "must be a number")
    if outcome not in (None, *OUTCOMES):
        raise Invalid.field("outcome", f"choose from {', '.join(OUTCOMES)}")
    since, until = _day(given, "from"), _day(given, "to")
    number = int(patient) if patient else None
    return AccessFilter(account_id, given.get("actor"), number, None, outcome, since, until)


def _day(given: dict[str, str], name: str) -> datetime | None:
    """The beginning of a day in UTC."""
    if name not in given:
        return None
    day = parse_date(given[name], name)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
