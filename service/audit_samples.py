"""Audit samples: some patients of a frozen report are abstracted again, by somebody else."""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from domain.agreement import Agreement, agreement
from domain.errors import Invalid
from domain.measures.period import Period
from domain.measures.populations import Population
from domain.report import FrozenContent, Report
from domain.variable import parse_value
from projections.exports.csv import cell
from projections.measures.live import LiveMetric, live_metrics
from projections.measures.results import known_values, member_cells, patient_results
from service.application import Application
from service.context import Context

HEADER = (
    "patient_id", "kind", "id", "name", "observation_id", "reported", "observed_on", "page",
    "box", "image", "second",
)  # fmt: skip
_KEY = HEADER[:5]
_POPULATIONS = frozenset(str(each) for each in Population)
_YES_AND_NO = {"1": "yes", "true": "yes", "yes": "yes", "0": "no", "false": "no", "no": "no"}


@dataclass(frozen=True)
class Item:
    """One line of a worksheet: a value of a variable, or whether a patient is in a population.

    `id` is the variable's or the metric's. `box` is x1 y1 x2 y2 in points of the displayed page.
    """

    patient_id: int
    kind: str
    id: int
    name: str
    observation_id: int | None
    reported: str
    observed_on: str | None = None
    page: int | None = None
    box: str | None = None
    image: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from every other item, as its line has it."""
        return tuple(cell(getattr(self, name)) for name in _KEY)


@dataclass(frozen=True)
class Rated:
    """An item, and what the second abstractor says."""

    item: Item
    second: str

    @property
    def ratings(self) -> tuple[object, object]:
        """Both ratings, comparable: 7 and 7.0 are the same value, yes and 1 the same answer."""
        return _rating(self.item.kind, self.item.reported), _rating(self.item.kind, self.second)


@dataclass(frozen=True)
class Comparison:
    """How a second abstraction agrees with the report: by (kind, id, name) in that order."""

    patients: int
    items: int
    agreements: dict[tuple[str, int, str], Agreement]
    disagreements: list[Rated]


class AuditSamples:
    """Draws samples, and compares what comes back."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def worksheet(self, context: Context, report_id: int, percent: int, seed: str) -> bytes:
        """The sample as CSV with an empty last column; the same seed draws the same patients."""
        written = io.StringIO(newline="")
        writer = csv.writer(written, lineterminator="\r\n")
        writer.writerow(HEADER)
        for item in self._items(context, report_id, percent, seed):
            writer.writerow([*(cell(getattr(item, name)) for name in HEADER[:-1]), ""])
        return written.getvalue().encode()

    def compare(
        self, context: Context, report_id: int, percent: int, seed: str, worksheet: str
    ) -> Comparison:
        """Compare a worksheet whose last column was filled in; empty cells were not rated.

        What was reported is taken from the log, not from the worksheet. Raises Invalid for a line
        that is not of this sample, or is there twice.
        """
        items = list(self._items(context, report_id, percent, seed))
        rated = _rated({item.key: item for item in items}, worksheet)
        groups: dict[tuple[str, int, str], list[Rated]] = {}
        for each in rated:
            groups.setdefault((each.item.kind, each.item.id, each.item.name), []).append(each)
        return Comparison(
            len({item.patient_id for item in items}),
            len(items),
            {key: agreement(e.ratings for e in groups[key]) for key in sorted(groups)},
            [each for each in rated if each.ratings[0] != each.ratings[1]],
        )

    def _items(self, context: Context, report_id: int, percent: int, seed: str) -> Iterator[Item]:
        content = self._application.load(context, Report, report_id).content
        database, period = self._application.database, _period(content)
        metrics = self._metrics(context, content)
        members: set[int] = set()
        for metric in metrics:
            members |= member_cells(database, metric, period, content.position).keys()
        chosen = drawn(members, percent, f"{seed}:{report_id}")
        values: set[int] = set()
        for metric in metrics:
            for result in patient_results(database, metric, period, content.position, chosen):
                values.update(value for ids in result.evidence.values() for value in ids)
                yield from _populations(metric, result.patient_id, result.counts)
        for shown in known_values(database, sorted(values), content.position):
            yield _value(shown)

    def _metrics(self, context: Context, content: FrozenContent) -> list[LiveMetric]:
        account_id = context.principal.account_id
        metrics = live_metrics(self._application.database, account_id, content.position)
        return [metric for metric in metrics if metric.id in content.metric_versions]


def drawn(patients: Iterable[int], percent: int, seed: str) -> list[int]:
    """So many percent of the patients, rounded up: those whose SHA-256 with the seed is least.

    Anybody who has the seed can draw them again, and nobody can choose them.
    """
    ordered = sorted(patients, key=lambda each: hashlib.sha256(f"{seed}:{each}".encode()).digest())
    return sorted(ordered[: -(-len(ordered) * percent // 100)])


def _period(content: FrozenContent) -> Period:
    return Period(content.period_start, content.period_end)


def _populations(metric: LiveMetric, patient_id: int, counts: dict[str, Any]) -> Iterator[Item]:
    """Whether a patient is in each population of each group; of a composite its parts say it."""
    for name in () if metric.measure.composite else metric.compiled.cells:
        if name.rpartition(": ")[2] in _POPULATIONS and "stratum" not in name:
            reported = "yes" if counts.get(name) else "no"
            yield Item(patient_id, "population", metric.id, name, None, reported)


def _value(shown: dict[str, Any]) -> Item:
    place, image = shown["highlight"], None
    if shown["document_id"] and shown["pdf_page"]:
        image = f"/documents/{shown['document_id']}/pages/{shown['pdf_page']}.png"
    return Item(
        shown["patient_id"], "value", shown["variable_id"], shown["variable_name"], shown["id"],
        shown["value"], shown["observed_on"], shown["pdf_page"],
        " ".join(f"{number:g}" for number in place.values()) if place else None, image,
    )  # fmt: skip


def _rated(items: dict[tuple[str, ...], Item], worksheet: str) -> list[Rated]:
    rated: dict[tuple[str, ...], Rated] = {}
    for number, line in enumerate(_lines(worksheet), start=2):
        key = tuple(line[name] or "" for name in _KEY)
        if key not in items or key in rated:
            what = "is there twice" if key in rated else "is not of this sample"
            raise Invalid.field("worksheet", f"line {number} {what}")
        second = (line["second"] or "").strip()
        if second and items[key].kind == "population" and second.lower() not in _YES_AND_NO:
            raise Invalid.field("worksheet", f"line {number}: second must be yes or no")
        rated[key] = Rated(items[key], second)
    return [each for each in rated.values() if each.second]


def _lines(worksheet: str) -> list[dict[str, str | None]]:
    reader = csv.DictReader(io.StringIO(worksheet.removeprefix("\ufeff"), newline=""))
    try:
        lines = list(reader)
    except csv.Error as error:
        raise Invalid.field("worksheet", f"is no CSV: {error}") from error
    missing = {*_KEY, "second"} - set(reader.fieldnames or ())
    if missing:
        raise Invalid.field("worksheet", f"lacks the column {min(missing)}")
    return lines


def _rating(kind: str, written: str) -> object:
    if kind == "population":
        return _YES_AND_NO[written.lower()]
    parsed = parse_value(written.removeprefix("'"))
    if parsed.number is not None:
        return parsed.number, parsed.second
    return written.removeprefix("'").strip().casefold()
