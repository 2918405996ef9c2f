"""The CMS report."""

import falcon

from api.answers import answer_data
from api.parameters import bad_query
from api.request import Request, principal_of
from domain.errors import Invalid
from domain.measures.period import Period, parse_period
from projections import cms_reports
from service.bootstrap import Services


class CmsReports:
    """Ready counts of all metrics of an account."""

    def __init__(self, services: Services) -> None:
        self._database = services.database

    def on_get(self, req: Request, resp: falcon.Response) -> None:
        query, principal = req.context.query, principal_of(req)
        report = cms_reports.find(
            self._database,
            principal.account_id,
            principal.zone,
            _period(query.get("period")),
            query.get("metric_id"),
            query.get("min_position", 0),
        )
        answer_data(req, resp, report.body, report.position)


def _period(text: str | None) -> Period | None:
    if text is None:
        return None
    try:
        return parse_period(text)
    except Invalid as error:
        raise bad_query(error.detail) from error
