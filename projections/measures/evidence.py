"""Which observations a measure's populations rest on, as one SQL statement over the same rows."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.measures.measure import Cell, Measure
from domain.measures.model import Expression
from domain.measures.series_model import Count, Exists, Fold, Pick
from projections.measures.constructs import picked_rows
from projections.measures.series import rows
from projections.measures.statement import Scope, Statement

Construct = Exists | Count | Fold | Pick


@dataclass(frozen=True)
class CompiledEvidence:
    """A statement that returns `(patient_id bigint, part integer, observation_ids bigint[])`.

    It takes the parameters of a compiled measure. `parts` names what `part` counts: the
    populations of all groups, or the aggregates of a free score. There is a row where a patient
    has observations that the part's expression asks for, whether or not the whole is true; the
    cells of the measure say who is a member. What is absent has no evidence.
    """

    sql: str
    parameters: dict[str, object]
    parts: tuple[str, ...]


def compile_evidence(measure: Measure) -> CompiledEvidence:
    """The statement for the evidence of a measure."""
    statement = Statement()
    parts = list(_parts(measure))
    found = [
        _ids(construct, number, Scope(statement, ""))
        for number, (_, expressions) in enumerate(parts)
        for construct in dict.fromkeys(c for each in expressions for c in _constructs(each))
    ]
    every = "\nUNION ALL ".join(found or ["SELECT 0 AS patient_id, 0 AS part, 0 AS id WHERE false"])
    sql = (
        f"{statement.with_clause()}"
        "SELECT patient_id, part, array_agg(DISTINCT id ORDER BY id)::bigint[]"
        f"\nFROM ({every}) evidence GROUP BY patient_id, part"
    )
    return CompiledEvidence(sql, statement.parameters, tuple(name for name, _ in parts))


def _parts(measure: Measure) -> Iterator[tuple[str, list[Expression]]]:
    for number, each in enumerate(measure.aggregates, start=1):
        yield f"{each.function} {number}", [each.value, each.condition]
    for g, group in enumerate(measure.groups):
        for population, criterion in group.criteria.items():
            yield Cell(str(population), g).label, [criterion]


def _constructs(expression: Expression) -> Iterator[Construct]:
    """What an expression asks of series, not what those ask in their conditions."""
    if isinstance(expression, Construct):
        yield expression
        return
    for child in expression.children():
        yield from _constructs(child)


def _ids(construct: Construct, part: int, scope: Scope) -> str:
    if isinstance(construct, Pick):
        picked = picked_rows(construct, scope)
        columns = f"patient_id, {part} AS part, id_ AS id"
        return f"SELECT {columns} FROM ({picked}) picked"  # noqa: S608  (values are bound)
    found = rows(construct.series, scope)
    of = found.columns
    return f"SELECT {of.patient_id} AS patient_id, {part} AS part, {of.id} AS id {found.body()}"
