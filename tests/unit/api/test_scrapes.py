"""Runs over charts, jobs and reviews over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from falcon.testing import Result

from domain.account import ALL_SCOPES
from service.bootstrap import Services
from service.context import Context, Principal
from service.scrape_jobs import ScrapeJob
from tests.factories import Tenant
from tests.unit.api.caller import Caller
from tests.unit.service.scraped_chart import Chart


def tenant_of(services: Services, caller: Caller) -> Tenant:
    """The commands of the caller's account."""
    principal = Principal(caller.account_id, "UTC", frozenset(ALL_SCOPES))
    return Tenant(services, Context(principal, "test"), caller.key)


@pytest.fixture
def mine(services: Services, new_caller: Callable[[str], Caller]) -> Caller:
    """A client of an account with no variables but the chart's."""
    return new_caller("Clinic")


@pytest.fixture
def chart(services: Services, mine: Caller) -> Chart:
    """HbA1c 7.2 in March, no weight."""
    return Chart(tenant_of(services, mine))


def scrape(caller: Caller, chart: Chart, **body: Any) -> Any:
    answer = caller.post(f"/patients/{chart.id}/scrape", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json["data"]


def test_one_call_scrapes_every_variable_of_the_account(mine: Caller, chart: Chart) -> None:
    visit = mine.make("/date-variables", name="Visit date")
    answer = mine.post(f"/patients/{chart.id}/scrape")
    found = answer.json["data"]
    assert (found["patient_id"], found["found"], found["not_found"]) == (chart.id, 2, 1)
    values = {each["variable_id"]: each["value"] for each in found["answers"]}
    assert values == {chart.hba1c: "7.2", chart.weight: None, visit: "2025-03-01"}
    runs = mine.get(f"/patients/{chart.id}/scrapes").json["data"]
    assert [run["position"] for run in runs] == [answer.headers["x-log-position"]]


def test_an_answer_has_the_fields_of_a_single_scrape(mine: Caller, chart: Chart) -> None:
    one = mine.post(f"/patients/{chart.id}/variables/{chart.hba1c}/scrape").json["data"]
    (answer,) = scrape(mine, chart, variable_ids=[chart.hba1c])["answers"]
    assert set(one) - set(answer) == {"documents"}
    same = ("value", "pdf_page", "highlight", "confidence", "candidates", "found", "variable_name")
    assert {name: answer[name] for name in same} == {name: one[name] for name in same}
    assert answer["highlight"]["page"] == answer["pdf_page"] == 1


def test_a_repeat_with_the_same_key_gets_the_first_answer_and_runs_nothing(
    mine: Caller, chart: Chart
) -> None:
    version = chart.patient.version
    for path in ("scrape", f"variables/{chart.hba1c}/scrape"):
        headers = {"Idempotency-Key": path}
        first, again = (
            mine.post(f"/patients/{chart.id}/{path}", headers=headers) for _ in range(2)
        )
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json["data"] == again.json["data"]
        assert again.headers["idempotency-replayed"] == "true"
    assert chart.patient.version == version + 2


def test_only_the_listed_variables_are_looked_for(mine: Caller, chart: Chart) -> None:
    visit = mine.make("/date-variables", name="Visit date")
    for listed in ({"variable_ids": [chart.weight]}, {"date_variable_ids": [visit]}):
        answers = scrape(mine, chart, **listed)["answers"]
        assert [[each["variable_id"]] for each in answers] == list(listed.values())


def test_runs_are_listed_newest_first_with_their_candidates(mine: Caller, chart: Chart) -> None:
    scrape(mine, chart, variable_ids=[chart.weight])
    scrape(mine, chart, variable_ids=[chart.hba1c], model="other")
    newest, oldest = mine.get(f"/patients/{chart.id}/scrapes").json["data"]
    assert (newest["model"], oldest["model"]) == ("other", None)
    (answer,) = newest["answers"]
    (candidate,) = answer["candidates"]
    assert (candidate["value"], candidate["page"]) == ("7.2", 1)
    assert set(candidate["highlight"]) == {"x1", "y1", "x2", "y2"}
    assert oldest["answers"][0]["observation"] is None
    page = mine.get(f"/patients/{chart.id}/scrapes?limit=1&offset=1").json
    assert [run["position"] for run in page["data"]] == [oldest["position"]]
    assert page["pagination"]["total"] == 2


def review(caller: Caller, chart: Chart, observation_id: int, **body: Any) -> Result:
    return caller.post(f"/patients/{chart.id}/observations/{observation_id}/review", json=body)


def test_a_value_is_reviewed_once_and_the_chart_shows_how(mine: Caller, chart: Chart) -> None:
    (scraped,) = scrape(mine, chart, variable_ids=[chart.hba1c])["answers"]
    number = scraped["observation_id"]
    box = {"x1": 1, "y1": 2, "x2": 3, "y2": 4, "page": 1}
    answer = review(mine, chart, number, decision="correct", value="7.3", highlight=box,
                    document_id=scraped["document_id"], reason="blurred")  # fmt: skip
    assert answer.status_code == 200, answer.text
    (shown,) = mine.get(f"/patients/{chart.id}").json["data"]["variables"]
    assert (shown["value"], shown["review"], shown["source"]) == ("7.3", "corrected", "manual")
    assert (shown["highlight"], shown["pdf_page"]) == ({"x1": 1, "y1": 2, "x2": 3, "y2": 4}, 1)
    again = review(mine, chart, shown["observation_id"], decision="accept")
    assert again.status_code == 409
    assert review(mine, chart, number, decision="accept").status_code == 404
    history = mine.get(f"/patients/{chart.id}/history").json["data"]
    assert (history[-1]["type"], history[-1]["reason"]) == ("patient.value_reviewed", "blurred")


def test_a_rejected_value_leaves_the_chart(mine: Caller, chart: Chart) -> None:
    (scraped,) = scrape(mine, chart, variable_ids=[chart.hba1c])["answers"]
    answer = review(mine, chart, scraped["observation_id"], decision="reject")
    assert answer.json["data"]["value"] is None
    assert mine.get(f"/patients/{chart.id}").json["data"]["variables"] == []
    (again,) = scrape(mine, chart, variable_ids=[chart.hba1c])["answers"]
    assert (again["found"], again["recorded"]) == (False, False)
    assert "rejected" in again["note"]


def test_another_candidate_is_chosen_by_run_variable_and_place(mine: Caller, chart: Chart) -> None:
    chart.upload("Visit date: 2025-06-01", "HbA1c: 6.9 %")
    (scraped,) = scrape(mine, chart, variable_ids=[chart.hba1c])["answers"]
    assert [each["value"] for each in scraped["candidates"]] == ["6.9", "7.2"]
    (run,) = mine.get(f"/patients/{chart.id}/scrapes").json["data"]
    path = f"/patients/{chart.id}/scrapes/{run['position']}/choice"
    body = {"variable_id": chart.hba1c, "candidate": 1, "observed_on": "2025-03-01"}
    answer = mine.post(path, json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json["data"]["value"] == "7.2"
    assert answer.json["data"]["review"] == "corrected"
    assert mine.post(path, json={**body, "candidate": 4}).status_code == 422
    path = f"/patients/{chart.id}/scrapes/999999999/choice"
    assert mine.post(path, json=body).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("scrape", {"variables": [1]}, "#/variables"),
        ("scrape", {"variable_ids": []}, "#/variable_ids"),
        ("scrape", {"variable_ids": [987654321]}, "#/variable_ids"),
        ("scrape", {"date_variable_ids": [987654321]}, "#/date_variable_ids"),
        ("scrape", {"document_id": "pdf_elsewhere"}, "#/document_id"),
        ("observations/1/review", {"decision": "doubt"}, "#/decision"),
        ("observations/1/review", {}, "#/decision"),
        ("observations/1/review", {"decision": "correct"}, "#/value"),
        ("observations/1/review", {"decision": "accept", "value": "7"}, "#/value"),
        ("scrapes/1/choice", {"candidate": 0}, "#/variable_id"),
        ("scrapes/1/choice", {"variable_id": 1, "candidate": -1}, "#/candidate"),
        ("scrapes/1/choice", {"variable_id": 1, "candidate": 0, "value": "7"}, "#/value"),
    ],
)
def test_what_breaks_a_rule_is_a_422_that_names_the_field(
    mine: Caller, chart: Chart, path: str, body: dict[str, Any], pointer: str
) -> None:
    answer = mine.post(f"/patients/{chart.id}/{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json["errors"][0]["pointer"] == pointer


def test_nothing_of_another_accounts_chart_can_be_scraped_or_reviewed(
    new_caller: Callable[[str], Caller], mine: Caller, chart: Chart
) -> None:
    (scraped,) = scrape(mine, chart, variable_ids=[chart.hba1c])["answers"]
    (run,) = mine.get(f"/patients/{chart.id}/scrapes").json["data"]
    stranger = new_caller("Elsewhere")
    own = stranger.make("/variables", name="HbA1c")
    path = f"/patients/{chart.id}"
    for method, tail, body in (
        ("POST", "/scrape", {}),
        ("POST", "/scrape", {"variable_ids": [own]}),
        ("GET", "/scrapes", None),
        ("POST", f"/observations/{scraped['observation_id']}/review", {"decision": "accept"}),
        ("POST", f"/scrapes/{run['position']}/choice", {"variable_id": own, "candidate": 0}),
    ):
        answer = stranger(method, path + tail, json=body)
        assert answer.status_code == 403, (tail, answer.text)
        assert "7.2" not in answer.text


def test_a_key_that_only_reads_lists_runs_and_starts_none(mine: Caller, chart: Chart) -> None:
    scrape(mine, chart)
    issued = mine.post("/api-keys", json={"name": "reader", "scopes": ["patients:read"]})
    reader = Caller(mine.client, mine.account_id, issued.json["data"]["api_key"])
    assert len(reader.get(f"/patients/{chart.id}/scrapes").json["data"]) == 1
    for path in ("scrape", "observations/1/review", "scrapes/1/choice"):
        assert reader.post(f"/patients/{chart.id}/{path}", json={}).status_code == 403
    assert reader.post("/scrapes").status_code == 403


def finished(services: Services, caller: Caller, job_id: int) -> Any:
    """The job after what a worker does."""
    row = services.database.row("SELECT request, lines_done FROM jobs WHERE id = %s", (job_id,))
    assert row is not None
    principal = tenant_of(services, caller).context.principal
    services.scrape_jobs.run(ScrapeJob(job_id, principal, row[0], row[1]), lambda: False)
    return caller.get(f"/jobs/{job_id}").json["data"]


def test_scrapes_are_a_job_over_all_charts_with_documents(
    services: Services, mine: Caller, chart: Chart
) -> None:
    mine.make("/patients", name="No document")
    accepted = mine.post("/scrapes")
    assert accepted.status_code == 202
    job = accepted.json["data"]
    assert (accepted.headers["location"], job["kind"]) == (f"/jobs/{job['id']}", "scrape")
    assert job["status"] == "waiting"
    done = finished(services, mine, job["id"])
    assert (done["status"], done["lines_total"], done["lines_done"]) == ("succeeded", 1, 1)
    assert done["result"] == {"lines": 1, "failed": 0, "found": 1, "not_found": 1}
    (shown,) = mine.get(f"/patients/{chart.id}").json["data"]["variables"]
    assert shown["recorded_by"] == tenant_of(services, mine).context.principal.actor


def test_a_job_tells_which_patient_could_not_be_read_and_why(
    services: Services, mine: Caller, chart: Chart
) -> None:
    without = mine.make("/patients", name="No document")
    body = {"patient_ids": [without, chart.id], "variable_ids": [chart.hba1c]}
    job = mine.post("/scrapes", json=body).json["data"]
    done = finished(services, mine, job["id"])
    assert done["result"] == {"lines": 2, "failed": 1, "found": 1, "not_found": 0}
    (problem,) = done["problems"]
    assert (problem["line"], problem["patient_id"]) == (1, without)
    assert problem["detail"] == "The patient has no document to scrape."


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"patients": [1]}, "#/patients"),
        ({"patient_ids": []}, "#/patient_ids"),
        ({"patient_ids": ["1"]}, "#/patient_ids/0"),
        ({"variable_ids": [987654321]}, "#/variable_ids"),
    ],
)
def test_a_job_that_cannot_be_done_is_not_accepted(
    mine: Caller, chart: Chart, body: dict[str, Any], pointer: str
) -> None:
    answer = mine.post("/scrapes", json=body)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == pointer
