"""Filters on series by time: each is a condition on the first and last day of an element.

The same words after a single value (`it`, `deceased`, `latest(x)`) make the condition itself.
"""

from collections.abc import Callable

from domain.measures import types
from domain.measures.errors import Problem
from domain.measures.model import AllOf, Compare, Comparison, Duration, Expression, Not, Shift, Type
from domain.measures.series_model import DayOf, Element, Exists, LatestDay, Reading, Series, Where

OTHER = -2  # the binder of the series that a series is compared with

BOUNDS: dict[str, Comparison] = {
    "starts before": "<",
    "starts after": ">",
    "on or before": "<=",
    "on or after": ">=",
}


def timing(left: Expression, words: str, right: Expression) -> Expression:
    """`left during right` and all others that take one word group and one term."""
    operator = " ".join(words.lower().split()).replace("starts on or", "on or")
    return _filtered(left, lambda first, last: _holds(operator, first, last, right))


def same_day(left: Expression, right: Expression) -> Expression:
    """The first day of the left lies within the right."""
    return _filtered(left, lambda first, last: _holds("starts during", first, first, right))


def not_same_day(left: Expression, right: Expression) -> Expression:
    return _filtered(left, lambda first, last: Not(_holds("starts during", first, first, right)))


def within(left: Expression, span: Duration, right: Expression) -> Expression:
    """The first days are at most so far apart."""

    def near(first: Expression, last: Expression) -> Expression:
        if isinstance(right, Series):
            other = Element(OTHER, right.is_valued)
            return Exists(Where(right, OTHER, _near(first, span, DayOf("start", other))))
        anchor = DayOf("start", right) if isinstance(right, Reading) else types.day(right)
        return _near(first, span, anchor)

    return _filtered(left, near)


def latest_day(left: Expression) -> Expression:
    return LatestDay(types.series(left))


def _filtered(
    left: Expression, condition: Callable[[Expression, Expression], Expression]
) -> Expression:
    if isinstance(left, Series):
        element = Element(types.OWN, left.is_valued)
        return Where(left, types.OWN, condition(DayOf("start", element), DayOf("last", element)))
    if isinstance(left, Reading):
        return condition(DayOf("start", left), DayOf("last", left))
    if left.type not in (Type.DAY, Type.ATTRIBUTE):
        raise Problem(f"a series or a date is needed before the filter, not {left.type.value}")
    return condition(types.day(left), types.day(left))


def _holds(operator: str, first: Expression, last: Expression, right: Expression) -> Expression:
    if operator in BOUNDS:
        return Compare(BOUNDS[operator], first, types.day(right))
    if isinstance(right, Series):
        other = Element(OTHER, right.is_valued)
        return Exists(Where(right, OTHER, _holds(operator, first, last, other)))
    span = types.interval(right)
    from_, until = {
        "during": (first, last),
        "overlaps": (last, first),
        "starts during": (first, first),
        "ends during": (last, last),
    }[operator]
    return AllOf((Compare(">=", from_, span.first), Compare("<=", until, span.last)))


def _near(first: Expression, span: Duration, anchor: Expression) -> Expression:
    before = Shift(anchor, -span.months, -span.days)
    after = Shift(anchor, span.months, span.days)
    return AllOf((Compare(">=", first, before), Compare("<=", first, after)))
