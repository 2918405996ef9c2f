"""The base of every event, and the catalogue of all of them."""

from dataclasses import dataclass
from typing import Any

from eventsourcing.domain import Aggregate


@dataclass(frozen=True)
class Metadata:
    """Who caused an event, through what, and why. No event exists without it.

    `actor` is `key:7`, `user:3` or `system:runner`; `channel` is rest, import, scrape, cli or
    system; `correlation_id` joins the events of one piece of work (a job, a scrape), and
    `causation_id` names the position or line that led to this one.
    """

    actor: str
    channel: str
    account_id: int
    request_id: str
    release: str
    idempotency_key: str | None = None
    reason: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None


class Event(Aggregate.Event):
    """A fact about an aggregate, with the metadata of the command that led to it."""

    metadata: Metadata

    def __post_init__(self) -> None:
        if not isinstance(self.metadata, Metadata):
            raise TypeError("an event carries Metadata")

    def apply(self, aggregate: Any) -> None:
        """Evolve the aggregate; checks were made before the event came to be."""


class Created(Event, Aggregate.Created):
    """The first event of an aggregate."""


class Forgotten(Event):
    """An event of an erased patient: that it happened is in the log, what it said is gone.

    It has an `originator_id`, an `originator_version` and the `topic` of what it was, no more.
    """

    topic: str

    def mutate(self, aggregate: Any) -> None:
        """Nothing can be made of it."""
