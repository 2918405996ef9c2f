"""What an account defines and later changes as a whole: variables, date variables, metrics."""

from dataclasses import asdict
from typing import Any, ClassVar, Self

from eventsourcing.domain import Aggregate

from domain import events
from domain.ids import Kind, aggregate_id, number_of


class Definition(Aggregate):
    """An aggregate whose state is one frozen dataclass, its CONTENT."""

    KIND: ClassVar[Kind]
    CONTENT: ClassVar[Any]
    account_id: int
    definition: Any

    class Event(events.Event):
        pass

    class Created(events.Created):
        account_id: int
        definition: dict[str, Any]

        def apply(self, aggregate: "Definition") -> None:
            aggregate.account_id = self.account_id
            aggregate.definition = aggregate.CONTENT(**self.definition)

    class Changed(Event):
        account_id: int
        definition: dict[str, Any]

        def apply(self, aggregate: "Definition") -> None:
            aggregate.definition = aggregate.CONTENT(**self.definition)

    @property
    def number(self) -> int:
        """The public id."""
        return number_of(self.id)

    @classmethod
    def define(
        cls, number: int, account_id: int, definition: Any, metadata: events.Metadata
    ) -> Self:
        """A new one of these; `definition` is an instance of CONTENT."""
        return cls._create(
            cls.Created,
            id=aggregate_id(cls.KIND, number),
            account_id=account_id,
            definition=as_state(definition),
            metadata=metadata,
        )

    def change(self, definition: Any, metadata: events.Metadata) -> None:
        """Replace the definition; nothing happens when it is the present one."""
        if as_state(definition) != as_state(self.definition):
            self.trigger_event(
                self.Changed,
                account_id=self.account_id,
                definition=as_state(definition),
                metadata=metadata,
            )


def as_state(definition: Any) -> dict[str, Any]:
    """A definition as JSON-ready event content."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(definition).items()
    }
