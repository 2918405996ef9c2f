"""Expected points: published by CMS (submissions documentation), or worked out by hand."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.measures.benchmark import Benchmark, parse, points
from domain.measures.category_score import (
    interoperability_points,
    measure_points,
    quality_category,
    required_completeness,
)

EHR_001 = [2.385, 13.46, 18.485, 23.02, 27.54, 32.915, 40.275, 51.68, 73.2, 94.35, 99.44]
EHR_236 = [5.56, 45.71, 55.17, 61.16, 65.32, 68.735, 71.94, 75.31, 79.31, 84.74, 98.95]
EHR_112 = [0.18, 9.48, 32.76, 46.11, 55.16, 62.6, 68.22, 73.37, 78.9, 85.59, 99.35]
REGISTRY_128 = [2.04, 40.84, 80.65, 94.23, 98.24, 99.76, 100, 100, 100, 100, 100]
FLAT = [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99]
CAP_REMOVED = [84, 86, 88, 90, 92, 94, 96, 98, 99, 100, 100]
MINUTES_ACEP51 = [71, 85, 90, 101, 113, 115.5, 125, 138, 144, 177, 213]


def row(**changes: Any) -> dict[str, Any]:
    return {
        "measureId": "236",
        "performanceYear": 2025,
        "benchmarkYear": 2023,
        "submissionMethod": "registry",
        "isToppedOut": False,
        "isToppedOutByProgram": False,
        "isInverse": False,
        "metricType": "singlePerformanceRate",
        **changes,
    }


def benchmark(percentiles: list[Any], **changes: Any) -> Benchmark:
    keys = ("1", "10", "20", "30", "40", "50", "60", "70", "80", "90", "99")
    named = dict(zip(keys, percentiles, strict=True))
    return parse(json.dumps([row(percentiles=named, **changes)]).encode())[0]


def of_deciles(deciles: list[Any], year: int = 2022) -> Benchmark:
    return parse(json.dumps([row(deciles=deciles, performanceYear=year)]).encode())[0]


@pytest.mark.parametrize(
    ("percentiles", "is_inverse", "rate", "decile", "expected"),
    [
        (FLAT, True, "23.08", 8, "8.6920"),
        (FLAT, False, "71.5", 8, "8.1500"),
        (EHR_001, True, "23.08", 7, "7.9867"),
        (EHR_236, False, "71.5", 6, "6.8627"),
        (EHR_112, False, "70", 7, "7.3456"),
        (EHR_236, False, "84.74", 10, "10.0000"),
        (EHR_001, True, "13.46", 10, "10.0000"),
        (EHR_236, False, "45.71", 2, "2.0000"),  # a lower bound belongs to its decile
        (EHR_001, True, "94.35", 2, "2.0000"),
        (EHR_236, False, "0", 1, "1.0000"),
        (EHR_236, False, "22.855", 1, "1.5000"),  # half of 0 to 45.71
        (EHR_001, True, "100", 1, "1.0000"),
        (EHR_001, True, "97.175", 1, "1.5000"),  # half of 100 to 94.35
        (REGISTRY_128, False, "90", 3, "3.6885"),
        (REGISTRY_128, False, "100", 10, "10.0000"),  # deciles 7 to 9 are empty
        (REGISTRY_128, False, "99.88", 6, "6.5000"),
        (CAP_REMOVED, False, "99.5", 9, "9.5000"),
    ],
)
def test_a_rate_earns_its_decile_and_the_share_of_the_way_to_the_next(
    percentiles: list[float], is_inverse: bool, rate: str, decile: int, expected: str
) -> None:
    earned = points(benchmark(percentiles, isInverse=is_inverse), Decimal(rate))
    assert (earned.decile, str(earned.points)) == (decile, expected)


def test_minutes_beyond_the_last_percentile_earn_one_point() -> None:
    minutes = benchmark(MINUTES_ACEP51, isInverse=True, metricType="nonProportion")
    assert points(minutes, Decimal(500)).points == 1
    assert points(minutes, Decimal(195)).points == Decimal("1.5")  # half of 213 to 177
    assert points(minutes, Decimal(85)).points == 10


def test_a_measure_topped_out_by_program_stops_at_seven_points() -> None:
    capped = benchmark(REGISTRY_128, isToppedOutByProgram=True)
    best = points(capped, Decimal(100))
    assert (best.points, best.is_capped, best.decile) == (7, True, 10)
    assert points(capped, Decimal(90)).points == Decimal("3.6885")
    assert not points(capped, Decimal(90)).is_capped
    assert points(capped, Decimal(100), is_cap_removed=True).points == 10


def test_a_measure_only_topped_out_keeps_its_ten_points() -> None:
    assert points(benchmark(REGISTRY_128, isToppedOut=True), Decimal(100)).points == 10


def test_where_everyone_reaches_100_any_miss_falls_to_decile_one() -> None:
    saturated = benchmark([100] * 11)
    assert points(saturated, Decimal(100)).points == 10
    assert points(saturated, Decimal("99.9")).decile == 1
    never = benchmark([0] * 11, isInverse=True)
    assert points(never, Decimal(0)).points == 10
    assert points(never, Decimal("0.1")).decile == 1


def test_deciles_of_2022_and_before_are_lower_bounds_two_to_ten() -> None:
    bounds = [0, 28.58, 52.17, 72.06, 85.28, 93.67, 98.33, 99.76, 100]
    earned = points(of_deciles(bounds), Decimal("76.92"))
    assert (earned.decile, earned.points) == (5, Decimal("5.3676"))


def test_before_2023_no_benchmarked_measure_gets_less_than_three_points() -> None:
    earned = points(of_deciles([0, 96.15, 99.44] + [100] * 6, 2018), Decimal("82.31"))
    assert (earned.points, earned.is_floored) == (3, True)
    assert not points(benchmark(EHR_236), Decimal(0)).is_floored


def test_descending_deciles_are_an_inverse_measure() -> None:
    old = of_deciles([100, 80, 70, 60, 50, 40, 30, 20, 10])
    new = benchmark(FLAT, isInverse=True)
    for rate in ("10", "10.5", "23.08", "55", "80"):
        assert points(old, Decimal(rate)).decile == points(new, Decimal(rate)).decile
    assert points(old, Decimal("23.08")).points == Decimal("8.6920")


def test_ten_deciles_begin_with_the_bound_of_decile_one() -> None:
    cost = of_deciles([43284, 24418, 23155, 22358, 21726, 21180, 20670, 20136, 19511, 18657], 2018)
    assert (cost.worst, cost.is_inverse, len(cost.bounds)) == (43284, True, 9)
    assert points(cost, Decimal(50000)).decile == 1
    assert points(cost, Decimal(18657)).points == 10


def test_it_says_how_far_the_next_decile_is() -> None:
    assert points(benchmark(EHR_236), Decimal("71.5")).to_next_decile == Decimal("0.44")
    assert points(benchmark(EHR_001, isInverse=True), Decimal("23.08")).to_next_decile == Decimal(
        "0.06"
    )
    assert points(benchmark(EHR_236), Decimal(90)).to_next_decile is None


hundredths = st.decimals(0, 100, places=2)
scales = st.lists(hundredths, min_size=11, max_size=11).map(sorted)


@given(scales, hundredths, hundredths, st.booleans())
def test_a_better_rate_never_earns_less(
    scale: list[Decimal], one: Decimal, other: Decimal, is_inverse: bool
) -> None:
    against = benchmark([float(each) for each in scale], isInverse=is_inverse)
    worse, better = sorted((one, other), reverse=is_inverse)
    low, high = points(against, worse), points(against, better)
    assert 1 <= low.points <= high.points <= 10
    assert low.decile <= high.decile
    assert 0 <= low.points - low.decile <= 1


@given(scales, hundredths)
def test_an_inverse_measure_is_the_mirror_of_a_direct_one(
    scale: list[Decimal], rate: Decimal
) -> None:
    direct = benchmark([float(each) for each in scale])
    mirrored = benchmark([float(100 - each) for each in reversed(scale)], isInverse=True)
    assert points(direct, rate) == points(mirrored, 100 - rate)


@given(scales, hundredths)
def test_adding_the_distance_reaches_a_higher_decile(scale: list[Decimal], rate: Decimal) -> None:
    against = benchmark([float(each) for each in scale])
    earned = points(against, rate)
    if earned.to_next_decile is not None:
        assert points(against, rate + earned.to_next_decile).decile > earned.decile


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        (b"{", "#/file"),
        (b"{}", "#/file"),
        (b"[1]", "#/0"),
        (json.dumps([row()]).encode(), "#/0"),
        (json.dumps([row(percentiles={"10": 1})]).encode(), "#/0/percentiles/20"),
        (json.dumps([row(deciles=[1, 2])]).encode(), "#/0/deciles"),
        (json.dumps([row(deciles=[1] * 8 + ["x"])]).encode(), "#/0/deciles/8"),
        (json.dumps([row(deciles=[float("nan")] * 9)]).encode(), "#/0/deciles/0"),
        (json.dumps([row(deciles=[1] * 9, measureId=1)]).encode(), "#/0/measureId"),
        (
            json.dumps([row(deciles=[1] * 9, performanceYear=2022.5)]).encode(),
            "#/0/performanceYear",
        ),
        (json.dumps([row(deciles=[1] * 9)] * 2).encode(), "#/1"),
    ],
)
def test_a_broken_file_is_refused_with_the_place(content: bytes, pointer: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(content)
    assert caught.value.faults[0].pointer == pointer


def test_numbers_keep_the_digits_of_the_file() -> None:
    assert str(benchmark(EHR_001).bounds[1]) == "18.485"


def test_the_quality_category_counts_the_six_best_and_ends_at_100() -> None:
    five = Decimal("5.3676")
    assert quality_category([five], is_small_practice=True) == Decimal("18.9460")
    assert quality_category([Decimal(n) for n in range(1, 9)]) == Decimal("55.0000")  # 3+…+8 = 33
    assert quality_category([Decimal(10)] * 6, is_small_practice=True) == 100


@pytest.mark.parametrize(
    ("numerator", "denominator", "most", "expected"),
    [(49, 115, 10, 4), (1123, 1951, 20, 12), (923, 951, 20, 19), (861, 1809, 40, 19), (0, 9, 10, 0),
     (1, 1000, 10, 1), (0, 0, 10, 0)],
)  # fmt: skip
def test_interoperability_points(
    numerator: int, denominator: int, most: int, expected: int
) -> None:
    assert interoperability_points(numerator, denominator, most) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "6.8627"),
        ({"case_count": 19}, "0"),
        ({"case_count": 20}, "6.8627"),
        ({"data_completeness": Decimal("74.99")}, "0"),
        ({"data_completeness": None}, "0"),
        ({"rate": None}, "0"),
        ({"benchmark": None}, "0"),
        ({"benchmark": None, "is_small_practice": True}, "3"),
        ({"data_completeness": Decimal(70), "performance_year": 2023}, "6.8627"),
    ],
)
def test_a_measure_is_scored_only_with_cases_completeness_and_benchmark(
    changes: dict[str, Any], expected: str
) -> None:
    given_ = {
        "benchmark": benchmark(EHR_236),
        "rate": Decimal("71.5"),
        "case_count": 100,
        "data_completeness": Decimal(75),
        "performance_year": 2025,
        **changes,
    }
    assert measure_points(**given_) == Decimal(expected)


@pytest.mark.parametrize(
    ("year", "percent"),
    [(2017, 50), (2018, 60), (2019, 60), (2020, 70), (2023, 70), (2024, 75), (2028, 75)],
)
def test_data_completeness_rises_over_the_years(year: int, percent: int) -> None:
    assert required_completeness(year) == percent
