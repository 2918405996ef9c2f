"""CMS reports that were frozen, attested, submitted or restated: numbers somebody answers for."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self

from eventsourcing.domain import Aggregate

from domain import events
from domain.errors import Conflict, Invalid
from domain.ids import Kind, aggregate_id, number_of


class ReportStatus(StrEnum):
    """How far a frozen report has come; each step leads to the next, never back."""

    FROZEN = "frozen"
    ATTESTED = "attested"
    SUBMITTED = "submitted"
    RESTATED = "restated"


@dataclass(frozen=True)
class FrozenContent:
    """What a report says: computed from the log up to `position` with these metric versions.

    `body` is the rendered JSON, and `sha256` the hash of its bytes. It holds counts, no patient.
    """

    period_start: date
    period_end: date
    position: int
    metric_versions: dict[int, int]
    body: str
    sha256: str


class Report(Aggregate):
    """A report at one position of the log. What it says never changes; a correction is another."""

    TOPIC = "report"

    class Event(events.Event):
        pass

    class Created(events.Created):
        TOPIC = "report.frozen"
        account_id: int
        period_start: str
        period_end: str
        position: int
        metric_versions: list[list[int]]
        body: str
        sha256: str
        restates: int | None

    class Attested(Event):
        TOPIC = "report.attested"
        account_id: int
        attested_by: str
        statement: str

        def apply(self, aggregate: "Report") -> None:
            aggregate.status = ReportStatus.ATTESTED

    class Submitted(Event):
        TOPIC = "report.submitted"
        account_id: int
        reference: str | None

        def apply(self, aggregate: "Report") -> None:
            aggregate.status = ReportStatus.SUBMITTED

    class Restated(Event):
        TOPIC = "report.restated"
        account_id: int
        restated_by: int

        def apply(self, aggregate: "Report") -> None:
            aggregate.status = ReportStatus.RESTATED

    def __init__(
        self,
        account_id: int,
        period_start: str,
        period_end: str,
        position: int,
        metric_versions: list[list[int]],
        body: str,
        sha256: str,
    ) -> None:
        self.account_id = account_id
        self.content = FrozenContent(
            date.fromisoformat(period_start),
            date.fromisoformat(period_end),
            position,
            {metric: version for metric, version in metric_versions},
            body,
            sha256,
        )
        self.status = ReportStatus.FROZEN

    @property
    def number(self) -> int:
        """The public id."""
        return number_of(self.id)

    @classmethod
    def freeze(
        cls,
        number: int,
        account_id: int,
        content: FrozenContent,
        metadata: events.Metadata,
        restates: int | None = None,
    ) -> Self:
        """A report that from now on says the same for ever."""
        return cls._create(
            cls.Created,
            id=aggregate_id(Kind.REPORT, number),
            account_id=account_id,
            period_start=content.period_start.isoformat(),
            period_end=content.period_end.isoformat(),
            position=content.position,
            metric_versions=[list(pair) for pair in content.metric_versions.items()],
            body=content.body,
            sha256=content.sha256,
            restates=restates,
            metadata=metadata,
        )

    def attest(self, attested_by: str, statement: str, metadata: events.Metadata) -> None:
        """Somebody answers for it: "true, accurate and complete" (42 CFR 414.1390)."""
        self._require(ReportStatus.FROZEN, "attested")
        if not statement.strip():
            raise Invalid.field("statement", "must not be empty")
        self._tell(self.Attested, metadata, attested_by=attested_by, statement=statement)

    def mark_submitted(self, reference: str | None, metadata: events.Metadata) -> None:
        """It left the house; `reference` is what the receiver calls it."""
        self._require(ReportStatus.ATTESTED, "submitted")
        self._tell(self.Submitted, metadata, reference=reference)

    def be_restated(self, restated_by: int, metadata: events.Metadata) -> None:
        """Another report takes its place; the reason is in the metadata."""
        if self.status is ReportStatus.RESTATED:
            raise Conflict("The report was restated before.")
        self._tell(self.Restated, metadata, restated_by=restated_by)

    def _require(self, status: ReportStatus, becoming: str) -> None:
        if self.status is not status:
            raise Conflict(f"A report that is {self.status} cannot be {becoming}.")

    def _tell(self, event: type[events.Event], metadata: events.Metadata, **facts: Any) -> None:
        self.trigger_event(event, account_id=self.account_id, metadata=metadata, **facts)
