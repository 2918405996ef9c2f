"""What an account measures: numerical variables, date variables, and how a value is read."""

import re
from dataclasses import dataclass
from decimal import Decimal

from domain.definition import Definition
from domain.errors import Invalid
from domain.ids import Kind

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


class Variable(Definition):
    """A numerical variable of an account."""

    TOPIC = "variable"
    KIND = Kind.VARIABLE
    CONTENT = VariableDefinition

    class Created(Definition.Created):
        TOPIC = "variable.defined"

    class Changed(Definition.Changed):
        TOPIC = "variable.changed"


class DateVariable(Definition):
    """A date variable of an account."""

    TOPIC = "date_variable"
    KIND = Kind.DATE_VARIABLE
    CONTENT = DateVariableDefinition

    class Created(Definition.Created):
        TOPIC = "date_variable.defined"

    class Changed(Definition.Changed):
        TOPIC = "date_variable.changed"
