"""Metrics as they stand at a position of the log: parsed, resolved and compiled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from domain.measures.parser import Measure, Names, PartMetric, VariableName, parse
from domain.measures.period import Period
from domain.metric import MetricDefinition
from projections.database import Reader
from projections.measures.compiler import CompiledMeasure, compile_measure
from projections.projection import OPEN
from projections.queries import load

_QUERIES = load("measure_results")


@dataclass(frozen=True)
class LiveMetric:
    """A metric of an account in one of its versions, ready to be computed."""

    id: int
    account_id: int
    version: int
    definition: MetricDefinition
    measure: Measure
    compiled: CompiledMeasure

    @property
    def depends_on(self) -> set[int]:
        """The metrics whose definitions it is computed from: itself, and those it is made of."""
        composite = self.measure.composite
        components = composite.components if composite else ()
        return {self.id, *(component.metric_id for component in components)}


def live_metrics(reader: Reader, account_id: int, position: int) -> list[LiveMetric]:
    """The account's metrics at a position, with the variables of that moment."""
    definitions, names = _definitions_at(reader, account_id, position)
    parts = _parts_of_composites(definitions, names)
    return [
        LiveMetric(number, account_id, version, definition, *_compiled_of(definition, names, parts))
        for number, version, definition in definitions
    ]


def live_metric(
    reader: Reader, account_id: int, metric_id: int, position: int
) -> LiveMetric | None:
    """One of the account's metrics at a position; None where it was not there."""
    metrics = live_metrics(reader, account_id, position)
    return next((metric for metric in metrics if metric.id == metric_id), None)


def draft_metric(reader: Reader, account_id: int, definition: MetricDefinition) -> LiveMetric:
    """A metric that nobody has saved (its number is 0), with the variables of now."""
    scope = {"account_id": account_id, "position": OPEN - 1}
    names = tuple(VariableName(*row) for row in reader.rows(_QUERIES["variables_at"], scope))
    definitions, _ = _definitions_at(reader, account_id, OPEN - 1)
    parts = _parts_of_composites(definitions, names)
    return LiveMetric(0, account_id, 0, definition, *_compiled_of(definition, names, parts))


def metrics_for_composites(reader: Reader, account_id: int) -> dict[int, PartMetric]:
    """The account's present metrics as a composite may name them."""
    return _parts_of_composites(*_definitions_at(reader, account_id, OPEN - 1))


def _definitions_at(
    reader: Reader, account_id: int, position: int
) -> tuple[list[tuple[int, int, MetricDefinition]], tuple[VariableName, ...]]:
    """Id, version and definition of each metric, and the variables they may read."""
    scope = {"account_id": account_id, "position": position}
    rows = reader.rows(_QUERIES["metrics_at"], scope)
    if not rows:
        return [], ()
    names = tuple(VariableName(*row) for row in reader.rows(_QUERIES["variables_at"], scope))
    return [(row[0], row[1], MetricDefinition(**row[2])) for row in rows], names


def _parts_of_composites(
    definitions: Iterable[tuple[int, int, MetricDefinition]], names: tuple[VariableName, ...]
) -> dict[int, PartMetric]:
    return {
        number: PartMetric(
            _compiled_of(definition, names, {})[0],
            definition.is_ascending,
            definition.filter_variable_id,
        )
        for number, _, definition in definitions
        if definition.scoring == "proportion"
    }


def compute_totals(
    reader: Reader, metric: LiveMetric, period: Period, position: int
) -> tuple[list[Decimal], dict[int, list[Decimal]]]:
    """Totals and spreads of a metric for any period at any position; nothing is stored."""
    bound = parameters(metric, period, position, None)
    if not metric.compiled.spread:
        (row,) = reader.rows(_summed(metric.compiled), bound, prepare=False)
        return list(row), {}
    totals = [Decimal(0)] * len(metric.compiled.cells)
    spreads: dict[int, list[Decimal]] = {index: [] for index in metric.compiled.spread}
    for _, cells in reader.rows(metric.compiled.sql, bound, prepare=False):
        for index, cell in enumerate(cells):
            if cell is not None:
                totals[index] += cell
                if index in spreads:
                    spreads[index].append(cell)
    return totals, spreads


def _summed(compiled: CompiledMeasure) -> str:
    """The sums of all cells, added up by the server: a row a patient stays there."""
    sums = ", ".join(f"coalesce(sum(cells[{n}]), 0)" for n in range(1, len(compiled.cells) + 1))
    return f"SELECT {sums} FROM ({compiled.sql}) AS fresh (patient_id, cells)"  # noqa: S608  numbers


def parameters(
    metric: LiveMetric, period: Period, position: int, patient_ids: list[int] | None
) -> dict[str, Any]:
    """What the compiled statement is bound to; `patient_ids` None means all of the account."""
    return {
        **metric.compiled.parameters,
        "account_id": metric.account_id,
        "metric_id": metric.id,
        "start": period.start,
        "end": period.end,
        "position": position,
        "patient_ids": patient_ids,
        "width": len(metric.compiled.cells),
    }


def _compiled_of(
    definition: MetricDefinition,
    names: tuple[VariableName, ...],
    parts: Mapping[int, PartMetric],
) -> tuple[Measure, CompiledMeasure]:
    lines = tuple(definition.calculation_formula)
    references = tuple(definition.references.items())
    if definition.scoring != "composite":
        return _compiled(lines, references, definition.filter_variable_id, names)
    measure = parse(lines, Names(names, definition.references), metrics=parts)
    by_id = {name.id: name for name in names}
    return measure, compile_measure(measure, by_id, definition.filter_variable_id)


@lru_cache(maxsize=512)
def _compiled(
    lines: tuple[str, ...],
    references: tuple[tuple[str, int], ...],
    filter_variable_id: int | None,
    names: tuple[VariableName, ...],
) -> tuple[Measure, CompiledMeasure]:
    measure = parse(lines, Names(names, dict(references)))
    by_id = {name.id: name for name in names}
    return measure, compile_measure(measure, by_id, filter_variable_id)
