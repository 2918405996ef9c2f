"""The official benchmarks that are loaded, and the points of a rate against them."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from domain.measures.benchmark import Benchmark, parse, points
from projections.database import Database, Reader
from projections.queries import load

_QUERIES = load("benchmarks")


def load_benchmarks(database: Database, path: Path) -> int:
    """Load an official file and tell how many benchmarks it has.

    It replaces all that was loaded before of the performance years in it, in one transaction.
    Raises Invalid, and changes nothing, when the file is not as CMS publishes it.
    """
    found = parse(path.read_bytes())
    rows = orjson.dumps([asdict(each) for each in found], default=str).decode()
    years = sorted({each.performance_year for each in found})
    with database.transaction() as transaction:
        transaction.execute(_QUERIES["remove_years"], {"years": years})
        transaction.execute(_QUERIES["insert_benchmarks"], {"rows": rows})
        # Ready reports show the old benchmarks; the runner makes them anew.
        transaction.execute(_QUERIES["forget_reports"])
    return len(found)


def find_benchmark(
    reader: Reader, measure_id: str, submission_method: str, performance_year: int
) -> Benchmark | None:
    """The benchmark that scores a measure when it is submitted this way for this year."""
    scope = {
        "measure_id": measure_id,
        "submission_method": submission_method,
        "performance_year": performance_year,
    }
    row = reader.row(_QUERIES["find_benchmark"], scope)
    if row is None:
        return None
    columns = dict(zip((each.name for each in fields(Benchmark)), row, strict=True))
    return Benchmark(**{**columns, "bounds": tuple(columns["bounds"])})


def benchmark_of(
    reader: Reader, cms: Mapping[str, Any], performance_year: int, rate: Decimal | None
) -> dict[str, Any] | None:
    """The `benchmark` of an entry, where the metric is a CMS measure that has one."""
    measure_id, method = cms.get("measure_id"), cms.get("submission_method")
    if measure_id is None or method is None:
        return None
    benchmark = find_benchmark(reader, measure_id, method, performance_year)
    return None if benchmark is None else benchmark_body(benchmark, rate)


def benchmark_body(benchmark: Benchmark, rate: Decimal | None) -> dict[str, Any]:
    """The `benchmark` of a report's entry; without a rate there are no points.

    `points` is what the rate earns where the case minimum and the data completeness are met.
    """
    earned = None if rate is None else points(benchmark, rate)
    return {
        "decile": earned.decile if earned else None,
        "points": earned.points if earned else None,
        "is_capped": earned.is_capped if earned else None,
        "to_next_decile": earned.to_next_decile if earned else None,
        "performance_year": benchmark.performance_year,
        "benchmark_year": benchmark.benchmark_year,
        "submission_method": benchmark.submission_method,
        "average_rate": benchmark.average,
        "is_inverse": benchmark.is_inverse,
        "is_topped_out": benchmark.is_topped_out,
        "is_topped_out_by_program": benchmark.is_topped_out_by_program,
        "source": benchmark.source,
    }
