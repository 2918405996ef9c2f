"""What stands in a patient's chart, and what gives way to what (measures.md 6.1)."""

from collections.abc import Iterable
from dataclasses import replace

from domain.demographics import Demographics
from domain.document import Document, Evidence
from domain.errors import Invalid, NotFound
from domain.observation import Observation, Source


class Chart:
    """Who the patient is, whether the chart is on legal hold, the standing values, the documents,
    and the readings that a person rejected."""

    is_held: bool
    demographics: Demographics
    observations: dict[int, Observation]
    documents: dict[str, Document]
    rejected: list[Observation]

    def put_in_place(self, observation: Observation) -> Observation:
        """What a PUT or a scrape of this value supersedes and carries over.

        A number supersedes the put or scraped value of the same clinical day, a date the shown
        one (measures.md 6.1). Without `supersedes` of the caller's, that is decided here.
        """
        shown = self.current(observation.variable_id)
        superseded = observation.supersedes or tuple(
            held.id for held in self._of(observation.variable_id) if _gives_way(held, observation)
        )
        if observation.kind == "date" and not observation.supersedes and shown:
            superseded = (shown.id,)
        carried = shown.shown if shown else Evidence()
        return replace(observation, supersedes=superseded, carried=carried)

    def reviewed_in_place(self, reviewed: Observation, observation: Observation) -> Observation:
        """An observation that takes the place of what it reviews, and of what gives way to it."""
        others = [
            held.id
            for held in self._of(reviewed.variable_id)
            if held is not reviewed and _gives_way(held, observation)
        ]
        return replace(observation, supersedes=(reviewed.id, *others))

    def kept_in_place_of(self, scraped: Observation, *, is_bulk: bool) -> Observation | None:
        """The value that a scraped one must not replace: the same reading that was accepted
        before, and in a run over many variables whatever a person answers for."""
        held = [
            each
            for each in self._of(scraped.variable_id)
            if each.day == scraped.day or scraped.kind == "date"
        ]
        for each in reversed(held):
            is_reviewed = each.review is not None and each.is_same_reading(scraped)
            if is_reviewed or (is_bulk and each.is_a_persons):
                return each
        return None

    def current(self, variable_id: int) -> Observation | None:
        """The shown value: of the latest clinical day, among equals the last recorded."""
        latest = None
        for held in self._of(variable_id):
            if latest is None or held.day >= latest.day:
                latest = held
        return latest

    def observation(self, observation_id: int) -> Observation:
        """The value with this id, unless it was superseded or withdrawn."""
        try:
            return self.observations[observation_id]
        except KeyError:
            raise NotFound(f"The patient has no observation {observation_id}.") from None

    def document(self, document_id: str) -> Document:
        """The document with this id."""
        try:
            return self.documents[document_id]
        except KeyError:
            raise Invalid.field("document_id", "is not a document of this patient") from None

    def was_rejected(self, observation: Observation) -> bool:
        """Whether a person rejected this very reading before."""
        return any(
            rejected.variable_id == observation.variable_id
            and rejected.is_same_reading(observation)
            for rejected in self.rejected
        )

    def take_in(self, observation: Observation) -> None:
        """From now on the value stands, and what it supersedes no longer does."""
        for superseded in observation.supersedes:
            self.observations.pop(superseded, None)
        self.observations[observation.id] = observation

    def _of(self, variable_id: int) -> Iterable[Observation]:
        return [held for held in self.observations.values() if held.variable_id == variable_id]


def _gives_way(held: Observation, new: Observation) -> bool:
    """A put or scraped number gives way to the next one of its clinical day."""
    return (
        new.kind == "number"
        and held.day == new.day
        and not held.is_addition
        and held.source in (Source.MANUAL, Source.SCRAPE)
    )
