"""Which typed expression each kind of syntax tree makes from its checked parts."""

from collections.abc import Callable

from domain.measures import arithmetic, calls, comparisons, filters, types
from domain.measures.errors import Problem
from domain.measures.model import (
    Age,
    AllOf,
    AnyOf,
    Attribute,
    Constant,
    Expression,
    Interval,
    Not,
    Patients,
    PeriodEdge,
    Sex,
    Type,
)
from domain.measures.names import unquoted
from domain.measures.series_model import DayOf, Series


def _any_of(parts: tuple[Expression, ...]) -> Expression:
    """The union of series, or whether one of several conditions holds."""
    if all(isinstance(part, Series) for part in parts):
        return calls.union(parts)
    return AnyOf(tuple(map(_condition, parts)))


def _condition(part: Expression) -> Expression:
    if isinstance(part, Series):
        raise Problem("or joins series with series, or conditions", "say exists(…) of the series")
    return types.boolean(part)


def _read_of(words: str, part: Expression) -> Expression:
    reading = types.reading(part)
    if words.lower().startswith("date"):
        return DayOf("start", reading)
    if not reading.is_valued:
        raise Problem("a date has no value", "say date of …")
    return reading


def _presence(value: Expression, words: str) -> Expression:
    is_negated = "not" in words.lower().split()
    is_missing = types.missing(value)
    return Not(is_missing) if ("known" in words.lower()) != is_negated else is_missing


def _period_field(_: str, name: str) -> Expression:
    if name.lower() == "value":
        raise Problem("a period has no value", "say period.start or period.end")
    return PeriodEdge("start" if name.lower() == "start" else "end")


PERIOD = Interval(PeriodEdge("start"), PeriodEdge("end"))

BUILD: dict[str, Callable[..., Expression]] = {
    "any_of": lambda *parts: _any_of(parts),
    "all_of": lambda *parts: AllOf(tuple(map(types.boolean, parts))),
    "negation": lambda part: Not(types.boolean(part)),
    "compare": lambda left, sign, right: comparisons.compare(sign, left, right),
    "compare_pair": lambda left, sign, pair: comparisons.compare_pair(sign, left, pair),
    "between": comparisons.between,
    "not_between": lambda *parts: Not(comparisons.between(*parts)),
    "member": comparisons.member,
    "not_member": lambda *parts: Not(comparisons.member(*parts)),
    "is_known": _presence,
    "arithmetic": arithmetic.chain,
    "negative": arithmetic.negative,
    "timing": filters.timing,
    "within": lambda left, count, unit, right: filters.within(
        left, arithmetic.duration(count, unit), right
    ),
    "same_day": filters.same_day,
    "not_same_day": filters.not_same_day,
    "latest_day": filters.latest_day,
    "number": arithmetic.number,
    "duration": arithmetic.duration,
    "text": lambda token: Constant(token[1:-1], Type.TEXT),
    "date": arithmetic.day,
    "truth": lambda token: Constant(token.lower() == "true", Type.BOOLEAN),
    "period": lambda _: PERIOD,
    "period_field": _period_field,
    "attribute": lambda _, key: Attribute(unquoted(key)),
    "age": lambda _: Age(PeriodEdge("end")),
    "age_at": lambda _, at: Age(types.day(at)),
    "sex": lambda _: Sex(),
    "read_of": _read_of,
    "interval": lambda first, last: Interval(types.day(first), types.day(last)),
    "patients": lambda _: Patients(),
}
