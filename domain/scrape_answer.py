"""What a run of the extractor says of a variable."""

from dataclasses import dataclass
from typing import Any

from domain.observation import Observation, VariableKind


@dataclass(frozen=True)
class ScrapeAnswer:
    """What one scrape says of one variable: a new observation, one that is kept, or why none."""

    variable_id: int
    kind: VariableKind
    observation: Observation | None
    reason: str | None
    candidates: tuple[dict[str, Any], ...]
    kept: Observation | None = None
    """The value that stays in place of what was found, because a person answers for it."""
    is_rejected: bool = False
    """Whether what was found is a reading that a person rejected before."""

    def as_state(self) -> dict[str, Any]:
        """JSON-ready event content."""
        kept = {"kept": self.kept.id} if self.kept else {}
        rejected = {"rejected": True} if self.is_rejected else {}
        return {
            **kept,
            **rejected,
            "variable_id": self.variable_id,
            "kind": self.kind,
            "observation": self.observation.as_state() if self.observation else None,
            "reason": self.reason,
            "candidates": list(self.candidates),
        }
