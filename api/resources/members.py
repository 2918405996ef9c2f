"""The patients behind a count of a metric, and the gaps that can still be closed."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import falcon

from api.answers import answer_list, last_position
from api.pagination import paging_of
from api.parameters import bad_query
from api.request import Request, principal_of
from api.resources.cms_reports import period_of
from domain.errors import NotFound
from domain.measures.period import Period, calendar_year
from projections.definitions import find_metric
from projections.measures.drilldown import Member, list_members, populations_of
from projections.measures.live import LiveMetric, live_metrics
from projections.measures.report import as_number
from service.bootstrap import Services
from service.context import Principal


class Members:
    """Patients by id, each with the values that put it there."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def on_get(self, req: Request, resp: falcon.Response, metric_id: int) -> None:
        query, principal = req.context.query, principal_of(req)
        metric, position = self._metric(principal, metric_id)
        period = period_of(query) or _this_year(principal.zone)
        asked = (period, position, _population(metric, query["population"]))
        paging = replace(paging_of(query), style="cursor")
        total, found = list_members(
            self._services.database, metric, *asked, paging.limit, paging.after_id or 0
        )
        ids = [member.patient_id for member in found]
        answer_list(req, resp, paging, total, [shown(member) for member in found], position, ids)

    def _metric(self, principal: Principal, metric_id: int) -> tuple[LiveMetric, int]:
        """The metric as it stands at the end of the log, and where that is."""
        record = find_metric(self._services.database, metric_id)
        if record is None:
            raise NotFound(f"There is no metric {metric_id}.")
        principal.require_own(record.account_id, "metric")
        position = last_position(self._services)
        metrics = live_metrics(self._services.database, principal.account_id, position)
        return next(metric for metric in metrics if metric.id == metric_id), position


def shown(member: Member) -> dict[str, Any]:
    """A patient with its counts and the evidence for each."""
    return {
        "patient_id": member.patient_id,
        "name": member.name,
        "external_id": member.external_id,
        "counts": {name: as_number(value) for name, value in member.cells.items()},
        "evidence": member.evidence,
        "missing": member.missing,
    }


def _this_year(zone: str) -> Period:
    return calendar_year(datetime.now(ZoneInfo(zone)).year)


def _population(metric: LiveMetric, wanted: str) -> str:
    names = populations_of(metric)
    if wanted not in names:
        raise bad_query(f"population must be one of {', '.join(names)}")
    return wanted
