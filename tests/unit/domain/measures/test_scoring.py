"""Rates and scores from totals: published numbers, hand arithmetic, and the order of levels."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.measures.parser import Names, parse
from domain.measures.scores import percent
from domain.measures.scoring import Scores, quality_level, score

NAMES = Names([])
FULL = parse(
    [
        "initial population: true",
        "denominator exclusion: true",
        "denominator exception: true",
        "numerator: true",
        "numerator exclusion: true",
    ],
    NAMES,
)


def of(*totals: int, **more: int) -> Scores:
    """Scores from the totals of the populations in standard order."""
    return score(FULL, [Decimal(total) for total in totals], {}, **more)


def test_a_rate_is_met_of_measurable_and_the_numerator_is_gross() -> None:
    found = of(1000, 1000, 50, 100, 800, 40)
    assert (found.performance_met, found.performance_not_met) == (760, 90)
    assert found.performance_rate == Decimal("89.41")
    assert found.case_count == 950
    assert found.data_completeness == Decimal("100.00")
    assert found.populations == {
        "initial-population": 1000,
        "denominator": 1000,
        "denominator-exclusion": 50,
        "denominator-exception": 100,
        "numerator": 800,
        "numerator-exclusion": 40,
    }


@pytest.mark.parametrize(
    ("met", "not_met", "rate"),
    [
        (120, 36, "76.92"),  # CMS sample, measure 047
        (36, 120, "23.08"),  # CMS sample, measure 001
        (47, 13, "78.33"),  # CMS sample, measure 305, first stratum
        (121, 26, "82.31"),  # and second
        (1, 7, "12.50"),
        (1, 799, "0.13"),  # 0.125: half away from zero
        (0, 5, "0.00"),
        (5, 0, "100.00"),
    ],
)
def test_rates_are_those_cms_published(met: int, not_met: int, rate: str) -> None:
    found = of(met + not_met, met + not_met, 0, 0, met, 0)
    assert found.performance_rate == Decimal(rate)
    assert str(found.performance_rate) == rate


def test_without_measurable_cases_there_is_no_rate() -> None:
    found = of(7, 7, 5, 2, 0, 0)
    assert (found.performance_rate, found.score) == (None, None)
    assert found.case_count == 2
    assert of(0, 0, 0, 0, 0, 0).data_completeness is None


def test_data_completeness_is_of_the_eligible_population_where_it_is_known() -> None:
    assert of(80, 80, 5, 5, 60, 0, eligible_population=120).data_completeness == Decimal("66.67")


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_rounding_is_never_off_by_more_than_half_a_hundredth(part: int, whole: int) -> None:
    value = Fraction(part, whole)
    rounded = percent(value)
    assert rounded is not None
    assert abs(Fraction(rounded) - value * 100) <= Fraction(1, 200)


@pytest.mark.parametrize(
    ("rate", "low", "high", "is_ascending", "level"),
    [
        (90, 70, 90, True, "high"),
        (70, 70, 90, True, "medium"),
        (69, 70, 90, True, "low"),
        (9, 30, 10, False, "high"),
        (10, 30, 10, False, "high"),
        (30, 30, 10, False, "medium"),
        (31, 30, 10, False, "low"),
    ],
)
def test_levels_include_the_better_threshold(
    rate: int, low: int, high: int, is_ascending: bool, level: str
) -> None:
    found = of(100, 100, 0, 0, rate, 0)
    assert quality_level(found, Decimal(low), Decimal(high), is_ascending) == level


def test_levels_compare_before_rounding() -> None:
    found = of(9999, 9999, 0, 0, 8999, 0)
    assert found.performance_rate == Decimal("90.00")  # 89.9989…
    assert quality_level(found, Decimal(80), Decimal(90), True) == "medium"


def test_there_is_no_level_without_a_result_or_a_threshold() -> None:
    nothing = of(0, 0, 0, 0, 0, 0)
    assert quality_level(nothing, Decimal(1), Decimal(2), True) is None
    assert quality_level(of(1, 1, 0, 0, 1, 0), None, Decimal(2), True) is None
    assert quality_level(of(1, 1, 0, 0, 1, 0), Decimal(1), None, True) is None


def test_levels_of_what_is_no_proportion_compare_the_score_itself() -> None:
    minutes = score(parse(["sum(age)"], NAMES), [Decimal(35), Decimal(1)], {})
    assert quality_level(minutes, Decimal(60), Decimal(30), False) == "medium"


def two_rates(algorithm: str | None, *titles: str) -> Scores:
    """CMS sample, measure 305: 47 of 60 and 121 of 147; and a third rate where it is named."""
    lines = []
    totals: list[int] = []
    rates = [(60, 47), (147, 121), (10, 1)]
    for title, (cases, met) in zip(titles, rates, strict=False):
        lines += [f'group "{title}":', "initial population: true", "numerator: true"]
        totals += [cases, cases, met]
    measure = parse(lines, NAMES)
    return score(measure, [Decimal(n) for n in totals], {}, overall_algorithm=algorithm)


@pytest.mark.parametrize(
    ("algorithm", "titles", "rate", "result", "cases"),
    [
        ("simpleAverage", ("a", "b"), "80.32", None, 147),
        ("simpleAverage", ("a", "b", "Overall"), "80.32", None, 147),
        ("weightedAverage", ("a", "b"), "81.16", None, 207),
        ("sumNumerators", ("a", "b"), None, "168", 207),
        ("overallStratumOnly", ("a", "b", "overall"), "10.00", None, 10),
        ("overallStratumOnly", ("a", "b"), None, None, None),
        (None, ("a", "b"), "78.33", None, 60),
    ],
)
def test_several_rates_make_one_by_the_algorithm_named(
    algorithm: str | None, titles: tuple[str, ...], rate: str | None, result: str | None, cases: int
) -> None:
    found = two_rates(algorithm, *titles)
    assert found.performance_rate == (None if rate is None else Decimal(rate))
    assert result is None or found.score == Decimal(result)
    assert found.case_count == cases
    assert [group.title for group in found.groups] == list(titles)
    assert [str(group.performance_rate) for group in found.groups[:2]] == ["78.33", "82.31"]


def test_strata_are_scored_beside_the_whole() -> None:
    lines = [
        "initial population: true",
        "numerator: true",
        'stratum "young": true',
        'stratum "old": true',
    ]
    totals = [Decimal(n) for n in (10, 10, 5, 4, 4, 1, 6, 6, 4)]
    found = score(parse(lines, NAMES), totals, {})
    assert found.performance_rate == Decimal("50.00")
    assert [(each.title, str(each.performance_rate)) for each in found.strata] == [
        ("young", "25.00"),
        ("old", "66.67"),
    ]
