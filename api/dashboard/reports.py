"""CMS reports: now, as of any moment, and frozen, with what happens to a frozen one."""

from typing import Any

import falcon
import orjson

from api.dashboard.pages import Pages, as_dict
from api.dashboard.periods import asked, report_of
from api.dashboard.request import DashboardRequest
from domain.errors import AttestorError, Conflict, Invalid, NotFound
from projections.definitions import list_metrics
from projections.reports import find_report, list_reports
from service.bootstrap import Services
from service.exports import MEDIA_TYPES
from service.reports import Verification

REPORTS = "/dashboard/reports"
_MOST = 200
_PATIENTS_SHOWN = 200


class Reports:
    """Whoever may read reports sees them; whoever may write them freezes and attests."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._database = services.database
        self._reports = services.reports
        self._pages = pages

    def on_get_list(self, req: DashboardRequest, resp: falcon.Response) -> None:
        wanted = asked(req)
        report = report_of(self._database, req, wanted)
        _, frozen = list_reports(self._database, req.principal.account_id, _MOST, 0)
        self._pages.show(
            req,
            resp,
            "reports.html",
            asked=wanted,
            report=report,
            entries=[as_dict(entry) for entry in report.entries],
            frozen=frozen,
            formats=list(MEDIA_TYPES),
        )

    def on_post_list(self, req: DashboardRequest, resp: falcon.Response) -> None:
        """Freeze the report that is shown."""
        saved = self._reports.freeze(req.command(), asked(req).period, None)
        raise falcon.HTTPSeeOther(f"{REPORTS}/{saved.id}?done=report-frozen")

    def on_get_download(self, req: DashboardRequest, resp: falcon.Response) -> None:
        report = report_of(self._database, req, asked(req))
        self._download(req, resp, orjson.dumps(report.body))

    def on_get_one(self, req: DashboardRequest, resp: falcon.Response, report_id: int) -> None:
        verification = None
        if req.get_param("verify"):
            verification = self._reports.verify(req.command(), report_id)
        self._show(req, resp, report_id, verification=verification)

    def on_get_file(self, req: DashboardRequest, resp: falcon.Response, report_id: int) -> None:
        report = self._own(req, report_id)
        self._download(req, resp, report["body"].encode())

    def on_post_attest(self, req: DashboardRequest, resp: falcon.Response, report_id: int) -> None:
        form = req.context.form
        who, statement = form["attested_by"], form["statement"]
        self._step(req, resp, report_id, "report-attested", lambda: self._reports.attest(
            req.command(), report_id, _needed("attested_by", who), _needed("statement", statement)
        ))  # fmt: skip

    def on_post_submit(self, req: DashboardRequest, resp: falcon.Response, report_id: int) -> None:
        reference = req.context.form["reference"] or None
        self._step(req, resp, report_id, "report-submitted", lambda: self._reports.mark_submitted(
            req.command(), report_id, reference
        ))  # fmt: skip

    def on_post_restate(self, req: DashboardRequest, resp: falcon.Response, report_id: int) -> None:
        reason = req.context.form["reason"]
        self._step(req, resp, report_id, "report-restated", lambda: self._reports.restate(
            req.command(), report_id, reason
        ))  # fmt: skip

    def on_get_diff(self, req: DashboardRequest, resp: falcon.Response, report_id: int) -> None:
        report = self._own(req, report_id)
        against_id = req.get_param_as_int("against", required=True, min_value=1)
        against = self._own(req, against_id or 0)
        moved = self._reports.diff(req.command(), report_id, against["id"])
        _, metrics = list_metrics(self._database, req.principal.account_id, 1000, 0)
        self._pages.show(
            req,
            resp,
            "report_diff.html",
            report=report,
            against=against,
            rows=_side_by_side(entries_of(report), entries_of(against)),
            moved=moved[:_PATIENTS_SHOWN],
            moved_total=len(moved),
            names={metric.id: metric.body["name"] for metric in metrics},
        )

    def _step(
        self, req: DashboardRequest, resp: falcon.Response, report_id: int, done: str, step: Any
    ) -> None:
        """One step in the life of a report; what stands in its way is told on its page."""
        self._own(req, report_id)
        try:
            saved = step()
        except (Invalid, Conflict) as error:
            resp.status = 422
            self._show(req, resp, report_id, error=error)
            return
        raise falcon.HTTPSeeOther(f"{REPORTS}/{saved.id}?done={done}")

    def _show(
        self,
        req: DashboardRequest,
        resp: falcon.Response,
        report_id: int,
        *,
        verification: Verification | None = None,
        error: AttestorError | None = None,
    ) -> None:
        report = self._own(req, report_id)
        _, frozen = list_reports(self._database, req.principal.account_id, _MOST, 0)
        self._pages.show(
            req,
            resp,
            "report.html",
            report=report,
            entries=entries_of(report),
            others=[each for each in frozen if each["id"] != report_id],
            verification=verification,
            error=error,
            formats=list(MEDIA_TYPES),
        )

    def _download(self, req: DashboardRequest, resp: falcon.Response, body: bytes) -> None:
        wanted = req.get_param("format") or "json"
        if wanted not in MEDIA_TYPES:
            raise Invalid.field("format", f"choose from {', '.join(MEDIA_TYPES)}")
        if wanted == "json":
            resp.content_type, resp.data = "application/json", body
            resp.downloadable_as = "cms-report.json"
            return
        export = self._services.exports.write(req.principal, body, wanted)
        resp.content_type, resp.data = export.media_type, export.content
        resp.downloadable_as = export.filename

    def _own(self, req: DashboardRequest, report_id: int) -> dict[str, Any]:
        found = find_report(self._database, report_id)
        if found is None:
            raise NotFound("There is no such report.")
        req.principal.require_own(found[0], "report")
        return found[1]


def entries_of(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What a frozen report says of each metric."""
    entries: list[dict[str, Any]] = orjson.loads(report["body"])["reports"]
    return entries


def _side_by_side(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> list[tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    """The entries of two reports, metric by metric."""
    here, there = ({each["metric_id"]: each for each in side} for side in (before, after))
    return [(here.get(number), there.get(number)) for number in sorted({**here, **there})]


def _needed(name: str, text: str) -> str:
    if not text:
        raise Invalid.field(name, "must not be empty")
    return text
