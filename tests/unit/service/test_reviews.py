"""Runs over charts, and what people make of scraped values."""

import secrets
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from domain.errors import Conflict, Forbidden, Invalid, NotFound
from domain.patient import Patient
from domain.scraping.words import Box, DocumentWords, Page, Word
from service.bootstrap import Services
from service.commands.rescrape import rescrape
from service.patients import ValueIn
from service.scrape_jobs import Asked, ScrapeJob
from service.scraping import Run
from tests.factories import Tenant, services_on, tenant


@pytest.fixture(scope="module")
def services(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    directory: Path = tmp_path_factory.mktemp("data")
    built = services_on(database_url, directory)
    yield built
    built.close()


@pytest.fixture
def clinic(services: Services) -> Tenant:
    return tenant(services)


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


def test_a_rejected_reading_counts_nowhere_and_does_not_come_back(clinic: Tenant) -> None:
    chart = Chart(clinic)
    chart.scrape()
    assert chart.review("reject")["value"] is None
    again, _ = chart.scrape()
    assert not again["found"]
    assert "somebody had rejected it" in again["note"]
    assert chart.patient.current(chart.hba1c) is None


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


def job_of(clinic: Tenant, asked: Asked) -> ScrapeJob:
    """An accepted job, as the worker takes it up."""
    accepted = clinic.services.scrape_jobs.accept(clinic.asks(), asked)
    return resumed(clinic, int(accepted.id))


def resumed(clinic: Tenant, job_id: int) -> ScrapeJob:
    row = clinic.services.database.row(
        "SELECT request, lines_done FROM jobs WHERE id = %s", (job_id,)
    )
    assert row is not None
    return ScrapeJob(job_id, clinic.context.principal, row[0], row[1])


def test_a_job_scrapes_each_patient_once_however_often_it_is_stopped(clinic: Tenant) -> None:
    charts = [Chart(clinic) for _ in range(3)]
    without = clinic.register(name="No document")
    job = job_of(clinic, Asked(patient_ids=[charts[0].id, without, charts[1].id, charts[2].id]))
    versions = [chart.patient.version for chart in charts]
    jobs = clinic.services.scrape_jobs
    for _ in range(3):
        jobs.run(resumed(clinic, job.id), iter([False, True]).__next__)
    jobs.run(resumed(clinic, job.id), lambda: False)
    assert [chart.patient.version for chart in charts] == [each + 1 for each in versions]
    found = clinic.services.imports.find(clinic.asks(), job.id)
    # Each chart has defined an HbA1c and a weight of its own.
    assert found["status"] == "succeeded"
    assert found["result"] == {"lines": 4, "failed": 1, "found": 9, "not_found": 9}
    assert [problem["patient_id"] for problem in found["problems"]] == [without]
    assert "no document" in found["problems"][0]["detail"]


def test_a_job_refuses_variables_that_are_not_the_accounts(
    clinic: Tenant, services: Services
) -> None:
    chart = Chart(tenant(services, "Elsewhere"))
    Chart(clinic)
    with pytest.raises(Invalid, match="variable_ids"):
        services.scrape_jobs.accept(clinic.asks(), Asked(variable_ids=[chart.hba1c]))


def test_a_job_over_another_accounts_patients_scrapes_nobody(
    clinic: Tenant, services: Services
) -> None:
    other = Chart(tenant(services, "Elsewhere"))
    Chart(clinic)
    before = other.patient.version
    job = job_of(clinic, Asked(patient_ids=[other.id]))
    services.scrape_jobs.run(replace(job), lambda: False)
    assert other.patient.version == before
    assert services.imports.find(clinic.asks(), job.id)["result"]["failed"] == 1
