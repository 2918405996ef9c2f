"""Functions of formulas, each from typed arguments to a typed expression."""

from collections.abc import Callable
from decimal import Decimal
from typing import cast

from domain.measures import types
from domain.measures.comparisons import as_type, settled_type
from domain.measures.errors import Problem
from domain.measures.model import (
    AllOf,
    Coalesce,
    Constant,
    Expression,
    Function,
    Not,
    OverPatients,
    Patients,
    Type,
)
from domain.measures.series_model import (
    Count,
    DayOf,
    Exists,
    Fold,
    NumberOf,
    Part,
    Pick,
    Reading,
    Series,
    Union,
)

TRUE = Constant(True, Type.BOOLEAN)
STATISTICS: dict[str, Function] = {
    "sum": "sum",
    "avg": "avg",
    "average": "avg",
    "mean": "avg",
    "min": "min",
    "max": "max",
    "stddev": "stddev",
    "median": "percentile",
    "percentile": "percentile",
}
AGGREGATES = frozenset({"count", *STATISTICS})


def call(name: str, *arguments: Expression) -> Expression:
    """A function of series or values of one patient."""
    function = name.lower()
    if function in STATISTICS:
        percent, rest = _percent(function, arguments)
        return _statistic(STATISTICS[function], types.series(_only(function, rest)), percent)
    if function in ONE_ARGUMENT:
        return ONE_ARGUMENT[function](_only(function, arguments))
    if function in ANY_ARGUMENTS:
        return ANY_ARGUMENTS[function](arguments)
    raise Problem(f"there is no function {name[:40]!r}", f"there are {', '.join(FUNCTIONS)}")


def over_patients(
    name: str, arguments: tuple[Expression, ...], condition: Expression
) -> OverPatients:
    """An aggregate of a free score: over the patients for which the condition is true."""
    function = name.lower()
    percent, rest = _percent(function, arguments)
    value = _only(function, rest)
    if isinstance(value, Patients):
        if function != "count":
            raise Problem(f"patients have no {function}", "only count takes patients")
        condition, value = both(value.condition or TRUE, condition), TRUE
    if function == "count":
        counted = value if value.type is Type.BOOLEAN else Not(types.missing(value))
        return OverPatients("count", counted, condition)
    return OverPatients(STATISTICS[function], types.number(value), condition, percent)


def both(one: Expression, other: Expression) -> Expression:
    """One and the other; what is always true is left out."""
    parts = tuple(part for part in (one, other) if part != TRUE)
    return AllOf(parts) if len(parts) == 2 else (*parts, TRUE)[0]


def union(parts: tuple[Expression, ...]) -> Series:
    """All elements of several series; unions within are opened."""
    flat: list[Series] = []
    for part in map(types.series, parts):
        flat.extend(part.parts if isinstance(part, Union) else (part,))
    return Union(tuple(dict.fromkeys(flat)))


def _coalesce(parts: tuple[Expression, ...]) -> Expression:
    kinds = {kind for kind in map(settled_type, parts) if kind}
    if len(kinds) > 1 or not kinds <= {Type.NUMBER, Type.TEXT, Type.BOOLEAN, Type.DAY}:
        raise Problem("coalesce needs values of one type")
    has_values = any(isinstance(part, Series | Reading) for part in parts)
    default = Type.NUMBER if has_values else Type.TEXT
    kind = kinds.pop() if kinds else default
    return Coalesce(tuple(as_type(part, kind) for part in parts), kind)


def _statistic(function: Function, series: Series, percent: Decimal) -> Expression:
    series = types.cut(series)
    if series.is_valued:
        return Fold(function, series, percent)
    if function in ("min", "max"):
        return DayOf("start", Pick("earliest" if function == "min" else "latest", series))
    raise Problem("dates have no sum or average", "say count, min, max, latest or earliest")


def _part(which: str, argument: Expression) -> Expression:
    place = cast(types.Parts, which)
    if isinstance(argument, Reading):
        return NumberOf(argument, place)
    series = types.series(argument)
    if not series.is_valued:
        raise Problem("a date has no parts")
    return Part(place, series)


def _percent(
    function: str, arguments: tuple[Expression, ...]
) -> tuple[Decimal, tuple[Expression, ...]]:
    if function != "percentile":
        return Decimal(50), arguments
    share = arguments[-1]
    if len(arguments) != 2 or not isinstance(share, Constant) or share.of is not Type.NUMBER:
        raise Problem("percentile takes a value and a number from 0 to 100", "percentile(x, 90)")
    percent = Decimal(str(share.value))
    if not 0 <= percent <= 100:
        raise Problem("a percentile is from 0 to 100")
    return percent, arguments[:1]


def _only(function: str, arguments: tuple[Expression, ...]) -> Expression:
    if len(arguments) != 1:
        raise Problem(f"{function} takes one argument, not {len(arguments)}")
    return arguments[0]


ONE_ARGUMENT: dict[str, Callable[[Expression], Expression]] = {
    "exists": lambda x: Exists(types.cut(types.series(x))),
    "count": lambda x: Count(types.cut(types.series(x))),
    "latest": lambda x: Pick("latest", types.cut(types.series(x))),
    "earliest": lambda x: Pick("earliest", types.cut(types.series(x))),
    "first": lambda x: _part("first", x),
    "second": lambda x: _part("second", x),
    "text": types.text,
}
ANY_ARGUMENTS: dict[str, Callable[[tuple[Expression, ...]], Expression]] = {
    "union": union,
    "coalesce": _coalesce,
}
FUNCTIONS = (*ONE_ARGUMENT, *ANY_ARGUMENTS, *STATISTICS, "variable", "date_variable")
