"""What every projection is: a name, a version, its tables, and a fold from events to rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from domain.events import Event, Forgotten
from domain.patient import Patient

Rows = dict[str, list[dict[str, Any]]]
OPEN = 9_223_372_036_854_775_807
"""The to_position of a row that is still valid."""


@dataclass(frozen=True)
class Recorded:
    """An event with its place in the log; `recorded_at` is None while it is being appended,
    where `position` counts from the end of the log, and is filled in by the append itself."""

    position: int
    event: Event
    recorded_at: datetime | None = None

    def row(self, **columns: Any) -> dict[str, Any]:
        """A row of a read model that this event leads to."""
        row = {"position": self.position, **columns}
        if self.recorded_at is not None:
            row["recorded_at"] = self.recorded_at.isoformat()
        return row


def known(batch: Sequence[Recorded]) -> list[Recorded]:
    """The batch without what an erased patient's events said; that it was erased stays."""
    erased = {each.event.originator_id for each in batch if isinstance(each.event, Patient.Erased)}
    return [
        each
        for each in batch
        if isinstance(each.event, Patient.Erased)
        or not (isinstance(each.event, Forgotten) or each.event.originator_id in erased)
    ]


class ReadModel(Protocol):
    """What a read model is called, and what it writes to."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def version(self) -> int:
        """Raised when its rows mean something else."""
        ...

    @property
    def tables(self) -> tuple[str, ...]:
        """Everything it writes to."""
        ...


class Projection(ReadModel, Protocol):
    """A read model as a pure function of events.

    `fold` returns rows by the name of the `apply_<name>` function in the schema that writes them.
    """

    def fold(self, batch: Sequence[Recorded]) -> Rows:
        """Rows for a batch of events in log order."""
        ...


def merge(parts: Iterable[Rows]) -> Rows:
    """The rows of several projections, as one call of `apply_views` takes them."""
    return {name: rows for part in parts for name, rows in part.items() if rows}
