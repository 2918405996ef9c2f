"""The oracle's rules for series: filters, where, and the functions of series."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from lark import Token, Tree

from tests.unit.projections.measures.oracle_context import Context, evaluate, recorded
from tests.unit.projections.measures.oracle_terms import on_duration
from tests.unit.projections.measures.oracle_values import (
    Item,
    Nothing,
    Series,
    both,
    bounds,
    day,
    holds,
    moved,
    number,
    opposite,
    statistic,
    text,
    truth,
    union,
)


def kept(series: Series, condition: Callable[[Item], bool | None]) -> Series:
    items = frozenset(item for item in series.elements(False) if condition(item) is True)
    return Series(lambda is_bare: items, series.has_values)


def filtered(left: Any, condition: Callable[[Any], bool | None]) -> Any:
    if isinstance(left, Series):
        return kept(left, condition)
    if isinstance(left, Item | Nothing):
        return condition(left) if isinstance(left, Item) else None
    start = day(left)
    return None if start is None else condition(Item(start, start, (0, 0), False))


def on_where(c: Context, base: Tree[Token], alias: str | None, condition: Tree[Token]) -> Series:
    name = None if alias is None else str(alias)
    series = evaluate(base, c)
    return kept(
        series,
        lambda item: truth(evaluate(condition, replace(c, elements=(*c.elements, (name, item))))),
    )


def on_timing(c: Context, left: Tree[Token], words: str, right: Tree[Token]) -> Any:
    operator = " ".join(words.split())
    other = evaluate(right, c)
    return filtered(evaluate(left, c), lambda item: timed(operator, item, other))


def timed(operator: str, item: Item, other: Any) -> bool | None:
    if operator not in ("during", "overlaps", "starts during", "ends during"):
        sign = {"before": "<", "after": ">", "or before": "<=", "or after": ">="}[
            operator.removeprefix("starts ").removeprefix("on ")
        ]
        return holds(sign, item.start, day(other))
    if isinstance(other, Series):
        return any(timed(operator, item, each) for each in other.elements(False))
    first, last = bounds(other)
    one, two = {
        "during": (item.start, item.last),
        "overlaps": (item.last, item.start),
        "starts during": (item.start, item.start),
        "ends during": (item.last, item.last),
    }[operator]
    return both([holds(">=", one, first), holds("<=", two, last)])


def on_same_day(c: Context, left: Tree[Token], right: Tree[Token]) -> Any:
    other = evaluate(right, c)
    return filtered(evaluate(left, c), lambda item: timed("starts during", item, other))


def on_not_same_day(c: Context, left: Tree[Token], right: Tree[Token]) -> Any:
    other = evaluate(right, c)
    return filtered(evaluate(left, c), lambda item: opposite(timed("starts during", item, other)))


def on_within(c: Context, left: Tree[Token], count: str, unit: str, right: Tree[Token]) -> Any:
    span, other = on_duration(c, count, unit), evaluate(right, c)

    def near(item: Item, anchor: date | None) -> bool | None:
        if anchor is None:
            return None
        return moved(anchor, span, -1) <= item.start <= moved(anchor, span, 1)

    if isinstance(other, Series):
        starts = {each.start for each in other.elements(False)}
        return filtered(evaluate(left, c), lambda item: any(near(item, start) for start in starts))
    anchor = other.start if isinstance(other, Item) else day(other)
    return filtered(evaluate(left, c), lambda item: near(item, anchor))


def on_latest_day(c: Context, left: Tree[Token]) -> Series:
    series = evaluate(left, c)

    def elements(is_bare: bool) -> frozenset[Item]:
        items = series.elements(is_bare)
        newest = max((item.start for item in items), default=None)
        return frozenset(item for item in items if item.start == newest)

    return Series(elements, series.has_values)


# Functions


def on_call(c: Context, function: Token, *arguments: Tree[Token]) -> Any:
    name = str(function)
    if name in ("variable", "date_variable"):
        return called_variable(c, name, str(arguments[0].children[0]))
    values = [evaluate(argument, c) for argument in arguments]
    if name in ("first", "second"):
        return part_of(name, values[0])
    if name == "union":
        return union(values)
    if name == "coalesce":
        return next((n for n in map(number, values) if n is not None), None)
    if name == "text":
        return text(values[0])
    items = values[0].current()
    if name == "exists":
        return bool(items)
    if name == "count":
        return Fraction(len(items))
    by_day = sorted(items, key=lambda item: (item.start, item.order))
    if name in ("latest", "earliest"):
        where = -1 if name == "latest" else 0
        return by_day[where] if by_day else Nothing(values[0].has_values)
    if not values[0].has_values:
        return (by_day[0] if name == "min" else by_day[-1]).start if by_day else None
    percent = values[1] if name == "percentile" else Fraction(50)
    return statistic(name, [n for n in map(number, items) if n is not None], percent)


def called_variable(c: Context, function: str, name: str) -> Series:
    kind = "number" if function == "variable" else "date"
    for variable in c.variables.values():
        if variable.kind == kind and name in (str(variable.id), f'"{variable.name}"'):
            return recorded(c, variable)
    raise LookupError(name)


def part_of(which: str, value: Any) -> Any:
    def part(item: Item) -> Item:
        found = item.number if which == "first" else item.second
        return replace(item, number=None if item.second is None else found, second=None)

    if isinstance(value, Series):
        return Series(lambda is_bare: frozenset(map(part, value.elements(is_bare))), True)
    return part(value).number if isinstance(value, Item) else None
