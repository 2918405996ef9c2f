"""Measure results: per metric, period and patient the cells whose sums are the report.

Follows the log: only the patients that a batch touched are computed anew, and the totals move by
the difference. A new formula or period is computed in full by the same statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

from domain.ids import Kind, kind_of, number_of
from domain.measures.period import Period, maintained
from projections.benchmarks import benchmark_of
from projections.database import Reader, Transaction
from projections.measures.live import LiveMetric, live_metrics, parameters
from projections.measures.report import as_number, report_body
from projections.queries import load
from projections.runner import LogEntry

_QUERIES = load("measure_results")
_SILENT = frozenset(
    {"patient.document_added", "patient.document_read", "patient.held", "patient.released"}
)
_VALUES = frozenset(
    {
        "patient.observation_recorded",
        "patient.observations_imported",
        "patient.observation_withdrawn",
        "patient.scraped",
    }
)


@dataclass
class Touched:
    """What a batch touched in one account, from position `since` on: `charts` are patients of whom
    nothing but values changed."""

    since: int
    charts: set[int] = field(default_factory=set)
    patients: set[int] = field(default_factory=set)
    metrics: set[int] = field(default_factory=set)
    is_redefined: bool = False


class MeasureResults:
    """The async projection behind GET /cms-reports."""

    name = "measure_results"
    version = 1
    tables = ("measure_results", "cms_reports")

    def fold(self, batch: Sequence[LogEntry]) -> dict[int, Touched]:
        """What was touched, by account; payloads are not needed and stay encrypted."""
        touched: dict[int, Touched] = {}
        for entry in batch:
            account = touched.setdefault(entry.account_id, Touched(entry.position))
            number = number_of(entry.originator_id)
            match kind_of(entry.originator_id):
                case Kind.PATIENT if entry.topic == "patient.erased":
                    # What it added to the totals cannot be told any more.
                    account.is_redefined = True
                case Kind.PATIENT if entry.topic in _VALUES:
                    account.charts.add(number)
                case Kind.PATIENT if entry.topic not in _SILENT:
                    account.patients.add(number)
                case Kind.METRIC:
                    account.metrics.add(number)
                case Kind.DATE_VARIABLE if entry.topic == "date_variable.changed":
                    account.is_redefined = True
        return touched

    def write(self, transaction: Transaction, folded: dict[int, Touched], position: int) -> None:
        """Bring the results of every touched metric and patient to `position`."""
        for account_id, touched in folded.items():
            if not (touched.charts or touched.patients or touched.metrics or touched.is_redefined):
                continue
            periods = maintained(account_today(transaction, account_id))
            changed = _changed_values(transaction, touched, position)
            for metric in live_metrics(transaction, account_id, position):
                if touched.is_redefined or not touched.metrics.isdisjoint(metric.depends_on):
                    refresh(transaction, metric, periods, position, None)
                    continue
                charts = (changed.get(each, ()) for each in metric.compiled.variables)
                patients = touched.patients.union(*charts)
                if patients:
                    refresh(transaction, metric, periods, position, sorted(patients))

    def refresh_periods(self, transaction: Transaction) -> int:
        """Compute the periods that a new year brought and drop those it ended; how many metrics."""
        refreshed = 0
        for account_id, today, position in transaction.rows(_QUERIES["accounts_today"]):
            periods = maintained(today)
            transaction.execute(
                _QUERIES["drop_other_periods"],
                {
                    "account_id": account_id,
                    "starts": [period.start for period in periods],
                    "ends": [period.end for period in periods],
                },
            )
            lacking = transaction.rows(
                _QUERIES["metrics_lacking_periods"],
                {"account_id": account_id, "position": position, "periods": len(periods)},
            )
            numbers = {row[0] for row in lacking}
            for metric in live_metrics(transaction, account_id, position):
                if metric.id in numbers:
                    refresh(transaction, metric, periods, position, None)
                    refreshed += 1
        return refreshed


def _changed_values(
    transaction: Transaction, touched: Touched, position: int
) -> dict[int, list[int]]:
    """By variable the patients whose values of it the batch changed."""
    rows = transaction.rows(
        _QUERIES["changed_values"],
        {"patient_ids": sorted(touched.charts), "since": touched.since, "position": position},
    )
    return {row[0]: row[1] for row in rows}


def account_today(reader: Reader, account_id: int) -> date:
    """The calendar day in the account's zone."""
    row = reader.row(_QUERIES["account_today"], {"account_id": account_id})
    if row is None:
        raise LookupError(f"account {account_id}")
    today: date = row[0]
    return today


def refresh(
    transaction: Transaction,
    metric: LiveMetric,
    periods: Sequence[Period],
    position: int,
    patient_ids: list[int] | None,
) -> None:
    """Bring a metric's results to `position`: of these patients, or (None) of all, anew.

    A year is written after its quarters, whose rates are its trend.
    """
    # A table that was just filled has no statistics, and what looks like one row is thousands.
    transaction.execute("SET LOCAL enable_nestloop = off")
    for period in sorted(periods, key=lambda period: len(period.quarters)):
        totals = _moved_totals(transaction, metric, period, position, patient_ids)
        if totals is None:
            continue
        body = report_body(
            metric,
            totals,
            _spreads(transaction, metric, period),
            _trend(transaction, metric, period),
        )
        body["benchmark"] = benchmark_of(
            transaction, metric.definition.cms, period.start.year, body["performance_rate"]
        )
        transaction.execute(
            _QUERIES["write_report"],
            {
                **parameters(metric, period, position, None),
                "version": metric.version,
                "totals": totals,
                "body": orjson.dumps(body, default=as_number).decode(),
            },
        )


def _moved_totals(
    transaction: Transaction,
    metric: LiveMetric,
    period: Period,
    position: int,
    patient_ids: list[int] | None,
) -> list[Decimal] | None:
    """The totals after this batch, or None when nothing moved."""
    bound = parameters(metric, period, position, patient_ids)
    row = transaction.row(_QUERIES["totals"], bound)
    is_anew = patient_ids is None or row is None or row[0] != metric.version
    if is_anew:
        transaction.execute(_QUERIES["forget_results"], bound)
        bound["patient_ids"] = None
    statement = _statement if is_anew else _statement_of_chosen
    moves = transaction.rows(statement(metric.compiled.sql), bound)
    deltas = [move[0] for move in moves] or [Decimal(0)] * bound["width"]
    if is_anew:
        return deltas
    if not any(deltas) and not (metric.compiled.spread and moves):
        return None
    return [total + delta for total, delta in zip(row[1], deltas, strict=True)] if row else deltas


def _statement(compiled: str) -> str:
    return _QUERIES["move_results"].replace("/* compiled */", compiled)


def _statement_of_chosen(compiled: str) -> str:
    """Without the alternative of all patients, a plan that the server keeps uses their index."""
    return _statement(compiled).replace("%(patient_ids)s::bigint[] IS NULL OR ", "")


def _spreads(
    transaction: Transaction, metric: LiveMetric, period: Period
) -> dict[int, list[Decimal]]:
    bound = parameters(metric, period, 0, None)
    return {
        index: [
            row[0] for row in transaction.rows(_QUERIES["spread"], {**bound, "index": index + 1})
        ]
        for index in metric.compiled.spread
    }


def _trend(transaction: Transaction, metric: LiveMetric, period: Period) -> list[dict[str, Any]]:
    """The rates of a year's quarters as they were just written."""
    quarters = period.quarters
    bound = {
        "metric_id": metric.id,
        "starts": [each.start for each in quarters],
        "ends": [each.end for each in quarters],
    }
    rows = transaction.rows(_QUERIES["rates"], bound) if quarters else []
    rates = {Period(row[0], row[1]): row[2] for row in rows}
    return [{"period": str(each), "rate": rates.get(each)} for each in quarters]
