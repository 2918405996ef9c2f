"""A measure as one SQL statement, the same for a tick, a full recompute, as-of and evidence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.measures.measure import OBSERVED, Group, Measure, cells
from domain.measures.model import OverPatients
from domain.measures.names import VariableName
from domain.measures.populations import Population, gate
from domain.measures.series_model import Pick, Values
from domain.measures.types import cut
from projections.measures import attributes, constructs  # noqa: F401  (they register themselves)
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
    kept = "true"
    if filter_variable_id is not None:
        kept = _is_true(variables[filter_variable_id], scope)
    layout = cells(measure)
    if measure.score is None:
        columns, numbers = _populations(measure, kept, scope)
    else:
        columns, numbers = _aggregates(measure.aggregates, kept, scope)
    chosen = CHOSEN.format("p.id")
    flags = ", ".join(["p.id AS patient_id", *columns])
    sql = (
        f"{statement.with_clause()}SELECT patient_id, ARRAY[{', '.join(numbers)}]::numeric[]\n"
        f"FROM (SELECT {flags}\nFROM patients p {' '.join(scope.joins)}\n"
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


def _populations(measure: Measure, kept: str, scope: Scope) -> tuple[list[str], list[str]]:
    """The raw criteria as columns, and per cell the gated membership made of them."""
    columns, numbers = [f"{kept} AS kept"], []
    for g, group in enumerate(measure.groups):
        columns += [f"{sql} AS {name}" for name, sql in _criteria(g, group, scope)]
        for stratum in (None, *range(len(group.strata))):
            for population in group.criteria:
                member = _member(population, g, group)
                if stratum is not None:
                    member = f"({member} AND g{g}_stratum_{stratum})"
                numbers.append(f"{member}::int")
                if population is Population.MEASURE_OBSERVATION:
                    numbers.append(_observed(measure, member, g))
    return columns, numbers


def _criteria(g: int, group: Group, scope: Scope) -> Iterator[tuple[str, str]]:
    for population, criterion in group.criteria.items():
        sql = scalar(criterion, scope)
        if population is Population.MEASURE_OBSERVATION:
            yield f"g{g}_{OBSERVED}", sql
        else:
            yield _column(population, g), f"({sql} IS TRUE)"
    for number, criterion in enumerate(group.strata.values()):
        yield f"g{g}_stratum_{number}", f"({scalar(criterion, scope)} IS TRUE)"


def _member(population: Population, g: int, group: Group) -> str:
    """Membership after gating, in terms of the raw criteria."""
    rule = gate(population, group.criteria)
    if population is Population.MEASURE_OBSERVATION:
        own = f"g{g}_{OBSERVED} IS NOT NULL"
    else:
        own = _column(population, g)
    inside = [_member(each, g, group) for each in rule.inside] or ["kept"]
    outside = [f"NOT {_column(each, g)}" for each in rule.outside]
    return f"({' AND '.join([*inside, *outside, own])})"


def _observed(measure: Measure, member: str, g: int) -> str:
    is_spread = any(cell.is_spread for cell in cells(measure))
    otherwise = "NULL" if is_spread else "0"
    return f"CASE WHEN {member} THEN g{g}_{OBSERVED} ELSE {otherwise} END"


def _column(population: Population, g: int) -> str:
    return f"g{g}_{population.replace('-', '_')}"


def _aggregates(
    aggregates: tuple[OverPatients, ...], kept: str, scope: Scope
) -> tuple[list[str], list[str]]:
    """The value and condition of each aggregate as columns, and its cells made of them."""
    columns, numbers = [f"{kept} AS kept"], []
    for n, each in enumerate(aggregates):
        columns.append(f"{scalar(each.value, scope)} AS value_{n}")
        columns.append(f"{scalar(each.condition, scope)} AS condition_{n}")
        numbers += _aggregate(each, f"(kept AND condition_{n}) IS TRUE", f"value_{n}")
    return columns, numbers


def _aggregate(aggregate: OverPatients, is_in: str, value: str) -> list[str]:
    if aggregate.function == "count":
        return [f"({is_in} AND {value} IS TRUE)::int"]
    if aggregate.function in ("sum", "avg"):
        return [
            f"CASE WHEN {is_in} THEN coalesce({value}, 0) ELSE 0 END",
            f"({is_in} AND {value} IS NOT NULL)::int",
        ]
    return [f"CASE WHEN {is_in} THEN {value} END"]
