"""Runs over charts, and what people make of scraped values."""

import pytest

from domain.errors import CannotExtract, Conflict, Forbidden, Invalid, NotFound
from domain.scraping.reading import READINGS, read
from service.bootstrap import Services
from service.patients import ValueIn
from service.reviews import Choice
from tests.factories import Tenant, tenant
from tests.unit.service.scraped_chart import Chart


def test_one_run_is_one_event_with_an_answer_for_every_variable(clinic: Tenant) -> None:
    chart = Chart(clinic)
    before = chart.patient.version
    hba1c, weight = chart.scrape()
    assert chart.patient.version == before + 1
    assert (hba1c["found"], hba1c["value"], hba1c["review"]) == (True, "7.2", "unreviewed")
    assert (weight["found"], weight["value"]) == (False, None)


def test_accepting_keeps_value_and_place_and_says_who_answers_for_it(clinic: Tenant) -> None:
    chart = Chart(clinic)
    scraped, _ = chart.scrape()
    accepted = chart.review("accept")
    same = ("value", "pdf_page", "document_id", "observed_on", "source", "confidence")
    assert {name: accepted[name] for name in same} == {name: scraped[name] for name in same}
    assert accepted["review"] == "accepted"
    assert accepted["observation_id"] != scraped["observation_id"]
    with pytest.raises(Conflict, match="nobody has looked at"):
        chart.review("reject")


def test_a_correction_is_a_persons_value_at_the_place_that_was_scraped(clinic: Tenant) -> None:
    chart = Chart(clinic)
    scraped, _ = chart.scrape()
    corrected = chart.review("correct", ValueIn("7.4", reason="a misprint"))
    assert (corrected["value"], corrected["source"], corrected["review"]) == (
        "7.4", "manual", "corrected",
    )  # fmt: skip
    assert corrected["document_id"] == scraped["document_id"]
    assert corrected["observed_on"] == scraped["observed_on"] == "2025-03-01"


def test_a_correction_of_the_day_replaces_what_was_put_for_that_day(clinic: Tenant) -> None:
    chart = Chart(clinic)
    clinic.put(chart.id, chart.hba1c, "6.0", observed_on="2025-02-01")
    chart.scrape()
    chart.review("correct", ValueIn("7.2", observed_on="2025-02-01"))
    (held,) = chart.patient.observations.values()
    assert (held.value, held.day) == ("7.2", "2025-02-01")
    now = "SELECT text FROM observations WHERE patient_id = %s AND to_position = %s"
    assert clinic.services.database.rows(now, (chart.id, 2**63 - 1)) == [("7.2",)]


def test_a_rejected_reading_counts_nowhere_and_does_not_come_back(clinic: Tenant) -> None:
    chart = Chart(clinic)
    chart.scrape()
    assert chart.review("reject")["value"] is None
    again, _ = chart.scrape()
    assert not again["found"]
    assert "somebody had rejected it" in again["note"]
    assert chart.patient.current(chart.hba1c) is None


def test_after_a_rejection_an_older_value_is_not_passed_off_as_recorded_now(
    clinic: Tenant,
) -> None:
    chart = Chart(clinic)
    clinic.put(chart.id, chart.hba1c, "6.0", observed_on="2025-02-01")
    chart.scrape()
    shown = chart.review("reject")
    assert shown["value"] == "6.0"
    assert not {"recorded_by", "recorded_at", "version"} & set(shown)


def test_a_rejected_reading_does_not_keep_another_place_from_being_found(clinic: Tenant) -> None:
    chart = Chart(clinic)
    chart.scrape()
    chart.review("reject")
    chart.upload("Visit date: 2025-06-01", "HbA1c: 6.9 %")
    again, _ = chart.scrape()
    assert (again["found"], again["value"]) == (True, "6.9")


@pytest.mark.parametrize("decide", ["accept", "correct"])
def test_a_run_over_a_chart_leaves_what_a_person_answers_for(clinic: Tenant, decide: str) -> None:
    chart = Chart(clinic)
    chart.scrape()
    standing = chart.review(decide, ValueIn("7.4") if decide == "correct" else None)
    again, _ = chart.scrape()
    assert (again["found"], again["recorded"], again["value"]) == (True, False, standing["value"])
    held = chart.patient.current(chart.hba1c)
    assert held is not None
    assert held.id == standing["observation_id"]


def test_a_run_over_a_chart_leaves_what_was_typed_for_the_same_day(clinic: Tenant) -> None:
    chart = Chart(clinic)
    clinic.put(chart.id, chart.hba1c, "7.0", observed_on="2025-03-01")
    answer, _ = chart.scrape()
    assert (answer["recorded"], answer["value"]) == (False, "7.0")


def test_only_a_scraped_value_of_ones_own_patient_can_be_reviewed(
    clinic: Tenant, services: Services
) -> None:
    chart = Chart(clinic)
    clinic.put(chart.id, chart.hba1c, "7.0", observed_on="2025-01-01")
    with pytest.raises(Conflict):
        chart.review("accept")
    with pytest.raises(NotFound):
        services.reviews.review(clinic.asks(), chart.id, 1, "accept")
    stranger = tenant(services, "Elsewhere")
    with pytest.raises(Forbidden):
        services.reviews.review(stranger.asks(), chart.id, 1, "accept")
    with pytest.raises(Invalid, match="correction"):
        chart.review("correct")


def test_reviews_move_the_read_model_and_leave_the_past_as_it_was(clinic: Tenant) -> None:
    chart = Chart(clinic)
    chart.scrape()
    rows = "SELECT text, body::jsonb ->> 'review' FROM observations WHERE patient_id = %s"
    now = f"{rows} AND to_position = 9223372036854775807"
    database = clinic.services.database
    assert database.rows(now, (chart.id,)) == [("7.2", "unreviewed")]
    chart.review("accept")
    assert database.rows(now, (chart.id,)) == [("7.2", "accepted")]
    assert len(database.rows(rows, (chart.id,))) == 2


def test_a_run_names_the_documents_and_pages_that_nobody_could_read(clinic: Tenant) -> None:
    chart = Chart(clinic)
    chart.upload("Visit date: 2025-06-01", unread="OCR is not installed")
    chart.refuse("The document needs a password.")
    first, second, refused = (each.as_state() for each in chart.run().documents)
    assert set(first) == {"id", "sha256"}
    assert second["unread"] == [{"page": 2, "reason": "OCR is not installed"}]
    assert refused["reason"] == "The document needs a password."
    one = clinic.services.scraping.scrape(clinic.asks(), chart.id, "number", chart.hba1c)
    assert [each.get("reason") for each in one.body["documents"]] == [None, None, refused["reason"]]


def test_a_run_reads_each_document_once_however_many_variables_and_documents(
    clinic: Tenant,
) -> None:
    chart = Chart(clinic)
    for month in range(1, READINGS + 2):
        chart.upload(f"Visit date: 2024-{month:02}-01", f"HbA1c: {month}.5 %")
    read.cache_clear()
    hba1c, _ = chart.scrape()
    assert hba1c["value"] == "7.2"
    assert read.cache_info().misses == READINGS + 2


def test_words_that_are_gone_are_a_reason_not_to_scrape(clinic: Tenant) -> None:
    chart = Chart(clinic)
    clinic.services.store.purge(chart.id)
    with pytest.raises(CannotExtract, match=r"The words of document pdf_.* are gone"):
        chart.scrape()


class Twice(Chart):
    """HbA1c is 6.9 in June and was 7.2 in March; the run finds 6.9, with 7.2 behind it."""

    def __init__(self, clinic: Tenant) -> None:
        super().__init__(clinic)
        self.upload("Visit date: 2025-06-01", "HbA1c: 6.9 %")
        ran = self.run()
        self.found = ran.answers[0].body
        self.position = ran.answers[-1].position
        self.values = [each["value"] for each in self.found["candidates"]]

    def choose(self, value: str, **more: str) -> dict[str, object]:
        """Take the candidate with this value."""
        choice = Choice(self.position, self.hba1c, self.values.index(value))
        reviews = self.services.reviews
        return reviews.choose(self.clinic.asks(), self.id, choice, **more).body


def test_another_candidate_corrects_what_the_run_found_with_its_own_place(clinic: Tenant) -> None:
    chart = Twice(clinic)
    assert (chart.found["value"], set(chart.values)) == ("6.9", {"6.9", "7.2"})
    chosen = chart.choose("7.2", observed_on="2025-03-01")
    place = chart.found["candidates"][chart.values.index("7.2")]
    assert (chosen["value"], chosen["source"], chosen["review"]) == ("7.2", "manual", "corrected")
    assert (chosen["document_id"], chosen["pdf_page"], chosen["highlight"]) == (
        place["document_id"], place["page"], place["highlight"],
    )  # fmt: skip
    assert chosen["document_id"] != chart.found["document_id"]
    (held,) = chart.patient.observations.values()
    assert (held.value, held.day) == ("7.2", "2025-03-01")


def test_a_candidate_is_of_the_day_of_the_run_unless_somebody_says_otherwise(
    clinic: Tenant,
) -> None:
    assert Twice(clinic).choose("7.2")["observed_on"] == "2025-06-01"


def test_choosing_what_the_run_found_accepts_it(clinic: Tenant) -> None:
    chosen = Twice(clinic).choose("6.9")
    assert (chosen["value"], chosen["source"], chosen["review"]) == ("6.9", "scrape", "accepted")


def test_another_candidate_can_be_chosen_after_the_value_was_rejected(clinic: Tenant) -> None:
    chart = Twice(clinic)
    chart.review("reject")
    chosen = chart.choose("7.2")
    assert (chosen["value"], chosen["observed_on"]) == ("7.2", "2025-06-01")
    again, _ = chart.scrape()
    assert not again["found"]
    assert [held.value for held in chart.patient.observations.values()] == ["7.2"]


def test_a_candidate_is_one_of_a_run_of_the_same_chart(clinic: Tenant, services: Services) -> None:
    chart, other = Twice(clinic), Twice(clinic)
    reviews, asks = services.reviews, clinic.asks()
    with pytest.raises(NotFound, match="no scrape"):
        reviews.choose(asks, chart.id, Choice(other.position, chart.hba1c, 0))
    with pytest.raises(NotFound, match="no scrape"):
        reviews.choose(asks, chart.id, Choice(chart.position + 10**9, chart.hba1c, 0))
    with pytest.raises(Invalid, match="variable_id"):
        reviews.choose(asks, chart.id, Choice(chart.position, other.hba1c, 0))
    with pytest.raises(Invalid, match="candidate: the run has 2"):
        reviews.choose(asks, chart.id, Choice(chart.position, chart.hba1c, 2))
    stranger = tenant(services, "Elsewhere")
    with pytest.raises(Forbidden):
        reviews.choose(stranger.asks(), chart.id, Choice(chart.position, chart.hba1c, 0))
