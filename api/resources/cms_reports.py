"""The CMS report, as it is now and as it was at any moment, and frozen for good."""

from collections.abc import Mapping
from typing import Any

import falcon
import orjson

from api.answers import answer_command, answer_data
from api.exports import answer_export, format_of
from api.media import read_json
from api.moments import moment_of
from api.parameters import bad_query
from api.request import Request, principal_of
from api.resources.frozen_reports import shown_new
from api.schemas.base import load
from api.schemas.reports import FreezeIn
from domain.clinical_time import instant
from domain.errors import Invalid
from domain.measures.period import Period, parse_period
from projections import cms_reports
from projections.moments import Moment
from service.bootstrap import Services

_FREEZE = FreezeIn()


class CmsReports:
    """Counts of all metrics of an account."""

    def __init__(self, services: Services) -> None:
        self._database = services.database
        self._exports = services.exports
        self._reports = services.reports
        self._limit = services.settings.max_body_bytes

    def on_get(self, req: Request, resp: falcon.Response) -> None:
        moment = moment_of(req, self._database)
        report = self._now(req) if moment is None else self._then(req, moment)
        wanted = format_of(req)
        if wanted == "json":
            as_of = instant(moment.at) if moment else None
            return answer_data(req, resp, report.body, report.position, as_of)
        body = orjson.dumps(report.body)
        return answer_export(req, resp, self._exports, body, wanted, report.position)

    def on_post(self, req: Request, resp: falcon.Response) -> None:
        sent = load(_FREEZE, read_json(req, self._limit, is_optional=True))
        period = parse_period(sent["period"]) if "period" in sent else None
        metric_ids = sent.get("metric_ids")
        answer_command(
            req,
            resp,
            lambda context: self._reports.freeze(context, period, metric_ids),
            shown_new,
            201,
        )

    def _now(self, req: Request) -> cms_reports.Report:
        query, principal = req.context.query, principal_of(req)
        return cms_reports.find(
            self._database,
            principal.account_id,
            principal.zone,
            period_of(query),
            query.get("metric_id"),
            query.get("min_position", 0),
        )

    def _then(self, req: Request, moment: Moment) -> cms_reports.Report:
        query, principal = req.context.query, principal_of(req)
        if "min_position" in query:
            raise bad_query("as_of and min_position do not go together")
        return cms_reports.find_at(
            self._database,
            principal.account_id,
            principal.zone,
            moment,
            period_of(query),
            query.get("metric_id"),
        )


def period_of(query: Mapping[str, Any]) -> Period | None:
    """The period that is asked for; 400 when there is no such one."""
    if "period" not in query:
        return None
    try:
        return parse_period(query["period"])
    except Invalid as error:
        raise bad_query(error.detail) from error
