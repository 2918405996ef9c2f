"""What an event is told as, and what has to be known besides it in order to tell it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.events import Event
from domain.observation import Observation
from projections.history import VariableName


@dataclass(frozen=True)
class Place:
    """Where a value stands: a page of a document, and a box in points from its top left."""

    document_id: str | None
    filename: str | None
    pdf_page: int | None
    highlight: dict[str, float] | None
    note: str | None


@dataclass(frozen=True)
class Change:
    """One thing that an event changed; `before` None: there was nothing, `after` None: it is gone.

    Of a value it says the variable, the clinical day and the place on a page it was read from.
    """

    field: str
    before: Any
    after: Any
    variable_id: int | None = None
    units: str | None = None
    observation_id: int | None = None
    observed_on: str | None = None
    source: str | None = None
    evidence: Place | None = None


@dataclass(frozen=True)
class Told:
    """An event in one sentence, and everything that it changed."""

    sentence: str
    changes: Sequence[Change] = ()


@dataclass(frozen=True)
class Past:
    """What some events refer to: by position the event before it that said the same things of
    its aggregate, and by id observations, names of variables, and file names."""

    before: Mapping[int, Event] = field(default_factory=dict)
    observations: Mapping[int, Observation] = field(default_factory=dict)
    variables: Mapping[int, Sequence[VariableName]] = field(default_factory=dict)
    filenames: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """The surroundings of the event at a position."""

    position: int
    past: Past = field(default_factory=Past)

    @property
    def before(self) -> Any:
        """The event before it that said the same things of its aggregate, or None."""
        return self.past.before.get(self.position)

    def variable(self, variable_id: int) -> tuple[str, str | None]:
        """What a variable was called then, and its units."""
        for each in self.past.variables.get(variable_id, ()):
            if self.position < each.to_position:
                return each.name, each.units
        return f"variable {variable_id}", None

    def filename(self, document_id: str) -> str:
        """The name of a document's file."""
        return self.past.filenames.get(document_id, document_id)


def fields_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between two states, field by field."""
    return [
        Change(name, before.get(name), after.get(name))
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    ]


def in_words(change: Change) -> str:
    """A change as part of a sentence."""
    name = change.field.replace("_", " ")
    if change.before in (None, [], {}, ""):
        return f"{name} was set to {shown(change.after)}"
    if change.after in (None, [], {}, ""):
        return f"{name} {shown(change.before)} was removed"
    return f"{name} changed from {shown(change.before)} to {shown(change.after)}"


def shown(value: Any) -> str:
    """A value as a sentence has it."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return ", ".join(shown(each) for each in value) or "nothing"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(each)}" for name, each in value.items()) or "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None else str(value)


def sentence(*parts: str) -> str:
    """Parts joined to a sentence that begins with a capital, unless a name is first."""
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]
