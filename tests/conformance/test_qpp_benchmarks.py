"""Points against the official benchmark files, and the numbers that CMS published."""

import json
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from domain.measures.benchmark import Benchmark, parse, points
from domain.measures.category_score import interoperability_points, quality_category
from domain.measures.parser import Names
from domain.measures.parser import parse as parse_formula
from domain.measures.scores import percent
from domain.measures.scoring import Scores, score
from projections.exports.qpp import to_qpp
from tests.conformance import qpp_data
from tests.unit.projections.exports.reports import GROUP, entry, registry, report

qpp_data.require()

YEARS = {2018: 480, 2022: 372, 2025: 380}
NOT_ORDERED = {("CAHPS_9", 2018)}  # its bounds read 93.55, 92.24, 94.70 in the file itself
GOLDEN = qpp_data.content("golden.json")
MEASURES = qpp_data.content("measures-data.json")
NAMES = Names([])


def benchmarks(year: int) -> dict[tuple[str, str], Benchmark]:
    rows = parse((qpp_data.QPP / "benchmarks" / f"{year}.json").read_bytes())
    return {(row.measure_id, row.submission_method): row for row in rows}


@pytest.mark.parametrize(("year", "count"), list(YEARS.items()))
def test_every_row_is_read(year: int, count: int) -> None:
    found = benchmarks(year)
    assert len(found) == count
    assert {row.performance_year for row in found.values()} == {year}


@pytest.mark.parametrize("year", list(YEARS))
def test_bounds_run_from_worst_to_best(year: int) -> None:
    for row in benchmarks(year).values():
        bounds = [row.worst, *row.bounds]
        if (row.measure_id, year) not in NOT_ORDERED:
            assert bounds == sorted(bounds, reverse=row.is_inverse), row


@pytest.mark.parametrize("year", list(YEARS))
def test_better_rates_earn_more_from_the_worst_bound_to_the_best(year: int) -> None:
    for row in benchmarks(year).values():
        step = (row.bounds[-1] - row.worst) / 50
        earned = [points(row, row.worst + n * step).points for n in range(51)]
        top = 7 if row.is_topped_out_by_program else 10
        assert earned == sorted(earned), row
        assert (min(earned) >= (3 if year < 2023 else 1), earned[-1]) == (True, top), row


def test_the_file_says_itself_which_measures_are_inverse() -> None:
    inverse = {key for key, row in benchmarks(2025).items() if row.is_inverse}
    assert len(inverse) == 80  # counted in the published file
    assert ("001", "electronicHealthRecord") in inverse


@pytest.mark.parametrize(
    ("case", "measure", "year"),
    list(zip(GOLDEN["decile_points"], ("047", "110", "046"), (2022, 2018, 2018), strict=True)),
)
def test_published_decile_points(case: dict[str, Any], measure: str, year: int) -> None:
    row = benchmarks(year)[measure, "registry"]
    assert row.bounds == tuple(case["deciles_lower_2_to_10"])
    earned = points(row, case["performanceRate"])
    assert earned.points == case["expect"]["decileScore"]
    if case["expect"]["decile"] == -1:  # published as "no decile": the floor applies
        assert earned.is_floored
    else:
        expected = case["expect"]
        assert earned.decile == expected["decile"]
        assert earned.points - earned.decile == expected["partialDecileScore"]
        lower_bound = row.bounds[earned.decile - 2]
        assert case["performanceRate"] - lower_bound == expected["partialPoints"]


@pytest.mark.parametrize(
    ("measure", "method", "rate", "expected"),
    [
        ("001", "registry", "23.08", "8.692"),
        ("001", "electronicHealthRecord", "23.08", "7.9867"),
        ("236", "registry", "71.5", "8.15"),
        ("236", "electronicHealthRecord", "71.5", "6.8627"),
        ("112", "electronicHealthRecord", "70", "7.3456"),
        ("309", "electronicHealthRecord", "69.2", "10"),
        ("317", "electronicHealthRecord", "30", "7.4474"),
        ("128", "registry", "90", "3.6885"),
        ("128", "registry", "100", "7"),
        ("406", "registry", "0", "10"),
        ("143", "registry", "99", "9"),
    ],
)
def test_points_with_the_benchmarks_of_2025(
    measure: str, method: str, rate: str, expected: str
) -> None:
    assert points(benchmarks(2025)[measure, method], Decimal(rate)).points == Decimal(expected)


@pytest.mark.parametrize("case", GOLDEN["category_score"], ids=lambda case: case["src"])
def test_published_category_scores(case: dict[str, Any]) -> None:
    category = quality_category([case["sum_measure_points"]], is_small_practice=True)
    expected = case["expect"]
    assert category.quantize(expected["category"]) == expected["category"]
    # The published product is of the published category, rounded half up.
    weighted = (category * case["weight"]).quantize(expected["weighted"])
    assert abs(weighted - expected["weighted"]) <= Decimal("0.0001")


@pytest.mark.parametrize("case", GOLDEN["pi_proportion"], ids=lambda case: str(case["numerator"]))
def test_published_interoperability_points(case: dict[str, Any]) -> None:
    earned = interoperability_points(case["numerator"], case["denominator"], case["max"])
    assert earned == case["expect"]


@dataclass(frozen=True)
class Counts:
    """What CMS was sent for one rate of a measure."""

    met: int
    missed: int
    eligible: int
    excluded: int = 0
    excepted: int = 0

    @classmethod
    def sent(cls, case: dict[str, Any]) -> "Counts":
        excluded = case.get("eligiblePopulationExclusion") or 0
        excepted = case.get("eligiblePopulationException") or 0
        met, missed = case["performanceMet"], case["performanceNotMet"]
        return cls(met, missed, case["eligiblePopulation"], excluded, excepted)

    @property
    def totals(self) -> list[Decimal]:
        """Of the populations of `RATE` in standard order; all that is reported is known here."""
        reported = self.met + self.missed + self.excluded + self.excepted
        parts = (reported, reported, self.excluded, self.excepted, self.met)
        return [Decimal(part) for part in parts]


RATE = (
    "initial population: true", "denominator exclusion: true", "denominator exception: true",
    "numerator: true",
)  # fmt: skip


@pytest.mark.parametrize("case", GOLDEN["single_performance_rate"], ids=lambda case: case["src"])
def test_published_rates(case: dict[str, Any]) -> None:
    sent = Counts.sent(case)
    found = score(parse_formula(RATE, NAMES), sent.totals, {}, eligible_population=sent.eligible)
    expected = case.get("expect") or case["expect_derived"]
    assert found.performance_rate == expected["performanceRate"]
    assert found.data_completeness == expected["reportingRate"]
    assert found.case_count == expected.get("caseCount", found.case_count)


@pytest.mark.parametrize("case", GOLDEN["multi_performance_rate"], ids=lambda case: case["src"])
def test_published_measures_of_several_rates(case: dict[str, Any]) -> None:
    lines, totals = list[str](), list[Decimal]()
    for stratum in case["strata"]:
        lines += [f'group "{stratum["stratum"]}":', *RATE]
        totals += Counts.sent(stratum).totals
    measure = parse_formula(lines, NAMES)
    found = score(measure, totals, {}, overall_algorithm=case["overallAlgorithm"])
    expected = case["expect_derived"]
    assert [group.performance_rate for group in found.groups] == expected["strata_rates"]
    assert found.performance_rate == expected["performanceRate"]
    assert found.case_count == expected["caseCount"]
    [official] = [m for m in MEASURES if m["measureId"] == case["measureId"]]
    assert official["overallAlgorithm"] == case["overallAlgorithm"]


OBSERVATION = (
    "scoring: continuous-variable (mean)", "initial population: true", "measure observation: age",
)  # fmt: skip


@pytest.mark.parametrize("case", GOLDEN["non_proportion"], ids=lambda case: case["src"])
def test_published_measures_that_are_no_proportion(case: dict[str, Any]) -> None:
    cases, observed, mean = case["denominator"], case["observationInstances"], case["numerator"]
    totals = [Decimal(n) for n in (cases, cases, observed, observed * mean)]
    found = score(parse_formula(OBSERVATION, NAMES), totals, {})
    expected = case["expect"]
    assert found.score == expected["performanceRate"]
    reported = observed + case["denominatorException"] + case["numeratorExclusion"]
    assert percent(Fraction(reported, cases)) == expected["reportingRate"]
    sent = non_proportion(case["measureId"], found)
    assert sent["denominator"] == expected["caseCount_derived"]
    same = ("numerator", "denominator", "observationInstances", "numeratorExclusion")
    assert {name: sent[name] for name in same} == {name: case[name] for name in same}


def non_proportion(measure_id: str, found: Scores) -> dict[str, Any]:
    """What our submission says of a score."""
    counts = found.populations or {}
    one = entry(
        scoring=found.scoring,
        score=found.score,
        measure_population=counts["measure-population"],
        measure_observations=counts["measure-observation"],
    )
    content = to_qpp(report(one), GROUP, {1: registry(measure_id, metric_type="nonProportion")})
    value: dict[str, Any] = json.loads(content)["measurementSets"][0]["measurements"][0]["value"]
    return value


def test_every_published_case_is_compared_with_something() -> None:
    compared = {
        "single_performance_rate": 5,
        "multi_performance_rate": 1,
        "non_proportion": 1,
        "decile_points": 3,
        "category_score": 2,
        "pi_proportion": 4,
    }
    print(f"QPP: {sum(compared.values())} of {sum(compared.values())} published cases")
    assert {name: len(cases) for name, cases in GOLDEN.items() if name != "note"} == compared
