"""Long work that was accepted and goes on after the answer."""

from typing import Any, Self

from eventsourcing.domain import Aggregate

from domain import events
from domain.errors import Conflict
from domain.ids import Kind, aggregate_id, number_of


class Job(Aggregate):
    """An import: asked for, then finished. Its progress is kept line by line beside the log."""

    TOPIC = "job"

    class Event(events.Event):
        pass

    class Created(events.Created):
        TOPIC = "job.accepted"
        account_id: int
        kind: str
        request: dict[str, Any]

    class Finished(Event):
        TOPIC = "job.finished"
        account_id: int
        status: str
        result: dict[str, Any]

        def apply(self, aggregate: "Job") -> None:
            aggregate.status = self.status

    def __init__(self, account_id: int, kind: str, request: dict[str, Any]) -> None:
        self.account_id = account_id
        self.kind = kind
        self.request = request
        self.status = "waiting"

    @property
    def number(self) -> int:
        """The public id."""
        return number_of(self.id)

    @classmethod
    def accept(
        cls,
        number: int,
        account_id: int,
        kind: str,
        request: dict[str, Any],
        metadata: events.Metadata,
    ) -> Self:
        """Work that a caller asked for."""
        return cls._create(
            cls.Created,
            id=aggregate_id(Kind.JOB, number),
            account_id=account_id,
            kind=kind,
            request=request,
            metadata=metadata,
        )

    def finish(self, status: str, result: dict[str, Any], metadata: events.Metadata) -> None:
        """The work is over: `succeeded` or `failed`, with its counts."""
        if self.status != "waiting":
            raise Conflict("The job is finished.")
        self.trigger_event(
            self.Finished,
            account_id=self.account_id,
            status=status,
            result=result,
            metadata=metadata,
        )
