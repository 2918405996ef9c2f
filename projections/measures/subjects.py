"""Every patient's own result of a metric, with the observations behind it (FHIR)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from domain.measures.measure import OBSERVED, Cell, cells
from domain.measures.period import Period
from projections.database import Reader
from projections.exports.fhir import Subject
from projections.measures.evidence import compile_evidence
from projections.measures.live import LiveMetric, parameters
from projections.measures.report import COUNTS

_NAMES = {population.value: name for name, population in COUNTS.items()}


def subjects_of(
    reader: Reader, metrics: Iterable[LiveMetric], period: Period, position: int
) -> dict[int, list[Subject]]:
    """By metric, every patient of its initial population; free scores and composites have none."""
    return {
        metric.id: list(_subjects(reader, metric, period, position))
        for metric in metrics
        if metric.measure.groups and metric.measure.composite is None
    }


def _subjects(
    reader: Reader, metric: LiveMetric, period: Period, position: int
) -> Iterable[Subject]:
    bound = parameters(metric, period, position, None)
    compiled = compile_evidence(metric.measure)
    evidence: dict[int, dict[str, list[int]]] = {}
    found = reader.rows(compiled.sql, {**bound, **compiled.parameters}, prepare=False)
    for patient_id, part, numbers in found:
        name = _NAMES.get(compiled.parts[part])
        if name is not None:
            evidence.setdefault(patient_id, {})[name] = numbers
    layout = cells(metric.measure)
    for patient_id, values in reader.rows(metric.compiled.sql, bound, prepare=False):
        if any(values):
            yield _subject(metric, patient_id, layout, values, evidence.get(patient_id, {}))


def _subject(
    metric: LiveMetric,
    patient_id: int,
    layout: tuple[Cell, ...],
    values: list[Decimal | None],
    evidence: dict[str, list[int]],
) -> Subject:
    rates: dict[str | None, dict[str, int]] = {}
    observed: Any = None
    for cell, value in zip(layout, values, strict=True):
        if cell.stratum is not None:
            continue
        if cell.what == OBSERVED:
            observed = value
        elif cell.what in _NAMES:
            title = metric.measure.groups[cell.group].title
            rates.setdefault(title, {})[_NAMES[cell.what]] = int(value or 0)
    return Subject(patient_id, rates, observed, evidence)
