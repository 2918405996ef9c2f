"""Frozen reports: what they say, and how far they have come."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from domain.clinical_time import instant
from domain.ids import number_of
from domain.report import Report, ReportStatus
from projections.database import Reader, Row
from projections.projection import Recorded, Rows
from projections.queries import load

_QUERIES = load("reports")
_STEPS: dict[type, ReportStatus] = {
    Report.Attested: ReportStatus.ATTESTED,
    Report.Submitted: ReportStatus.SUBMITTED,
    Report.Restated: ReportStatus.RESTATED,
}
_FACTS = ("attested_by", "statement", "reference", "restated_by")
_NEVER = datetime.max.replace(tzinfo=UTC)
_LATER: dict[str, tuple[str, ...]] = {
    "attested_at": ("attested_by", "statement"),
    "submitted_at": ("reference",),
    "restated_at": ("restated_by", "reason"),
}
"""What each later step of a report added."""


class Reports:
    """Read model of frozen reports."""

    name = "reports"
    version = 1
    tables = ("reports",)

    def fold(self, batch: Sequence[Recorded]) -> Rows:
        rows: Rows = {"reports": [], "report_steps": []}
        for recorded in batch:
            event: Any = recorded.event
            if isinstance(event, Report.Created):
                rows["reports"].append(_frozen(recorded))
            elif (status := _STEPS.get(type(event))) is not None:
                facts = {name: getattr(event, name, None) for name in _FACTS}
                rows["report_steps"].append(
                    recorded.row(
                        id=number_of(event.originator_id),
                        version=event.originator_version,
                        status=status.value,
                        reason=event.metadata.reason,
                        **facts,
                    )
                )
        return rows


def _frozen(recorded: Recorded) -> dict[str, Any]:
    event: Any = recorded.event
    return recorded.row(
        id=number_of(event.originator_id),
        account_id=event.account_id,
        version=event.originator_version,
        period_start=event.period_start,
        period_end=event.period_end,
        log_position=event.position,
        metric_versions=event.metric_versions,
        body=event.body,
        sha256=event.sha256,
        release=event.metadata.release,
        restates=event.restates,
        frozen_by=event.metadata.actor,
    )


def find_report(
    reader: Reader, report_id: int, at: datetime | None = None
) -> tuple[int, dict[str, Any]] | None:
    """The account of a frozen report, and the report with its `body` as rendered text.

    `at` shows it as it stood at that instant; None when it was not frozen yet.
    """
    row = reader.row(_QUERIES["find_report"], {"id": report_id, "at": at or _NEVER})
    return (row[0], _shown(row, at)) if row else None


def list_reports(
    reader: Reader, account_id: int, limit: int, offset: int, at: datetime | None = None
) -> tuple[int, list[dict[str, Any]]]:
    """The total and one page of the account's frozen reports without their bodies, newest first."""
    scope = {"account_id": account_id, "limit": limit, "offset": offset, "at": at or _NEVER}
    total = reader.row(_QUERIES["count_reports"], scope)
    rows = reader.rows(_QUERIES["list_reports"], scope)
    return (total[0] if total else 0), [_shown(row, at) for row in rows]


def position_at(reader: Reader, moment: datetime) -> int:
    """The last position of the log that was recorded by that instant."""
    row = reader.row(_QUERIES["position_at"], {"instant": moment})
    return row[0] if row else 0


def _shown(row: Row, at: datetime | None) -> dict[str, Any]:
    names = (
        "id", "version", "position", "status", "period_start", "period_end", "log_position",
        "metric_versions", "sha256", "release", "restates", "restated_by", "frozen_at",
        "frozen_by", "attested_at", "attested_by", "statement", "submitted_at", "reference",
        "restated_at", "reason", "body",
    )  # fmt: skip
    report = dict(zip(names, row[1:], strict=True))
    if at is not None:
        _undo_later_steps(report, at)
    for name in ("frozen_at", "attested_at", "submitted_at", "restated_at"):
        report[name] = instant(report[name]) if report[name] else None
    report["log_position"] = str(report["log_position"])
    report["metric_versions"] = [
        {"metric_id": metric_id, "version": version}
        for metric_id, version in report["metric_versions"]
    ]
    return report


def _undo_later_steps(report: dict[str, Any], at: datetime) -> None:
    """Bring a report back to how far it had come at an instant."""
    report["status"], report["version"] = ReportStatus.FROZEN.value, 1
    for name, facts in _LATER.items():
        reached: datetime | None = report[name]
        if reached is not None and reached <= at:
            report["status"] = name.removesuffix("_at")
            report["version"] += 1
        else:
            report.update(dict.fromkeys((name, *facts)))


def erased_since(reader: Reader, account_id: int, position: int) -> int:
    """How many patients of the account at a position have been erased after it."""
    scope = {"account_id": account_id, "position": position}
    row = reader.row(_QUERIES["erased_since"], scope)
    return row[0] if row else 0
