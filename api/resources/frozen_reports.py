"""Reports that say the same for ever: frozen, attested, submitted, restated, verified, compared."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

import falcon
import orjson

from api.answers import (
    Shown,
    answer_command,
    answer_data,
    answer_list,
    answer_one,
    context_of,
    last_position,
)
from api.exports import answer_export, format_of
from api.media import read_json
from api.moments import absent, moment_of, moment_of_one
from api.pagination import paging_of
from api.request import Request, principal_of
from api.schemas.base import load
from api.schemas.reports import AttestationIn, RestatementIn, SubmissionIn
from domain.ids import Kind
from projections.measures.movement import Moved
from projections.measures.report import as_number
from projections.moments import Moment
from projections.reports import find_report, list_reports
from service.bootstrap import Services
from service.resource import Resource

_ATTESTATION, _SUBMISSION, _RESTATEMENT = AttestationIn(), SubmissionIn(), RestatementIn()
_HIDDEN = ("body", "log_position", "period_start", "period_end")


class FrozenReports:
    """The account's frozen reports, and what happens to them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._reports = services.reports
        self._limit = services.settings.max_body_bytes

    def on_get_list(self, req: Request, resp: falcon.Response) -> None:
        paging = paging_of(req.context.query)
        database, position = self._services.database, last_position(self._services)
        moment = moment_of(req, database)
        total, found = list_reports(
            database,
            principal_of(req).account_id,
            paging.limit,
            paging.offset,
            moment.at if moment else None,
        )
        shown_ones = [shown(report) for report in found]
        answer_list(req, resp, paging, total, shown_ones, position, moment=moment)

    def on_get_one(self, req: Request, resp: falcon.Response, report_id: int) -> None:
        report, moment = self._own(req, report_id)
        wanted = format_of(req)
        if wanted == "json":
            resource = Resource(report_id, report["version"], report["position"], report)
            return answer_one(req, resp, _whole(report), resource, moment)
        body, position = report["body"].encode(), report["log_position"]
        return answer_export(req, resp, self._services.exports, body, wanted, position)

    def on_post_attest(self, req: Request, resp: falcon.Response, report_id: int) -> None:
        sent = load(_ATTESTATION, read_json(req, self._limit))
        answer_command(
            req, resp, lambda context: self._reports.attest(context, report_id, **sent), _changed
        )

    def on_post_submit(self, req: Request, resp: falcon.Response, report_id: int) -> None:
        sent = load(_SUBMISSION, read_json(req, self._limit, is_optional=True))
        reference = sent.get("reference")
        answer_command(
            req,
            resp,
            lambda context: self._reports.mark_submitted(context, report_id, reference),
            _changed,
        )

    def on_post_restate(self, req: Request, resp: falcon.Response, report_id: int) -> None:
        sent = load(_RESTATEMENT, read_json(req, self._limit))
        answer_command(
            req,
            resp,
            lambda context: self._reports.restate(context, report_id, sent["reason"]),
            shown_new,
            201,
        )

    def on_get_verify(self, req: Request, resp: falcon.Response, report_id: int) -> None:
        position = last_position(self._services)
        verification = self._reports.verify(context_of(req), report_id)
        answer_data(req, resp, {"report_id": report_id, **asdict(verification)}, position)

    def on_get_diff(self, req: Request, resp: falcon.Response, report_id: int) -> None:
        paging, position = paging_of(req.context.query), last_position(self._services)
        against = req.context.query["against"]
        moved = self._reports.diff(context_of(req), report_id, against)
        page = moved[paging.offset : paging.offset + paging.limit]
        answer_list(req, resp, paging, len(moved), [_moved(each) for each in page], position)

    def _own(self, req: Request, report_id: int) -> tuple[dict[str, Any], Moment | None]:
        database, one = self._services.database, (Kind.REPORT, report_id, "report")
        moment = moment_of_one(req, database, *one)
        found = find_report(database, report_id, moment.at if moment else None)
        if found is None:
            raise absent(req, database, *one, moment)
        principal_of(req).require_own(found[0], "report")
        return found[1], moment


def shown(report: dict[str, Any]) -> dict[str, Any]:
    """A frozen report without what it says; its position is the one it was computed at."""
    return {
        **{name: value for name, value in report.items() if name not in _HIDDEN},
        "position": report["log_position"],
        "period": {"start": report["period_start"], "end": report["period_end"]},
    }


def _whole(report: dict[str, Any]) -> dict[str, Any]:
    # As it was hashed, byte for byte.
    return {**shown(report), "report": orjson.Fragment(report["body"])}


def shown_new(resource: Resource) -> Shown:
    """A report that was just frozen, and where it is."""
    return Shown(_whole(resource.body), resource, f"/cms-reports/{resource.id}")


def _changed(resource: Resource) -> Shown:
    return Shown(_whole(resource.body), resource)


def _moved(moved: Moved) -> dict[str, Any]:
    return {
        "metric_id": moved.metric_id,
        "patient_id": moved.patient_id,
        "before": _numbers(moved.before),
        "after": _numbers(moved.after),
        "events": moved.events,
    }


def _numbers(cells: dict[str, Decimal] | None) -> dict[str, Any] | None:
    return None if cells is None else {name: as_number(value) for name, value in cells.items()}
