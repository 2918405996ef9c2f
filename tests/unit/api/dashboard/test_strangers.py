"""What nobody of another account gets, and what is left behind by those who were refused."""

from collections.abc import Callable

import pytest
from falcon.testing import TestClient

from api.dashboard.routes import ROUTES, Route
from service.bootstrap import Services
from tests.unit.api.dashboard.browser import Browser, token_in
from tests.unit.api.dashboard.clinic import Clinic
from tests.unit.api.dashboard.ward import Ward

OF_SOMETHING = [route for route in ROUTES if ":id}" in route.path or ":document}" in route.path]
FORM = {
    "variable_id": "1", "kind": "number", "value": "1", "observation_id": "1", "position": "1",
    "candidate": "0", "decision": "accept", "role": "admin", "hours": "0", "confirm": "none",
    "attested_by": "Eve", "statement": "True", "reference": "R", "reason": "Because", "name": "M",
    "calculation_formula": "numerator: age > 1",
}  # fmt: skip
"""Enough for every form."""


@pytest.fixture(scope="module")
def stranger(new_clinic: Callable[[], Clinic]) -> Browser:
    return new_clinic().browser()


@pytest.mark.parametrize("route", OF_SOMETHING, ids=lambda route: f"{route.method} {route.path}")
def test_nothing_of_another_account_is_shown_or_changed(
    ward: Ward, stranger: Browser, services: Services, route: Route
) -> None:
    def version() -> object:
        account_id = ward.clinic.tenant.account_id
        return services.database.row(
            "SELECT max(position) FROM events WHERE account_id = %s", (account_id,)
        )

    before, path = version(), ward.address(route.path)
    if route.method == "GET":
        answer = stranger.get(f"{path}?against={ward.report}")
    elif route.is_upload:
        token = token_in(stranger.get("/dashboard/patients"))
        answer = stranger.upload(path, b"%PDF-1.7", csrf=token)
    else:
        answer = stranger.submit("/dashboard/patients", path, **FORM)
    assert answer.status_code in (403, 404), answer.text
    assert "Ann Example" not in answer.text
    assert version() == before


def test_no_list_names_anybody_of_another_account(ward: Ward, stranger: Browser) -> None:
    for path in ("patients", "patients/file", "metrics", "reports", "keys", "queue", "audit",
                 "audit/access", "people", "health"):  # fmt: skip
        answer = stranger.get(f"/dashboard/{path}")
        assert answer.status_code == 200
        assert "Ann Example" not in answer.text, path


def test_a_form_of_a_session_that_is_over_leads_to_the_door_and_says_so(client: TestClient) -> None:
    browser = Browser(client)
    answer = browser.post("/dashboard/keys", name="Phone")
    page = browser.get(answer.headers["location"])
    assert "Your session was over, so nothing was changed" in page.text


def test_whoever_was_not_let_in_is_in_the_access_log_known_or_not(
    client: TestClient, services: Services
) -> None:
    answer = Browser(client).sign_in("nobody-of-this-name@clinic.example")
    assert answer.status_code == 401
    services.access_trail.flush()
    request_id = answer.headers["x-request-id"]
    entry = services.database.row(
        "SELECT operation, status, actor FROM access_log WHERE request_id = %s", (request_id,)
    )
    assert entry == ("dashboard_door.sign_in", 401, None)


def test_every_file_that_leaves_is_in_the_access_log(
    ward: Ward, admin: Browser, services: Services
) -> None:
    paths = ("patients/file", "reports/file?format=csv", f"reports/{ward.report}/file?format=json")
    for path in paths:
        answer = admin.get(f"/dashboard/{path}")
        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]
        services.access_trail.flush()
        request_id = answer.headers["x-request-id"]
        entry = services.database.row(
            "SELECT account_id FROM access_log WHERE request_id = %s", (request_id,)
        )
        assert entry == (ward.clinic.tenant.account_id,), path


def test_a_page_that_is_not_there_and_a_file_that_cannot_be_made_say_what_to_do(
    ward: Ward, admin: Browser
) -> None:
    lost = admin.get("/dashboard/nowhere")
    assert lost.status_code == 404
    assert "There is no such page." in lost.text
    refused = admin.get(f"/dashboard/reports/{ward.report}/file?format=qpp")
    assert refused.status_code == 409
    assert "PUT /account" in refused.text
