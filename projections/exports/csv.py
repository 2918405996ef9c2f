"""The report as a table: RFC 4180, UTF-8, one row for each rate and each stratum.

Columns, in this order: the period (`period_start`, `period_end`), the log's `position`, the metric
(`metric_id`, `metric_name`, `measure_id`, `metric_version`, `scoring`, `improvement_notation`,
`unit`), which part of it (`group`, `stratum`; empty for the whole), the counts, the results, and
the judgement (`quality_level`, `low_threshold`, `high_threshold`, `benchmark_decile`,
`benchmark_points`). What is not known is empty, yes and no are `true` and `false`. Text that a
spreadsheet would run as a formula begins with an apostrophe; numbers are always numbers.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

_METRIC = (
    "metric_id", "metric_name", "measure_id", "metric_version", "scoring",
    "improvement_notation", "unit",
)  # fmt: skip
_RESULTS = (
    "initial_population", "denominator", "denominator_exclusions", "denominator_exceptions",
    "numerator", "numerator_exclusions", "measure_population",
    "measure_population_exclusions", "measure_observations", "performance_met",
    "performance_not_met", "performance_rate", "score", "data_completeness",
    "case_count", "meets_case_minimum", "quality_level",
)  # fmt: skip
HEADER = (
    "period_start", "period_end", "position", *_METRIC, "group", "stratum", *_RESULTS,
    "low_threshold", "high_threshold", "benchmark_decile", "benchmark_points",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def to_csv(report: Mapping[str, Any]) -> bytes:
    """The table of a report (`data` of the answer), header first."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(HEADER)
    period = [report["period"]["start"], report["period"]["end"], int(report["position"])]
    for entry in report["reports"]:
        metric = [entry.get(name) for name in _METRIC]
        for group, stratum, rate in _rates(entry):
            results = [rate.get(name) for name in _RESULTS]
            writer.writerow(map(cell, [*period, *metric, group, stratum, *results, *_judged(rate)]))
    return written.getvalue().encode()


def _rates(entry: Mapping[str, Any]) -> Iterator[tuple[Any, Any, Mapping[str, Any]]]:
    """The whole, then its strata, then each group and its strata."""
    yield None, None, entry
    for stratum in entry["strata"]:
        yield None, stratum["title"], stratum
    for group in entry["groups"]:
        yield group["title"], None, group
        for stratum in group.get("strata", ()):
            yield group["title"], stratum["title"], stratum


def _judged(rate: Mapping[str, Any]) -> list[Any]:
    thresholds, benchmark = rate.get("thresholds") or {}, rate.get("benchmark") or {}
    return [
        thresholds.get("low"), thresholds.get("high"),
        benchmark.get("decile"), benchmark.get("points"),
    ]  # fmt: skip


def cell(value: object) -> str:
    """What a value is in a table; text that a spreadsheet would run gets an apostrophe."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case str() if value.startswith(_FORMULA):
            return "'" + value
    return str(value)
