"""From achievement points to category scores (QPP submissions documentation, "Scoring")."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from domain.measures.benchmark import Benchmark, points

BEST_MEASURES = 6
MOST_QUALITY_POINTS = 60
SMALL_PRACTICE_BONUS = Decimal(6)
CASE_MINIMUM = 20


def required_completeness(performance_year: int) -> Decimal:
    """The percent of eligible cases that must be reported (42 CFR 414.1340)."""
    for since, percent in ((2024, 75), (2020, 70), (2018, 60)):
        if performance_year >= since:
            return Decimal(percent)
    return Decimal(50)


def measure_points(
    benchmark: Benchmark | None,
    rate: Decimal | None,
    *,
    case_count: int,
    data_completeness: Decimal | None,
    performance_year: int,
    is_small_practice: bool = False,
    is_cap_removed: bool = False,
) -> Decimal:
    """What a measure brings to its category, 4 decimals.

    Without a benchmark or a rate, below 20 cases or below the required data completeness it is not
    compared with anyone: 0 points, 3 for a small practice.
    """
    is_scored = (
        case_count >= CASE_MINIMUM
        and data_completeness is not None
        and data_completeness >= required_completeness(performance_year)
    )
    if benchmark is None or rate is None or not is_scored:
        return Decimal("3.0000" if is_small_practice else "0.0000")
    return points(benchmark, rate, is_cap_removed=is_cap_removed).points


def quality_category(measures: Sequence[Decimal], *, is_small_practice: bool = False) -> Decimal:
    """The quality category in percent, at most 100, 4 decimals: the six best measures count."""
    best = sum(sorted(measures, reverse=True)[:BEST_MEASURES], Decimal(0))
    total = best + (SMALL_PRACTICE_BONUS if is_small_practice else 0)
    share = min(total / MOST_QUALITY_POINTS, Decimal(1)) * 100
    return share.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def interoperability_points(numerator: int, denominator: int, most: int) -> int:
    """Points of a proportion in Promoting Interoperability, rounded half up; at least 1 if met."""
    if not 0 <= numerator <= denominator:
        raise ValueError("a numerator lies between 0 and its denominator")
    if numerator == 0:
        return 0
    return max(1, (2 * numerator * most + denominator) // (2 * denominator))
