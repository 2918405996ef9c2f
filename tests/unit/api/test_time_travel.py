"""`as_of` and `version`: what a resource was, at an instant or in one of its versions."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.operations import OPERATIONS
from domain.ids import Kind, aggregate_id
from service.bootstrap import Services
from tests.unit.api.caller import Caller

LONG_AGO = "2001-01-01T00:00:00Z"
VERSIONED = [each for each in OPERATIONS if "version" in each.parameters]


@pytest.fixture(scope="module")
def things(caller: Caller) -> dict[str, str]:
    """One of everything that has versions, each with two of them."""
    patient = caller.make("/patients", name="Ann")
    variable = caller.make("/variables", name="HbA1c")
    date = caller.make("/date-variables", name="Visit")
    metric = caller.make("/metrics", name="Rate", calculation_formula=["count(patients)"])
    report = caller.make("/cms-reports", period="2025")
    caller.put(f"/patients/{patient}", json={"name": "Anne"})
    caller.put(f"/variables/{variable}", json={"name": "A1C"})
    caller.put(f"/date-variables/{date}", json={"name": "Encounter"})
    caller.put(f"/metrics/{metric}", json={"name": "Ratio"})
    sent = {"attested_by": "Me", "statement": "True"}
    caller.post(f"/cms-reports/{report}/attest", json=sent)
    return {
        "get_patient": f"/patients/{patient}",
        "get_variable": f"/variables/{variable}",
        "get_date_variable": f"/date-variables/{date}",
        "get_metric": f"/metrics/{metric}",
        "get_frozen_report": f"/cms-reports/{report}",
    }


def recorded(services: Services, kind: Kind, number: int, version: int = 1) -> tuple[int, datetime]:
    """Position and time of a version of an aggregate, from the log."""
    row = services.database.row(
        "SELECT position, recorded_at FROM events"
        " WHERE originator_id = %s AND originator_version = %s",
        (aggregate_id(kind, number), version),
    )
    assert row is not None
    return row[0], row[1]


def text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def told(body: dict[str, Any]) -> Any:
    """What the two versions of each thing differ in."""
    return body.get("name") or body["status"]


def test_every_single_resource_with_versions_is_tried_here(things: dict[str, str]) -> None:
    assert {operation.id for operation in VERSIONED} == set(things)


@pytest.mark.parametrize(
    ("operation", "names"),
    [
        ("get_patient", ["Ann", "Anne"]),
        ("get_variable", ["HbA1c", "A1C"]),
        ("get_date_variable", ["Visit", "Encounter"]),
        ("get_metric", ["Rate", "Ratio"]),
        ("get_frozen_report", ["frozen", "attested"]),
    ],
)
def test_each_version_says_what_it_said(
    caller: Caller, things: dict[str, str], operation: str, names: list[str]
) -> None:
    path = things[operation]
    for version, name in enumerate(names, start=1):
        answer = caller.get(f"{path}?version={version}")
        assert (told(answer.json["data"]), answer.json["data"]["version"]) == (name, version)
    assert told(caller.get(path).json["data"]) == names[-1]


@pytest.mark.parametrize("operation", VERSIONED, ids=lambda operation: operation.id)
def test_a_version_that_is_not_there_is_404_and_names_the_newest(
    caller: Caller, things: dict[str, str], operation: Any
) -> None:
    answer = caller.get(f"{things[operation.id]}?version=3")
    assert answer.status_code == 404
    assert answer.json["detail"].endswith("has no version 3; the newest is 2.")


@pytest.mark.parametrize("operation", VERSIONED, ids=lambda operation: operation.id)
def test_before_it_was_made_a_resource_is_404(
    caller: Caller, things: dict[str, str], operation: Any
) -> None:
    answer = caller.get(f"{things[operation.id]}?as_of={LONG_AGO}")
    assert answer.status_code == 404
    assert answer.json["detail"].startswith("There was no ")
    assert answer.json["detail"].endswith(f" at {LONG_AGO}.")


@pytest.mark.parametrize("operation", VERSIONED, ids=lambda operation: operation.id)
def test_what_never_was_is_404_and_what_is_anothers_is_403(
    caller: Caller, new_caller: Callable[[str], Caller], things: dict[str, str], operation: Any
) -> None:
    stranger = new_caller("Stranger")
    unknown = things[operation.id].rpartition("/")[0] + "/999999999"
    for query in (
        f"as_of={LONG_AGO}",
        f"as_of={text(datetime.now(UTC))}",
        "version=1",
        "version=9",
    ):
        assert caller.get(f"{unknown}?{query}").status_code == 404
        assert stranger.get(f"{things[operation.id]}?{query}").status_code == 403


def test_an_answer_states_the_instant_and_the_position_it_used(
    caller: Caller, services: Services, things: dict[str, str]
) -> None:
    number = int(things["get_patient"].rpartition("/")[2])
    first, second = (recorded(services, Kind.PATIENT, number, version) for version in (1, 2))
    just_before = second[1] - timedelta(microseconds=1)
    by_instant = caller.get(f"{things['get_patient']}?as_of={text(just_before)}")
    assert by_instant.json["meta"]["as_of"] == text(just_before)
    assert by_instant.json["meta"]["position"] == str(second[0] - 1)
    assert by_instant.headers["x-log-position"] == str(second[0] - 1)
    by_version = caller.get(f"{things['get_patient']}?version=1")
    assert by_version.json["meta"]["as_of"] == text(first[1])
    assert by_version.json["meta"]["position"] == str(first[0])
    assert by_version.json["data"] == by_instant.json["data"]
    on_the_dot = caller.get(f"{things['get_patient']}?as_of={text(second[1])}").json["data"]
    assert on_the_dot["name"] == "Anne"
    listed = caller.get(f"/patients?as_of={text(just_before)}").json
    assert listed["meta"] | {"request_id": ""} == {
        "as_of": text(just_before), "position": str(second[0] - 1), "request_id": ""
    }  # fmt: skip


def test_a_past_answer_has_a_tag_that_can_be_asked_with(
    caller: Caller, things: dict[str, str]
) -> None:
    for path in (f"{things['get_patient']}?version=1", f"{things['get_metric']}?version=1"):
        tag = caller.get(path).headers["etag"]
        assert caller.get(path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if "as_of" in each.parameters],
    ids=lambda operation: operation.id,
)
def test_the_future_is_a_bad_query_everywhere(caller: Caller, operation: Any) -> None:
    soon = text(datetime.now(UTC) + timedelta(hours=1))
    path = operation.path.split("{")
    numbered = "".join([path[0], *("999999999" + part.partition("}")[2] for part in path[1:])])
    needed = "".join(f"&{p.name}=numerator" for p in operation.query if p.is_required)
    answer = caller.get(f"{numbered}?as_of={soon}{needed}")
    assert answer.status_code == 400
    assert answer.json["detail"] == "as_of lies in the future"


def test_one_moment_is_named_in_one_way(caller: Caller, things: dict[str, str]) -> None:
    for query in ("version=1", f"as_of={text(datetime.now(UTC))}"):
        answer = caller.get(f"{things['get_metric']}?{query}&min_position=1")
        assert answer.status_code == 400
    answer = caller.get(f"{things['get_patient']}?version=1&as_of={LONG_AGO}")
    assert answer.status_code == 400
    assert answer.json["detail"] == "as_of and version do not go together"


def test_a_report_of_the_past_is_by_default_for_the_year_of_its_moment(caller: Caller) -> None:
    report = caller.get("/cms-reports?as_of=2024-06-01T00:00:00Z").json["data"]
    assert report["period"] == {"start": "2024-01-01", "end": "2024-12-31"}
    asked = caller.get("/cms-reports?as_of=2024-06-01T00:00:00Z&period=2023").json["data"]
    assert asked["period"] == {"start": "2023-01-01", "end": "2023-12-31"}


def test_the_year_of_a_moment_is_that_of_the_accounts_zone(
    services: Services, caller: Caller
) -> None:
    _, key = services.keys.open_account("Auckland", "Pacific/Auckland", "test")
    there = Caller(caller.client, 0, key.secret)
    report = there.get("/cms-reports?as_of=2024-12-31T20:00:00Z").json["data"]
    assert report["period"]["start"] == "2025-01-01"


def test_a_past_page_links_to_pages_of_the_same_moment(caller: Caller) -> None:
    for number in range(3):
        caller.make("/patients", name=str(number))
    moment = text(datetime.now(UTC))
    caller.make("/patients", name="later")
    answer = caller.get(f"/patients?as_of={moment}&limit=2").json
    total, seen = answer["pagination"]["total"], len(answer["data"])
    while answer["pagination"]["next"]:
        answer = caller.get(answer["pagination"]["next"]).json
        assert answer["pagination"]["total"] == total
        assert answer["meta"]["as_of"] == moment
        seen += len(answer["data"])
    assert seen == total
    assert "later" not in {each["name"] for each in answer["data"]}


def test_who_belonged_to_a_count_is_answered_for_a_moment(caller: Caller) -> None:
    hba1c = caller.make("/variables", name="Members hba1c")
    metric = caller.make(
        "/metrics",
        name="Members",
        calculation_formula=['initial population: "Members hba1c" > 8'],
    )
    patient = caller.make("/patients", name="Moving")
    value = f"/patients/{patient}/variables/{hba1c}"
    caller.put(value, json={"value": "9", "observed_on": "2025-03-01"})
    moment = text(datetime.now(UTC))
    caller.put(value, json={"value": "7", "observed_on": "2025-03-01"})
    path = f"/metrics/{metric}/patients?population=initial-population&period=2025"
    assert caller.get(path).json["data"] == []
    then = caller.get(f"{path}&as_of={moment}").json
    assert [member["patient_id"] for member in then["data"]] == [patient]
    assert then["data"][0]["evidence"]["initial-population"][0]["value"] == "9"
    assert then["meta"]["as_of"] == moment
