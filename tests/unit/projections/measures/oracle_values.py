"""The values of the oracle and what can be done with them.

None is unknown, a number is a Fraction, a series is a function from "is it bare?" to its elements.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any

LAST_DAY = date.max


@dataclass(frozen=True)
class Item:
    """An element of a series."""

    start: date
    end: date | None
    order: tuple[int, int]
    is_value: bool
    number: Fraction | None = None
    second: Fraction | None = None
    text: str | None = None

    @property
    def last(self) -> date:
        return self.end or LAST_DAY


@dataclass(frozen=True)
class Series:
    elements: Callable[[bool], frozenset[Item]]  # True: only those that start in the period
    has_values: bool

    def current(self) -> frozenset[Item]:
        return self.elements(True)


@dataclass(frozen=True)
class Nothing:
    """The current value of a series without elements."""

    is_value: bool


@dataclass(frozen=True)
class Span:
    months: int
    days: int


@dataclass(frozen=True)
class Gap:
    """The days between two dates."""

    later: date | None
    earlier: date | None


@dataclass(frozen=True)
class Attribute:
    value: Any


@dataclass(frozen=True)
class Days:
    first: date | None
    last: date | None


# Conversions


def latest(value: Any) -> Any:
    if isinstance(value, Series):
        found = value.current()
        return max(found, key=lambda i: (i.start, i.order), default=Nothing(value.has_values))
    return value


def number(value: Any) -> Fraction | None:
    value = latest(value)
    if isinstance(value, Item):
        return value.number if value.second is None else None
    if isinstance(value, Attribute):
        return attribute_number(value.value)
    if isinstance(value, Gap):
        if value.later is None or value.earlier is None:
            return None
        return Fraction((value.later - value.earlier).days)
    return value if isinstance(value, Fraction) else None


def attribute_number(value: Any) -> Fraction | None:
    if isinstance(value, bool) or value is None:
        return None
    plain = re.fullmatch(r"\s*[-+]?\d+(\.\d+)?\s*", str(value))
    return Fraction(str(value).strip()) if plain else None


def day(value: Any) -> date | None:
    value = latest(value)
    if isinstance(value, Item):
        return value.start
    if isinstance(value, Attribute):
        try:
            return date.fromisoformat(str(value.value)[:10])
        except ValueError:
            return None
    return value if isinstance(value, date) else None


def text(value: Any) -> str | None:
    value = latest(value)
    if isinstance(value, Item):
        return value.text
    if isinstance(value, Attribute):
        if isinstance(value.value, bool):
            return str(value.value).lower()
        return None if value.value is None or isinstance(value.value, list) else str(value.value)
    return value if isinstance(value, str) else None


def truth(value: Any) -> bool | None:
    if isinstance(value, Series):
        return bool(value.current())
    if isinstance(value, Attribute):
        return value.value if isinstance(value.value, bool) else None
    return value if isinstance(value, bool) else None


def is_missing(value: Any) -> bool:
    value = latest(value)
    if isinstance(value, Attribute):
        return value.value is None
    if isinstance(value, Gap):
        return number(value) is None
    return value is None or isinstance(value, Nothing)


# Logic


def both(values: list[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


def either(values: list[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False


def opposite(value: bool | None) -> bool | None:
    return None if value is None else not value


# Comparison


def holds(sign: str, left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    return bool(
        {
            "<": lambda: left < right,
            "<=": lambda: left <= right,
            ">": lambda: left > right,
            ">=": lambda: left >= right,
            "=": lambda: left == right,
        }[sign]()
    )


def compared(sign: str, left: Any, right: Any) -> bool | None:
    if sign == "!=":
        return opposite(compared("=", left, right))
    left, right = latest(left), latest(right)
    if left is None or right is None:
        return None
    if isinstance(right, Span):
        if left.later is None or left.earlier is None:
            return None
        return holds(sign, left.later, moved(left.earlier, right, 1))
    values = (Item, Nothing)
    if isinstance(left, values) and left.is_value and isinstance(right, values) and right.is_value:
        return compared_values(sign, left, right)
    for one, other in ((left, right), (right, left)):
        are_attributes = isinstance(one, Attribute) and isinstance(other, Attribute)
        if isinstance(other, str) or (are_attributes and sign == "="):
            return compared_texts(one, other)
    convert = day if is_day(left) or is_day(right) else number
    if isinstance(left, bool) or isinstance(right, bool):
        convert = truth
    return holds(sign, convert(left), convert(right))


def compared_values(sign: str, left: Any, right: Any) -> bool | None:
    if isinstance(left, Nothing) or isinstance(right, Nothing):
        return None
    if left.second is None and right.second is None:
        return holds(sign, left.number, right.number)
    if left.second is None or right.second is None:
        return None
    return both([holds(sign, left.number, right.number), holds(sign, left.second, right.second)])


def compared_texts(one: Any, other: Any) -> bool | None:
    found, wanted = text(one), text(other)
    if wanted is None:
        return None
    if isinstance(one, Attribute) and isinstance(one.value, list):
        return wanted.lower() in [str(entry).lower() for entry in one.value]
    return None if found is None else found.lower() == wanted.lower()


def is_day(value: Any) -> bool:
    value = latest(value)
    if isinstance(value, Item | Nothing):
        return not value.is_value
    return isinstance(value, date)


def moved(start: date, span: Span, direction: int) -> date:
    month = start.year * 12 + start.month - 1 + direction * span.months
    year, month = divmod(month, 12)
    last = monthrange(year, month + 1)[1]
    there = date(year, month + 1, min(start.day, last))
    return there + direction * timedelta(days=span.days)


def statistic(name: str, numbers: list[Fraction], percent: Fraction) -> Any:
    numbers.sort()
    if not numbers:
        return None
    if name in ("sum", "avg"):
        return sum(numbers) / (len(numbers) if name == "avg" else 1)
    if name in ("min", "max"):
        return numbers[0] if name == "min" else numbers[-1]
    if name == "stddev":
        mean = sum(numbers) / len(numbers)
        squares = sum((n - mean) ** 2 for n in numbers)
        return Fraction((squares / (len(numbers) - 1)) ** 0.5) if len(numbers) > 1 else None
    place = (len(numbers) - 1) * percent / 100
    low, high = numbers[floor(place)], numbers[ceil(place)]
    return low + (high - low) * (place - floor(place))


def years(born: date | None, at: date | None) -> Fraction | None:
    if born is None or at is None or at < born:
        return None
    return Fraction(at.year - born.year - ((at.month, at.day) < (born.month, born.day)))


def bounds(other: Any) -> tuple[date | None, date | None]:
    if isinstance(other, Days):
        return other.first, other.last
    if isinstance(other, Item) and other.end is None:
        return other.start, LAST_DAY
    if isinstance(other, Item):
        return other.start, other.end
    return day(other), day(other)


def union(parts: list[Series]) -> Series:
    return Series(
        lambda is_bare: frozenset().union(*(part.elements(is_bare) for part in parts)),
        any(part.has_values for part in parts),
    )
