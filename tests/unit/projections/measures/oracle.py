"""A second, slow and plain reading of the formula language, to compare the compiled SQL with.

It walks the syntax tree for one patient at a time. It shares only the grammar with the product:
no types, no model, no SQL.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any

from lark import Token, Tree

from domain.measures.names import VariableName, fold
from tests.unit.projections.measures.oracle_values import (
    Attribute,
    Days,
    Gap,
    Item,
    Nothing,
    Series,
    Span,
    both,
    bounds,
    compared,
    compared_values,
    day,
    either,
    holds,
    is_day,
    is_missing,
    latest,
    moved,
    number,
    opposite,
    statistic,
    text,
    truth,
    union,
    years,
)
from tests.unit.projections.measures.world import Person


@dataclass(frozen=True)
class Context:
    """One patient, the period, and what names mean where the expression stands."""

    person: Person
    period: tuple[date, date]
    variables: Mapping[str, VariableName]
    definitions: Mapping[str, Tree[Token]] = field(default_factory=dict)
    elements: tuple[tuple[str | None, Item], ...] = ()
    populations: Mapping[str, bool] = field(default_factory=dict)


def evaluate(tree: Tree[Token], c: Context) -> Any:
    """The value of a syntax tree; each kind of tree has its function below."""
    return globals()[f"on_{tree.data}"](c, *tree.children)


def on_any_of(c: Context, *parts: Tree[Token]) -> Any:
    values = [evaluate(part, c) for part in parts]
    if all(isinstance(value, Series) for value in values):
        return union(values)
    return either([truth(value) for value in values])


def on_all_of(c: Context, *parts: Tree[Token]) -> bool | None:
    return both([truth(evaluate(part, c)) for part in parts])


def on_negation(c: Context, part: Tree[Token]) -> bool | None:
    return opposite(truth(evaluate(part, c)))


# Comparison


def on_compare(c: Context, left: Tree[Token], sign: str, right: Tree[Token]) -> bool | None:
    return compared(str(sign), evaluate(left, c), evaluate(right, c))


def on_compare_pair(c: Context, left: Tree[Token], sign: str, pair: str) -> bool | None:
    first, second = map(Fraction, pair.split("/"))
    other = Item(date.min, None, (0, 0), True, first, second)
    value = latest(evaluate(left, c))
    same = compared_values("=" if sign == "!=" else str(sign), value, other)
    return opposite(same) if sign == "!=" else same


def on_between(c: Context, *parts: Tree[Token]) -> bool | None:
    value, low, high = (evaluate(part, c) for part in parts)
    return both([compared(">=", value, low), compared("<=", value, high)])


def on_not_between(c: Context, *parts: Tree[Token]) -> bool | None:
    return opposite(on_between(c, *parts))


def on_member(c: Context, part: Tree[Token], *choices: Tree[Token]) -> bool | None:
    value = evaluate(part, c)
    return either([compared("=", value, evaluate(choice, c)) for choice in choices])


def on_not_member(c: Context, *parts: Tree[Token]) -> bool | None:
    return opposite(on_member(c, *parts))


def on_is_known(c: Context, part: Tree[Token], words: str) -> bool:
    said = words.lower().split()
    return is_missing(evaluate(part, c)) == (("missing" in said) != ("not" in said))


# Arithmetic


def on_arithmetic(c: Context, first: Tree[Token], *rest: Any) -> Any:
    result = evaluate(first, c)
    for sign, tree in zip(rest[::2], rest[1::2], strict=True):
        result = combined(str(sign), result, evaluate(tree, c))
    return result


def combined(sign: str, left: Any, right: Any) -> Any:
    if isinstance(right, Span):
        start = day(left)
        return None if start is None else moved(start, right, 1 if sign == "+" else -1)
    if sign == "-" and (is_day(left) or is_day(right)):
        return Gap(day(left), day(right))
    a, b = number(left), number(right)
    if a is None or b is None or (sign == "/" and b == 0):
        return None
    return {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else None}[sign]


def on_negative(c: Context, _: str, part: Tree[Token]) -> Fraction | None:
    value = number(evaluate(part, c))
    return None if value is None else -value


# Terms


def on_number(c: Context, token: str) -> Fraction:
    return Fraction(str(token))


def on_duration(c: Context, count: str, unit: str) -> Span:
    months, days = {"y": (12, 0), "m": (1, 0), "w": (0, 7), "d": (0, 1)}[unit.lower()[0]]
    return Span(int(count) * months, int(count) * days)


def on_text(c: Context, token: str) -> str:
    return str(token)[1:-1]


def on_date(c: Context, token: str) -> date:
    return date.fromisoformat(token[1:])


def on_truth(c: Context, token: str) -> bool:
    return token.lower() == "true"


def on_period(c: Context, _: str) -> Days:
    return Days(*c.period)


def on_period_field(c: Context, _: str, name: str) -> date:
    return c.period[0] if name == "start" else c.period[1]


def on_interval(c: Context, first: Tree[Token], last: Tree[Token]) -> Days:
    return Days(day(evaluate(first, c)), day(evaluate(last, c)))


def on_population(c: Context, name: str) -> bool:
    return c.populations.get(name, c.populations["initial population"])


def on_sex(c: Context, _: str) -> str | None:
    letter = (c.person.sex or "").strip(" ")[:1].upper()
    return letter if letter in ("F", "M") else None


def on_age(c: Context, _: str) -> Fraction | None:
    return years(c.person.dob, c.period[1])


def on_age_at(c: Context, _: str, at: Tree[Token]) -> Fraction | None:
    return years(c.person.dob, day(evaluate(at, c)))


def on_attribute(c: Context, _: str, key: str) -> Attribute:
    return Attribute(dict(c.person.attributes).get(key.strip('"')))


def on_name(c: Context, token: str) -> Any:
    if element_named(c, str(token)):
        return element_named(c, str(token))
    name = fold(token)
    if name in c.definitions:
        return evaluate(c.definitions[name], replace(c, elements=()))
    if name in c.variables:
        return recorded(c, c.variables[name])
    return c.person.dob if name == "dob" else Attribute(dict(c.person.attributes).get(name))


def element_named(c: Context, name: str) -> Item | None:
    return dict(c.elements).get(name)


def on_it(c: Context, _: str) -> Item:
    return c.elements[-1][1]


def on_it_field(c: Context, _: str, name: str) -> Any:
    return field_of(c.elements[-1][1], name)


def on_alias_field(c: Context, alias: str, name: str) -> Any:
    return field_of(dict(c.elements)[str(alias)], name)


def field_of(item: Item, name: str) -> Any:
    return {"value": item, "start": item.start, "end": item.end}[name]


def on_read_of(c: Context, words: str, part: Tree[Token]) -> Any:
    value = latest(evaluate(part, c))
    if words.startswith("value"):
        return value
    return value.start if isinstance(value, Item) else None


# Series


def recorded(c: Context, variable: VariableName) -> Series:
    is_value = variable.kind == "number"
    items = frozenset(
        Item(
            seen.day,
            seen.end or (None if variable.is_interval else seen.day),
            (seen.since, seen.id),
            is_value,
            None if seen.number is None else Fraction(seen.number),
            None if seen.second is None else Fraction(seen.second),
            seen.text,
        )
        for seen in c.person.seen
        if seen.variable_id == variable.id
    )
    inside = frozenset(item for item in items if item.start <= c.period[1])
    return Series(lambda is_bare: inside if is_bare else items, is_value)


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
