"""Metrics: list, define, change, and read with the current result."""

from typing import Any

import falcon
import orjson

from api.answers import Shown, answer_command, answer_list, answer_one, last_position
from api.media import read_json
from api.pagination import paging_of
from api.request import Request, principal_of
from api.schemas.base import load
from api.schemas.measures import MetricIn
from domain.errors import NotFound
from projections import cms_reports
from projections.definitions import DefinitionRecord, find_metric, list_metrics
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
        position = last_position(self._services)
        total, found = list_metrics(
            self._services.database, principal_of(req).account_id, paging.limit, paging.offset
        )
        answer_list(req, resp, paging, total, [shown(record) for record in found], position)

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
        record = find_metric(self._services.database, metric_id)
        if record is None:
            raise NotFound(f"There is no metric {metric_id}.")
        principal_of(req).require_own(record.account_id, "metric")
        report = self._report(req, metric_id)
        current = report.entries[0] if report.entries else None
        resource = Resource(record.id, record.version, report.position, record)
        answer_one(req, resp, {**shown(record), "current": current}, resource)

    def _report(self, req: Request, metric_id: int) -> cms_reports.Report:
        principal = principal_of(req)
        position = req.context.query.get("min_position", 0)
        return cms_reports.find(
            self._services.database,
            principal.account_id,
            principal.zone,
            metric_id=metric_id,
            min_position=position,
        )

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
