"""One result for a measure with several rates, by the algorithm its owner names.

Algorithms: `overallAlgorithm` of the CMS QPP measures data. A group called "overall" counts only
where the algorithm asks for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from domain.measures.scores import Scores, decimal, percent, share

OVERALL = "overall"


def overall(groups: Sequence[Scores], algorithm: str | None) -> Scores:
    """The result of all groups together; without an algorithm the first group's."""
    if len(groups) == 1:
        return groups[0]
    combine = ALGORITHMS[algorithm] if algorithm is not None else _first
    return replace(combine(groups), title=None, groups=tuple(groups))


def _first(groups: Sequence[Scores]) -> Scores:
    return groups[0]


def _stratum_only(groups: Sequence[Scores]) -> Scores:
    named = [group for group in groups if (group.title or "").lower() == OVERALL]
    return named[0] if named else Scores(groups[0].scoring)


def _simple_average(groups: Sequence[Scores]) -> Scores:
    """The mean of the rates that are defined; as many cases as the largest group has."""
    counted = _without_overall(groups)
    rates = [group.exact_rate for group in counted if group.exact_rate is not None]
    mean = sum(rates, Fraction(0)) / len(rates) if rates else None
    cases = max((group.case_count or 0 for group in counted), default=0)
    return Scores(
        groups[0].scoring, performance_rate=percent(mean), score=decimal(mean), case_count=cases
    )


def _weighted_average(groups: Sequence[Scores]) -> Scores:
    """All cases of all groups together."""
    counted = _without_overall(groups)
    met = sum(group.performance_met or 0 for group in counted)
    not_met = sum(group.performance_not_met or 0 for group in counted)
    rate = share(met, met + not_met)
    return Scores(
        groups[0].scoring,
        performance_met=met,
        performance_not_met=not_met,
        performance_rate=percent(rate),
        score=decimal(rate),
        case_count=sum(group.case_count or 0 for group in counted),
    )


def _sum_of_numerators(groups: Sequence[Scores]) -> Scores:
    """How many cases met, of all groups; there is no rate."""
    counted = _without_overall(groups)
    met = sum(group.performance_met or 0 for group in counted)
    return Scores(
        groups[0].scoring,
        performance_met=met,
        score=decimal(Fraction(met)),
        case_count=sum(group.case_count or 0 for group in counted),
    )


def _without_overall(groups: Sequence[Scores]) -> list[Scores]:
    return [group for group in groups if (group.title or "").lower() != OVERALL]


ALGORITHMS: dict[str, Callable[[Sequence[Scores]], Scores]] = {
    "simpleAverage": _simple_average,
    "weightedAverage": _weighted_average,
    "sumNumerators": _sum_of_numerators,
    "overallStratumOnly": _stratum_only,
}
