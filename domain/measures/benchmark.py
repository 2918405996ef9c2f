"""Official quality benchmarks, and the points a rate earns against one.

Files: `benchmarks/<year>.json` of CMSgov/qpp-measures-data, in both formats (`deciles` until
performance year 2022, `percentiles` since). Scoring: QPP submissions documentation, "Scoring";
42 CFR 414.1380(b)(1).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from domain.errors import Invalid

TOPPED_OUT_CAP = Decimal(7)
FLOOR_BEFORE_2023 = Decimal(3)
HIGHEST = 10
_PERCENTILES = ("10", "20", "30", "40", "50", "60", "70", "80", "90")
_NOT_PERCENT = ("nonProportion", "costScore")
_FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class Benchmark:
    """What rates were reached two years before, by one way of submitting.

    `bounds` are the inclusive lower bounds of deciles 2 to 10, from worst to best: they descend
    when `is_inverse`. `worst` is where decile 1 begins. `source` is the hex SHA-256 of the file.
    """

    measure_id: str
    submission_method: str
    performance_year: int
    benchmark_year: int
    bounds: tuple[Decimal, ...]
    worst: Decimal
    is_inverse: bool
    is_topped_out: bool
    is_topped_out_by_program: bool
    average: Decimal | None
    source: str = ""


@dataclass(frozen=True)
class Points:
    """Achievement points, 1 to 10 with 4 decimals, and the decile (1 to 10) they come from.

    `to_next_decile` is how far the rate is from the next decile that pays more, None in the last.
    """

    decile: int
    points: Decimal
    is_capped: bool
    is_floored: bool
    to_next_decile: Decimal | None


def points(benchmark: Benchmark, rate: Decimal, *, is_cap_removed: bool = False) -> Points:
    """The points of a rate (percent; the number itself where the measure is not a proportion).

    A rate belongs to the highest decile whose lower bound it reaches, so empty deciles are
    skipped. Measures that are topped out by program get 7 points at most unless CMS removed their
    cap; before performance year 2023 every benchmarked measure gets at least 3.
    """
    sign = -1 if benchmark.is_inverse else 1
    reached = sign * rate
    bounds = [sign * each for each in (benchmark.worst, *benchmark.bounds)]
    decile = max((n for n, bound in enumerate(bounds, 1) if n > 1 and bound <= reached), default=1)
    earned = Decimal(decile)
    if decile < HIGHEST and reached > bounds[decile - 1]:
        lower, upper = bounds[decile - 1], bounds[decile]
        earned += (reached - lower) / (upper - lower)
    earned = earned.quantize(_FOUR_PLACES, ROUND_HALF_UP)
    floor = FLOOR_BEFORE_2023 if benchmark.performance_year < 2023 else Decimal(1)
    is_capped = benchmark.is_topped_out_by_program and not is_cap_removed
    cap = TOPPED_OUT_CAP if is_capped else Decimal(HIGHEST)
    return Points(
        decile=decile,
        points=min(max(earned, floor), cap).quantize(_FOUR_PLACES),
        is_capped=earned > cap,
        is_floored=earned < floor,
        to_next_decile=None if decile == HIGHEST else bounds[decile] - reached,
    )


def parse(content: bytes) -> list[Benchmark]:
    """The benchmarks in an official file. Raises Invalid, naming the row and the rule."""
    try:
        rows = json.loads(content, parse_float=Decimal, parse_int=Decimal)
    except ValueError as error:
        raise Invalid.field("file", f"is not JSON: {error}") from error
    if not isinstance(rows, list):
        raise Invalid.field("file", "must be a list of benchmarks")
    source = hashlib.sha256(content).hexdigest()
    found: dict[tuple[str, str, int], Benchmark] = {}
    for number, row in enumerate(rows):
        benchmark = _benchmark(row, str(number), source)
        key = (benchmark.measure_id, benchmark.submission_method, benchmark.performance_year)
        if key in found:
            raise Invalid.field(f"{number}", "repeats the measure, method and year of a row before")
        found[key] = benchmark
    return list(found.values())


def _benchmark(row: Any, place: str, source: str) -> Benchmark:
    if not isinstance(row, dict):
        raise Invalid.field(place, "must be an object")
    is_inverse, worst, bounds = _scale(row, place)
    average = row.get("averagePerformanceRate")
    return Benchmark(
        measure_id=_text(row, "measureId", place),
        submission_method=_text(row, "submissionMethod", place),
        performance_year=_year(row, "performanceYear", place),
        benchmark_year=_year(row, "benchmarkYear", place),
        bounds=bounds,
        worst=worst,
        is_inverse=is_inverse,
        is_topped_out=row.get("isToppedOut") is True,
        is_topped_out_by_program=row.get("isToppedOutByProgram") is True,
        average=None if average is None else _number(average, f"{place}/averagePerformanceRate"),
        source=source,
    )


def _scale(row: Mapping[str, Any], place: str) -> tuple[bool, Decimal, tuple[Decimal, ...]]:
    """Whether low is good, where decile 1 begins, and where deciles 2 to 10 begin."""
    if isinstance(row.get("percentiles"), dict):
        return _of_percentiles(row, f"{place}/percentiles")
    if isinstance(row.get("deciles"), list):
        return _of_deciles(row["deciles"], f"{place}/deciles")
    raise Invalid.field(place, "must have percentiles or deciles")


def _of_percentiles(
    row: Mapping[str, Any], place: str
) -> tuple[bool, Decimal, tuple[Decimal, ...]]:
    """Percentiles ascend for inverse measures too; the worst of those is 100 %, or the last."""
    is_inverse = row.get("isInverse") is True
    bounds = tuple(_number(row["percentiles"].get(key), f"{place}/{key}") for key in _PERCENTILES)
    if any(low > high for low, high in pairwise(bounds)):
        raise Invalid.field(place, "must not descend")
    if not is_inverse:
        return False, Decimal(0), bounds
    is_percent = row.get("metricType") not in _NOT_PERCENT
    last = Decimal(100) if is_percent else _number(row["percentiles"].get("99"), f"{place}/99")
    return True, last, bounds[::-1]


def _of_deciles(deciles: list[Any], place: str) -> tuple[bool, Decimal, tuple[Decimal, ...]]:
    """Nine bounds, or ten where costs and times have a bound of decile 1 as well.

    Where all are equal, zeros are an inverse measure's best and anything else a direct one's.
    """
    if len(deciles) not in (9, 10):
        raise Invalid.field(place, "must have 9 or 10 bounds")
    bounds = tuple(_number(each, f"{place}/{n}") for n, each in enumerate(deciles))
    is_inverse = bounds[0] > bounds[-1] or set(bounds) == {Decimal(0)}
    if len(bounds) == 10:
        return is_inverse, bounds[0], bounds[1:]
    return is_inverse, max(Decimal(100), bounds[0]) if is_inverse else Decimal(0), bounds


def _number(value: Any, place: str) -> Decimal:
    if not isinstance(value, Decimal) or not value.is_finite():
        raise Invalid.field(place, "must be a number")
    return value


def _year(row: Mapping[str, Any], name: str, place: str) -> int:
    value = _number(row.get(name), f"{place}/{name}")
    if value not in range(2000, 3000):
        raise Invalid.field(f"{place}/{name}", "must be a year")
    return int(value)


def _text(row: Mapping[str, Any], name: str, place: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise Invalid.field(f"{place}/{name}", "must be a text")
    return value
