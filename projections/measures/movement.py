"""Which patients stand elsewhere in one report than in another, and which events moved them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.clinical_time import instant
from domain.ids import Kind, aggregate_id
from domain.measures.period import Period
from domain.report import FrozenContent
from projections.database import Reader
from projections.measures.live import LiveMetric, live_metrics, parameters
from projections.queries import load

_QUERIES = load("reports")
Cells = dict[int, dict[str, Decimal]]


@dataclass(frozen=True)
class Moved:
    """One patient of one metric: its cells before and after, by name, and what happened between.

    None stands for a patient who was in no population.
    """

    metric_id: int
    patient_id: int
    before: dict[str, Decimal] | None
    after: dict[str, Decimal] | None
    events: list[dict[str, Any]]


def moved_patients(
    reader: Reader, account_id: int, here: FrozenContent, there: FrozenContent
) -> list[Moved]:
    """Every patient whose cells differ, metric by metric, for metrics that are in both reports."""
    before, after = _metrics(reader, account_id, here), _metrics(reader, account_id, there)
    moved = []
    for metric_id in sorted(before.keys() & after.keys()):
        then = _cells(reader, before[metric_id], here)
        now = _cells(reader, after[metric_id], there)
        different = [p for p in sorted(then.keys() | now.keys()) if then.get(p) != now.get(p)]
        events = _events(reader, account_id, different, here.position, there.position)
        moved += [
            Moved(metric_id, p, then.get(p), now.get(p), events.get(p, [])) for p in different
        ]
    return moved


def _metrics(reader: Reader, account_id: int, content: FrozenContent) -> dict[int, LiveMetric]:
    return {
        metric.id: metric
        for metric in live_metrics(reader, account_id, content.position)
        if metric.id in content.metric_versions
    }


def _cells(reader: Reader, metric: LiveMetric, content: FrozenContent) -> Cells:
    period = Period(content.period_start, content.period_end)
    rows = reader.rows(
        metric.compiled.sql, parameters(metric, period, content.position, None), prepare=False
    )
    return {
        patient_id: dict(zip(metric.compiled.cells, cells, strict=True))
        for patient_id, cells in rows
        if any(cells)
    }


def _events(
    reader: Reader, account_id: int, patient_ids: list[int], one: int, other: int
) -> dict[int, list[dict[str, Any]]]:
    """What was recorded of these patients between two positions, by patient, oldest first."""
    of_patient: dict[UUID, int] = {aggregate_id(Kind.PATIENT, p): p for p in patient_ids}
    rows = reader.rows(
        _QUERIES["events_between"],
        {
            "account_id": account_id,
            "after": min(one, other),
            "upto": max(one, other),
            "originator_ids": list(of_patient),
        },
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for position, topic, originator_id, recorded_at, actor in rows:
        found.setdefault(of_patient[originator_id], []).append(
            {
                "position": str(position),
                "type": topic,
                "recorded_at": instant(recorded_at),
                "actor": actor,
            }
        )
    return found
