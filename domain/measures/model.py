"""What a formula means, as typed values: the model between the text and the SQL.

An expression is evaluated for one patient, one measurement period and one log position.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import Enum
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


# Over patients

Function = Literal["sum", "avg", "min", "max", "stddev", "percentile"]


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
