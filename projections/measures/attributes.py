"""Attributes of the patient (JSON) read as the type an expression needs; NULL when not of it."""

from domain.measures.model import AttributeAs, AttributeHas, Type
from projections.measures.scalars import scalar
from projections.measures.statement import Scope

NUMBER = r"^\s*[-+]?[0-9]{1,30}(\.[0-9]{1,30})?\s*$"
DAY = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
PRESENT = "nullif({0}, 'null'::jsonb)"


@scalar.register
def _(expression: AttributeAs, scope: Scope) -> str:
    value = _attribute(expression.key, scope)
    text = f"({value} #>> '{{}}')"
    match expression.of:
        case Type.NUMBER:
            pattern = scope.statement.bind(NUMBER, "text")
            return f"(CASE WHEN {text} ~ {pattern} THEN {text}::numeric END)"
        case Type.BOOLEAN:
            return f"(CASE WHEN jsonb_typeof({value}) = 'boolean' THEN {value}::boolean END)"
        case Type.DAY:
            return _day(text, scope)
        case Type.TEXT:
            return f"(CASE WHEN jsonb_typeof({value}) NOT IN ('array', 'object') THEN {text} END)"
    return PRESENT.format(value)


@scalar.register
def _(expression: AttributeHas, scope: Scope) -> str:
    value = PRESENT.format(_attribute(expression.key, scope))
    wanted = scalar(expression.text, scope)
    entries = (
        f"CASE jsonb_typeof({value}) WHEN 'array' THEN {value} ELSE jsonb_build_array({value}) END"
    )
    found = (
        f"SELECT bool_or(lower(entry) = lower({wanted}))"  # noqa: S608  (values are bound)
        f" FROM jsonb_array_elements_text({entries}) entry"
    )
    known = f"{value} IS NOT NULL AND {wanted} IS NOT NULL"
    return f"(CASE WHEN {known} THEN coalesce(({found}), false) END)"


def _attribute(key: str, scope: Scope) -> str:
    return f"({scope.patient()}.attributes -> {scope.statement.bind(key, 'text')})"


def _day(text: str, scope: Scope) -> str:
    """The date a text begins with, if the calendar has it."""
    year, month, day = f"left({text}, 4)", f"substr({text}, 6, 2)", f"substr({text}, 9, 2)"
    made = f"(make_date({year}::int, {month}::int, 1) + {day}::int - 1)"
    pattern = scope.statement.bind(DAY, "text")
    return (
        f"(CASE WHEN {text} ~ {pattern} AND {year} <> '0000' THEN"
        f" CASE WHEN extract(month FROM {made}) = {month}::int THEN {made} END END)"
    )
