"""Rates and scores from totals, exactly: decimals in, fractions inside, no float.

Formulas: CMS QPP submissions documentation (performance and reporting rate); HL7 Quality Measure
IG (scores of proportion, ratio, continuous variable, cohort). An undefined number is None.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from domain.measures.composites import composite_scores
from domain.measures.free_scores import Statistic, free_score, statistic
from domain.measures.measure import OBSERVED, Cell, Measure, cells
from domain.measures.overall import overall
from domain.measures.populations import Population, Scoring
from domain.measures.scores import Scores, decimal, percent, share

__all__ = ["Scores", "quality_level", "score"]

Level = Literal["low", "medium", "high"]


def score(
    measure: Measure,
    totals: Sequence[Decimal],
    spreads: Mapping[int, Sequence[Decimal]],
    *,
    eligible_population: int | None = None,
    overall_algorithm: str | None = None,
) -> Scores:
    """The scores from the sums of all patients' cells, in the order of `measure.cells`.

    `spreads` has all values that are not NULL of each cell whose statistic is not additive.
    `eligible_population` replaces the denominator when data completeness is computed.
    `overall_algorithm` says how several groups make one result.
    """
    if measure.score is not None:
        found = free_score(measure.score, measure.aggregates, totals, spreads)
        return Scores("free", score=decimal(found))
    if measure.composite is not None:
        return composite_scores(measure.composite, totals)
    sums = _Sums(measure, totals, spreads, eligible_population)
    return overall(list(sums.groups()), overall_algorithm)


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


@dataclass(frozen=True)
class _Sums:
    """The sums of all cells of a measure, read group by group and stratum by stratum."""

    measure: Measure
    totals: Sequence[Decimal]
    spreads: Mapping[int, Sequence[Decimal]]
    eligible_population: int | None

    def groups(self) -> Iterator[Scores]:
        for number, group in enumerate(self.measure.groups):
            strata = tuple(self._scores(number, title) for title in group.strata)
            yield replace(self._scores(number, None), title=group.title, strata=strata)

    def _scores(self, group: int, stratum: str | None) -> Scores:
        places = [
            (n, cell)
            for n, cell in enumerate(cells(self.measure))
            if (cell.group, cell.stratum) == (group, stratum)
        ]
        counts = {c.what: int(self.totals[n]) for n, c in places if c.what != OBSERVED}
        match self.measure.scoring:
            case Scoring.COHORT:
                everyone = counts[Population.INITIAL_POPULATION]
                found = Scores("cohort", counts, score=Decimal(everyone))
            case Scoring.CONTINUOUS_VARIABLE:
                found = Scores("continuous-variable", counts, score=self._observed(places, counts))
            case Scoring.RATIO:
                found = _ratio(counts)
            case _:
                is_whole = stratum is None
                found = _proportion(counts, self.eligible_population if is_whole else None)
        return replace(found, title=stratum)

    def _observed(
        self, places: Sequence[tuple[int, Cell]], counts: Mapping[str, int]
    ) -> Decimal | None:
        place = next(n for n, cell in places if cell.what == OBSERVED)
        size = counts[Population.MEASURE_OBSERVATION]
        of = Statistic(self.totals[place], size, self.spreads.get(place, ()))
        return decimal(statistic(str(self.measure.method), of))


def _ratio(counts: dict[str, int]) -> Scores:
    rest = counts[Population.DENOMINATOR] - counts.get(Population.DENOMINATOR_EXCLUSION, 0)
    return Scores("ratio", counts, score=decimal(share(_met(counts), rest)), case_count=rest)


def _proportion(counts: dict[str, int], eligible_population: int | None) -> Scores:
    denominator = counts[Population.DENOMINATOR]
    excluded = counts.get(Population.DENOMINATOR_EXCLUSION, 0)
    excepted = counts.get(Population.DENOMINATOR_EXCEPTION, 0)
    met, measurable = _met(counts), denominator - excluded - excepted
    eligible = denominator if eligible_population is None else eligible_population
    return Scores(
        "proportion",
        counts,
        performance_met=met,
        performance_not_met=measurable - met,
        performance_rate=percent(share(met, measurable)),
        score=decimal(share(met, measurable)),
        data_completeness=percent(share(measurable + excluded + excepted, eligible)),
        case_count=denominator - excluded,
    )


def _met(counts: Mapping[str, int]) -> int:
    """The numerator is counted gross; who meets the measure is what remains of it."""
    return counts[Population.NUMERATOR] - counts.get(Population.NUMERATOR_EXCLUSION, 0)
