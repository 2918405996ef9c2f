"""Values of one patient or element as SQL expressions. Unknown is NULL, logic is three-valued."""

from functools import singledispatch

from domain.measures.model import (
    Age,
    AllOf,
    AnyOf,
    Arithmetic,
    BirthDate,
    Coalesce,
    Compare,
    Constant,
    DaysBetween,
    Expression,
    IsTrue,
    Negative,
    Not,
    PeriodEdge,
    Sex,
    Shift,
    Type,
)
from projections.measures.statement import Scope

SQL_TYPES = {
    Type.NUMBER: "numeric",
    Type.TEXT: "text",
    Type.BOOLEAN: "boolean",
    Type.DAY: "date",
}


@singledispatch
def scalar(expression: Expression, scope: Scope) -> str:
    """The SQL of an expression in the rows of a scope, which may join more to them."""
    raise NotImplementedError(type(expression).__name__)


@scalar.register
def _(expression: Constant, scope: Scope) -> str:
    return scope.statement.bind(expression.value, SQL_TYPES[expression.of])


@scalar.register
def _(expression: PeriodEdge, scope: Scope) -> str:
    return f"%({expression.edge})s::date"


@scalar.register
def _(expression: BirthDate, scope: Scope) -> str:
    return f"{scope.patient()}.dob"


@scalar.register
def _(expression: Sex, scope: Scope) -> str:
    letter = f"upper(left(btrim({scope.patient()}.sex), 1))"
    return f"(CASE WHEN {letter} IN ('F', 'M') THEN {letter} END)"


@scalar.register
def _(expression: Age, scope: Scope) -> str:
    at, born = scalar(expression.at, scope), f"{scope.patient()}.dob"
    return f"(CASE WHEN {at} >= {born} THEN extract(year FROM age({at}, {born})) END)"


@scalar.register
def _(expression: AnyOf, scope: Scope) -> str:
    return "(" + " OR ".join(scalar(part, scope) for part in expression.parts) + ")"


@scalar.register
def _(expression: AllOf, scope: Scope) -> str:
    return "(" + " AND ".join(scalar(part, scope) for part in expression.parts) + ")"


@scalar.register
def _(expression: Not, scope: Scope) -> str:
    return f"(NOT {scalar(expression.part, scope)})"


@scalar.register
def _(expression: IsTrue, scope: Scope) -> str:
    return f"({scalar(expression.part, scope)} IS TRUE)"


@scalar.register
def _(expression: Compare, scope: Scope) -> str:
    left, right = scalar(expression.left, scope), scalar(expression.right, scope)
    if expression.left.type is Type.TEXT:
        left, right = f"lower({left})", f"lower({right})"
    return f"({left} {expression.operator} {right})"


@scalar.register
def _(expression: Coalesce, scope: Scope) -> str:
    return "coalesce(" + ", ".join(scalar(part, scope) for part in expression.parts) + ")"


@scalar.register
def _(expression: Arithmetic, scope: Scope) -> str:
    left, right = scalar(expression.left, scope), scalar(expression.right, scope)
    if expression.operator == "/":
        right = f"nullif({right}, 0)"
    return f"({left} {expression.operator} {right})"


@scalar.register
def _(expression: Negative, scope: Scope) -> str:
    return f"(- {scalar(expression.part, scope)})"


@scalar.register
def _(expression: Shift, scope: Scope) -> str:
    day = scalar(expression.day, scope)
    if expression.months:
        months = scope.statement.bind(expression.months, "integer")
        day = f"({day} + make_interval(months => {months}))::date"
    if expression.days:
        day = f"({day} + {scope.statement.bind(expression.days, 'integer')})"
    return day


@scalar.register
def _(expression: DaysBetween, scope: Scope) -> str:
    later, earlier = scalar(expression.later, scope), scalar(expression.earlier, scope)
    return f"({later} - {earlier})::numeric"
