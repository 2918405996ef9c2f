"""A report in the formats that others take: CSV, QPP, QRDA III, FHIR."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from domain.errors import Conflict
from domain.measures.period import Period
from projections.access import find_account
from projections.database import Reader
from projections.definitions import cms_of_metrics
from projections.exports.cms_ids import CmsIds
from projections.exports.csv import to_csv
from projections.exports.fhir import Origin, to_fhir
from projections.exports.qpp import to_qpp
from projections.exports.qrda3 import to_qrda3
from projections.exports.submitter import Submitter
from projections.measures.live import LiveMetric, live_metrics
from projections.measures.subjects import subjects_of
from projections.measures.supplements import supplements_of
from service.context import Principal

MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv",
    "qpp": "application/vnd.qpp.cms.gov+json",
    "qrda3": "application/xml",
    "fhir": "application/fhir+json",
}
"""How a report can be written."""


@dataclass(frozen=True)
class Export:
    """A report as a file."""

    content: bytes
    media_type: str
    filename: str


class Exports:
    """Writes a report for the caller's account."""

    def __init__(self, reader: Reader, now: Callable[[], datetime], base_url: str) -> None:
        self._reader = reader
        self._now = now
        self._base_url = base_url

    def write(
        self, principal: Principal, body: bytes, wanted: str, *, has_individuals: bool = False
    ) -> Export:
        """`body` (JSON of contract section 4) in a format of MEDIA_TYPES other than json.

        `has_individuals` adds every patient's own MeasureReport with its evidence (fhir alone).
        Raises Conflict when the account has not said who submits, Invalid when the metrics lack
        what the format needs.
        """
        report = json.loads(body, parse_float=Decimal)
        period = f"{report['period']['start']}_{report['period']['end']}"
        if wanted == "csv":
            return Export(to_csv(report), "text/csv; charset=utf-8", f"cms-report_{period}.csv")
        submitter, ids = self._submitter(principal, report), self._ids(principal)
        if wanted == "qpp":
            content = to_qpp(report, submitter, ids)
            return Export(content, MEDIA_TYPES[wanted], f"qpp-submission_{period}.json")
        computed = self._computed(principal, report)
        if wanted == "qrda3":
            supplements = supplements_of(self._reader, *computed)
            content = to_qrda3(report, submitter, ids, supplements, self._now())
            return Export(content, MEDIA_TYPES[wanted], f"qrda3_{period}.xml")
        origin = Origin(self._base_url, self._now(), submitter)
        subjects = subjects_of(self._reader, *computed) if has_individuals else {}
        content = to_fhir(report, ids, origin, subjects)
        return Export(content, MEDIA_TYPES["fhir"], f"measure-reports_{period}.json")

    def _submitter(self, principal: Principal, report: Mapping[str, Any]) -> Submitter:
        account = find_account(self._reader, principal.account_id)
        if account is None or not account.submitter:
            raise Conflict("The account has not said who submits to CMS: PUT /account.")
        year = date.fromisoformat(report["period"]["start"]).year
        return Submitter(**{"name": account.name, **account.submitter, "performance_year": year})

    def _computed(
        self, principal: Principal, report: Mapping[str, Any]
    ) -> tuple[list[LiveMetric], Period, int]:
        """What the report was computed from: its metrics, its period, its place in the log."""
        position = int(report["position"])
        wanted = {entry["metric_id"] for entry in report["reports"]}
        metrics = live_metrics(self._reader, principal.account_id, position)
        start, end = (date.fromisoformat(report["period"][edge]) for edge in ("start", "end"))
        return [metric for metric in metrics if metric.id in wanted], Period(start, end), position

    def _ids(self, principal: Principal) -> dict[int, CmsIds]:
        found = cms_of_metrics(self._reader, principal.account_id)
        return {metric_id: CmsIds.of(cms) for metric_id, cms in found.items()}
