"""Series of dated values as queries over the table of observations."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.measures.series_model import (
    Defined,
    LatestDay,
    Part,
    Series,
    Union,
    Values,
    Where,
    variables_in,
)
from projections.measures.scalars import scalar
from projections.measures.statement import CHOSEN, VALID, Columns, Scope


@dataclass
class Rows:
    """A query for the elements of a series: what it reads, which rows, and their columns."""

    source: str
    conditions: list[str]
    columns: Columns
    scope: Scope

    def body(self, *more: str) -> str:
        """FROM and WHERE."""
        where = " AND ".join([*self.conditions, *more])
        joined = " ".join([self.source, *self.scope.joins])
        return f"FROM {joined}" + (f" WHERE {where}" if where else "")

    def select(self) -> str:
        return f"SELECT {self.columns.select()} {self.body()}"


def rows(series: Series, outer: Scope) -> Rows:
    """The elements of a series as a query; `outer` is where the series stands."""
    match series:
        case Values():
            return _recorded([series], outer)
        case Union(parts):
            return _joined(parts, outer)
        case Defined(_, of):
            return rows(of, outer)
        case Part(which, of):
            return _part(which, rows(of, outer))
        case LatestDay(of):
            return _latest_day(of, outer)
        case Where(of, binder, condition):
            found = rows(of, outer)
            found.scope.elements = {**outer.elements, binder: found.columns}
            found.conditions.append(scalar(condition, found.scope))
            return found
    raise NotImplementedError(type(series).__name__)


def _recorded(variables: Sequence[Values], outer: Scope) -> Rows:
    """All rows of some variables, in one scan."""
    e = outer.statement.new_name("o")
    columns = Columns(
        id=f"{e}.id",
        patient_id=f"{e}.patient_id",
        start=f"{e}.day",
        end=_end(e, variables, f"{e}.end_day", outer),
        last=_end(e, variables, f"coalesce({e}.end_day, 'infinity'::date)", outer),
        number=f"{e}.number",
        second=f"{e}.second",
        text=f"{e}.text",
        position=f"{e}.from_position",
    )
    conditions = [
        VALID.format(e),
        _one_of(f"{e}.variable_id", variables, outer),
        CHOSEN.format(columns.patient_id),
    ]
    return _rows(f"observations {e}", conditions, columns, outer)


def _end(e: str, variables: Sequence[Values], if_open: str, outer: Scope) -> str:
    """The end of a value: without one it lasts a day, or on and on where the variable says so."""
    open_ended = [each for each in variables if each.is_interval]
    if not open_ended:
        return f"coalesce({e}.end_day, {e}.day)"
    if len(open_ended) == len(variables):
        return if_open
    is_open = _one_of(f"{e}.variable_id", open_ended, outer)
    return f"(CASE WHEN {is_open} THEN {if_open} ELSE coalesce({e}.end_day, {e}.day) END)"


def _one_of(column: str, variables: Sequence[Values], outer: Scope) -> str:
    """Equality with a single id keeps the order of the index."""
    ids = sorted({each.variable_id for each in variables})
    outer.statement.variables.update(ids)
    if len(ids) == 1:
        return f"{column} = {outer.statement.bind(ids[0], 'bigint')}"
    return f"{column} = ANY({outer.statement.bind(ids, 'bigint[]')})"


def _joined(parts: Sequence[Series], outer: Scope) -> Rows:
    """A union: one scan where only variables are joined, else each part by itself.

    Parts without a common variable have no common elements, so nothing is there twice.
    """
    plain = [part for part in map(_undefined, parts) if isinstance(part, Values)]
    if len(plain) == len(parts):
        return _recorded(plain, outer)
    e = outer.statement.new_name("u")
    read = [variables_in(part) for part in parts]
    are_apart = len(frozenset().union(*read)) == sum(map(len, read))
    union = " UNION ALL " if are_apart else " UNION "
    united = union.join(rows(part, outer).select() for part in parts)
    return _rows(f"({united}) {e}", [], Columns.of(e), outer)


def _part(which: str, whole: Rows) -> Rows:
    number = f"(CASE WHEN {whole.columns.second} IS NOT NULL THEN {{}} END)"
    of = whole.columns.number if which == "first" else whole.columns.second
    whole.columns = replace(whole.columns, number=number.format(of), second="NULL::numeric")
    return whole


def _latest_day(of: Series, outer: Scope) -> Rows:
    e = outer.statement.new_name("l")
    inner = rows(of, outer)
    newest = f"max({inner.columns.start}) OVER (PARTITION BY {inner.columns.patient_id}) AS newest"
    source = f"(SELECT {inner.columns.select()}, {newest} {inner.body()}) {e}"
    columns = Columns.of(e)
    return _rows(source, [f"{columns.start} = {e}.newest"], columns, outer)


def _rows(source: str, conditions: list[str], columns: Columns, outer: Scope) -> Rows:
    scope = Scope(outer.statement, columns.patient_id, outer.elements)
    return Rows(source, conditions, columns, scope)


def _undefined(series: Series) -> Series:
    return _undefined(series.series) if isinstance(series, Defined) else series
