"""What a formula means, as typed values: the model between the text and the SQL.

An expression is evaluated for one patient, one measurement period and one log position.
A `Where` names the element under test by a number, its binder; `Element` refers to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import ClassVar, Literal


class Type(Enum):
    """The types of expressions, named as an error message names them."""

    NUMBER = "a number"
    TEXT = "a text"
    BOOLEAN = "true or false"
    DAY = "a date"
    DURATION = "a duration"
    INTERVAL = "an interval"
    SERIES = "a series of values"
    READING = "a value of a variable"
    ATTRIBUTE = "an attribute of the patient"
    PATIENTS = "patients"


@dataclass(frozen=True)
class Expression:
    TYPE: ClassVar[Type]

    @property
    def type(self) -> Type:
        return self.TYPE

    def children(self) -> Iterator["Expression"]:
        """The expressions directly inside this one."""
        for each in fields(self):
            value = getattr(self, each.name)
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, Expression):
                    yield item


@dataclass(frozen=True)
class Constant(Expression):
    value: Decimal | str | bool | date
    of: Type

    @property
    def type(self) -> Type:
        return self.of


@dataclass(frozen=True)
class Duration(Expression):
    TYPE = Type.DURATION
    months: int
    days: int


@dataclass(frozen=True)
class Interval(Expression):
    """All days from the first to the last, both included."""

    TYPE = Type.INTERVAL
    first: Expression
    last: Expression


@dataclass(frozen=True)
class Patients(Expression):
    """All patients; `condition` restricts them."""

    TYPE = Type.PATIENTS
    condition: Expression | None = None


# Facts about the patient and the period


@dataclass(frozen=True)
class PeriodEdge(Expression):
    TYPE = Type.DAY
    edge: Literal["start", "end"]


@dataclass(frozen=True)
class BirthDate(Expression):
    TYPE = Type.DAY


@dataclass(frozen=True)
class Sex(Expression):
    """'F', 'M' or missing."""

    TYPE = Type.TEXT


@dataclass(frozen=True)
class Age(Expression):
    """Completed years at a day; missing before birth."""

    TYPE = Type.NUMBER
    at: Expression


@dataclass(frozen=True)
class Attribute(Expression):
    TYPE = Type.ATTRIBUTE
    key: str


@dataclass(frozen=True)
class AttributeAs(Expression):
    """An attribute read as a type; missing when it is not of it."""

    key: str
    of: Type

    @property
    def type(self) -> Type:
        return self.of


@dataclass(frozen=True)
class AttributeHas(Expression):
    """Whether an attribute, or an entry of it when it is a list, is this text."""

    TYPE = Type.BOOLEAN
    key: str
    text: Expression


# Logic, arithmetic and days


@dataclass(frozen=True)
class AnyOf(Expression):
    TYPE = Type.BOOLEAN
    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class AllOf(Expression):
    TYPE = Type.BOOLEAN
    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Not(Expression):
    TYPE = Type.BOOLEAN
    part: Expression


@dataclass(frozen=True)
class IsTrue(Expression):
    """False where the part is unknown."""

    TYPE = Type.BOOLEAN
    part: Expression


@dataclass(frozen=True)
class IsMissing(Expression):
    TYPE = Type.BOOLEAN
    part: Expression


Comparison = Literal["<", "<=", ">", ">=", "="]


@dataclass(frozen=True)
class Compare(Expression):
    """Both sides have one type; texts compare without regard to case."""

    TYPE = Type.BOOLEAN
    operator: Comparison
    left: Expression
    right: Expression


@dataclass(frozen=True)
class ComparePair(Expression):
    """Whether both parts of a pair hold against the parts of `n/n`; unknown when it is no pair."""

    TYPE = Type.BOOLEAN
    operator: Comparison
    reading: "Reading"
    first: Decimal
    second: Decimal


@dataclass(frozen=True)
class CompareReadings(Expression):
    """Pairs compare by parts, numbers as numbers, all else is unknown."""

    TYPE = Type.BOOLEAN
    operator: Comparison
    left: "Reading"
    right: "Reading"


@dataclass(frozen=True)
class Coalesce(Expression):
    parts: tuple[Expression, ...]
    of: Type

    @property
    def type(self) -> Type:
        return self.of


@dataclass(frozen=True)
class Arithmetic(Expression):
    TYPE = Type.NUMBER
    operator: Literal["+", "-", "*", "/"]
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Negative(Expression):
    TYPE = Type.NUMBER
    part: Expression


@dataclass(frozen=True)
class Shift(Expression):
    """A day moved by whole months, then days; a month without that day gives its last one."""

    TYPE = Type.DAY
    day: Expression
    months: int
    days: int


@dataclass(frozen=True)
class DaysBetween(Expression):
    """How many days the first day is after the second."""

    TYPE = Type.NUMBER
    later: Expression
    earlier: Expression


# Series: sets of dated values of one patient


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


Function = Literal["sum", "avg", "min", "max", "stddev", "percentile"]


@dataclass(frozen=True)
class Fold(Expression):
    """A statistic of the numbers of a series; of none it is missing."""

    TYPE = Type.NUMBER
    function: Function
    series: Series
    percent: Decimal = Decimal(0)


@dataclass(frozen=True)
class OverPatients(Expression):
    """A statistic over patients: of those for which the condition is true, the known values.

    For `count` the value is a boolean: the patients for which it is true are counted.
    """

    TYPE = Type.NUMBER
    function: Literal["count"] | Function
    value: Expression
    condition: Expression
    percent: Decimal = Decimal(0)


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
