"""An account's configured quality measures."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain.definition import Definition
from domain.errors import Invalid
from domain.ids import Kind


@dataclass(frozen=True)
class MetricDefinition:
    """A metric as its owner wrote it; thresholds are decimal strings.

    `references` maps each name in the formula to the variable it meant when it was saved,
    so a later renaming never changes what the formula means.
    """

    name: str
    calculation_formula: tuple[str, ...]
    references: dict[str, int]
    scoring: str
    populations: tuple[str, ...] | None = None
    description: str | None = None
    unit: str | None = None
    filter_variable_id: int | None = None
    low_quality_threshold: str | None = None
    high_quality_threshold: str | None = None
    is_ascending: bool = True
    overall_algorithm: str | None = None
    eligible_population: int | None = None
    cms: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        low, high = self.low_quality_threshold, self.high_quality_threshold
        if low is None or high is None:
            return
        if self.is_ascending and Decimal(low) > Decimal(high):
            raise Invalid.field(
                "high_quality_threshold", "must not be below low_quality_threshold when ascending"
            )
        if not self.is_ascending and Decimal(high) > Decimal(low):
            raise Invalid.field(
                "high_quality_threshold",
                "must not be above low_quality_threshold when is_ascending is false",
            )


class Metric(Definition):
    """A quality measure of an account; each change is a new version."""

    TOPIC = "metric"
    KIND = Kind.METRIC
    CONTENT = MetricDefinition

    class Created(Definition.Created):
        TOPIC = "metric.defined"

    class Changed(Definition.Changed):
        TOPIC = "metric.changed"
