"""What an account measures: numerical variables, date variables, and how a value is read."""

import re
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Self

from eventsourcing.domain import Aggregate

from domain import events
from domain.errors import Invalid
from domain.ids import Kind, aggregate_id, number_of

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?"
_PLAIN = re.compile(_NUMBER)
_PAIR = re.compile(rf"({_NUMBER})/({_NUMBER})")


@dataclass(frozen=True)
class ParsedValue:
    """The numeric meaning of a value: a number, a pair such as 128/76, or neither (text)."""

    number: Decimal | None
    second: Decimal | None = None


def parse_value(value: str) -> ParsedValue:
    """Read "7.2" as a number and "128/76" as a pair; anything else has no numeric meaning."""
    text = value.strip()
    if _PLAIN.fullmatch(text):
        return ParsedValue(Decimal(text))
    if pair := _PAIR.fullmatch(text):
        return ParsedValue(Decimal(pair[1]), Decimal(pair[2]))
    return ParsedValue(None)


@dataclass(frozen=True)
class VariableDefinition:
    """A numerical variable; `valid_min` and `valid_max` are decimal strings, inclusive."""

    name: str
    units: str | None = None
    description: str | None = None
    aliases: tuple[str, ...] = ()
    valid_min: str | None = None
    valid_max: str | None = None

    def __post_init__(self) -> None:
        low, high = self.valid_min, self.valid_max
        if low is not None and high is not None and Decimal(low) > Decimal(high):
            raise Invalid.field("valid_max", "must not be below valid_min")

    def refuse_outside(self, parsed: ParsedValue) -> None:
        """A number outside the valid range is refused; text and pairs have no range."""
        if parsed.number is None or parsed.second is not None:
            return
        if self.valid_min is not None and parsed.number < Decimal(self.valid_min):
            raise Invalid.field("value", f"must not be below valid_min, {self.valid_min}")
        if self.valid_max is not None and parsed.number > Decimal(self.valid_max):
            raise Invalid.field("value", f"must not be above valid_max, {self.valid_max}")


@dataclass(frozen=True)
class DateVariableDefinition:
    """A date variable; of an interval variable a value without end is open to the right."""

    name: str
    description: str | None = None
    aliases: tuple[str, ...] = ()
    is_interval: bool = False


def as_state(definition: Any) -> dict[str, Any]:
    """A definition as JSON-ready event content."""
    state = asdict(definition)
    state["aliases"] = list(definition.aliases)
    return state


class Variable(Aggregate):
    """A numerical variable of an account."""

    TOPIC = "variable"

    class Event(events.Event):
        pass

    class Created(events.Created):
        TOPIC = "variable.defined"
        account_id: int
        definition: dict[str, Any]

    class Changed(Event):
        TOPIC = "variable.changed"
        account_id: int
        definition: dict[str, Any]

        def apply(self, aggregate: "Variable") -> None:
            aggregate.definition = VariableDefinition(**self.definition)

    def __init__(self, account_id: int, definition: dict[str, Any]) -> None:
        self.account_id = account_id
        self.definition = VariableDefinition(**definition)

    @property
    def number(self) -> int:
        """The public id."""
        return number_of(self.id)

    @classmethod
    def define(
        cls,
        number: int,
        account_id: int,
        definition: VariableDefinition,
        metadata: events.Metadata,
    ) -> Self:
        """A new numerical variable."""
        return cls._create(
            cls.Created,
            id=aggregate_id(Kind.VARIABLE, number),
            account_id=account_id,
            definition=as_state(definition),
            metadata=metadata,
        )

    def change(self, definition: VariableDefinition, metadata: events.Metadata) -> None:
        """Replace the definition; nothing happens when it is the present one."""
        if as_state(definition) != as_state(self.definition):
            self.trigger_event(
                self.Changed,
                account_id=self.account_id,
                definition=as_state(definition),
                metadata=metadata,
            )


class DateVariable(Aggregate):
    """A date variable of an account."""

    TOPIC = "date_variable"

    class Event(events.Event):
        pass

    class Created(events.Created):
        TOPIC = "date_variable.defined"
        account_id: int
        definition: dict[str, Any]

    class Changed(Event):
        TOPIC = "date_variable.changed"
        account_id: int
        definition: dict[str, Any]

        def apply(self, aggregate: "DateVariable") -> None:
            aggregate.definition = DateVariableDefinition(**self.definition)

    def __init__(self, account_id: int, definition: dict[str, Any]) -> None:
        self.account_id = account_id
        self.definition = DateVariableDefinition(**definition)

    @property
    def number(self) -> int:
        """The public id."""
        return number_of(self.id)

    @classmethod
    def define(
        cls,
        number: int,
        account_id: int,
        definition: DateVariableDefinition,
        metadata: events.Metadata,
    ) -> Self:
        """A new date variable."""
        return cls._create(
            cls.Created,
            id=aggregate_id(Kind.DATE_VARIABLE, number),
            account_id=account_id,
            definition=as_state(definition),
            metadata=metadata,
        )

    def change(self, definition: DateVariableDefinition, metadata: events.Metadata) -> None:
        """Replace the definition; nothing happens when it is the present one."""
        if as_state(definition) != as_state(self.definition):
            self.trigger_event(
                self.Changed,
                account_id=self.account_id,
                definition=as_state(definition),
                metadata=metadata,
            )
