"""Commands on reports: freeze, attest, submit, restate; and proof that they say what they said."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from domain.errors import Invalid, NotFound, VersionMismatch
from domain.measures.period import Period, year_of
from domain.report import FrozenContent, Report
from projections.database import Reader
from projections.measures.entries import render_report
from projections.measures.movement import Moved, moved_patients
from projections.measures.report import COUNTS
from projections.reports import erased_since, find_report
from service.application import Application
from service.context import Context
from service.idempotency import refuse_repeat
from service.resource import Resource


@dataclass(frozen=True)
class Verification:
    """Whether a frozen report, computed anew from the log at its position, is the same bytes.

    `erased_patients` were in the log there and have been erased since: what they counted for is
    missing from the new computation. `is_explained` says that a difference need not mean more
    than that: no count of the report is less than what is left.
    """

    is_equal: bool
    sha256: str
    recomputed_sha256: str
    differing_metrics: tuple[int, ...]
    erased_patients: int
    is_explained: bool


class Reports:
    """One method per command: load, tell, save."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def freeze(
        self, context: Context, period: Period | None, metric_ids: tuple[int, ...] | None
    ) -> Resource:
        """Freeze what the log says now of some metrics (or all) for a period.

        Raises Invalid when a metric is none of the account's.
        """
        report = self._frozen(context, period or self._this_year(context), metric_ids)
        unknown = set(metric_ids or ()) - report.content.metric_versions.keys()
        if unknown:
            raise Invalid.field("metric_ids", f"there is no metric {min(unknown)}")
        return self._application.create(
            context, [report], lambda reader, saved: _shown(reader, report.number)
        )

    def attest(
        self, context: Context, report_id: int, attested_by: str, statement: str
    ) -> Resource:
        """Somebody answers for the report."""
        return self._application.change(
            context,
            Report,
            report_id,
            lambda report: report.attest(attested_by, statement, context.metadata()),
            lambda reader, saved, report, told: _shown(reader, report_id),
        )

    def mark_submitted(self, context: Context, report_id: int, reference: str | None) -> Resource:
        """The report left the house."""
        return self._application.change(
            context,
            Report,
            report_id,
            lambda report: report.mark_submitted(reference, context.metadata()),
            lambda reader, saved, report, told: _shown(reader, report_id),
        )

    def restate(self, context: Context, report_id: int, reason: str) -> Resource:
        """Freeze the same metrics and period anew in place of this report, and say why."""
        if not reason.strip():
            raise Invalid.field("reason", "must not be empty")
        old = self._application.load(context, Report, report_id)
        # After loading: a twin that restated it before is seen here, a later one when saving.
        refuse_repeat(self._application.database, self._application.vault, context)
        if context.if_match is not None and context.if_match != old.version:
            raise VersionMismatch(old.version)
        content = old.content
        period = Period(content.period_start, content.period_end)
        new = self._frozen(context, period, tuple(content.metric_versions), restates=report_id)
        old.be_restated(new.number, context.metadata(reason))
        return self._application.create(
            context, [new, old], lambda reader, saved: _shown(reader, new.number)
        )

    def verify(self, context: Context, report_id: int) -> Verification:
        """Compute the report anew at its position of the log, and compare byte for byte."""
        content = self._application.load(context, Report, report_id).content
        body = render_report(
            self._application.database,
            context.principal.account_id,
            Period(content.period_start, content.period_end),
            content.position,
            tuple(content.metric_versions),
        )
        erased = erased_since(
            self._application.database, context.principal.account_id, content.position
        )
        frozen = content.body.encode()
        is_equal = body == frozen and _hash(body) == content.sha256
        return Verification(
            is_equal,
            content.sha256,
            _hash(body),
            _differing(frozen, body),
            erased,
            is_equal or (erased > 0 and _hash(frozen) == content.sha256 and _lacks(body, frozen)),
        )

    def diff(self, context: Context, report_id: int, against_id: int) -> list[Moved]:
        """Which patients stand elsewhere in `against`, and which events moved them."""
        here = self._application.load(context, Report, report_id).content
        there = self._application.load(context, Report, against_id).content
        return moved_patients(self._application.database, context.principal.account_id, here, there)

    def _frozen(
        self,
        context: Context,
        period: Period,
        metric_ids: tuple[int, ...] | None,
        restates: int | None = None,
    ) -> Report:
        account_id = context.principal.account_id
        position = self._application.recorder.max_notification_id() or 0
        body = render_report(self._application.database, account_id, period, position, metric_ids)
        entries = orjson.loads(body)["reports"]
        content = FrozenContent(
            period.start,
            period.end,
            position,
            {entry["metric_id"]: entry["metric_version"] for entry in entries},
            body.decode(),
            _hash(body),
        )
        number = self._application.next_id()
        return Report.freeze(number, account_id, content, context.metadata(), restates)

    def _this_year(self, context: Context) -> Period:
        return year_of(datetime.now(UTC), context.principal.zone)


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _differing(frozen: bytes, recomputed: bytes) -> tuple[int, ...]:
    """The metrics whose entries differ."""
    before, after = (
        {entry["metric_id"]: entry for entry in orjson.loads(body)["reports"]}
        for body in (frozen, recomputed)
    )
    return tuple(sorted(m for m in before.keys() | after.keys() if before.get(m) != after.get(m)))


def _lacks(recomputed: bytes, frozen: bytes) -> bool:
    """Whether the one says of the same metrics what the other says, of as many or fewer."""
    left, whole = orjson.loads(recomputed)["reports"], orjson.loads(frozen)["reports"]
    return len(left) == len(whole) and all(
        a["metric_id"] == b["metric_id"] and a["metric_version"] == b["metric_version"]
        and all((a[name] or 0) <= (b[name] or 0) for name in COUNTS)
        for a, b in zip(left, whole, strict=True)
    )  # fmt: skip


def _shown(reader: Reader, report_id: int) -> Resource:
    found = find_report(reader, report_id)
    if found is None:
        raise NotFound(f"There is no report {report_id}.")
    body: dict[str, Any] = found[1]
    return Resource(report_id, body["version"], body["position"], body)
