"""Composite measures: several proportions as one.

Methods: HL7 Quality Measure IG, "Composite measures". A component applies to a patient who is in
its denominator and neither excluded nor excepted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from domain.measures.errors import Problem
from domain.measures.measure import Component, Composite, Group, Measure
from domain.measures.populations import Population, Scoring
from domain.measures.scores import Scores, decimal, percent, share


@dataclass(frozen=True)
class PartMetric:
    """A metric as a composite sees it."""

    measure: Measure
    is_ascending: bool = True
    filter_variable_id: int | None = None


def composed(
    composite: Composite, metrics: Mapping[int, PartMetric]
) -> tuple[Composite, tuple[Group, ...]]:
    """A composite that knows which way its metrics go, and the groups it is computed from.

    Raises Problem for a metric that is not there or is no proportion with one rate.
    """
    groups, components = [], []
    for component in composite.components:
        found = metrics.get(component.metric_id)
        if found is None:
            raise Problem(f"there is no metric {component.metric_id}")
        if found.measure.scoring is not Scoring.PROPORTION or len(found.measure.groups) != 1:
            raise Problem(f"metric {component.metric_id} is not a single proportion")
        (group,) = found.measure.groups
        groups.append(replace(group, strata={}, filter_variable_id=found.filter_variable_id))
        components.append(replace(component, is_ascending=found.is_ascending))
    return Composite(composite.method, tuple(components)), tuple(groups)


def composite_scores(composite: Composite, totals: Sequence[Decimal]) -> Scores:
    """The score of a composite, in the order of its cells; a share, or none of no cases.

    all-or-nothing: patients who meet all that applies to them. opportunity: met of all that
    applies to anyone. patient-linear: the mean of the patients' own shares. weighted: the mean of
    the components' rates by weight.
    """
    size = len(composite.components)
    counts = [int(total) for total in totals]
    applies, met = counts[0 : 2 * size : 2], counts[1 : 2 * size : 2]
    patients, met_by_size = counts[2 * size : -1 : 2], counts[2 * size + 1 : -1 : 2]
    denominator, numerator = sum(patients), counts[-1]
    match composite.method:
        case "all-or-nothing":
            value = share(numerator, denominator)
        case "opportunity":
            denominator, numerator = sum(applies), sum(met)
            value = share(numerator, denominator)
        case "patient-linear":
            parts = (Fraction(of, n) for n, of in enumerate(met_by_size, start=1))
            value = sum(parts, Fraction(0)) / denominator if denominator else None
        case "weighted":
            value = _weighted(composite.components, applies, met)
    return Scores(
        "composite",
        {Population.DENOMINATOR: denominator, Population.NUMERATOR: numerator},
        performance_rate=percent(value),
        score=decimal(value),
        case_count=denominator,
    )


def _weighted(
    components: Sequence[Component], applies: Sequence[int], met: Sequence[int]
) -> Fraction | None:
    """The mean of the rates that are defined, by weight."""
    rated = [
        (Fraction(component.weight), Fraction(done, cases))
        for component, cases, done in zip(components, applies, met, strict=True)
        if cases
    ]
    weights = sum((weight for weight, _ in rated), Fraction(0))
    if not weights:
        return None
    return sum((weight * rate for weight, rate in rated), Fraction(0)) / weights
