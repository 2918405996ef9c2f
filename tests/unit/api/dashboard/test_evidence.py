"""What a page tells about where things came from: candidates, history, moments, usage."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from service.bootstrap import Services
from tests.unit.api.dashboard.browser import Browser
from tests.unit.api.dashboard.clinic import Clinic
from tests.unit.service.scraped_chart import Chart


@pytest.fixture(scope="module")
def somewhere(new_clinic: Callable[[], Clinic]) -> Clinic:
    return new_clinic()


@pytest.fixture(scope="module")
def somebody(somewhere: Clinic) -> Browser:
    return somewhere.browser()


@pytest.fixture(scope="module")
def chart(somewhere: Clinic) -> Chart:
    """HbA1c 6.9 in June, which the run took, and 7.2 in March."""
    chart = Chart(somewhere.tenant)
    chart.upload("Visit date: 2025-06-01", "HbA1c: 6.9 %")
    assert chart.scrape()[0]["value"] == "6.9"
    return chart


def test_another_candidate_of_the_last_run_can_be_taken_on_the_chart(
    somebody: Browser, chart: Chart
) -> None:
    place = f"/dashboard/patients/{chart.id}/chart"
    page = somebody.get(place).text
    taken = re.search(
        r'action="[^"]*/choice".*?name="position" value="(\d+)".*?name="candidate" value="(\d+)"'
        r'.*?aria-label="Take ([\d.]+) for HbA1c"', page,
    )  # fmt: skip
    assert taken
    assert page.count("/choice") == 1, "what stands is not offered"
    assert taken[3] == "7.2"
    answer = somebody.submit(
        place, f"{place}/choice", position=taken[1], candidate=taken[2],
        variable_id=str(chart.hba1c),
    )  # fmt: skip
    assert answer.status_code == 303
    standing = chart.patient.current(chart.hba1c)
    assert standing is not None
    assert (standing.value, standing.review) == ("7.2", "corrected")


def test_a_patients_report_ends_with_what_happened_last(somebody: Browser, chart: Chart) -> None:
    page = somebody.get(f"/dashboard/patients/{chart.id}/report").text
    brief = page[page.index("History in brief") :]
    assert "was registered" in brief
    assert "HbA1c" in brief


def test_a_patient_is_shown_as_of_a_moment_typed_into_a_field(
    somebody: Browser, chart: Chart
) -> None:
    place = f"/dashboard/patients/{chart.id}"
    assert 'type="datetime-local" name="as_of"' in somebody.get(place).text
    assert somebody.get(f"{place}?as_of=2001-01-01T00:00").status_code == 404
    exact = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    page = somebody.get(f"{place}?as_of={exact}").text
    assert "nothing here can be changed" in page
    assert f'value="{exact[:16]}"' in page
    assert 'type="file"' not in page


def test_a_keys_page_tells_its_errors_and_leads_to_its_requests(
    somewhere: Clinic, somebody: Browser, services: Services
) -> None:
    key = services.keys.issue(somewhere.tenant.asks(), "Phone", ("patients:read",)).id
    for status in (200, 200, 200, 404):
        services.usage.count(key, "GET /patients", status)
    services.usage.flush()
    page = somebody.get(f"/dashboard/keys/{key}").text
    assert "25.0 % of 4 calls" in page
    assert f"/dashboard/audit/access?actor=key:{key}" in page
    health = somebody.get("/dashboard/health").text
    assert "4 calls" in health
    assert "25.0 % were answered with an error" in health
