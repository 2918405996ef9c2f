"""What is made of a series: one grouped set per construct, joined to the patients.

A construct that looks at elements of an outer `where` is evaluated beside each of them instead.
"""

from domain.measures.model import Expression, IsMissing
from domain.measures.series_model import (
    ComparePair,
    CompareReadings,
    Count,
    DayOf,
    Element,
    Exists,
    Fold,
    NumberOf,
    Pick,
    Reading,
    Series,
    TextOf,
    free_binders,
)
from projections.measures.scalars import scalar
from projections.measures.series import rows
from projections.measures.statement import Columns, Scope

WHOLE = "CASE WHEN {0.second} IS NULL THEN {0.number} END"
AGGREGATES = {
    "sum": "sum({0})",
    "avg": "avg({0})",
    "min": "min({0})",
    "max": "max({0})",
    "stddev": "stddev_samp({0})",
    "percentile": "array_agg({0} ORDER BY {0}) FILTER (WHERE ({0}) IS NOT NULL)",
}


@scalar.register
def _(expression: Exists, scope: Scope) -> str:
    if free_binders(expression):
        found = rows(expression.series, scope)
        return f"EXISTS (SELECT {found.body(f'{found.columns.patient_id} = {scope.patient_id}')})"

    def grouped() -> str:
        found = rows(expression.series, Scope(scope.statement, ""))
        return f"SELECT DISTINCT {found.columns.patient_id} AS patient_id {found.body()}"

    return f"({scope.beside_set(expression, grouped)}.patient_id IS NOT NULL)"


@scalar.register
def _(expression: Count, scope: Scope) -> str:
    return f"coalesce({_aggregate(expression, expression.series, 'count(*)', scope)}, 0)::numeric"


@scalar.register
def _(expression: Fold, scope: Scope) -> str:
    template = AGGREGATES[expression.function]
    value = _aggregate(expression, expression.series, template.replace("{0}", f"({WHOLE})"), scope)
    if expression.function != "percentile":
        return value
    share = scope.statement.bind(expression.percent / 100, "numeric")
    place = f"((cardinality({value}) - 1) * {share} + 1)"
    below, above = f"{value}[floor({place})::int]", f"{value}[ceil({place})::int]"
    return f"({below} + ({above} - {below}) * ({place} - floor({place})))"


@scalar.register
def _(expression: NumberOf, scope: Scope) -> str:
    columns = reading(expression.reading, scope)
    if expression.part == "whole":
        return f"({WHOLE.format(columns)})"
    number = columns.number if expression.part == "first" else columns.second
    return f"(CASE WHEN {columns.second} IS NOT NULL THEN {number} END)"


@scalar.register
def _(expression: TextOf, scope: Scope) -> str:
    return reading(expression.reading, scope).text


@scalar.register
def _(expression: DayOf, scope: Scope) -> str:
    return str(getattr(reading(expression.reading, scope), expression.edge))


@scalar.register
def _(expression: IsMissing, scope: Scope) -> str:
    part = expression.part
    value = reading(part, scope).id if isinstance(part, Reading) else scalar(part, scope)
    return f"({value} IS NULL)"


@scalar.register
def _(expression: ComparePair, scope: Scope) -> str:
    of, sign = reading(expression.reading, scope), expression.operator
    first = scope.statement.bind(expression.first, "numeric")
    second = scope.statement.bind(expression.second, "numeric")
    holds = f"{of.number} {sign} {first} AND {of.second} {sign} {second}"
    return f"(CASE WHEN {of.second} IS NOT NULL THEN {holds} END)"


@scalar.register
def _(expression: CompareReadings, scope: Scope) -> str:
    left, right = reading(expression.left, scope), reading(expression.right, scope)
    numbers = f"{left.number} {expression.operator} {right.number}"
    seconds = f"{left.second} {expression.operator} {right.second}"
    return (
        f"(CASE WHEN {left.second} IS NULL AND {right.second} IS NULL THEN {numbers}"
        f" WHEN {left.second} IS NOT NULL AND {right.second} IS NOT NULL"
        f" THEN {numbers} AND {seconds} END)"
    )


def reading(wanted: Reading, scope: Scope) -> Columns:
    """The columns of one element; all NULL where there is none."""
    match wanted:
        case Element(binder):
            return scope.elements[binder]
        case Pick():
            return _picked(wanted, scope)
    raise NotImplementedError(type(wanted).__name__)


def picked_rows(wanted: Pick, scope: Scope) -> str:
    """The query for one element per patient."""
    found = rows(wanted.series, Scope(scope.statement, ""))
    of = found.columns
    return (
        f"SELECT DISTINCT ON ({of.patient_id}) {of.patient_id} AS patient_id, {of.select()}"
        f" {found.body()} ORDER BY {of.patient_id}, {_order(wanted, of)}"
    )


def _picked(wanted: Pick, scope: Scope) -> Columns:
    def beside() -> str:
        found = rows(wanted.series, scope)
        of = found.columns
        own = f"{of.patient_id} = {scope.patient_id}"
        return f"SELECT {of.select()} {found.body(own)} ORDER BY {_order(wanted, of)} LIMIT 1"

    if free_binders(wanted):
        return Columns.of(scope.beside(wanted, beside))
    return Columns.of(scope.beside_set(wanted, lambda: picked_rows(wanted, scope)))


def _order(wanted: Pick, of: Columns) -> str:
    direction = "DESC" if wanted.which == "latest" else "ASC"
    return ", ".join(f"{column} {direction}" for column in (of.start, of.position, of.id))


def _aggregate(construct: Expression, series: Series, template: str, scope: Scope) -> str:
    """`template` is an aggregate with {0.column} for the columns of the series."""

    def grouped() -> str:
        found = rows(series, Scope(scope.statement, ""))
        patient, value = found.columns.patient_id, template.format(found.columns)
        return f"SELECT {patient} AS patient_id, {value} AS value {found.body()} GROUP BY {patient}"

    def beside() -> str:
        found = rows(series, scope)
        own = f"{found.columns.patient_id} = {scope.patient_id}"
        return f"SELECT {template.format(found.columns)} AS value {found.body(own)}"

    if free_binders(construct):
        return f"{scope.beside(construct, beside)}.value"
    return f"{scope.beside_set(construct, grouped)}.value"
