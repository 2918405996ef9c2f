"""The patients behind a count of a metric, and the gaps that can still be closed."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import falcon

from api.answers import answer_list, last_position
from api.moments import absent, moment_of
from api.pagination import paging_of
from api.parameters import bad_query
from api.request import Request, principal_of
from api.resources.cms_reports import period_of
from domain.ids import Kind
from domain.measures.period import year_of
from projections.measures.drilldown import Member, list_members, populations_of
from projections.measures.live import LiveMetric, live_metric
from projections.moments import Moment
from service.bootstrap import Services


class Members:
    """Patients by id, each with the values that put it there."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def on_get(self, req: Request, resp: falcon.Response, metric_id: int) -> None:
        query, principal = req.context.query, principal_of(req)
        moment = moment_of(req, self._services.database)
        position = moment.position if moment else last_position(self._services)
        metric = self._metric(req, metric_id, position, moment)
        period = period_of(query) or year_of(
            moment.at if moment else datetime.now(UTC), principal.zone
        )
        asked = (period, position, _population(metric, query["population"]))
        paging = replace(paging_of(query), style="cursor")
        total, found = list_members(
            self._services.database, metric, *asked, paging.limit, paging.after_id or 0
        )
        ids = [member.patient_id for member in found]
        members = [shown(member) for member in found]
        answer_list(req, resp, paging, total, members, position, ids, moment)

    def _metric(
        self, req: Request, metric_id: int, position: int, moment: Moment | None
    ) -> LiveMetric:
        """The metric as it stands at a position."""
        database = self._services.database
        found = live_metric(database, principal_of(req).account_id, metric_id, position)
        if found is None:
            raise absent(req, database, Kind.METRIC, metric_id, "metric", moment)
        return found


def shown(member: Member) -> dict[str, Any]:
    """A patient with its counts and the evidence for each."""
    return {
        "patient_id": member.patient_id,
        "name": member.name,
        "external_id": member.external_id,
        "counts": member.counts,
        "evidence": member.evidence,
        "missing": member.missing,
    }


def _population(metric: LiveMetric, wanted: str) -> str:
    names = populations_of(metric)
    if wanted not in names:
        raise bad_query(f"population must be one of {', '.join(names)}")
    return wanted
