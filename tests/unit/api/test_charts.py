"""Patients and their values, as the published endpoint pages and the contract show them."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.api.caller import Caller

PATIENT = {
    "id", "name", "dob", "sex", "additional_variables", "pdf_file", "pdf_json_cache", "variables",
    "date_variables", "external_id", "race", "ethnicity", "payer", "version", "created_at",
    "updated_at",
}  # fmt: skip
VALUE = {
    "id", "name", "value", "note", "pdf_page", "highlight", "units", "observed_on", "source",
    "confidence", "document_id", "recorded_at", "recorded_by", "version",
}  # fmt: skip
DATE_VALUE = (VALUE - {"units"}) | {
    "patient_id", "patient_name", "date_variable_id", "date_variable_name", "end"
}  # fmt: skip
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture(scope="module")
def patient(caller: Caller) -> int:
    return caller.make("/patients", name="Ann Example", dob="1950-02-03", sex="female")


@pytest.fixture(scope="module")
def hba1c(caller: Caller) -> int:
    return caller.make("/variables", name="HbA1c", units="%")


@pytest.fixture(scope="module")
def visit(caller: Caller) -> int:
    return caller.make("/date-variables", name="Visit date")


def test_a_registered_patient_is_shown_with_every_field(caller: Caller) -> None:
    made = caller.post("/patients", json={"name": "Bea", "dob": "1960-01-01"})
    assert made.status_code == 201
    assert made.headers["location"] == f"/patients/{made.json['data']['id']}"
    shown = caller.get(made.headers["location"])
    assert shown.json["data"] == made.json["data"]
    assert made.json["data"].keys() == PATIENT
    assert INSTANT.fullmatch(made.json["data"]["created_at"])


def test_a_put_changes_the_fields_that_are_sent_and_keeps_the_others(caller: Caller) -> None:
    number = caller.make("/patients", name="Bea", dob="1960-01-01", race="white")
    changed = caller.put(f"/patients/{number}", json={"sex": "F", "race": None}).json["data"]
    assert (changed["name"], changed["dob"], changed["sex"]) == ("Bea", "1960-01-01", "F")
    assert changed["race"] is None
    assert changed["version"] == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": None},
        {"name": 5},
        {"name": "x" * 201},
        {"name": "A", "dob": "03/02/1950"},
        {"name": "A", "dob": "1950-02-30"},
        {"name": "A", "dob": "19500203"},
        {"name": "A", "dob": "2999-01-01"},
        {"name": "A", "dob": 1950},
        {"name": "A", "additional_variables": []},
        {"name": "A", "additional_variables": {"n": 10**15}},
        {"name": "A", "additional_variables": {"n": {"m": [12345678901234567]}}},
        {"name": "A", "nickname": "B"},
        [],
        "text",
        5,
        None,
    ],
)
def test_a_patient_that_breaks_a_rule_is_a_422(caller: Caller, body: Any) -> None:
    answer = caller.post("/patients", body=json.dumps(body).encode())
    assert answer.status_code == 422, answer.text
    assert answer.json["errors"]


def test_two_patients_of_an_account_cannot_have_one_external_id(caller: Caller) -> None:
    caller.make("/patients", name="A", external_id="MRN-1")
    answer = caller.post("/patients", json={"name": "B", "external_id": "MRN-1"})
    assert answer.status_code == 409


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15) + 1, 10**15 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r"\A\w{1,8}\Z"), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=50)
@given(st.dictionaries(st.from_regex(r"\A\w{1,8}\Z"), JSON, max_size=4))
def test_additional_variables_come_back_as_they_were_sent(
    caller: Caller, patient: int, sent: dict[str, Any]
) -> None:
    changed = caller.put(f"/patients/{patient}", json={"additional_variables": sent})
    assert changed.status_code == 200, changed.text
    # PostgreSQL writes 7e16 with all its digits; as a number it is the same.
    shown = json.loads(caller.get(f"/patients/{patient}").text, parse_int=float)
    assert shown["data"]["additional_variables"] == json.loads(json.dumps(sent), parse_int=float)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('"7.20"', "7.20"),
        ("7.20", "7.20"),
        ("7", "7"),
        ("1e2", "1e2"),
        ("-0.50", "-0.50"),
        ("12345678901234567890", "12345678901234567890"),
        ('"128/76"', "128/76"),
        ('"not done"', "not done"),
        ('" 7 "', " 7 "),
        ('"\\u00e9\\ud83d\\ude00"', "é😀"),
    ],
)
def test_a_value_is_kept_as_the_text_that_was_sent(
    caller: Caller, patient: int, hba1c: int, written: str, kept: str
) -> None:
    path = f"/patients/{patient}/variables/{hba1c}"
    answer = caller.put(path, body=f'{{"value": {written}}}'.encode())
    assert answer.status_code == 200, answer.text
    assert answer.json["data"]["value"] == kept
    (shown,) = caller.get(f"/patients/{patient}").json["data"]["variables"]
    assert shown["value"] == kept


def test_a_put_value_answers_what_a_read_shows(caller: Caller, hba1c: int, visit: int) -> None:
    patient = caller.make("/patients", name="Ann")
    body = {"value": "7.2", "note": "lab", "pdf_page": 2, "observed_on": "2025-03-01T10:00:00Z"}
    number = caller.put(f"/patients/{patient}/variables/{hba1c}", json=body).json["data"]
    date = caller.put(
        f"/patients/{patient}/date-variables/{visit}", json={"value": "2025-03-01"}
    ).json["data"]
    chart = caller.get(f"/patients/{patient}").json["data"]
    assert number.keys() >= VALUE
    assert date.keys() >= DATE_VALUE
    assert chart["variables"] == [number]
    assert chart["date_variables"] == [date]
    assert number["observed_on"] == "2025-03-01T10:00:00Z"


BOX = {"x1": 10, "y1": 20, "x2": 30.5, "y2": 40}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"value": None},
        {"value": True},
        {"value": []},
        {"value": {}},
        {"value": ""},
        {"value": "x" * 1001},
        {"value": "1", "pdf_page": 0},
        {"value": "1", "pdf_page": "2"},
        {"value": "1", "pdf_page": 1.5},
        {"value": "1", "note": 5},
        {"value": "1", "highlight": {"x1": 1, "y1": 2, "x2": 3}},
        {"value": "1", "highlight": {**BOX, "x3": 1}},
        {"value": "1", "highlight": {**BOX, "x1": 31}},
        {"value": "1", "highlight": {**BOX, "y2": 20}},
        {"value": "1", "highlight": {**BOX, "x1": "10"}},
        {"value": "1", "highlight": {**BOX, "x1": True}},
        {"value": "1", "highlight": {**BOX, "x1": -(10**16)}},
        {"value": "1", "highlight": {**BOX, "page": 3}, "pdf_page": 4},
        {"value": "1", "highlight": [1, 2, 3, 4]},
        {"value": "1", "observed_on": "yesterday"},
        {"value": "1", "observed_on": "2025-02-30"},
        {"value": "1", "observed_on": "2025-01-01T25:00:00Z"},
        {"value": "1", "observed_on": "20250101"},
        {"value": "1", "end": "2025-01-01"},
        {"value": "1", "document_id": "pdf_unknown"},
        {"value": "1", "withdraw": "yes"},
    ],
)
def test_a_value_that_breaks_a_rule_is_a_422_and_changes_nothing(
    caller: Caller, patient: int, hba1c: int, body: Any
) -> None:
    before = caller.get(f"/patients/{patient}").json["data"]
    answer = caller.put(f"/patients/{patient}/variables/{hba1c}", json=body)
    assert answer.status_code == 422, answer.text
    assert caller.get(f"/patients/{patient}").json["data"] == before


def test_the_page_may_come_with_the_highlight(caller: Caller, patient: int, hba1c: int) -> None:
    body = {"value": "8", "highlight": {**BOX, "page": 3}}
    shown = caller.put(f"/patients/{patient}/variables/{hba1c}", json=body).json["data"]
    assert shown["pdf_page"] == 3
    assert shown["highlight"] == BOX


def test_a_withdrawn_value_is_gone_from_the_chart(caller: Caller, hba1c: int) -> None:
    patient = caller.make("/patients", name="Ann")
    path = f"/patients/{patient}/variables/{hba1c}"
    caller.put(path, json={"value": "9"})
    withdrawn = caller.put(path, json={"withdraw": True, "reason": "wrong patient"})
    assert (withdrawn.status_code, withdrawn.json["data"]["value"]) == (200, None)
    assert caller.get(f"/patients/{patient}").json["data"]["variables"] == []
    history = caller.get(f"/patients/{patient}/history").json["data"]
    assert history[-1]["reason"] == "wrong patient"


def test_several_values_of_a_variable_stand_side_by_side(
    caller: Caller, hba1c: int, visit: int
) -> None:
    patient = caller.make("/patients", name="Ann")
    path = f"/patients/{patient}/observations"
    for value, day in (("7", "2025-01-01"), ("8", "2025-02-01")):
        sent = {"variable_id": hba1c, "value": value, "observed_on": day}
        assert caller.post(path, json=sent).status_code == 201
    sent = {"date_variable_id": visit, "value": "2025-01-01", "end": "2025-01-05"}
    assert caller.post(path, json=sent).json["data"]["end"] == "2025-01-05"
    assert caller.get(path).json["pagination"]["total"] == 3
    numbers = caller.get(f"{path}?variable_id={hba1c}").json["data"]
    assert [observation["value"] for observation in numbers] == ["8", "7"]


@pytest.mark.parametrize(
    "body",
    [
        {"value": "1"},
        {"variable_id": 1, "date_variable_id": 2, "value": "2025-01-01"},
        {"variable_id": "1", "value": "1"},
        {"date_variable_id": 2, "value": 7},
        {"date_variable_id": 2, "value": "2025-01-01", "observed_on": "2025-01-01"},
        {"variable_id": 1, "value": "1", "end": "2025-01-01"},
    ],
)
def test_an_observation_is_of_one_variable_and_has_its_fields(
    caller: Caller, patient: int, body: Any
) -> None:
    assert caller.post(f"/patients/{patient}/observations", json=body).status_code == 422


def test_history_tells_who_did_what_when_and_why(caller: Caller, hba1c: int) -> None:
    patient = caller.make("/patients", name="Ann")
    path = f"/patients/{patient}/variables/{hba1c}"
    put = caller.put(path, json={"value": "6", "reason": "typo"}, headers={"X-Request-ID": "r-1"})
    event = caller.get(f"/patients/{patient}/history").json["data"][-1]
    assert event["type"] == "patient.observation_recorded"
    assert (event["reason"], event["request_id"], event["channel"]) == ("typo", "r-1", "rest")
    assert event["position"] == put.json["meta"]["position"]
    assert event["actor"].startswith("key:")


@pytest.mark.parametrize(
    "id", ["0", "01", "-1", "+1", "1_0", "1.0", "x", "9" * 16, "٣", "%31%00", "1e3"]
)
def test_what_is_no_id_of_ours_is_a_404(caller: Caller, id: str) -> None:
    assert caller.get(f"/patients/{id}").status_code == 404


def test_a_trailing_slash_and_underscores_make_no_difference(
    caller: Caller, patient: int, visit: int
) -> None:
    plain = f"/patients/{patient}/date-variables/{visit}"
    for path in (plain, f"{plain}/", f"/patients/{patient}/date_variables/{visit}/"):
        assert caller.put(path, json={"value": "2025-03-01"}).status_code == 200
    for path in ("/patients/create", "/patients/create/"):
        assert caller.post(path, json={"name": "C"}).status_code == 201
    assert caller.get("/patients/").json["data"] == caller.get("/patients").json["data"]
