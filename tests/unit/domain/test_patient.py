"""Which value stands after a correction: the rules of observations, one row each."""

from dataclasses import replace

import pytest

from domain.demographics import Demographics
from domain.document import DocumentStatus, Evidence
from domain.errors import Conflict, Invalid, NotFound
from domain.observation import Observation
from domain.patient import Patient
from tests.factories import chart, evidence, metadata, observation


def put(patient: Patient, value: Observation) -> Observation:
    placed = patient.put_in_place(value)
    patient.record_observation(placed, metadata())
    return placed


def add(patient: Patient, value: Observation) -> None:
    patient.record_observation(replace(value, is_addition=True), metadata())


def standing(patient: Patient) -> list[int]:
    return sorted(patient.observations)


def shown(patient: Patient, variable_id: int = 11) -> int | None:
    current = patient.current(variable_id)
    return current and current.id


@pytest.mark.parametrize(
    ("first_day", "second_day", "stands", "is_shown"),
    [
        ("2025-03-01", "2025-03-01", [2], 2),  # the same day: the first gives way
        ("2025-03-01", "2025-03-02", [1, 2], 2),  # a later day: both stand
        ("2025-03-02", "2025-03-01", [1, 2], 1),  # an earlier day: both, the later day is shown
    ],
)
def test_a_put_number_supersedes_that_of_its_day_only(
    first_day: str, second_day: str, stands: list[int], is_shown: int
) -> None:
    patient = chart()
    put(patient, observation(1, day=first_day))
    put(patient, observation(2, day=second_day))
    assert (standing(patient), shown(patient)) == (stands, is_shown)


@pytest.mark.parametrize(
    ("first_day", "second_day"), [("2025-03-01", "2025-03-01"), ("2025-03-02", "2024-01-01")]
)
def test_a_put_date_supersedes_the_shown_one_whatever_its_day(
    first_day: str, second_day: str
) -> None:
    patient = chart()
    put(patient, observation(1, first_day, first_day, kind="date"))
    put(patient, observation(2, second_day, second_day, kind="date"))
    assert (standing(patient), shown(patient)) == ([2], 2)


def test_a_put_date_supersedes_one_date_and_not_the_ones_that_are_not_shown() -> None:
    patient = chart()
    add(patient, observation(1, "2025-01-01", "2025-01-01", kind="date"))
    add(patient, observation(2, "2025-02-01", "2025-02-01", kind="date"))
    put(patient, observation(3, "2025-03-01", "2025-03-01", kind="date"))
    assert standing(patient) == [1, 3]


@pytest.mark.parametrize(
    ("earlier", "gives_way"),
    [
        (observation(1), True),
        (observation(1, source="scrape"), True),
        (observation(1, source="import"), False),
        (observation(1, is_addition=True), False),
        (observation(1, variable_id=12), False),
        (observation(1, day="2025-02-28"), False),
    ],
    ids=["put", "scraped", "imported", "added", "another variable", "the day before"],
)
@pytest.mark.parametrize("source", ["manual", "scrape"])
def test_only_what_was_put_or_scraped_gives_way(
    earlier: Observation, gives_way: bool, source: str
) -> None:
    patient = chart()
    patient.record_observation(earlier, metadata())
    put(patient, observation(2, source=source))
    assert standing(patient) == ([2] if gives_way else [1, 2])


def test_additions_and_imports_stand_beside_everything() -> None:
    patient = chart()
    put(patient, observation(1))
    add(patient, observation(2))
    add(patient, observation(3))
    patient.import_observations(
        [observation(4, source="import"), observation(5, source="import")], metadata()
    )
    assert standing(patient) == [1, 2, 3, 4, 5]
    assert shown(patient) == 5


def test_among_values_of_the_latest_day_the_last_recorded_is_shown() -> None:
    patient = chart()
    add(patient, observation(1, day="2025-03-02"))
    add(patient, observation(2, day="2025-03-02"))
    add(patient, observation(3, day="2025-03-01"))
    assert shown(patient) == 2


def test_a_named_value_gives_way_and_then_nothing_else_does() -> None:
    patient = chart()
    put(patient, observation(1, day="2025-03-01"))
    put(patient, observation(2, day="2025-03-02"))
    put(patient, observation(3, day="2025-03-02", supersedes=(1,)))
    assert standing(patient) == [2, 3]


def test_what_was_withdrawn_uncovers_the_value_before_it() -> None:
    patient = chart()
    put(patient, observation(1, day="2025-03-01"))
    put(patient, observation(2, day="2025-03-02"))
    patient.withdraw_observation(2, metadata())
    assert (standing(patient), shown(patient)) == ([1], 1)
    patient.withdraw_observation(1, metadata())
    assert (standing(patient), shown(patient)) == ([], None)


def test_what_was_superseded_does_not_come_back_when_its_successor_is_withdrawn() -> None:
    patient = chart()
    put(patient, observation(1))
    put(patient, observation(2))
    patient.withdraw_observation(2, metadata())
    assert standing(patient) == []


@pytest.mark.parametrize("gone", ["superseded", "withdrawn", "never there"])
def test_a_value_that_does_not_stand_can_neither_be_replaced_nor_withdrawn(gone: str) -> None:
    patient = chart()
    if gone != "never there":
        put(patient, observation(1))
    if gone == "superseded":
        put(patient, observation(2))
    if gone == "withdrawn":
        patient.withdraw_observation(1, metadata())
    version = patient.version
    with pytest.raises(NotFound):
        patient.record_observation(observation(3, supersedes=(1,)), metadata())
    with pytest.raises(NotFound):
        patient.withdraw_observation(1, metadata())
    assert patient.version == version


def test_a_value_of_another_variable_cannot_be_replaced() -> None:
    patient = chart()
    put(patient, observation(1, variable_id=12))
    with pytest.raises(Invalid) as refused:
        patient.record_observation(observation(2, supersedes=(1,)), metadata())
    assert refused.value.faults[0].pointer == "#/supersedes"


def test_evidence_in_a_document_of_somebody_else_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        put(chart(), observation(1, evidence=evidence(document_id="pdf_other")))
    assert refused.value.faults[0].pointer == "#/document_id"


BOX = {"x0": 1.0, "y0": 2.0, "x1": 3.0, "y1": 4.0}
OTHER_BOX = {"x0": 5.0, "y0": 6.0, "x1": 7.0, "y1": 8.0}


@pytest.mark.parametrize(
    ("sent", "note", "page", "box"),
    [
        (Evidence(), "old", 1, BOX),  # nothing sent: everything is carried
        (Evidence(note="new"), "new", 1, BOX),
        (Evidence(note=""), "", 1, BOX),  # an empty note is a note
        (Evidence(pdf_page=2), "old", 2, None),  # a page alone: its box is not the old page's
        (Evidence(pdf_page=2, highlight=OTHER_BOX), "old", 2, OTHER_BOX),
        (Evidence(note="new", pdf_page=2, highlight=OTHER_BOX), "new", 2, OTHER_BOX),
    ],
)
def test_what_a_new_value_does_not_bring_is_carried_over(
    sent: Evidence, note: str, page: int, box: dict[str, float] | None
) -> None:
    patient = chart()
    put(patient, observation(1, evidence=Evidence("old", 1, BOX)))
    placed = put(patient, observation(2, evidence=sent))
    assert (placed.shown.note, placed.shown.pdf_page, placed.shown.highlight) == (note, page, box)
    # Carried over is shown, and is no evidence of the new value.
    assert placed.evidence == sent


def test_what_is_carried_comes_from_the_shown_value_over_any_number_of_corrections() -> None:
    patient = chart()
    put(patient, observation(1, evidence=Evidence("old", 1, BOX)))
    for id in range(2, 5):
        last = put(patient, observation(id))
    assert (last.shown.note, last.shown.highlight) == ("old", BOX)


def test_an_observation_comes_back_from_its_stored_form() -> None:
    whole = observation(
        1, "128/76", end="2025-04-01", observed_on="2025-03-01T10:00:00Z", confidence=0.5,
        evidence=Evidence("n", 1, BOX, "pdf_1"), carried=Evidence("c"), is_addition=True,
        supersedes=(3, 4),
    )  # fmt: skip
    for each in (whole, observation(2)):
        assert Observation.from_state(each.as_state()) == each


def test_a_document_is_read_once() -> None:
    patient = chart()
    patient.add_document("pdf_1", "0" * 64, "a.pdf", 10, metadata())
    patient.document_was_refused("pdf_1", "encrypted", metadata())
    assert patient.document("pdf_1").status is DocumentStatus.REFUSED
    assert patient.document("pdf_1").reason == "encrypted"
    with pytest.raises(Conflict):
        patient.document_was_read("pdf_1", 1, {}, metadata())


def test_the_same_demographics_again_are_no_event() -> None:
    patient = chart(name="Ann", additional_variables={"income": 20.5})
    patient.change_demographics(
        Demographics(name="Ann", additional_variables={"income": 20.5}), metadata()
    )
    assert patient.version == 1
