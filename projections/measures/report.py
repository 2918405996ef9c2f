"""One metric's entry in the CMS report, from its totals."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson

from domain.measures.populations import Population
from domain.measures.scores import Scores
from domain.measures.scoring import quality_level, score
from projections.measures.live import LiveMetric

CASE_MINIMUM = 20
"""Cases below which a measure is not scored against a benchmark (42 CFR 414.1380)."""

COUNTS = {
    "initial_population": Population.INITIAL_POPULATION,
    "denominator": Population.DENOMINATOR,
    "denominator_exclusions": Population.DENOMINATOR_EXCLUSION,
    "denominator_exceptions": Population.DENOMINATOR_EXCEPTION,
    "numerator": Population.NUMERATOR,
    "numerator_exclusions": Population.NUMERATOR_EXCLUSION,
    "measure_population": Population.MEASURE_POPULATION,
    "measure_population_exclusions": Population.MEASURE_POPULATION_EXCLUSION,
    "measure_observations": Population.MEASURE_OBSERVATION,
}


def report_body(
    metric: LiveMetric,
    totals: Sequence[Decimal],
    spreads: Mapping[int, Sequence[Decimal]],
    trend: list[dict[str, Any]],
) -> dict[str, Any]:
    """The entry's fields; counts are null where a metric has none."""
    definition = metric.definition
    scores = score(
        metric.measure,
        totals,
        spreads,
        eligible_population=definition.eligible_population,
        overall_algorithm=definition.overall_algorithm,
    )
    low, high = (
        None if threshold is None else Decimal(threshold)
        for threshold in (definition.low_quality_threshold, definition.high_quality_threshold)
    )
    return {
        "metric_id": metric.id,
        "metric_name": definition.name,
        "measure_id": definition.cms.get("measure_id"),
        "metric_version": metric.version,
        "scoring": metric.measure.scoring,
        "improvement_notation": "increase" if definition.is_ascending else "decrease",
        **_result(scores),
        "eligible_population": definition.eligible_population,
        "unit": definition.unit,
        "meets_case_minimum": None
        if scores.case_count is None
        else scores.case_count >= CASE_MINIMUM,
        "quality_level": quality_level(scores, low, high, definition.is_ascending),
        "thresholds": {"low": low, "high": high},
        "groups": [_titled(group) for group in scores.groups],
        "strata": [_titled(stratum) for stratum in scores.strata],
        "trend": trend,
        "benchmark": None,
    }


def _result(scores: Scores) -> dict[str, Any]:
    """The counts and rates of a measure, a group or a stratum."""
    counts = scores.populations or {}
    return {
        **{name: counts.get(population.value) for name, population in COUNTS.items()},
        "performance_met": scores.performance_met,
        "performance_not_met": scores.performance_not_met,
        "performance_rate": scores.performance_rate,
        "score": scores.score,
        "data_completeness": scores.data_completeness,
        "case_count": scores.case_count,
    }


def _titled(part: Scores) -> dict[str, Any]:
    strata = [_titled(stratum) for stratum in part.strata]
    return {"title": part.title, **_result(part), **({"strata": strata} if strata else {})}


def as_number(value: object) -> orjson.Fragment:
    """A Decimal as a JSON number with all its digits."""
    if not isinstance(value, Decimal):
        raise TypeError(type(value).__name__)
    return orjson.Fragment(format(value, "f"))
