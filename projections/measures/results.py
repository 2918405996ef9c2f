"""What a metric says of each patient, and which recorded values that rests on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from domain.measures.period import Period
from projections.database import Reader
from projections.measures.evidence import compile_evidence
from projections.measures.live import LiveMetric, parameters
from projections.queries import load

_QUERIES = load("bundles")
PATIENTS_AT_A_TIME = 500
_PLACE = ("pdf_page", "highlight", "document_id")


@dataclass(frozen=True)
class PatientResult:
    """One patient of a metric: the cells that are not 0 by name, the observations looked at by
    population, and the position of the event that its demographics come from."""

    patient_id: int
    position: int
    counts: dict[str, Decimal]
    evidence: dict[str, list[int]]


def patient_results(
    reader: Reader,
    metric: LiveMetric,
    period: Period,
    position: int,
    patient_ids: list[int] | None = None,
) -> Iterator[PatientResult]:
    """Every patient who is in a population of the metric, by id; only of `patient_ids`, if any."""
    members = member_cells(reader, metric, period, position, patient_ids)
    for ids in _portions(sorted(members)):
        charts: dict[int, int] = dict(
            reader.rows(_QUERIES["charts_known"], {"ids": ids, "position": position})
        )
        evidence = _evidence(reader, metric, period, position, ids)
        for number in ids:
            cells = zip(metric.compiled.cells, members[number], strict=True)
            counts = {name: cell for name, cell in cells if cell}
            yield PatientResult(number, charts[number], counts, evidence.get(number, {}))


def member_cells(
    reader: Reader,
    metric: LiveMetric,
    period: Period,
    position: int,
    patient_ids: list[int] | None = None,
) -> dict[int, list[Decimal]]:
    """The cells of each patient who is in a population of the metric."""
    bound = parameters(metric, period, position, patient_ids)
    rows = reader.rows(metric.compiled.sql, bound, prepare=False)
    return {patient_id: cells for patient_id, cells in rows if any(cells)}


def _evidence(
    reader: Reader, metric: LiveMetric, period: Period, position: int, ids: list[int]
) -> dict[int, dict[str, list[int]]]:
    compiled = compile_evidence(metric.measure)
    bound = {**parameters(metric, period, position, ids), **compiled.parameters}
    found: dict[int, dict[str, list[int]]] = {}
    for patient_id, part, numbers in reader.rows(compiled.sql, bound, prepare=False):
        found.setdefault(patient_id, {})[compiled.parts[part]] = numbers
    return found


def known_values(reader: Reader, ids: Sequence[int], position: int) -> Iterator[dict[str, Any]]:
    """These observations by id, each with the position of the event that recorded it.

    It has a place on a page, and the position of the event that brought the document, only if
    that place came with the value.
    """
    for portion in _portions(ids):
        for row in reader.rows(
            _QUERIES["observations_known"], {"ids": portion, "position": position}
        ):
            number, patient_id, variable_id, name, recorded_at, is_proven, body, *document = row
            value = orjson.loads(body)
            place = {key: value[key] if is_proven else None for key in _PLACE}
            sha256, brought_at = document if place["document_id"] else (None, None)
            yield {
                "id": number,
                "patient_id": patient_id,
                "variable_id": variable_id,
                "variable_name": name,
                "position": recorded_at,
                "value": value["value"],
                "observed_on": value["observed_on"],
                **place,
                "document_sha256": sha256,
                "document_position": brought_at,
            }


def _portions(ids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), PATIENTS_AT_A_TIME):
        yield list(ids[start : start + PATIENTS_AT_A_TIME])
