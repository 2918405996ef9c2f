"""Scrapes of many charts in the background."""

import pytest

from domain.errors import Invalid
from service.bootstrap import Services
from service.scrape_jobs import Asked, ScrapeJob
from tests.factories import Tenant, tenant
from tests.unit.service.scraped_chart import Chart


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
    services.scrape_jobs.run(job, lambda: False)
    assert other.patient.version == before
    assert services.imports.find(clinic.asks(), job.id)["result"]["failed"] == 1
