"""The entries of a report for any period at any position of the log, computed on request."""

from collections.abc import Collection
from typing import Any

import orjson

from domain.measures.period import Period
from projections.benchmarks import benchmark_of
from projections.database import Reader
from projections.measures.live import LiveMetric, compute_totals, live_metrics
from projections.measures.report import as_number, report_body


def entries_at(
    reader: Reader,
    account_id: int,
    period: Period,
    position: int,
    metric_ids: Collection[int] | None = None,
) -> list[orjson.Fragment]:
    """One entry a metric that was there at the position, as rendered JSON; by default of all."""
    entries = []
    for metric in _chosen(reader, account_id, position, metric_ids):
        entry = entry_of(reader, metric, period, position)
        entry["benchmark"] = benchmark_of(
            reader, metric.definition.cms, period.start.year, entry["performance_rate"]
        )
        entries.append(orjson.Fragment(orjson.dumps(entry, default=as_number)))
    return entries


def render_report(
    reader: Reader,
    account_id: int,
    period: Period,
    position: int,
    metric_ids: Collection[int] | None = None,
) -> bytes:
    """A report as the bytes that are frozen: the same for the same log up to the position.

    Benchmarks are reference data beside the log, loaded and replaced by operators: they are left
    out.
    """
    body = {
        "period": {"start": period.start.isoformat(), "end": period.end.isoformat()},
        "position": str(position),
        "reports": [
            entry_of(reader, metric, period, position)
            for metric in _chosen(reader, account_id, position, metric_ids)
        ],
    }
    return orjson.dumps(body, default=as_number)


def _chosen(
    reader: Reader, account_id: int, position: int, metric_ids: Collection[int] | None
) -> list[LiveMetric]:
    return [
        metric
        for metric in live_metrics(reader, account_id, position)
        if metric_ids is None or metric.id in metric_ids
    ]


def entry_of(reader: Reader, metric: LiveMetric, period: Period, position: int) -> dict[str, Any]:
    """One metric's entry, without a benchmark; numbers are Decimals."""
    trend = []
    for each in period.quarters:
        rate = report_body(metric, *compute_totals(reader, metric, each, position), [])
        trend.append({"period": str(each), "rate": rate["performance_rate"]})
    return report_body(metric, *compute_totals(reader, metric, period, position), trend)
