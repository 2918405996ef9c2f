"""Audit bundles: a frozen report with all that proves it, to be verified without the service."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import orjson

from domain.errors import Invalid, NotYet
from domain.ids import Kind, aggregate_id
from domain.measures.period import Period
from domain.patient import Patient
from domain.report import FrozenContent, Report
from projections.measures.live import LiveMetric, live_metrics
from projections.measures.report import as_number
from projections.measures.results import known_values, patient_results
from projections.queries import load
from projections.transparency import StoredCheckpoint, last_checkpoint
from service.application import Application
from service.archive import Archive
from service.bundled_events import EventProofs, bundled_events
from service.context import RELEASE, Context
from service.transparency import Transparency

SCHEMA = "attestor.bundle/1"
_QUERIES = load("bundles")
_WAIT_SECONDS = 3.0
_POLL_SECONDS = 0.05


@dataclass
class _Contents:
    """What a bundle is of. `steps` are where the report was attested, submitted or restated; the
    positions of all events that go in are gathered while it is written."""

    report_id: int
    account_id: int
    content: FrozenContent
    metrics: list[LiveMetric]
    frozen_position: int
    steps: list[int]
    positions: set[int] = field(default_factory=set)

    @property
    def period(self) -> Period:
        return Period(self.content.period_start, self.content.period_end)


class Bundles:
    """Writes bundles of the caller's reports."""

    def __init__(self, application: Application, transparency: Transparency) -> None:
        self._application = application
        self._database = application.database
        self._transparency = transparency

    def write(
        self, context: Context, report_id: int, file: BinaryIO, since: int | None = None
    ) -> None:
        """Write the bundle of a report as a zip. `since` asks for a proof that the log has only
        grown since it had so many events.

        Patients and events pass through portion by portion. Raises NotYet until the report is
        under a signed checkpoint, and Invalid when `since` is more than that.
        """
        bundle = self._contents(context, report_id)
        checkpoint = self._checkpoint(max(bundle.positions))
        bundle.positions.update(step for step in bundle.steps if step <= checkpoint.size)
        proofs = EventProofs(checkpoint.size, self._consistency(since, checkpoint.size))
        with Archive(file) as archive:
            archive.add("checkpoint.txt", [checkpoint.note.encode()])
            archive.add("report.json", [bundle.content.body.encode()])
            archive.add("metrics.json", [self._metrics(bundle)])
            archive.add("patients.json", self._patients(bundle))
            portions = bundled_events(
                self._application, self._transparency, bundle.account_id, bundle.positions, proofs
            )
            archive.add("events.ndjson", portions)
            archive.add("proofs.json", [proofs.as_json()])
            archive.add_texts()
            archive.finish(self._manifest(bundle, checkpoint))

    def _contents(self, context: Context, report_id: int) -> _Contents:
        account_id = context.principal.account_id
        content = self._application.load(context, Report, report_id).content
        metrics = [
            metric
            for metric in live_metrics(self._database, account_id, content.position)
            if metric.id in content.metric_versions
        ]
        aggregate = {"originator_id": aggregate_id(Kind.REPORT, report_id)}
        frozen, *steps = self._positions("positions_of_aggregate", aggregate)
        erased = {
            "account_id": account_id,
            "after": content.position,
            "topic": Patient.Erased.TOPIC,
        }
        positions = {frozen, *self._positions("positions_of_topic", erased)}
        return _Contents(report_id, account_id, content, metrics, frozen, steps, positions)

    def _positions(self, query: str, scope: dict[str, Any]) -> list[int]:
        return [row[0] for row in self._database.rows(_QUERIES[query], scope)]

    def _checkpoint(self, position: int) -> StoredCheckpoint:
        """The last checkpoint, once it has the event; the sealer needs a second or two."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while True:
            last = last_checkpoint(self._database)
            if last is not None and last.size >= position:
                return last
            if time.monotonic() > deadline:
                raise NotYet("The report is not under a signed checkpoint yet; ask in a minute.")
            time.sleep(_POLL_SECONDS)

    def _consistency(self, since: int | None, size: int) -> dict[int, Sequence[bytes]]:
        if since is None:
            return {}
        if since > size:
            raise Invalid.field("since", f"must be {size} or less, the last checkpoint's size")
        return {since: self._transparency.consistency(since, size).hashes}

    def _metrics(self, bundle: _Contents) -> bytes:
        """The definitions of the frozen versions, as their events have them; their positions and
        those of the variables they read become the bundle's."""
        scope = {
            "metric_ids": [metric.id for metric in bundle.metrics],
            "variable_ids": sorted({v for m in bundle.metrics for v in m.compiled.variables}),
            "position": bundle.content.position,
        }
        known = self._database.rows(_QUERIES["definitions_known"], scope)
        bundle.positions.update(position for *_, position in known)
        shown = []
        for kind, number, version, position in known:
            if kind == "metric":
                scope = {"positions": [position], "account_id": bundle.account_id}
                ((*_, state),) = self._database.rows(_QUERIES["events_at"], scope)
                shown.append(
                    {
                        "metric_id": number,
                        "version": version,
                        "position": position,
                        "definition": orjson.loads(state)["definition"],
                    }
                )
        return orjson.dumps(shown)

    def _patients(self, bundle: _Contents) -> Iterator[bytes]:
        values: set[int] = set()
        yield b'{"metrics":['
        for number, metric in enumerate(bundle.metrics):
            yield b",\n" if number else b"\n"
            yield from self._results(bundle, metric, values)
        yield b'],\n"observations":['
        known = known_values(self._database, sorted(values), bundle.content.position)
        for number, shown in enumerate(known):
            bundle.positions.update(
                {shown["position"], shown["document_position"] or shown["position"]}
            )
            yield (b",\n" if number else b"\n") + orjson.dumps(shown)
        yield b"]}\n"

    def _results(self, bundle: _Contents, metric: LiveMetric, values: set[int]) -> Iterator[bytes]:
        composite = metric.measure.composite
        head = {
            "metric_id": metric.id,
            "metric_version": metric.version,
            "method": composite.method if composite else None,
        }
        yield orjson.dumps(head)[:-1] + b',"patients":['
        results = patient_results(self._database, metric, bundle.period, bundle.content.position)
        for number, result in enumerate(results):
            bundle.positions.add(result.position)
            values.update(value for ids in result.evidence.values() for value in ids)
            yield (b",\n" if number else b"\n") + orjson.dumps(result, default=as_number)
        yield b"]}"

    def _manifest(self, bundle: _Contents, checkpoint: StoredCheckpoint) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "report_id": bundle.report_id,
            "frozen_position": bundle.frozen_position,
            "checkpoint_size": checkpoint.size,
            "origin": checkpoint.note.split("\n")[0],
            "vkeys": [each.key.text for each in self._transparency.public_keys()],
            "release": RELEASE,
        }
