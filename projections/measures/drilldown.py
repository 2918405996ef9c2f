"""The patients behind a count of a report, each with the observations it rests on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from domain.measures.measure import variables_in
from domain.measures.period import Period
from domain.measures.populations import Population
from projections.database import Reader
from projections.measures.evidence import compile_evidence
from projections.measures.live import LiveMetric, parameters
from projections.measures.report import as_number
from projections.queries import load

_QUERIES = load("drilldown")
GAP = "gap"
"""Patients who should have met the measure and did not: the ones that can still be helped."""

_NO_PLACE = {"pdf_page": None, "highlight": None, "document_id": None}
_GAP = (
    (Population.DENOMINATOR, True),
    (Population.NUMERATOR, False),
    (Population.DENOMINATOR_EXCLUSION, False),
    (Population.DENOMINATOR_EXCEPTION, False),
)


@dataclass(frozen=True)
class Member:
    """A patient of a population. `cells` are its counts, `evidence` per population the values
    that were looked at, and `missing` the numerator's variables it has no such value of."""

    patient_id: int
    name: str | None
    external_id: str | None
    cells: dict[str, Any]
    evidence: dict[str, list[dict[str, Any]]]
    missing: list[str]

    @property
    def counts(self) -> dict[str, orjson.Fragment]:
        """The cells as JSON numbers; what a patient adds nothing to is 0."""
        return {name: as_number(value or Decimal(0)) for name, value in self.cells.items()}


def populations_of(metric: LiveMetric) -> tuple[str, ...]:
    """What can be asked for: the metric's cells, and `gap` where there is a numerator."""
    names = metric.compiled.cells
    return (*names, GAP) if Population.NUMERATOR.value in names else tuple(names)


def list_members(
    reader: Reader,
    metric: LiveMetric,
    period: Period,
    position: int,
    population: str,
    limit: int,
    after_id: int = 0,
) -> tuple[int, list[Member]]:
    """The total and a page of a population's patients by id; `population` of `populations_of`."""
    bound = {**parameters(metric, period, position, None), "limit": limit, "after_id": after_id}
    statement = _QUERIES["members"].replace("/* compiled */", metric.compiled.sql)
    condition = " AND ".join(_conditions(metric, population))
    rows = reader.rows(statement.replace("/* condition */", condition), bound, prepare=False)
    total: int = rows[0][0]
    page = [row[1:] for row in rows if row[1] is not None]
    evidence = _evidence(reader, metric, period, position, [row[0] for row in page])
    names = _numerator_variables(reader, metric, position)
    return total, [_member(metric, row, evidence.get(row[0], {}), names) for row in page]


def find_member(
    reader: Reader, metric: LiveMetric, period: Period, position: int, patient_id: int
) -> Member | None:
    """One patient's counts and evidence, in whatever population; None when nobody is there."""
    bound = parameters(metric, period, position, [patient_id])
    statement = _QUERIES["one_member"].replace("/* compiled */", metric.compiled.sql)
    rows = reader.rows(statement, {**bound, "patient_id": patient_id}, prepare=False)
    if not rows:
        return None
    evidence = _evidence(reader, metric, period, position, [patient_id])
    names = _numerator_variables(reader, metric, position)
    cells = rows[0][3] or [0] * len(metric.compiled.cells)
    return _member(metric, (*rows[0][:3], cells), evidence.get(patient_id, {}), names)


def _conditions(metric: LiveMetric, population: str) -> Iterable[str]:
    cells = metric.compiled.cells
    if population != GAP:
        return [f"cells[{cells.index(population) + 1}] > 0"]
    return [
        f"cells[{cells.index(each.value) + 1}] {'> 0' if is_in else '= 0'}"
        for each, is_in in _GAP
        if each.value in cells
    ]


def _evidence(
    reader: Reader, metric: LiveMetric, period: Period, position: int, patient_ids: list[int]
) -> dict[int, dict[str, list[dict[str, Any]]]]:
    """By patient and population the observations, as the API shows values."""
    if not patient_ids:
        return {}
    compiled = compile_evidence(metric.measure)
    bound = {
        **parameters(metric, period, position, patient_ids),
        **compiled.parameters,
    }
    rows = reader.rows(compiled.sql, bound, prepare=False)
    wanted = sorted({number for _, _, numbers in rows for number in numbers})
    shown = {
        row[0]: _shown(*row)
        for row in reader.rows(
            _QUERIES["observations_shown"], {"ids": wanted, "position": position}
        )
    }
    found: dict[int, dict[str, list[dict[str, Any]]]] = {}
    for patient_id, part, numbers in rows:
        found.setdefault(patient_id, {})[compiled.parts[part]] = [
            shown[number] for number in numbers if number in shown
        ]
    return found


def _shown(number: int, variable_id: int, name: str, is_proven: bool, body: str) -> dict[str, Any]:
    """A value as the API shows it, but with a place on a page only if that came with it."""
    value = {"id": number, "variable_id": variable_id, "variable_name": name, **orjson.loads(body)}
    return value if is_proven else {**value, **_NO_PLACE}


def _numerator_variables(reader: Reader, metric: LiveMetric, position: int) -> dict[int, str]:
    """The variables that the first group's numerator reads, by id."""
    groups = metric.measure.groups
    numerator = groups[0].criteria.get(Population.NUMERATOR) if groups else None
    if numerator is None:
        return {}
    rows = reader.rows(
        _QUERIES["names_of"], {"ids": sorted(variables_in(numerator)), "position": position}
    )
    return {row[0]: row[1] for row in rows}


def _member(
    metric: LiveMetric,
    row: Sequence[Any],
    evidence: dict[str, list[dict[str, Any]]],
    names: dict[int, str],
) -> Member:
    patient_id, name, external_id, cells = row
    there = {each["variable_id"] for each in evidence.get(Population.NUMERATOR.value, ())}
    return Member(
        patient_id,
        name,
        external_id,
        dict(zip(metric.compiled.cells, cells, strict=True)),
        evidence,
        [name for number, name in names.items() if number not in there],
    )
