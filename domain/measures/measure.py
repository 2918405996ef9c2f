"""A measure: what a whole formula means."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from domain.measures.model import Expression, OverPatients
from domain.measures.populations import Population, Scoring
from domain.measures.series_model import Count, Exists, Fold, Pick, Values

CompositeMethod = Literal["all-or-nothing", "opportunity", "patient-linear", "weighted"]
Method = Literal["median", "mean", "sum", "count", "min", "max"]


@dataclass(frozen=True)
class Group:
    """One rate of a measure: its populations, in standard order, and its strata."""

    title: str | None
    criteria: Mapping[Population, Expression]
    strata: Mapping[str, Expression] = field(default_factory=dict)
    filter_variable_id: int | None = None  # of this group alone


@dataclass(frozen=True)
class Component:
    """A metric that is part of a composite; of one that is not ascending, less is better."""

    metric_id: int
    weight: Decimal
    is_ascending: bool = True


@dataclass(frozen=True)
class Composite:
    """How the proportions of several metrics make one: its components, in order."""

    method: CompositeMethod
    components: tuple[Component, ...]


@dataclass(frozen=True)
class Measure:
    """A checked formula. A free score has a `score` and no groups, all others have groups.

    `references` is what names resolved to when it was parsed: store it beside the text.
    `method` is how a continuous variable is aggregated. A composite has one group per component.
    """

    scoring: Scoring
    groups: tuple[Group, ...]
    references: dict[str, int]
    score: Expression | None = None
    method: Method | None = None
    composite: Composite | None = None

    @property
    def populations(self) -> tuple[str, ...]:
        """The codes of the populations; of the first group where there are several."""
        if self.composite is not None:
            return (Population.DENOMINATOR, Population.NUMERATOR)
        return tuple(str(each) for each in self.groups[0].criteria) if self.groups else ()

    def expressions(self) -> Iterator[Expression]:
        """All expressions of all lines."""
        if self.score is not None:
            yield self.score
        for group in self.groups:
            yield from group.criteria.values()
            yield from group.strata.values()

    @property
    def aggregates(self) -> tuple[OverPatients, ...]:
        """The different aggregates over patients of a free score, in order of appearance."""
        found = (e for e in _walk(self.score) if isinstance(e, OverPatients)) if self.score else ()
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Cell:
    """One number per patient: `what` is a population's code or a part of an aggregate.

    `is_spread`: the aggregate of this cell needs all its values, not their sum.
    """

    what: str
    group: int = 0
    stratum: str | None = None
    is_spread: bool = False

    @property
    def label(self) -> str:
        place = f"group {self.group + 1}: " if self.group else ""
        return place + (f"stratum {self.stratum}: " if self.stratum else "") + self.what


OBSERVED = "observation"  # the value of a continuous variable, beside its presence
APPLIES, MET = "applies", "met"
ADDITIVE = ("count", "sum", "mean", "avg")


def cells(measure: Measure) -> tuple[Cell, ...]:
    """The layout of the numbers per patient, for those who compute and who add them up."""
    if measure.score is not None:
        return tuple(cell for each in measure.aggregates for cell in cells_of(each))
    if measure.composite is not None:
        return tuple(_of_composite(measure.composite))
    return tuple(
        cell
        for number, group in enumerate(measure.groups)
        for stratum in (None, *group.strata)
        for cell in _of_group(measure, group, number, stratum)
    )


def _of_group(measure: Measure, group: Group, number: int, stratum: str | None) -> Iterator[Cell]:
    for population in group.criteria:
        yield Cell(str(population), number, stratum)
    if measure.scoring is Scoring.CONTINUOUS_VARIABLE:
        yield Cell(OBSERVED, number, stratum, measure.method not in ADDITIVE)


def _of_composite(composite: Composite) -> Iterator[Cell]:
    """Per component whether it applies and whether it is met; and of patients with n components
    that apply, how many of them are met, or whether all are."""
    size = len(composite.components)
    for number in range(size):
        yield Cell(APPLIES, number)
        yield Cell(MET, number)
    for number in range(size):
        yield Cell(f"patients with {number + 1} components")
        yield Cell(f"met of {number + 1} components")
    yield Cell("all components met")


def cells_of(aggregate: OverPatients) -> tuple[Cell, ...]:
    """A count has one cell; a sum and an average have the sum and how many values it has."""
    if aggregate.function == "count":
        return (Cell("count"),)
    if aggregate.function in ADDITIVE:
        return (Cell(f"{aggregate.function}: sum"), Cell(f"{aggregate.function}: count"))
    return (Cell(aggregate.function, is_spread=True),)


def _walk(expression: Expression) -> Iterator[Expression]:
    yield expression
    for child in expression.children():
        yield from _walk(child)


def constructs_in(measure: Measure) -> int:
    """How many different things are asked of series: each is a part of the statement."""
    kinds = (Exists, Count, Fold, Pick)
    return len(
        {
            each
            for whole in measure.expressions()
            for each in _walk(whole)
            if isinstance(each, kinds)
        }
    )


def variables_in(expression: Expression) -> frozenset[int]:
    """The ids of all variables whose values an expression reads."""
    return frozenset(e.variable_id for e in _walk(expression) if isinstance(e, Values))


def variables_of(measure: Measure) -> frozenset[int]:
    """The ids of all variables whose values the measure reads."""
    read = {number for each in measure.expressions() for number in variables_in(each)}
    filters = {group.filter_variable_id for group in measure.groups}
    return frozenset(read | {number for number in filters if number is not None})
