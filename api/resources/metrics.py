"""Metrics: list, define, change, and read with the current result."""

from typing import Any

import falcon
import orjson

from api.answers import Shown, answer_command, answer_list, answer_one, last_position
from api.media import read_json
from api.moments import absent, moment_of, moment_of_one
from api.pagination import paging_of
from api.parameters import bad_query
from api.request import Request, principal_of
from api.schemas.base import load
from api.schemas.measures import MetricIn
from domain.ids import Kind
from projections import cms_reports
from projections.definitions import DefinitionRecord, find_metric, list_metrics
from projections.moments import Moment
from service.bootstrap import Services
from service.resource import Resource

_SCHEMA = MetricIn()


class Metrics:
    """The account's quality measures."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._limit = services.settings.max_body_bytes

    def on_get_list(self, req: Request, resp: falcon.Response) -> None:
        paging = paging_of(req.context.query)
        database, position = self._services.database, last_position(self._services)
        moment = moment_of(req, database)
        total, found = list_metrics(
            database, principal_of(req).account_id, paging.limit, paging.offset, moment
        )
        shown_ones = [shown(record) for record in found]
        answer_list(req, resp, paging, total, shown_ones, position, moment=moment)

    def on_post_list(self, req: Request, resp: falcon.Response) -> None:
        sent = load(_SCHEMA, read_json(req, self._limit))
        answer_command(
            req,
            resp,
            lambda context: self._services.metrics.define(context, sent),
            lambda r: Shown(shown(r.body), r, f"/metrics/{r.id}"),
            201,
        )

    def on_get_one(self, req: Request, resp: falcon.Response, metric_id: int) -> None:
        database, one = self._services.database, (Kind.METRIC, metric_id, "metric")
        moment = moment_of_one(req, database, *one)
        record = find_metric(database, metric_id, moment)
        if record is None:
            raise absent(req, database, *one, moment)
        principal_of(req).require_own(record.account_id, "metric")
        report = self._report(req, metric_id, moment)
        current = report.entries[0] if report.entries else None
        resource = Resource(record.id, record.version, report.position, record)
        answer_one(req, resp, {**shown(record), "current": current}, resource, moment)

    def _report(self, req: Request, metric_id: int, moment: Moment | None) -> cms_reports.Report:
        principal, query = principal_of(req), req.context.query
        asked = (self._services.database, principal.account_id, principal.zone)
        if moment is None:
            position = query.get("min_position", 0)
            return cms_reports.find(*asked, metric_id=metric_id, min_position=position)
        if "min_position" in query:
            raise bad_query("min_position goes with neither as_of nor version")
        return cms_reports.find_at(*asked, moment, metric_id=metric_id)

    def on_put_one(self, req: Request, resp: falcon.Response, metric_id: int) -> None:
        changes = load(_SCHEMA, read_json(req, self._limit), is_partial=True)
        answer_command(
            req,
            resp,
            lambda context: self._services.metrics.change(context, metric_id, changes),
            lambda r: Shown(shown(r.body), r),
        )


def shown(record: DefinitionRecord) -> dict[str, Any]:
    """A metric as clients see it; its thresholds are the numbers that were sent."""
    body = {"id": record.id, **record.body}
    del body["references"]
    for threshold in ("low_quality_threshold", "high_quality_threshold"):
        if body[threshold] is not None:
            body[threshold] = orjson.Fragment(body[threshold])
    return {**body, "patient_values_count": record.values, "version": record.version}
