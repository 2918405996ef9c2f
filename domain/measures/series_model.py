"""Series of dated values in the model of formulas, and what is read from them.

A `Where` names the element under test by a number, its binder; `Element` refers to it.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from domain.measures.model import Comparison, Expression, Function, Type


@dataclass(frozen=True)
class Series(Expression):
    TYPE = Type.SERIES

    @property
    def is_valued(self) -> bool:
        """Whether its elements may carry numbers or texts, not only days."""
        return any(part.is_valued for part in self.children() if isinstance(part, Series))


@dataclass(frozen=True)
class Values(Series):
    """Everything recorded for a variable."""

    variable_id: int
    of_numbers: bool
    is_interval: bool

    @property
    def is_valued(self) -> bool:
        return self.of_numbers


@dataclass(frozen=True)
class Union(Series):
    """The elements of all parts; what is in two of them is there once."""

    parts: tuple[Series, ...]


@dataclass(frozen=True)
class Part(Series):
    """The first or second numbers of pairs; of what is no pair the number is missing."""

    which: Literal["first", "second"]
    series: Series


@dataclass(frozen=True)
class Where(Series):
    """The elements for which the condition is true."""

    series: Series
    binder: int
    condition: Expression

    @property
    def is_valued(self) -> bool:
        return self.series.is_valued


@dataclass(frozen=True)
class LatestDay(Series):
    """The elements that start on the latest day on which one starts."""

    series: Series


@dataclass(frozen=True)
class Defined(Series):
    """A series that a definition named."""

    name: str
    series: Series


# From a series to one value


@dataclass(frozen=True)
class Reading(Expression):
    """One element of a series, or none."""

    TYPE = Type.READING

    @property
    def is_valued(self) -> bool:
        raise NotImplementedError


@dataclass(frozen=True)
class Pick(Reading):
    """The element with the latest (earliest) day; the last (first) recorded one of that day."""

    which: Literal["latest", "earliest"]
    series: Series

    @property
    def is_valued(self) -> bool:
        return self.series.is_valued


@dataclass(frozen=True)
class Element(Reading):
    """The element that the `where` with this binder is testing."""

    binder: int
    of_numbers: bool

    @property
    def is_valued(self) -> bool:
        return self.of_numbers


@dataclass(frozen=True)
class NumberOf(Expression):
    """The number, or one of a pair; missing when the value is not of that form."""

    TYPE = Type.NUMBER
    reading: Reading
    part: Literal["whole", "first", "second"] = "whole"


@dataclass(frozen=True)
class TextOf(Expression):
    """The value as it was sent."""

    TYPE = Type.TEXT
    reading: Reading


@dataclass(frozen=True)
class DayOf(Expression):
    """`end` is missing when open; `last` is then a day after all others."""

    TYPE = Type.DAY
    edge: Literal["start", "end", "last"]
    reading: Reading


@dataclass(frozen=True)
class Exists(Expression):
    TYPE = Type.BOOLEAN
    series: Series


@dataclass(frozen=True)
class Count(Expression):
    TYPE = Type.NUMBER
    series: Series


@dataclass(frozen=True)
class Fold(Expression):
    """A statistic of the numbers of a series; of none it is missing."""

    TYPE = Type.NUMBER
    function: Function
    series: Series
    percent: Decimal = Decimal(0)


@dataclass(frozen=True)
class ComparePair(Expression):
    """Whether both parts of a pair hold against the parts of `n/n`; unknown when it is no pair."""

    TYPE = Type.BOOLEAN
    operator: Comparison
    reading: Reading
    first: Decimal
    second: Decimal


@dataclass(frozen=True)
class CompareReadings(Expression):
    """Pairs compare by parts, numbers as numbers, all else is unknown."""

    TYPE = Type.BOOLEAN
    operator: Comparison
    left: Reading
    right: Reading


def variables_in(expression: Expression) -> frozenset[int]:
    """The ids of the variables whose values decide the elements or the value."""
    if isinstance(expression, Values):
        return frozenset({expression.variable_id})
    return frozenset().union(*map(variables_in, expression.children()))


@lru_cache(maxsize=4096)
def free_binders(expression: Expression) -> frozenset[int]:
    """The binders of outer `where` conditions that an expression refers to."""
    if isinstance(expression, Element):
        return frozenset({expression.binder})
    if isinstance(expression, Where):
        inner = free_binders(expression.condition) - {expression.binder}
        return free_binders(expression.series) | inner
    return frozenset().union(*map(free_binders, expression.children()))
