"""How the patients of each population divide by sex, race, ethnicity and payer (QRDA III)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.measures.measure import cells
from domain.measures.period import Period
from projections.database import Reader
from projections.measures.live import LiveMetric, parameters
from projections.measures.report import COUNTS
from projections.queries import load

_QUERIES = load("supplements")
_NAMES = {population.value: name for name, population in COUNTS.items()}

# What accounts write, folded, to the codes of QRDA III; the codes themselves are understood too.
_RACES = {
    "american indian or alaska native": "1002-5",
    "american indian": "1002-5",
    "alaska native": "1002-5",
    "asian": "2028-9",
    "black or african american": "2054-5",
    "black": "2054-5",
    "african american": "2054-5",
    "native hawaiian or other pacific islander": "2076-8",
    "native hawaiian": "2076-8",
    "pacific islander": "2076-8",
    "white": "2106-3",
    "other race": "2131-1",
    "other": "2131-1",
}
_ETHNICITIES = {
    "hispanic or latino": "2135-2",
    "hispanic": "2135-2",
    "latino": "2135-2",
    "not hispanic or latino": "2186-5",
    "not hispanic": "2186-5",
    "non-hispanic": "2186-5",
}
_PAYERS = {"medicare": "A", "medicaid": "B", "private health insurance": "C", "private": "C"}
_SEXES = {"f": "F", "m": "M"}

Key = tuple[int, str | None, str]
Supplements = dict[Key, dict[str, Mapping[str, int]]]


def supplements_of(
    reader: Reader, metrics: Iterable[LiveMetric], period: Period, position: int
) -> Supplements:
    """Per metric, group title and count of a report how its patients divide."""
    return {
        key: divided
        for metric in metrics
        for key, divided in _of_metric(reader, metric, period, position)
    }


def _of_metric(
    reader: Reader, metric: LiveMetric, period: Period, position: int
) -> Iterator[tuple[Key, dict[str, Mapping[str, int]]]]:
    statement = _QUERIES["divided"].replace("/* compiled */", metric.compiled.sql)
    rows = reader.rows(statement, parameters(metric, period, position, None), prepare=False)
    for number, cell in enumerate(cells(metric.measure), start=1):
        if cell.stratum is None and cell.what in _NAMES and metric.measure.groups:
            title = metric.measure.groups[cell.group].title
            own = [row[1:] for row in rows if row[0] == number]
            yield (metric.id, title, _NAMES[cell.what]), _divided(own)


def _divided(rows: list[tuple[Any, ...]]) -> dict[str, Mapping[str, int]]:
    """Counts by code; what is not understood is left out, and QRDA III calls it unknown."""
    parts = {"sex": _sex, "race": _code_of(_RACES), "ethnicity": _code_of(_ETHNICITIES),
             "payer": _code_of(_PAYERS)}  # fmt: skip
    counts: dict[str, Counter[str]] = {name: Counter() for name in parts}
    for *written, patients in rows:
        for (name, code_of), text in zip(parts.items(), written, strict=True):
            code = code_of((text or "").strip().lower())
            if code is not None:
                counts[name][code] += patients
    return {name: dict(counter) for name, counter in counts.items()}


def _sex(text: str) -> str | None:
    return _SEXES.get(text[:1])


def _code_of(codes: Mapping[str, str]) -> Any:
    known = {**codes, **{code.lower(): code for code in codes.values()}}
    return known.get
