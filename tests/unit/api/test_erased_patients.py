"""What clients get of a patient who was erased: nothing but that it happened."""

from collections.abc import Callable

from service.bootstrap import Services
from service.context import Context, Principal
from tests.unit.api.caller import Caller


def erase(services: Services, caller: Caller, patient: int) -> None:
    principal = Principal(caller.account_id, "UTC", frozenset())
    context = Context(principal, "erasing", channel="cli", reason="asked for")
    services.erasure.erase(context, patient)


def test_an_erased_patient_is_as_unknown_as_one_that_never_was(
    services: Services, new_caller: Callable[[str], Caller]
) -> None:
    caller = new_caller("Clinic")
    variable = caller.make("/variables", name="HbA1c")
    patient, other = (caller.make("/patients", name=name) for name in ("Ann", "Bob"))
    path = f"/patients/{patient}"
    moment = caller.get(path).json["data"]["updated_at"]
    erase(services, caller, patient)
    value = {"value": "7"}
    for method, rest, body in (
        ("GET", "", None), ("GET", f"?as_of={moment}", None), ("GET", "?version=1", None),
        ("GET", "/documents", None), ("GET", "/observations", None), ("PUT", "", {"name": "Back"}),
        ("PUT", f"/variables/{variable}", value), ("POST", f"/variables/{variable}/scrape", {}),
        ("POST", "/observations", {"variable_id": variable, **value}),
        ("POST", "/scrape", {}), ("GET", "/scrapes", None),
        ("POST", "/observations/1/review", {"decision": "accept"}),
        ("POST", "/scrapes/1/choice", {"variable_id": variable, "candidate": 0}),
    ):  # fmt: skip
        sent = {} if body is None else {"json": body}
        answer = caller(method, path + rest, **sent)
        unknown = caller(method, f"/patients/999999999{rest}", **sent)
        assert (answer.status_code, unknown.status_code) == (404, 404), (method, rest, answer.text)
        assert answer.json["title"] == unknown.json["title"]
    assert [each["id"] for each in caller.get("/patients").json["data"]] == [other]


def test_the_history_of_an_erased_patient_has_no_content(
    services: Services, new_caller: Callable[[str], Caller]
) -> None:
    caller, stranger = new_caller("Clinic"), new_caller("Stranger")
    patient = caller.make("/patients", name="Qzxj4711", external_id="MRN-Qzxj")
    caller.put(f"/patients/{patient}", json={"name": "Qzxj4712"})
    assert "Qzxj4712" in caller.get(f"/patients/{patient}/history").text
    erase(services, caller, patient)
    answer = caller.get(f"/patients/{patient}/history")
    assert answer.status_code == 200, answer.text
    told = answer.json["data"]
    assert {each["type"] for each in told} == {
        "patient.registered", "patient.demographics_changed", "patient.erased",
    }  # fmt: skip
    assert [each["data"] for each in told if each["type"] != "patient.erased"] == [None, None]
    assert "Qzxj" not in answer.text
    assert stranger.get(f"/patients/{patient}/history").status_code == 403
