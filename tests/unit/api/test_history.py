"""The history of a patient, of everything else, and of the account, as an auditor asks for it."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from api.operations import OPERATIONS
from tests.unit.api.caller import Caller

NDJSON = "application/x-ndjson"


@pytest.fixture(scope="module")
def patient(caller: Caller) -> int:
    """A patient with seven events."""
    number = caller.make("/patients", name="Ann")
    hba1c = caller.make("/variables", name="HbA1c", units="%")
    other = caller.make("/variables", name="LDL")
    for value in ("7.9", "7.2"):
        sent = {"value": value, "observed_on": "2025-03-01", "reason": "chart review"}
        caller.put(f"/patients/{number}/variables/{hba1c}", json=sent)
    caller.put(f"/patients/{number}/variables/{other}", json={"value": "100"})
    caller.put(f"/patients/{number}/variables/{hba1c}", json={"withdraw": True})
    for name in ("Anne", "Anna"):
        caller.put(f"/patients/{number}", json={"name": name})
    return number


@pytest.fixture(scope="module")
def whole(caller: Caller, patient: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = caller.get(f"/patients/{patient}/history").json["data"]
    assert len(found) == 7
    return found


def positions(answer: Any) -> list[str]:
    return [entry["position"] for entry in answer.json["data"]]


def test_a_change_is_told_in_words_and_data_with_everything_about_it(
    caller: Caller, patient: int, whole: list[dict[str, Any]]
) -> None:
    entry = whole[2]
    assert entry["sentence"] == "HbA1c changed from 7.9 to 7.2 % (observed 2025-03-01)"
    assert entry["aggregate"] == {"kind": "patient", "id": patient}
    assert (entry["version"], entry["type"]) == (3, "patient.observation_recorded")
    assert (entry["channel"], entry["reason"]) == ("rest", "chart review")
    assert entry["data"]["observation"]["value"] == "7.2"
    assert entry["who"]["last4"] == caller.key[-4:]
    assert len(entry["request_id"]) == 32


def walk(caller: Caller, path: str, direction: str) -> Iterator[list[str]]:
    """The pages that one comes to by following the cursors."""
    answer = caller.get(path)
    while True:
        yield positions(answer)
        cursor = answer.json["pagination"][direction]
        if cursor is None:
            return
        answer = caller.get(f"{path.partition('&offset')[0]}&cursor={cursor}")


@pytest.mark.parametrize("sort", ["position", "-position"])
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_cursors_lead_through_the_whole_history_and_back(
    caller: Caller, patient: int, whole: list[dict[str, Any]], sort: str, limit: int
) -> None:
    order = [entry["position"] for entry in whole][:: 1 if sort == "position" else -1]
    path = f"/patients/{patient}/history?sort={sort}&limit={limit}"
    there = list(walk(caller, path, "next_cursor"))
    assert [each for page in there for each in page] == order
    end = caller.get(f"{path}&offset={7 - limit}")
    assert positions(end) == order[-limit:]
    back = list(walk(caller, f"{path}&offset={7 - limit}", "previous_cursor"))
    assert [each for page in back[::-1] for each in page] == order


def test_a_page_in_the_middle_links_both_ways(caller: Caller, patient: int) -> None:
    path = f"/patients/{patient}/history?limit=2"
    cursor = caller.get(path).json["pagination"]["next_cursor"]
    second = caller.get(f"{path}&cursor={cursor}")
    pagination = second.json["pagination"]
    assert (pagination["total"], pagination["offset"]) == (7, None)
    assert positions(caller.get(pagination["previous"])) == positions(caller.get(path))
    after = positions(caller.get(pagination["next"]))[0]
    assert int(after) > int(positions(second)[-1])


def test_a_list_that_only_goes_on_refuses_a_cursor_that_goes_back(
    caller: Caller, patient: int
) -> None:
    history = caller.get(f"/patients/{patient}/history?limit=2&offset=2").json
    back = history["pagination"]["previous_cursor"]
    answer = caller.get("/patients", params={"cursor": back})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("type=patient.demographics_changed", [5, 6]),
        ("type=metric.changed", []),
        ("actor=key:1&type=patient.registered", []),
        ("sort=-position&type=patient.demographics_changed", [6, 5]),
    ],
)
def test_filters_leave_only_what_matches(
    caller: Caller, patient: int, whole: list[dict[str, Any]], query: str, expected: list[int]
) -> None:
    answer = caller.get(f"/patients/{patient}/history?{query}")
    assert positions(answer) == [whole[n]["position"] for n in expected]
    assert answer.json["pagination"]["total"] == len(expected)


def test_the_filter_by_variable_finds_what_was_put_and_what_was_withdrawn(
    caller: Caller, patient: int, whole: list[dict[str, Any]]
) -> None:
    hba1c = whole[1]["changes"][0]["variable_id"]
    answer = caller.get(f"/patients/{patient}/history?variable_id={hba1c}")
    assert positions(answer) == [whole[n]["position"] for n in (1, 2, 4)]
    assert answer.headers["x-total-count"] == "3"


def test_the_filter_by_actor_is_the_one_that_the_answer_names(
    caller: Caller, patient: int, whole: list[dict[str, Any]]
) -> None:
    actor = whole[0]["actor"]
    assert positions(caller.get(f"/patients/{patient}/history?actor={actor}")) == [
        entry["position"] for entry in whole
    ]


def test_a_time_span_has_its_start_and_not_its_end(
    caller: Caller, patient: int, whole: list[dict[str, Any]]
) -> None:
    span = {"from": whole[2]["recorded_at"], "to": whole[5]["recorded_at"]}
    answer = caller.get(f"/patients/{patient}/history", params=span)
    assert positions(answer) == [whole[n]["position"] for n in (2, 3, 4)]
    later = datetime.fromisoformat(whole[-1]["recorded_at"]) + timedelta(microseconds=1)
    after = {"from": later.isoformat()}
    assert positions(caller.get(f"/patients/{patient}/history", params=after)) == []


@pytest.mark.parametrize(
    "asked", [{"params": {"format": "ndjson"}}, {"headers": {"Accept": NDJSON}}]
)
def test_an_export_has_every_event_on_a_line(
    caller: Caller, patient: int, whole: list[dict[str, Any]], asked: dict[str, Any]
) -> None:
    answer = caller.get(f"/patients/{patient}/history", **asked)
    assert answer.headers["content-type"] == NDJSON
    assert [json.loads(line) for line in answer.text.splitlines()] == whole


def test_an_export_is_no_page_but_takes_filters(
    caller: Caller, patient: int, whole: list[dict[str, Any]]
) -> None:
    path = f"/patients/{patient}/history?format=ndjson"
    assert caller.get(f"{path}&limit=2").status_code == 400
    answer = caller.get(f"{path}&type=patient.registered&envelope=false")
    assert [json.loads(line) for line in answer.text.splitlines()] == whole[:1]


def test_json_is_preferred_where_a_client_takes_anything(caller: Caller, patient: int) -> None:
    for accept in ("*/*", f"application/json, {NDJSON};q=0.5"):
        answer = caller.get(f"/patients/{patient}/history", headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/json"


def test_everything_that_an_account_has_tells_its_own_history(
    new_caller: Callable[[str], Caller],
) -> None:
    clinic = new_caller("Second clinic")
    number = clinic.make("/variables", name="HbA1c")
    date = clinic.make("/date-variables", name="Visit")
    metric = clinic.make("/metrics", name="M", calculation_formula=["count(patients)"])
    key = clinic.make("/api-keys", name="Desk", scopes=["patients:read"])
    report = clinic.make("/cms-reports")
    clinic.put(f"/variables/{number}", json={"units": "%"})
    clinic.put(f"/date-variables/{date}", json={"is_interval": True})
    clinic.put(f"/metrics/{metric}", json={"is_ascending": False})
    clinic("DELETE", f"/api-keys/{key}")
    clinic.post(f"/cms-reports/{report}/attest", json={"attested_by": "Me", "statement": "True"})
    told = {
        path: [entry["sentence"] for entry in clinic.get(f"{path}/history").json["data"]]
        for path in (f"/variables/{number}", f"/date-variables/{date}", f"/metrics/{metric}",
                     f"/api-keys/{key}", f"/cms-reports/{report}")
    }  # fmt: skip
    assert {path: sentences[1] for path, sentences in told.items()} == {
        f"/variables/{number}": 'Variable "HbA1c": units was set to "%"',
        f"/date-variables/{date}": 'Date variable "Visit": is interval changed from no to yes',
        f"/metrics/{metric}": 'Metric "M": is ascending changed from yes to no',
        f"/api-keys/{key}": "The key was revoked",
        f"/cms-reports/{report}": 'Me attested the report: "True"',
    }
    log = clinic.get("/events").json["data"]
    assert sorted(entry["sentence"] for entry in log) == sorted(
        [sentence for sentences in told.values() for sentence in sentences]
        + [entry["sentence"] for entry in log if entry["type"] == "account.opened"]
        + [
            e["sentence"]
            for e in log
            if e["type"] == "api_key.issued" and e["aggregate"]["id"] != key
        ]
    )
    one = clinic.get(f"/events?aggregate=metric:{metric}").json["data"]
    assert [entry["sentence"] for entry in one] == told[f"/metrics/{metric}"]
    assert clinic.get(f"/events/{one[0]['position']}").json["data"] == one[0]


@pytest.mark.parametrize("aggregate", ["patient", "patient:", "patient:0", "patients:1", "x:1"])
def test_an_aggregate_that_is_none_is_a_bad_query(caller: Caller, aggregate: str) -> None:
    answer = caller.get("/events", params={"aggregate": aggregate})
    assert answer.status_code == 400
    assert answer.json["detail"].startswith("aggregate must ")


def test_an_event_that_is_not_there_is_404(caller: Caller) -> None:
    assert caller.get("/events/999999999").status_code == 404


def test_another_accounts_aggregate_is_an_empty_list_among_events(
    caller: Caller, new_caller: Callable[[str], Caller]
) -> None:
    theirs = new_caller("Third clinic").make("/patients", name="CANARY")
    answer = caller.get(f"/events?aggregate=patient:{theirs}")
    assert (answer.status_code, answer.json["data"]) == (200, [])
    assert caller.get(f"/patients/{theirs}/history").status_code == 403


def test_an_auditor_can_read_everything_and_change_nothing(caller: Caller) -> None:
    """The scopes of an auditor's key against every operation there is."""
    scopes = ["audit:read", "patients:read", "definitions:read", "reports:read"]
    made = caller.post("/api-keys", json={"name": "Auditor", "scopes": scopes}).json["data"]
    auditor = Caller(caller.client, caller.account_id, made["api_key"])
    refused, changing = set(), set()
    for operation in OPERATIONS:
        path = operation.path.replace("{document_id:document}", "pdf_0").split("{")
        numbered = "".join([path[0], *("999999999" + part.partition("}")[2] for part in path[1:])])
        answer = auditor(operation.method, numbered, body=b"{broken")
        if answer.status_code == 403:
            refused.add(operation.id)
        if operation.method != "GET" and operation.id != "compare_abstraction":  # stores nothing
            changing.add(operation.id)
    keys = {"list_api_keys", "get_api_key", "get_api_key_usage", "get_job"}
    assert refused == changing | keys
