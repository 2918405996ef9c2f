"""The oracle's rules for logic, comparison, arithmetic and the words of the language."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from lark import Token, Tree

from domain.measures.names import fold
from tests.unit.projections.measures.oracle_context import Context, evaluate, recorded
from tests.unit.projections.measures.oracle_values import (
    Attribute,
    Days,
    Gap,
    Item,
    Series,
    Span,
    both,
    compared,
    compared_values,
    day,
    either,
    is_day,
    is_missing,
    latest,
    moved,
    number,
    opposite,
    truth,
    union,
    years,
)


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
