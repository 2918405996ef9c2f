"""An account's configured quality measures."""

from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Self

from eventsourcing.domain import Aggregate

from domain import events
from domain.errors import Invalid
from domain.ids import Kind, aggregate_id, number_of


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


def as_state(definition: MetricDefinition) -> dict[str, Any]:
    """A definition as JSON-ready event content."""
    state = asdict(definition)
    state["calculation_formula"] = list(definition.calculation_formula)
    state["populations"] = None if definition.populations is None else list(definition.populations)
    return state


class Metric(Aggregate):
    """A quality measure of an account; each change is a new version."""

    TOPIC = "metric"

    class Event(events.Event):
        pass

    class Created(events.Created):
        TOPIC = "metric.defined"
        account_id: int
        definition: dict[str, Any]

    class Changed(Event):
        TOPIC = "metric.changed"
        account_id: int
        definition: dict[str, Any]

        def apply(self, aggregate: "Metric") -> None:
            aggregate.definition = MetricDefinition(**self.definition)

    def __init__(self, account_id: int, definition: dict[str, Any]) -> None:
        self.account_id = account_id
        self.definition = MetricDefinition(**definition)

    @property
    def number(self) -> int:
        """The public id."""
        return number_of(self.id)

    @classmethod
    def define(
        cls, number: int, account_id: int, definition: MetricDefinition, metadata: events.Metadata
    ) -> Self:
        """A new metric; its formula was parsed and resolved before."""
        return cls._create(
            cls.Created,
            id=aggregate_id(Kind.METRIC, number),
            account_id=account_id,
            definition=as_state(definition),
            metadata=metadata,
        )

    def change(self, definition: MetricDefinition, metadata: events.Metadata) -> None:
        """Replace the definition; nothing happens when it is the present one."""
        if as_state(definition) != as_state(self.definition):
            self.trigger_event(
                self.Changed,
                account_id=self.account_id,
                definition=as_state(definition),
                metadata=metadata,
            )
