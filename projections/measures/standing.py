"""Where one patient stands in every measure of the account, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.measures.period import Period
from domain.measures.populations import Population
from projections.database import Reader
from projections.measures.drilldown import Member, find_member
from projections.measures.live import LiveMetric

_OUT = (
    (Population.DENOMINATOR_EXCLUSION, "excluded"),
    (Population.DENOMINATOR_EXCEPTION, "excepted"),
    (Population.NUMERATOR_EXCLUSION, "excluded from the numerator"),
)


@dataclass(frozen=True)
class Standing:
    """A patient in a measure. `verdict` is met, open gap, excluded, excepted, excluded from the
    numerator, counted, or not in the measure."""

    metric: LiveMetric
    verdict: str
    member: Member


def standing_of(
    reader: Reader, metric: LiveMetric, period: Period, position: int, patient_id: int
) -> Standing | None:
    """Where a patient stands in a measure for a period at a position; None before the patient."""
    member = find_member(reader, metric, period, position, patient_id)
    if member is None:
        return None
    return Standing(metric, verdict_of(metric, member.cells), member)


def verdict_of(metric: LiveMetric, cells: Mapping[str, Any]) -> str:
    """One word for a patient's counts, those of the first rate of a measure with several."""
    if not any(cells.values()):
        return "not in the measure"
    if Population.NUMERATOR.value not in cells:
        return "counted"
    for population, verdict in _OUT:
        if cells.get(population.value):
            return verdict
    if cells[Population.NUMERATOR.value]:
        return "met"
    return "open gap" if cells.get(Population.DENOMINATOR.value) else "not in the measure"
