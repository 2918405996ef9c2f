"""A measure as one SQL statement, the same for a tick, a full recompute, as-of and evidence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.measures.measure import Measure, cells
from domain.measures.names import VariableName
from domain.measures.populations import Population
from domain.measures.series_model import Pick, Values
from domain.measures.types import cut
from projections.measures import attributes, constructs  # noqa: F401  (they register themselves)
from projections.measures.members import column, numbers
from projections.measures.scalars import scalar
from projections.measures.statement import CHOSEN, VALID, Scope, Statement

FALSE_WORDS = ["", "0", "no", "false", "negative"]


@dataclass(frozen=True)
class CompiledMeasure:
    """A statement for psycopg that returns `(patient_id bigint, cells numeric[])`.

    One row per patient of the account at the position. Besides its own constants (`parameters`,
    named c_0, c_1 …) it takes `account_id`, `patient_ids` (a list, or None for all patients),
    `start` and `end` (the measurement period, both days included) and `position` (rows valid at
    this position of the log; 9223372036854775806 for now).

    `cells` names the numbers of a row. Their sums over patients are the totals that
    `domain.measures.scoring.score` takes: a population is 1 or 0 (after gating), a count 1 or 0,
    a sum its value or 0 beside 1 or 0 for its presence. `spread` are the indexes of cells whose
    statistic is not additive (median, percentile, min, max, stddev): there the value or NULL, and
    the score takes all values that are not NULL. `variables` are those whose values are read; no
    value of another one changes a row.
    """

    sql: str
    parameters: dict[str, object]
    cells: tuple[str, ...]
    spread: tuple[int, ...]
    variables: frozenset[int]


def compile_measure(
    measure: Measure,
    variables: Mapping[int, VariableName],
    filter_variable_id: int | None = None,
) -> CompiledMeasure:
    """The statement for a measure; `filter_variable_id` keeps patients with a true value of it."""
    statement = Statement()
    scope = Scope(statement, "p.id", person="p")
    columns = dict(_columns(measure, variables, scope))
    columns["kept"] = "true"
    if filter_variable_id is not None:
        columns["kept"] = _is_true(variables[filter_variable_id], scope)
    layout = cells(measure)
    flags = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    chosen = CHOSEN.format("p.id")
    cell_numbers = ", ".join(numbers(measure))
    sql = (
        f"{statement.with_clause()}SELECT patient_id, ARRAY[{cell_numbers}]::numeric[]\n"
        f"FROM (SELECT p.id AS patient_id, {flags}\nFROM patients p {' '.join(scope.joins)}\n"
        f"WHERE {VALID.format('p')} AND {chosen} OFFSET 0) flags"
    )
    return CompiledMeasure(
        sql,
        statement.parameters,
        tuple(cell.label for cell in layout),
        tuple(n for n, cell in enumerate(layout) if cell.is_spread),
        frozenset(statement.variables),
    )


def _is_true(variable: VariableName, scope: Scope) -> str:
    """Whether the current value exists and is none of the words for no, nor 0."""
    series = cut(Values(variable.id, variable.kind == "number", variable.is_interval))
    current = constructs.reading(Pick("latest", series), scope)
    exists = f"{current.id} IS NOT NULL"
    if variable.kind == "date":
        return f"({exists})"
    words = scope.statement.bind(FALSE_WORDS, "text[]")
    text = f"lower(btrim(coalesce({current.text}, '')))"
    is_zero = f"coalesce({current.number} = 0 AND {current.second} IS NULL, false)"
    return f"({exists} AND NOT {is_zero} AND {text} <> ALL ({words}))"


def _columns(
    measure: Measure, variables: Mapping[int, VariableName], scope: Scope
) -> Iterator[tuple[str, str]]:
    """What a patient's cells are made of: raw criteria, values, conditions; name and SQL."""
    for n, each in enumerate(measure.aggregates):
        yield f"value_{n}", scalar(each.value, scope)
        yield f"condition_{n}", scalar(each.condition, scope)
    for g, group in enumerate(measure.groups):
        if group.filter_variable_id is not None:
            yield f"g{g}_kept", _is_true(variables[group.filter_variable_id], scope)
        for population, criterion in group.criteria.items():
            sql = scalar(criterion, scope)
            is_value = population is Population.MEASURE_OBSERVATION
            yield column(population, g), sql if is_value else f"({sql} IS TRUE)"
        for n, criterion in enumerate(group.strata.values()):
            yield f"g{g}_stratum_{n}", f"({scalar(criterion, scope)} IS TRUE)"
