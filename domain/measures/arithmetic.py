"""Numbers, durations and dates: literals and what + - * / mean for each type."""

from datetime import date
from decimal import Decimal
from typing import Literal, cast

from domain.measures import types
from domain.measures.comparisons import settled_type
from domain.measures.errors import Problem
from domain.measures.model import (
    Arithmetic,
    Constant,
    DaysBetween,
    Duration,
    Expression,
    Negative,
    Shift,
    Type,
)

MAX_DIGITS = 30
MAX_YEARS = 150
DAYS = {"day": 1, "week": 7}
MONTHS = {"month": 1, "year": 12}


def number(literal: str) -> Constant:
    if len(literal) > MAX_DIGITS:
        raise Problem(f"a number has at most {MAX_DIGITS} digits")
    return Constant(Decimal(literal), Type.NUMBER)


def day(literal: str) -> Constant:
    """`@2025-10-01`."""
    try:
        return Constant(date.fromisoformat(literal[1:]), Type.DAY)
    except ValueError:
        raise Problem(f"{literal[1:]} is not a date") from None


def duration(count: str, unit: str) -> Duration:
    """`6 months`: whole calendar months and years, or days and weeks."""
    if not count.isdigit() or len(count) > 6:
        raise Problem("a duration is a whole number of days, weeks, months or years")
    name, size = unit.lower().rstrip("s"), int(count)
    span = Duration(size * MONTHS.get(name, 0), size * DAYS.get(name, 0))
    if span.months > MAX_YEARS * 12 or span.days > MAX_YEARS * 366:
        raise Problem(f"a duration is at most {MAX_YEARS} years")
    return span


def chain(*parts: Expression | str) -> Expression:
    """`a + b - c` or `a * b / c`, from left to right."""
    result = cast(Expression, parts[0])
    for sign, operand in zip(parts[1::2], parts[2::2], strict=True):
        result = _combine(str(sign), result, cast(Expression, operand))
    return result


def negative(_: str, part: Expression) -> Expression:
    return Negative(types.number(part))


def _combine(sign: str, left: Expression, right: Expression) -> Expression:
    if isinstance(right, Duration) and sign in "+-":
        direction = 1 if sign == "+" else -1
        return Shift(types.day(left), direction * right.months, direction * right.days)
    if sign == "-" and Type.DAY in (settled_type(left), settled_type(right)):
        return DaysBetween(types.day(left), types.day(right))
    operator = cast(Literal["+", "-", "*", "/"], sign)
    return Arithmetic(operator, types.number(left), types.number(right))
