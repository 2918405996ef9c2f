"""Rates and scores from totals, exactly: decimals in, fractions inside, no float.

Formulas: CMS QPP submissions documentation (performance and reporting rate); HL7 Quality Measure
IG (scores of proportion, ratio, continuous variable, cohort). An undefined number is None.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Literal

from domain.measures.free_scores import Statistic, free_score, statistic
from domain.measures.measure import OBSERVED, Measure, cells
from domain.measures.populations import Population, Scoring

Level = Literal["low", "medium", "high"]
EXACT = Context(prec=28)


@dataclass(frozen=True)
class Scores:
    """What a measure comes to. Rates are percents with 2 decimals, half away from zero; the score
    is not rounded (28 digits where it does not end)."""

    scoring: str
    populations: dict[str, int] | None = None
    performance_met: int | None = None
    performance_not_met: int | None = None
    performance_rate: Decimal | None = None
    score: Decimal | None = None
    data_completeness: Decimal | None = None
    case_count: int | None = None


def score(
    measure: Measure,
    totals: Sequence[Decimal],
    spreads: Mapping[int, Sequence[Decimal]],
    eligible_population: int | None = None,
) -> Scores:
    """The scores from the sums of all patients' cells, in the order of `measure.cells`.

    `spreads` has all values that are not NULL of each cell whose statistic is not additive.
    `eligible_population` replaces the denominator when data completeness is computed.
    """
    if measure.score is not None:
        found = free_score(measure.score, measure.aggregates, totals, spreads)
        return Scores("free", score=decimal(found))
    return _of_group(measure, totals, spreads, 0, None, eligible_population)


def _of_group(
    measure: Measure,
    totals: Sequence[Decimal],
    spreads: Mapping[int, Sequence[Decimal]],
    group: int,
    stratum: str | None,
    eligible_population: int | None,
) -> Scores:
    places = [
        (n, cell)
        for n, cell in enumerate(cells(measure))
        if (cell.group, cell.stratum) == (group, stratum)
    ]
    counts = {cell.what: int(totals[n]) for n, cell in places if cell.what != OBSERVED}
    match measure.scoring:
        case Scoring.COHORT:
            return Scores("cohort", counts, score=Decimal(counts[Population.INITIAL_POPULATION]))
        case Scoring.CONTINUOUS_VARIABLE:
            place = next(n for n, cell in places if cell.what == OBSERVED)
            observed = counts[Population.MEASURE_OBSERVATION]
            values = spreads.get(place, ())
            found = statistic(str(measure.method), Statistic(totals[place], observed, values))
            return Scores("continuous-variable", counts, score=decimal(found))
    return _rates(measure.scoring, counts, eligible_population)


def _rates(scoring: Scoring, counts: dict[str, int], eligible_population: int | None) -> Scores:
    denominator = counts[Population.DENOMINATOR]
    excluded = counts.get(Population.DENOMINATOR_EXCLUSION, 0)
    excepted = counts.get(Population.DENOMINATOR_EXCEPTION, 0)
    met = counts[Population.NUMERATOR] - counts.get(Population.NUMERATOR_EXCLUSION, 0)
    measurable = denominator - excluded - excepted
    value = Fraction(met, measurable) if measurable else None
    if scoring is Scoring.RATIO:
        return Scores("ratio", counts, score=decimal(value), case_count=denominator - excluded)
    eligible = denominator if eligible_population is None else eligible_population
    reported = measurable + excluded + excepted
    return Scores(
        "proportion",
        counts,
        performance_met=met,
        performance_not_met=measurable - met,
        performance_rate=percent(value),
        score=decimal(value),
        data_completeness=percent(Fraction(reported, eligible) if eligible else None),
        case_count=denominator - excluded,
    )


def quality_level(
    scores: Scores, low: Decimal | None, high: Decimal | None, is_ascending: bool
) -> Level | None:
    """Where the result stands between two thresholds, before any rounding.

    Proportions compare their rate in percent, all others their score. None without a result or
    a threshold.
    """
    if scores.score is None or low is None or high is None:
        return None
    result = Fraction(scores.score) * (100 if scores.scoring == "proportion" else 1)
    if is_ascending:
        return "high" if result >= high else "low" if result < low else "medium"
    return "high" if result <= high else "low" if result > low else "medium"


def decimal(value: Fraction | None) -> Decimal | None:
    """A fraction as a decimal; exact where 28 digits suffice."""
    if value is None:
        return None
    return EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))


def percent(value: Fraction | None) -> Decimal | None:
    """A share in percent with 2 decimals, half away from zero."""
    if value is None:
        return None
    hundredths = abs(value) * 10_000 + Fraction(1, 2)
    whole = hundredths.numerator // hundredths.denominator
    return Decimal(whole if value >= 0 else -whole).scaleb(-2)
