"""Type checking: what an expression can be taken for where another type is needed.

Each function takes any expression and returns it as the type named, or raises Problem.
"""

from typing import Literal

from domain.measures.errors import Problem
from domain.measures.model import (
    Attribute,
    AttributeAs,
    Compare,
    Expression,
    Interval,
    IsMissing,
    PeriodEdge,
    Type,
)
from domain.measures.series_model import (
    DayOf,
    Defined,
    Element,
    Exists,
    LatestDay,
    NumberOf,
    Part,
    Pick,
    Reading,
    Series,
    TextOf,
    Union,
    Values,
    Where,
)

Parts = Literal["first", "second"]
OWN = -1  # the binder of conditions that no one wrote as `where`


def number(expression: Expression) -> Expression:
    match expression:
        case Attribute(key):
            return AttributeAs(key, Type.NUMBER)
        case Series() | Reading() if reading(expression).is_valued:
            return NumberOf(reading(expression))
    return _already(expression, Type.NUMBER, "say date of … for its day")


def text(expression: Expression) -> Expression:
    match expression:
        case Attribute(key):
            return AttributeAs(key, Type.TEXT)
        case Series() | Reading() if reading(expression).is_valued:
            return TextOf(reading(expression))
    return _already(expression, Type.TEXT)


def day(expression: Expression) -> Expression:
    match expression:
        case Attribute(key):
            return AttributeAs(key, Type.DAY)
        case Series() | Reading() if not reading(expression).is_valued:
            return DayOf("start", reading(expression))
    return _already(expression, Type.DAY, "say date of … for the day of a value")


def boolean(expression: Expression) -> Expression:
    """A date series stands for its existence, and so does any series that was filtered or named."""
    match expression:
        case Attribute(key):
            return AttributeAs(key, Type.BOOLEAN)
        case Series() if expression.is_valued and _is_bare(expression):
            raise Problem("a numerical variable is neither true nor false", "compare it")
        case Series():
            return Exists(cut(expression))
    return _already(expression, Type.BOOLEAN)


def series(expression: Expression) -> Series:
    if isinstance(expression, Series):
        return expression
    raise Problem(f"a series is needed here, not {expression.type.value}")


def reading(expression: Expression) -> Reading:
    """Of a series its latest value; of a bare name the current one."""
    if isinstance(expression, Series):
        return Pick("latest", cut(expression))
    if isinstance(expression, Reading):
        return expression
    raise Problem(f"a variable is needed here, not {expression.type.value}")


def interval(expression: Expression) -> Interval:
    """A day is an interval of one day; an element lasts from its start to its end."""
    if isinstance(expression, Interval):
        return expression
    if isinstance(expression, Reading):
        return Interval(DayOf("start", expression), DayOf("last", expression))
    try:
        return Interval(day(expression), day(expression))
    except Problem:
        raise Problem(f"an interval is needed here, not {expression.type.value}") from None


def cut(expression: Series) -> Series:
    """What a series without filters means: nothing that starts after the period.

    One with a filter says itself which days it wants.
    """
    match expression:
        case Values() | Union() if _is_plain(expression):
            start = DayOf("start", Element(OWN, expression.is_valued))
            return Where(expression, OWN, Compare("<=", start, PeriodEdge("end")))
        case Union(parts):
            return Union(tuple(cut(part) for part in parts))
        case Part(which, of):
            return Part(which, cut(of))
        case LatestDay(of):
            return LatestDay(cut(of))
        case Defined(name, of):
            return Defined(name, cut(of))
    return expression


def missing(expression: Expression) -> Expression:
    """Whether an expression has no value."""
    match expression:
        case Attribute(key):
            return IsMissing(AttributeAs(key, Type.ATTRIBUTE))
        case Series() | Reading():
            return IsMissing(reading(expression))
    if expression.type in (Type.INTERVAL, Type.DURATION, Type.PATIENTS):
        raise Problem(f"{expression.type.value} is never missing")
    return IsMissing(expression)


def _is_plain(expression: Series) -> bool:
    """Whether it is everything recorded for one or several variables."""
    if isinstance(expression, Union):
        return all(isinstance(part, Values) for part in expression.parts)
    return isinstance(expression, Values)


def _is_bare(expression: Series) -> bool:
    if isinstance(expression, Union):
        return all(map(_is_bare, expression.parts))
    return isinstance(expression, Values)


def _already(expression: Expression, wanted: Type, hint: str | None = None) -> Expression:
    if expression.type is wanted:
        return expression
    told = hint if isinstance(expression, Series | Reading) else None
    raise Problem(f"{wanted.value} is needed here, not {expression.type.value}", told)
