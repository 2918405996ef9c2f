"""`attestor rescrape`: what the extractor reads otherwise than in the last run."""

import re
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from service.commands.rescrape import rescrape
from service.scraping import Run, Scraping
from tests.factories import Tenant
from tests.unit.service.scraped_chart import Chart

Rescrape = Callable[..., str]


@pytest.fixture
def rescraped(clinic: Tenant, capsys: pytest.CaptureFixture[str]) -> Rescrape:
    """Runs the command over the account, and gives what it prints between head and last line."""
    settings = replace(clinic.services.settings, database_url=clinic.services.database.url)

    def run(**chosen: Any) -> str:
        options = {"patients": None, "variables": None, "dry_run": False, **chosen}
        assert rescrape(settings, Namespace(account=clinic.account_id, **options)) == 0
        return "\n".join(capsys.readouterr().out.splitlines()[1:])

    return run


class Renamed(Chart):
    """A chart that calls HbA1c by a name which the variable got only after a run."""

    def __init__(self, clinic: Tenant) -> None:
        super().__init__(clinic, "Visit date: 2025-03-01", "Zweigprobe 7.2 %")
        assert not self.scrape()[0]["found"]
        change = {"aliases": ("Zweigprobe",)}
        self.services.variables.change(clinic.asks(), "number", self.hba1c, change)


def test_a_dry_run_shows_the_difference_and_records_nothing(
    clinic: Tenant, rescraped: Rescrape
) -> None:
    chart = Renamed(clinic)
    version = chart.patient.version
    told = rescraped(dry_run=True)
    assert re.search(rf"^ *{chart.id}  HbA1c +not found -> 7\.2 +- -> 1$", told, re.M)
    assert told.endswith("; nothing recorded (--dry-run)")
    assert chart.patient.version == version


def test_what_differs_is_recorded_once_and_differs_no_more(
    clinic: Tenant, rescraped: Rescrape
) -> None:
    chart = Renamed(clinic)
    version = chart.patient.version
    assert "1 runs recorded" in rescraped()
    held = chart.patient.current(chart.hba1c)
    assert held is not None
    assert held.value == "7.2"
    again = rescraped()
    assert ("7.2" in again, "0 runs recorded" in again) == (False, True)
    assert chart.patient.version == version + 1


def test_what_a_person_typed_stays_and_is_told(clinic: Tenant, rescraped: Rescrape) -> None:
    chart = Renamed(clinic)
    clinic.put(chart.id, chart.hba1c, "7.4", observed_on="2025-03-01")
    told = rescraped()
    assert re.search(r"not found -> 7\.2 .*\(7\.4 stays: a person answers for it\)$", told, re.M)
    assert [held.value for held in chart.patient.observations.values()] == ["7.4"]


def test_a_review_is_no_difference(clinic: Tenant, rescraped: Rescrape) -> None:
    accepted, rejected = Chart(clinic), Chart(clinic)
    for chart, decision in ((accepted, "accept"), (rejected, "reject")):
        chart.scrape()
        chart.review(decision)
    for _ in range(2):
        rejected.scrape()
        assert "7.2" not in rescraped()


def test_what_is_not_found_any_more_stays(clinic: Tenant, rescraped: Rescrape) -> None:
    chart = Chart(clinic)
    chart.scrape()
    change = {"valid_max": 7.0}
    clinic.services.variables.change(clinic.asks(), "number", chart.hba1c, change)
    assert re.search(r"7\.2 -> not found +1 -> -  \(what is recorded stays\)", rescraped())
    assert [held.value for held in chart.patient.observations.values()] == ["7.2"]


def test_only_the_patients_and_variables_that_are_named_are_read(
    clinic: Tenant, rescraped: Rescrape
) -> None:
    one, other = Renamed(clinic), Renamed(clinic)
    told = rescraped(patients=[one.id], dry_run=True)
    assert (str(one.id) in told, str(other.id) in told) == (True, False)
    assert "7.2" not in rescraped(variables=[one.weight], dry_run=True)


def test_a_value_without_a_date_is_the_same_on_another_day(
    clinic: Tenant, rescraped: Rescrape
) -> None:
    chart = Chart(clinic, "HbA1c: 7.2 %")
    services = clinic.services
    patients = services.patients
    before = Scraping(
        services.application, patients, services.store, lambda: datetime(2025, 1, 31, tzinfo=UTC)
    )
    variable = patients.variable(clinic.asks(), "number", chart.hba1c)
    ran = before.run(clinic.asks(), chart.id, Run([variable], is_bulk=True))
    assert ran.answers[0].body["value"] == "7.2"
    assert "0 runs recorded" in rescraped(variables=[chart.hba1c])
