"""Values with odd dates, as docs/formulas.md says: what is refused, and what waits for its day."""

import json

import pytest

from domain.errors import Invalid
from domain.measures.period import parse_period
from tests.factories import Tenant


@pytest.mark.parametrize("verb", [Tenant.put, Tenant.add])
def test_an_interval_that_ends_before_it_starts_is_refused(clinic: Tenant, verb: object) -> None:
    patient, stay = clinic.register(), clinic.date_variable("Stay", is_interval=True)
    with pytest.raises(Invalid) as refused:
        verb(clinic, patient, stay, "2025-06-10", kind="date", end="2025-06-01")  # type: ignore[operator]
    assert [fault.pointer for fault in refused.value.faults] == ["#/end"]


def test_an_interval_of_one_day_is_taken(clinic: Tenant) -> None:
    patient, stay = clinic.register(), clinic.date_variable("Stay", is_interval=True)
    shown = clinic.add(patient, stay, "2025-06-10", kind="date", end="2025-06-10")
    assert shown.version == 2


def test_a_value_of_a_day_to_come_counts_in_the_period_that_reaches_it(clinic: Tenant) -> None:
    patient, hba1c = clinic.register(dob="1960-01-01"), clinic.variable("HbA1c")
    clinic.metric("initial population: age >= 18", "numerator: hba1c < 8")
    clinic.put(patient, hba1c, "7", observed_on="2098-03-01")
    assert {year: numerator(clinic, year) for year in ("2025", "2097", "2098", "2099")} == {
        "2025": 0, "2097": 0, "2098": 1, "2099": 1,
    }  # fmt: skip


def test_a_value_dated_before_birth_is_kept_and_counts_by_its_day(clinic: Tenant) -> None:
    patient, hba1c = clinic.register(dob="2000-06-15"), clinic.variable("HbA1c")
    clinic.metric("initial population: true", "numerator: exists(hba1c starts before dob)")
    clinic.put(patient, hba1c, "7", observed_on="1999-01-01")
    assert numerator(clinic, "2025") == 1


def numerator(clinic: Tenant, year: str) -> int:
    """Of the account's only metric, computed for a year."""
    body = clinic.services.reports.freeze(clinic.asks(), parse_period(year), None).body
    return int(json.loads(body["body"])["reports"][0]["numerator"])
