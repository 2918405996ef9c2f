"""What a review does to a chart, and what a scrape may do after it."""

from dataclasses import replace

import pytest

from domain.errors import Conflict, Invalid, NotFound
from domain.observation import Observation
from domain.patient import Patient
from tests.factories import chart, evidence, metadata, observation

BOX = {"x1": 1.0, "y1": 2.0, "x2": 3.0, "y2": 4.0}
PLACE = evidence("HbA1c 7.2", 1, highlight=BOX, document_id="pdf_1")


def scraped(id: int, value: str = "7.2", **changes: object) -> Observation:
    return observation(id, value, source="scrape", **{"evidence": PLACE, **changes})


@pytest.fixture
def patient() -> Patient:
    """A chart with one document and the scraped value 5."""
    patient = chart()
    patient.add_document("pdf_1", "0" * 64, "note.pdf", 10, metadata())
    patient.record_observation(scraped(5), metadata())
    return patient


def test_a_review_that_is_no_rejection_puts_one_value_in_the_place_of_another(
    patient: Patient,
) -> None:
    patient.review(5, "accept", scraped(6, review="accepted"), metadata())
    assert set(patient.observations) == {6}
    with pytest.raises(NotFound):
        patient.review(5, "accept", scraped(7), metadata())


@pytest.mark.parametrize("source", ["manual", "import"])
def test_a_value_that_was_not_scraped_has_nothing_to_review(patient: Patient, source: str) -> None:
    patient.record_observation(observation(8, source=source), metadata())
    with pytest.raises(Conflict):
        patient.review(8, "reject", None, metadata())


def test_a_value_is_reviewed_once(patient: Patient) -> None:
    patient.review(5, "accept", scraped(6, review="accepted"), metadata())
    with pytest.raises(Conflict):
        patient.review(6, "reject", None, metadata())


def test_a_correction_stands_in_a_document_of_the_same_patient(patient: Patient) -> None:
    elsewhere = evidence(None, 1, highlight=BOX, document_id="pdf_2")
    with pytest.raises(Invalid, match="document_id"):
        patient.review(5, "correct", observation(6, evidence=elsewhere), metadata())


@pytest.mark.parametrize(
    ("reading", "was_rejected"),
    [
        (scraped(9), True),
        (scraped(9, "7.3"), False),
        (scraped(9, variable_id=12), False),
        (scraped(9, evidence=replace(PLACE, highlight={**BOX, "x1": 0.0})), False),
        (scraped(9, evidence=replace(PLACE, document_id="pdf_2")), False),
        (scraped(9, evidence=replace(PLACE, note="told otherwise")), True),
    ],
)
def test_the_very_reading_that_was_rejected_is_remembered(
    patient: Patient, reading: Observation, was_rejected: bool
) -> None:
    patient.review(5, "reject", None, metadata())
    replayed = None
    for event in patient.collect_events():
        replayed = event.mutate(replayed)
    assert replayed is not None
    assert replayed.was_rejected(reading) is was_rejected


@pytest.mark.parametrize(
    ("standing", "in_a_run", "alone"),
    [
        # A value of the same day and what a run over a chart, and a scrape of one variable, leave.
        ({"source": "manual"}, True, False),
        ({"source": "manual", "is_addition": True}, True, False),
        ({"source": "manual", "review": "corrected"}, True, False),
        ({"source": "scrape", "review": "accepted"}, True, False),
        ({"source": "scrape", "review": "accepted", "evidence": PLACE, "value": "6.9"}, True, True),
        ({"source": "scrape"}, False, False),
        ({"source": "import"}, False, False),
        ({"source": "manual", "day": "2025-03-02"}, False, False),
    ],
)
def test_what_a_scrape_leaves_in_its_place(
    standing: dict[str, object], in_a_run: bool, alone: bool
) -> None:
    patient = chart()
    patient.add_document("pdf_1", "0" * 64, "note.pdf", 10, metadata())
    held = observation(1, **{"value": "7.4", **standing})
    patient.record_observation(held, metadata())
    found = scraped(2, "6.9")
    kept = [patient.kept_in_place_of(found, is_bulk=is_bulk) for is_bulk in (True, False)]
    assert kept == [held if in_a_run else None, held if alone else None]
