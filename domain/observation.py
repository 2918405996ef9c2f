"""One value of one variable of one patient."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal

from domain.document import Evidence

VariableKind = Literal["number", "date"]


class Source(StrEnum):
    """How a value came in; `add` and `import` never supersede by themselves."""

    MANUAL = "manual"
    SCRAPE = "scrape"
    IMPORT = "import"


@dataclass(frozen=True)
class Observation:
    """A value with its clinical day (of a date value: its start) and where it stands.

    `evidence` is what was sent or scraped with this very value. `carried` is what an earlier
    value of the variable showed and this one did not replace; it is shown, but proves nothing.
    `review` is "accepted" or "corrected" when a person looked at what was scraped.
    """

    id: int
    variable_id: int
    kind: VariableKind
    value: str
    day: str
    source: str
    end: str | None = None
    observed_on: str | None = None
    evidence: Evidence = field(default_factory=Evidence)
    carried: Evidence = field(default_factory=Evidence)
    confidence: float | None = None
    is_addition: bool = False
    review: str | None = None
    supersedes: tuple[int, ...] = ()

    @property
    def shown(self) -> Evidence:
        """Note, page and box as the API shows them: sent ones first, carried ones otherwise."""
        own, carried = self.evidence, self.carried
        placed = own if (own.pdf_page, own.highlight, own.document_id) != (None,) * 3 else carried
        return replace(placed, note=own.note if own.note is not None else carried.note)

    @property
    def is_a_persons(self) -> bool:
        """Whether a person typed, accepted or corrected it."""
        return self.source == Source.MANUAL or self.review is not None

    def is_same_reading(self, other: "Observation") -> bool:
        """Whether both are the same value, read at the same place."""
        return (self.value, self.evidence.document_id, self.evidence.highlight) == (
            other.value, other.evidence.document_id, other.evidence.highlight
        )  # fmt: skip

    @property
    def is_proven(self) -> bool:
        """Whether a place on a page was sent or scraped with this very value."""
        own = self.evidence
        return own.pdf_page is not None or own.highlight is not None

    def as_state(self) -> dict[str, Any]:
        """JSON-ready event content; `from_state` is the inverse."""
        return {
            **_present(self),
            "evidence": _present(self.evidence),
            "carried": _present(self.carried),
            "supersedes": list(self.supersedes),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Observation":
        """The observation in an event."""
        return cls(
            **{
                **state,
                "evidence": _evidence(state["evidence"]),
                "carried": _evidence(state["carried"]),
                "supersedes": tuple(state["supersedes"]),
            }
        )


def _present(values: Any) -> dict[str, Any]:
    """The fields that are set; `asdict` would copy each value deeply, at five times the cost."""
    return {name: value for name, value in vars(values).items() if value is not None}


_NOTHING = Evidence()


def _evidence(state: dict[str, Any]) -> Evidence:
    return Evidence(**state) if state else _NOTHING
