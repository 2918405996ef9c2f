"""Comparison, membership and presence: which comparison two typed operands make."""

from decimal import Decimal
from typing import cast

from domain.measures import types
from domain.measures.errors import Problem
from domain.measures.model import (
    AllOf,
    AnyOf,
    Attribute,
    AttributeHas,
    Compare,
    Comparison,
    Constant,
    DaysBetween,
    Duration,
    Expression,
    Not,
    Sex,
    Shift,
    Type,
)
from domain.measures.series_model import ComparePair, CompareReadings, Reading, Series

MIRRORED: dict[str, Comparison] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


def compare(operator: str, left: Expression, right: Expression) -> Expression:
    """`left operator right`; `!=` is not `=`."""
    if operator == "!=":
        return Not(compare("=", left, right))
    sign = cast(Comparison, str(operator))
    left, right = _settled(left), _settled(right)
    if isinstance(left, Duration):
        return compare(MIRRORED[operator], right, left)
    if isinstance(right, Duration):
        return _compare_duration(sign, left, right)
    if isinstance(left, Reading) and isinstance(right, Reading):
        return CompareReadings(sign, left, right)
    kind = _common_type(sign, left, right)
    if kind in (Type.TEXT, Type.BOOLEAN) and sign != "=":
        raise Problem(f"{operator} needs numbers or dates, not {kind.value}", "use = or !=")
    if kind is Type.TEXT:
        return _compare_texts(left, right)
    return Compare(sign, as_type(left, kind), as_type(right, kind))


def compare_pair(operator: str, left: Expression, pair: str) -> Expression:
    """`left operator n/n`: must hold for both parts."""
    if operator == "!=":
        return Not(compare_pair("=", left, pair))
    reading = types.reading(left)
    if not reading.is_valued:
        raise Problem("a date cannot be compared with a pair")
    first, second = map(Decimal, pair.split("/"))
    return ComparePair(cast(Comparison, str(operator)), reading, first, second)


def between(value: Expression, low: Expression, high: Expression) -> Expression:
    """Both ends included."""
    return AllOf((compare(">=", value, low), compare("<=", value, high)))


def member(value: Expression, *choices: Expression) -> Expression:
    return AnyOf(tuple(compare("=", value, choice) for choice in choices))


def as_type(expression: Expression, kind: Type) -> Expression:
    """An expression as a number, text, boolean or day."""
    convert = {
        Type.NUMBER: types.number,
        Type.TEXT: types.text,
        Type.BOOLEAN: types.boolean,
        Type.DAY: types.day,
    }
    return convert[kind](expression)


def settled_type(expression: Expression) -> Type | None:
    """The type of a value; none for what adapts: a reading with a value, an attribute."""
    expression = _settled(expression)
    return None if isinstance(expression, Reading | Attribute) else expression.type


def _settled(expression: Expression) -> Expression:
    """A series as its current value, one without numbers as its day."""
    if isinstance(expression, Series | Reading):
        reading = types.reading(expression)
        return reading if reading.is_valued else types.day(reading)
    if expression.type in (Type.INTERVAL, Type.PATIENTS):
        raise Problem(f"{expression.type.value} cannot be compared")
    return expression


def _common_type(sign: Comparison, left: Expression, right: Expression) -> Type:
    """Two attributes are compared as texts, or as numbers where order is asked for."""
    kinds = {kind for kind in (settled_type(left), settled_type(right)) if kind}
    if len(kinds) == 2:
        raise Problem(f"{left.type.value} cannot be compared with {right.type.value}")
    if kinds:
        return kinds.pop()
    are_attributes = isinstance(left, Attribute) and isinstance(right, Attribute)
    return Type.TEXT if are_attributes and sign == "=" else Type.NUMBER


def _compare_texts(left: Expression, right: Expression) -> Expression:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Attribute):
            return AttributeHas(one.key, types.text(other))
        if isinstance(one, Sex) and isinstance(other, Constant):
            _check_sex(str(other.value))
    return Compare("=", types.text(left), types.text(right))


def _check_sex(value: str) -> None:
    if value.upper() not in ("F", "M"):
        raise Problem(f"sex is 'F', 'M' or missing, never {value[:20]!r}", "say sex = 'F'")


def _compare_duration(operator: Comparison, left: Expression, right: Duration) -> Expression:
    """The days between two dates against calendar time: the earlier date moved by it."""
    if not isinstance(left, DaysBetween):
        raise Problem(f"{left.type.value} cannot be compared with a duration")
    return Compare(operator, left.later, Shift(left.earlier, right.months, right.days))
