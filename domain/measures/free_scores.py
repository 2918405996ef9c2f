"""Statistics over patients, and the arithmetic of a free score on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from math import ceil, floor

from domain.measures.measure import cells_of
from domain.measures.model import Arithmetic, Coalesce, Constant, Expression, Negative, OverPatients

ROOT = Context(prec=28)


@dataclass(frozen=True)
class Statistic:
    """What is known of some numbers: their sum, how many, and for some statistics all of them."""

    total: Decimal
    count: int
    values: Sequence[Decimal] = ()


def statistic(function: str, of: Statistic, percent: Decimal = Decimal(50)) -> Fraction | None:
    """Count, sum, mean, min, max, sample standard deviation or interpolated percentile."""
    if function == "count":
        return Fraction(of.count)
    if function in ("sum", "avg", "mean"):
        size = 1 if function == "sum" else of.count
        return Fraction(of.total) / size if of.count else None
    values = sorted(map(Fraction, of.values))
    if not values:
        return None
    match function:
        case "min":
            return values[0]
        case "max":
            return values[-1]
        case "stddev":
            return _deviation(values)
    return _percentile(values, Fraction(percent))


def free_score(
    formula: Expression,
    aggregates: Sequence[OverPatients],
    totals: Sequence[Decimal],
    spreads: Mapping[int, Sequence[Decimal]],
) -> Fraction | None:
    """The value of a free score from the totals of its aggregates."""
    found: dict[Expression, Fraction | None] = {}
    place = 0
    for each in aggregates:
        width = len(cells_of(each))
        total, count = totals[place], int(totals[place + width - 1])
        if each.function == "count":
            found[each] = Fraction(count)
        else:
            known = Statistic(total, count, spreads.get(place, ()))
            found[each] = statistic(each.function, known, each.percent)
        place += width
    return _value(formula, found)


def _value(
    expression: Expression, aggregates: Mapping[Expression, Fraction | None]
) -> Fraction | None:
    match expression:
        case Constant(value):
            return Fraction(Decimal(str(value)))
        case OverPatients():
            return aggregates[expression]
        case Negative(part):
            inner = _value(part, aggregates)
            return None if inner is None else -inner
        case Coalesce(parts):
            values = (_value(part, aggregates) for part in parts)
            return next((value for value in values if value is not None), None)
        case Arithmetic(operator, left, right):
            return _combined(operator, _value(left, aggregates), _value(right, aggregates))
    raise NotImplementedError(type(expression).__name__)


def _combined(operator: str, left: Fraction | None, right: Fraction | None) -> Fraction | None:
    if left is None or right is None:
        return None
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return left / right if right else None


def _percentile(values: Sequence[Fraction], percent: Fraction) -> Fraction:
    """Between the two neighbours in order, in proportion."""
    place = (len(values) - 1) * percent / 100
    below, above = values[floor(place)], values[ceil(place)]
    return below + (above - below) * (place - floor(place))


def _deviation(values: Sequence[Fraction]) -> Fraction | None:
    if len(values) < 2:
        return None
    mean = sum(values, Fraction(0)) / len(values)
    variance = sum(((value - mean) ** 2 for value in values), Fraction(0)) / (len(values) - 1)
    return Fraction(ROOT.sqrt(ROOT.divide(Decimal(variance.numerator), variance.denominator)))
