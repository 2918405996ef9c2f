"""What can be wrong with a log, and where."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    """The classes of damage."""

    CHANGED = "changed"
    MISSING = "missing"
    TRUNCATED = "truncated"  # Missing, and nothing is left behind it.
    INSERTED = "inserted"
    REORDERED = "reordered"
    REWRITTEN = "rewritten"  # Many changed together, from one position to another.
    FORGED = "forged"
    DIFFERENT = "different"  # What was computed from the log is not what the log says.


@dataclass(frozen=True)
class Damage:
    """One damage. `first` and `last` are the positions it lies between, where that is known."""

    kind: Kind
    place: str
    detail: str = ""
    first: int | None = None
    last: int | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.place}" + (f": {self.detail}" if self.detail else "")


def at(kind: Kind, first: int, last: int | None = None, detail: str = "") -> Damage:
    """A damage of the events at these positions, `last` included."""
    last = first if last is None else last
    place = f"position {first}" if first == last else f"positions {first} to {last}"
    return Damage(kind, place, detail, first, last)


def joined(damages: Iterable[Damage]) -> list[Damage]:
    """Neighbours of one class and detail as one damage; they come in the order of positions."""
    runs: list[Damage] = []
    for each in damages:
        before = runs[-1] if runs else None
        if before is not None and before.last is not None and each.first == before.last + 1:
            widened = at(each.kind, before.first or 0, each.last, each.detail)
            if replace(before, place=widened.place, last=each.last) == widened:
                runs[-1] = widened
                continue
        runs.append(each)
    return runs
